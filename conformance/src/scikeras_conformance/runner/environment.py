"""Versions, backend and device of the process that ran the checks."""

import platform
import sys
from importlib import metadata
from typing import Any

from scikeras_conformance import __version__
from scikeras_conformance.runner.device import default_kind

__all__ = ["describe_environment"]

MODULES = {
    "keras": "keras",
    "scikit-learn": "sklearn",
    "numpy": "numpy",
    "scipy": "scipy",
    "pytest": "pytest",
    "hypothesis": "hypothesis",
    "mypy": "mypy",
}
"""The modules that a run uses, by distribution."""


def describe_environment() -> dict[str, Any]:
    """Return the facts that reproduce a run; imports Keras.

    Returns
    -------
    dict
        Versions by package, the backend with its version, the device and the platform.
    """
    import keras

    backend = keras.backend.backend()
    return {
        "suite": __version__,
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "backend": backend,
        "backend_version": _version(backend, backend),
        "device": _device(keras),
        "default_device": default_kind(),
        "floatx": keras.config.floatx(),
        "packages": {name: _version(name, module) for name, module in MODULES.items()},
    }


def _version(distribution: str, module: str) -> str | None:
    """Return the version of a module that was imported; else of the installed distribution."""
    found = getattr(sys.modules.get(module), "__version__", None)
    if isinstance(found, str):
        return found
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _device(keras: Any) -> str:
    try:
        devices = keras.distribution.list_devices()
    except (AttributeError, NotImplementedError):  # a backend that Keras does not distribute over
        devices = []
    return ", ".join(str(device) for device in devices) or default_kind()

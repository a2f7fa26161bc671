"""Versions, backend and device of the process that ran the checks."""

import platform
import sys
from importlib import metadata
from typing import Any

from scikeras_conformance import __version__
from scikeras_conformance.runner.device import default_kind

__all__ = ["describe_environment"]

_BACKEND_DISTRIBUTIONS = {
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tf-nightly"),
    "jax": ("jax",),
    "torch": ("torch",),
    "openvino": ("openvino",),
}


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
        "backend_version": _first_version(_BACKEND_DISTRIBUTIONS.get(backend, (backend,))),
        "device": _device(keras),
        "default_device": default_kind(),
        "floatx": keras.config.floatx(),
        "packages": {
            name: _first_version((name,))
            for name in ("keras", "scikit-learn", "numpy", "scipy", "pytest", "hypothesis", "mypy")
        },
    }


def _first_version(distributions: tuple[str, ...]) -> str | None:
    for name in distributions:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def _device(keras: Any) -> str:
    try:
        devices = keras.distribution.list_devices()
    except (AttributeError, NotImplementedError):  # a backend that Keras does not distribute over
        devices = []
    return ", ".join(str(device) for device in devices) or default_kind()

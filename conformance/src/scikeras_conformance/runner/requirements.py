"""Whether Keras, its backend and scikit-learn can be used for a run, and if not, why.

What is installed is compared with what the suite's own distribution requires: first by metadata,
before anything is imported, then by the modules that were really imported.
"""

import os
from collections.abc import Iterator
from importlib import import_module, metadata
from types import ModuleType
from typing import TYPE_CHECKING

from scikeras_conformance.exceptions import UnsupportedEnvironmentError
from scikeras_conformance.runner import post_mortem
from scikeras_conformance.runner.time_limit import TimeUp, time_limit

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

__all__ = ["require_installed", "require_usable"]

SUITE = "scikeras-conformance"

IMPORTED = {"keras": "keras", "scikit-learn": "sklearn"}
"""The modules whose versions decide, by distribution."""

UNTRAINABLE = ("numpy", "openvino")
"""The backends of Keras that cannot train a model."""

MIN_SECONDS = 60.0
"""For the import of a backend, where the time limit of a check is shorter."""


def require_installed() -> None:
    """Refuse versions that are too old, without importing anything.

    Raises
    ------
    UnsupportedEnvironmentError
        With the version that is needed, and how to get it.
    """
    for name, wanted in _requirements():
        try:
            found = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # it may be importable all the same; if not, the import says so
        _require(name, found, wanted)


def require_usable(limit: float, *, kill: bool = False) -> None:
    """Import Keras with its backend and scikit-learn, and refuse what no check could run with.

    Parameters
    ----------
    limit : float
        The time limit of the run; zero for none. An import may take a minute in any case.
    kill : bool, default=False
        Whether to end the process if the import cannot be stopped in another way.

    Raises
    ------
    UnsupportedEnvironmentError
        If one of them cannot be imported or is too old, or the backend cannot train a model.
    """
    post_mortem.note("imported Keras and scikit-learn")
    try:
        with time_limit(max(limit, MIN_SECONDS) if limit > 0 else 0, kill=kill):
            keras, sklearn = (import_module(module) for module in IMPORTED.values())
    except TimeUp as stop:
        raise UnsupportedEnvironmentError(f"The import of Keras or scikit-learn {stop}.") from stop
    # Whatever a backend raises while it is imported, there is none.
    except (Exception, SystemExit) as error:
        raise UnsupportedEnvironmentError(_import_failure(error)) from error
    wanted = dict(_requirements())
    for name, module in zip(IMPORTED, (keras, sklearn), strict=True):
        if name in wanted:
            _require(name, _version_of(module), wanted[name])
    backend = keras.backend.backend()
    if backend in UNTRAINABLE:
        raise UnsupportedEnvironmentError(
            f"Keras runs on the backend {backend!r}, which cannot train a model, so nothing can be "
            "judged here: set KERAS_BACKEND to one that can, such as tensorflow, jax or torch."
        )


def _requirements() -> Iterator[tuple[str, "SpecifierSet"]]:
    from packaging.requirements import Requirement

    try:
        lines = metadata.requires(SUITE) or []
    except metadata.PackageNotFoundError:
        return
    for requirement in map(Requirement, lines):
        if requirement.name in IMPORTED and requirement.marker is None:
            yield requirement.name, requirement.specifier


def _require(name: str, found: str | None, wanted: "SpecifierSet") -> None:
    from packaging.version import InvalidVersion, Version

    if found is None:
        return
    try:
        is_met = wanted.contains(Version(found), prereleases=True)
    except InvalidVersion:  # a build of somebody's own; the checks will tell
        return
    if not is_met:
        raise UnsupportedEnvironmentError(
            f"{name} {found} is installed, and the suite needs {name}{wanted}: "
            f"python -m pip install '{name}{wanted}'."
        )


def _version_of(module: ModuleType) -> str | None:
    version = getattr(module, "__version__", None)
    return version if isinstance(version, str) else None


def _import_failure(error: BaseException) -> str:
    backend = os.environ.get("KERAS_BACKEND")
    given = f" with the backend {backend!r}, which KERAS_BACKEND names," if backend else ""
    remedy = (
        "Install the backend, or set KERAS_BACKEND to another one."
        if backend
        else "Install a backend, and set KERAS_BACKEND to it."
    )
    text = " ".join(str(error).split())
    return f"Keras{given} cannot be imported: {type(error).__name__}: {text:.300}. {remedy}"

"""Conformance suite for scikit-learn wrappers of Keras models.

Importing this package imports nothing heavy: what is public is imported when it is first used.
"""

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str

    from scikeras_conformance.interactive import run_check
    from scikeras_conformance.pytest_plugin.conformance_tests import conformance_tests
    from scikeras_conformance.report.reading import load_report as load_report

__all__ = ["__version__", "conformance_tests", "load_report", "run_check"]

_PLACES = {
    "conformance_tests": "scikeras_conformance.pytest_plugin.conformance_tests:conformance_tests",
    "load_report": "scikeras_conformance.report.reading:load_report",
    "run_check": "scikeras_conformance.interactive:run_check",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return resolve_name(_PLACES[name])


def __dir__() -> list[str]:
    return __all__


def _version() -> str:
    """Return the version of the installed distribution, which comes from a tag."""
    from importlib import metadata

    try:
        return metadata.version("scikeras-conformance")
    except metadata.PackageNotFoundError:
        return "0+unknown"  # a tree on the path, which nobody installed

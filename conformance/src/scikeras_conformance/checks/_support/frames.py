"""Data frames of pandas and polars."""

from importlib.util import find_spec
from typing import Any

from scikeras_conformance.runner.context import CheckContext

__all__ = ["COLUMN_NAMES", "import_library", "make_frame"]


COLUMN_NAMES = ("width", "height", "depth", "weight")


def import_library(context: CheckContext, name: str) -> Any:
    """Import a data frame library, or report that it is not installed."""
    if find_spec(name) is None:
        context.unavailable(f"{name} is not installed. Install it: python -m pip install {name}")
    return __import__(name)


def make_frame(context: CheckContext, X: Any, names: Any = None, *, kind: str = "pandas") -> Any:
    """Make a data frame from an array."""
    names = list(COLUMN_NAMES[: X.shape[1]]) if names is None else names
    made = import_library(context, kind)
    if kind == "pandas":
        return made.DataFrame(X, columns=names)
    return made.DataFrame(X, schema=names)

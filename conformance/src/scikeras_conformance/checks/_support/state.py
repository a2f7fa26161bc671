"""The attributes of an estimator, and whether it is fitted."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.runner.context import CheckContext

__all__ = [
    "fitted_names",
    "has_compile_prefix",
    "own_names",
    "require_not_fitted",
    "score_if_possible",
]


def own_names(estimator: Any) -> set[str]:
    """Return the names of the public attributes in the instance's ``__dict__``."""
    return {name for name in getattr(estimator, "__dict__", {}) if not name.startswith("_")}


def fitted_names(estimator: Any) -> list[str]:
    """Return the names of the public attributes that end in an underscore."""
    return sorted(name for name in own_names(estimator) if name.endswith("_"))


def has_compile_prefix(context: CheckContext) -> bool:
    """Whether the wrapper routes ``compile__x``, which it should but does not have to (COMP-8).

    For one that does not, it is a keyword for the builder, which raises (BUILD-8).
    """
    try:
        return "compile__" in list(context.cls.prefixes_)
    except Exception:
        return False  # ROUTE-1 is about this attribute


def require_not_fitted(context: CheckContext, estimator: Any, method: str, *args: Any) -> None:
    """Require a NotFittedError."""
    from sklearn.exceptions import NotFittedError

    with context.refusing(f"{method} before fit", NotFittedError):
        getattr(estimator, method)(*args)


def score_if_possible(estimator: Any, X: Any, y: Any) -> None:
    """Call score, and ignore an error."""
    # The base wrapper may raise (SCORE-4); only the side effects of the call count here.
    with suppress(Exception):
        estimator.score(X, y)

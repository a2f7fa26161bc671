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
    """Give the names of the public attributes that the instance itself holds."""
    return {name for name in getattr(estimator, "__dict__", {}) if not name.startswith("_")}


def fitted_names(estimator: Any) -> list[str]:
    """Give those that end as the attributes of a fitted estimator do."""
    return sorted(name for name in own_names(estimator) if name.endswith("_"))


def has_compile_prefix(context: CheckContext) -> bool:
    """Whether the wrapper routes ``compile__x``, which it should and need not (COMP-8).

    To one that does not, it is a keyword for the builder, which rightly is refused (BUILD-8).
    """
    try:
        return "compile__" in list(context.cls.prefixes_)
    except Exception:
        return False  # that there is such an attribute is the matter of ROUTE-1


def require_not_fitted(context: CheckContext, estimator: Any, method: str, *args: Any) -> None:
    """Ask for a NotFittedError."""
    from sklearn.exceptions import NotFittedError

    with context.refusing(f"{method} before fit", NotFittedError):
        getattr(estimator, method)(*args)


def score_if_possible(estimator: Any, X: Any, y: Any) -> None:
    # SCORE-4 lets the base wrapper refuse to score; what counts here is what it leaves behind.
    with suppress(Exception):
        estimator.score(X, y)

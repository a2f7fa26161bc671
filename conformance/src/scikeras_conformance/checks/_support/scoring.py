"""Fitted estimators whose predictions are known, and the comparison of their scores."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.runner.context import CheckContext, show

__all__ = ["fitted_stub", "require_score", "score", "stub_builder"]


def stub_builder(context: CheckContext, data: Any) -> Callable[[], Any]:
    """Return a builder of a compiled stub model that predicts `data`."""

    def build() -> Any:
        loss = loss_of_classes(context)
        return doubles.stub_model_of(data, context.wrapper, loss_of_classes=loss)

    return build


def fitted_stub(context: CheckContext, data: Any, cls: Any = None, **params: Any) -> Any:
    """Return an estimator with a stub model that is fitted to `data`."""
    estimator = context.make_of(cls or context.cls, stub_builder(context, data), **params)
    context.fit(estimator, data.X, data.y)
    return estimator


def score(context: CheckContext, estimator: Any, X: Any, y: Any, **given: Any) -> Any:
    """Return the score, which is what the clause is about, provided that predict works."""
    if context.wrapper is Wrapper.BASE:
        context.attribute(estimator, "score")  # which the base wrapper need not have
    with provided(lambda: context.predict(estimator, X)):
        return context.observe.call(estimator, "score", X, y, **given)


def require_score(context: CheckContext, found: Any, expected: Any, what: str) -> None:
    """Require a score that is the expected number."""
    with context.doing(f"converting {what}, {show(found)}, to a number"):
        right = bool(np.isclose(float(found), float(expected), atol=1e-3))
    context.require(right, f"{what} should be {expected}; it is {show(found)}")

"""BUILD-10: builders that return what an earlier fit has trained."""

import re
import warnings
from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.encoders import dense_layer
from scikeras_conformance.checks._support.helper_models import compiled_helper, helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.runner.context import CheckContext


class CachingBuilder:
    """A builder that keeps the model that it made."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make
        self.made: list[Any] = []

    def __call__(self) -> Any:
        """Return the model."""
        if not self.made:
            self.made.append(self.make())
        return self.made[0]


def _fresh(context: CheckContext) -> Any:
    return compiled_helper(context, off=0.5, rate=0.1)


def _around(context: CheckContext, layer: Any) -> Any:
    """Return a compiled model of one layer, which may be part of another model too."""
    inputs = keras.Input((doubles.dataset(context.wrapper).n_features,))
    model = doubles.RecordingModel(inputs, layer(inputs))
    model.compile(doubles.sgd(0.1), loss=helper_loss(context))
    return model


def _sharing_builder(context: CheckContext) -> Callable[[], Any]:
    if context.case == "caching-object":
        return CachingBuilder(lambda: _fresh(context))
    if context.case == "layer":
        layer = dense_layer(context)
        return lambda: _around(context, layer)
    model = _fresh(context)
    return lambda: model


def _texts(found: list[warnings.WarningMessage]) -> set[str]:
    """Return what warnings say, without numbers, which count models and layers."""
    return {re.sub(r"\d+", "", str(one.message)) for one in found}


def _fit_twice(
    context: CheckContext, build: Callable[[], Any]
) -> tuple[bool, set[str], Any, list[Any]]:
    """Fit two estimators with one builder.

    Returns whether the second fit raised, what it warned about, the first estimator, and the
    weights of the first model after the first fit.
    """
    X, y, *_ = doubles.dataset(context.wrapper)
    first, second = context.make(build), context.make(build)
    context.fit(first, X, y)
    weights = [np.array(one) for one in context.model(first).get_weights()]
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            second.fit(X * 2, y)
        except Exception:
            return True, _texts(found), first, weights
    return False, _texts(found), first, weights


@check(
    "BUILD-10.shared-with-another-fit",
    verifies="a builder that returns the model, or a layer, of an earlier fit raises an error or a "
    "warning",
    impact="each fold of a search goes on with the weights of the fold before, and earlier "
    "estimators change their predictions",
    wrappers=ESTIMATORS,
    cases=["model", "layer", "caching-object"],
)
def shared_with_another_fit(context: CheckContext) -> None:
    fails, usual, *_ = _fit_twice(context, lambda: _fresh(context))
    if fails:
        context.stop("fit of a second estimator with the same builder", "raised")
    raised, texts, first, weights = _fit_twice(context, _sharing_builder(context))
    if raised or texts - usual:
        return
    # A wrapper that trains a copy shares nothing, so it has nothing to warn about.
    after = context.model(first).get_weights()
    context.require(
        all(map(np.array_equal, weights, after)),
        "fit of a second estimator with the same builder trained the model of the first, and "
        "neither raised an error nor a warning",
    )

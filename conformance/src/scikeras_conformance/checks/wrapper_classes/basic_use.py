"""CLS-2 and CLS-3: the first example of the documentation works."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import helper_builder, plain_helper
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import require_values
from scikeras_conformance.checks._support.training import learner
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "CLS-2.fit-and-predict",
    verifies="a builder without arguments that returns a compiled model is enough for fit, which "
    "returns the estimator, and predict",
    impact="the first example of the documentation does not run",
)
def fit_and_predict(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # A plain keras.Sequential that Keras trains with its own loop, unlike in other checks.
    estimator = context.observe.make(model=lambda: plain_helper(context))
    returned = context.observe.fit(estimator, X, y)
    context.require(returned is estimator, f"fit returned {show(returned)}, not the estimator")
    require_values(context, context.observe.predict(estimator, X), y)
    _require_the_estimator(context)


WAYS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "sample_weight"),
    ({"validation_split": 0.25}, ""),
    ({}, "validation_data"),
    ({"warm_start": True}, ""),
    ({"epochs": 2}, ""),
)
"""Ways to train: parameters, and a keyword of the call."""


def _require_the_estimator(context: CheckContext) -> None:
    """Require that fit returns the estimator, in whatever way it trains, and in a second fit."""
    X, y, *_ = doubles.dataset(context.wrapper)
    given = {"sample_weight": np.linspace(0.5, 2.0, len(y)), "validation_data": (X, y)}
    for params, name in WAYS:
        keywords = {name: given[name]} if name else {}
        with suppress(Blocked):  # whether such a fit works is what other clauses are about
            estimator = context.make(learner(context), **params)
            for _ in range(1 + ("warm_start" in params)):
                returned = context.call(estimator, "fit", X, y, **keywords)
            context.require(
                returned is estimator,
                f"fit with {', '.join([*params, *keywords])} returned {show(returned)}, not the "
                "estimator",
            )


@check(
    "CLS-3.model-comes-first",
    verifies="Wrapper(builder) is the same as Wrapper(model=builder)",
    impact="KerasClassifier(build_model), the most common way to write it, fails or sets "
    "another parameter",
)
def model_comes_first(context: CheckContext) -> None:
    build = helper_builder(context)
    by_name = context.make(model=build)
    estimator = context.observe.make(build)
    if "model" in context.params(by_name):
        context.require(
            context.params(estimator).get("model") is context.as_given(build),
            "the first positional argument is not the parameter 'model'",
        )
        return
    # An adapter gives the parameter another name, so what it is for has to be seen.
    X, y, *_ = doubles.dataset(context.wrapper)
    context.fit(by_name, X, y)
    with context.doing("fit with the first positional argument as model"):
        context.fit(estimator, X, y)
    require_values(context, context.observe.predict(estimator, X), y)

"""CLS-2 and CLS-3: the first example of the documentation works."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_builder, plain_helper
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import require_values
from scikeras_conformance.checks._support.training import learner
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "CLS-2.fit-and-predict",
    verifies="a builder without arguments that returns a compiled model is enough for fit and "
    "predict",
    impact="the first example of the documentation does not run",
)
def fit_and_predict(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # A plain keras.Sequential that Keras trains with its own loop, unlike in other checks.
    estimator = context.observe.make(model=lambda: plain_helper(context))
    returned = context.observe.fit(estimator, X, y)
    context.require(returned is estimator, f"fit returned {show(returned)}, not the estimator")
    require_values(context, context.observe.predict(estimator, X), y)


RETURNS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "weighted": ({}, ("sample_weight",)),
    "split": ({"validation_split": 0.25}, ()),
    "validated": ({}, ("validation_data",)),
    "warm": ({"warm_start": True}, ()),
    "several-epochs": ({"epochs": 2}, ()),
}
"""By case: parameters, and keywords of the call."""


@check(
    "CLS-2.returns-the-estimator",
    verifies="fit returns the estimator, however it is called, in a second fit too",
    impact="fit(...).predict(X), and every tool of scikit-learn that goes on with what fit "
    "returns, fails for some ways to train",
    wrappers=ESTIMATORS,
    cases=RETURNS,
    conditional=True,
)
def returns_the_estimator(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    params, names = RETURNS[context.case]
    given = {"sample_weight": np.linspace(0.5, 2.0, len(y)), "validation_data": (X, y)}
    made: list[Any] = []
    keywords = {name: given[name] for name in names}
    for _ in range(2):
        try:
            if not made:
                made.append(context.make(learner(context), **params))
            returned = context.call(made[0], "fit", X, y, **keywords)
        except Blocked as blocked:
            context.not_applicable(f"other clauses are about whether such a fit works: {blocked}")
        estimator = made[0]
        context.require(returned is estimator, f"fit returned {show(returned)}, not the estimator")


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

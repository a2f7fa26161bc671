"""CLS-2 and CLS-3: the first example of the documentation works."""

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import helper_builder, plain_helper
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.predictions import require_values
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

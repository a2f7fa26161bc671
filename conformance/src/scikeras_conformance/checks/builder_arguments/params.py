"""BUILD-6: the argument ``params`` of a builder."""

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.recording_builder import (
    fit_with_builder,
    last_call,
    recording_builder,
    special_argument,
)
from scikeras_conformance.runner.context import CheckContext


@check(
    "BUILD-6.same-as-get-params",
    verifies="params has the same keys and objects as get_params()",
    impact="a builder that reads a parameter receives a converted one, or none",
    cases=["given", "set-later"],
)
def same_as_get_params(context: CheckContext) -> None:
    build, calls = recording_builder(context, "params", "units", compiled=False)
    estimator, received = fit_with_builder(
        context,
        build,
        calls,
        units=[4],
        optimizer="sgd",
        loss=keras.losses.MeanSquaredError,
        loss__name="routed",
        metrics=["mse"],
    )
    if context.case == "set-later":
        later = {"units": [5], "epochs": 2, "optimizer__momentum": 0.5}
        context.call(estimator, "set_params", **later)
        context.initialize(estimator, *doubles.dataset(context.wrapper)[:2])
        received = last_call(context, calls)
    params, expected = (
        special_argument(context, received, "params"),
        context.call(estimator, "get_params"),
    )
    context.require(
        params.keys() == expected.keys(),
        f"params and get_params() differ in the keys {sorted(set(params) ^ set(expected))}",
    )
    other = [name for name, value in expected.items() if params[name] is not value]
    context.require(not other, f"params holds other objects for {', '.join(other)}")

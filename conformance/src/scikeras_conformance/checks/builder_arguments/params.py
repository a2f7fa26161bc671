"""BUILD-6: the argument ``params`` of a builder."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.helper_models import helper_loss_class
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.preparation import accepted
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
    cases=["given", "set-later", "beside-the-others"],
)
def same_as_get_params(context: CheckContext) -> None:
    from sklearn.preprocessing import StandardScaler

    settings = accepted(
        context,
        optimizer="sgd",
        loss=helper_loss_class(context),
        loss__name="routed",
        metrics=["mse"],
    )
    compiled = not {"optimizer", "loss"} <= settings.keys()
    # get_params() may list parameters of the scaler too.
    free: dict[str, Any] = {"units": [4], "scaler": StandardScaler(with_mean=False)}
    others = ("meta", "compile_kwargs") if context.case == "beside-the-others" else ()
    build, calls = recording_builder(context, "params", *others, *free, compiled=compiled)
    estimator, received = fit_with_builder(context, build, calls, **free, **settings)
    if context.case == "set-later":
        X, y, *_ = doubles.dataset(context.wrapper)
        later = {"units": [5], **accepted(context, epochs=2, optimizer__momentum=0.5)}
        context.call(estimator, "set_params", **later)
        context.fit(estimator, X, y)
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

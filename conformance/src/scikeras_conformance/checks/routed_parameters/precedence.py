"""ROUTE-11: the more specific parameter wins."""

from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.destinations import (
    Destinations,
    prepared,
    require_received,
)
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.runner.context import CheckContext

OVERRIDES: dict[str, tuple[Any, Any]] = {
    "batch_size": (8, 5),
    "epochs": (2, 3),
    "verbose": (0, 2),
    "shuffle": (True, False),
}


@check(
    "ROUTE-11.fit",
    verifies="fit__x overrides x for Model.fit, and Model.predict still receives x",
    impact="a setting for training changes predictions, or is ignored",
    cases=OVERRIDES,
)
def overrides_for_fit(context: CheckContext) -> None:
    _require_overridden(context, "fit")


@check(
    "ROUTE-11.predict",
    verifies="predict__x overrides x for Model.predict, and Model.fit still receives x",
    impact="a large batch size for prediction changes how the model is trained",
    cases=["batch_size", "verbose"],
)
def overrides_for_predict(context: CheckContext) -> None:
    _require_overridden(context, "predict")


def _require_overridden(context: CheckContext, method: str) -> None:
    name = context.case
    plain, routed = OVERRIDES[name]
    destinations, estimator = prepared(context, **{name: plain, f"{method}__{name}": routed})
    X, *_ = doubles.dataset(context.wrapper)
    context.predict(estimator, X)
    calls = destinations.received(method)
    require_received(context, calls, {name: routed}, f"Model.{method}")
    other = "predict" if method == "fit" else "fit"
    calls = destinations.received(other)
    if name == "batch_size":
        require_received(context, calls, {name: plain}, f"Model.{other}")
    leaked = any(same(call.get(name), routed) for call in calls)
    context.require(not leaked, f"{method}__{name} reached Model.{other}")


@check(
    "ROUTE-11.builder",
    verifies="model__x overrides a free keyword argument x for the builder",
    impact="a search over model__x builds the same model for each candidate",
    cases=["given", "set-later"],
)
def overrides_for_builder(context: CheckContext) -> None:
    later = context.case == "set-later"
    destinations = Destinations(context)
    estimator = destinations.estimator(units=4, depth=6, **({} if later else {"model__units": 9}))
    if later:
        context.call(estimator, "set_params", model__units=9)
    X, y, *_ = doubles.dataset(context.wrapper)
    context.initialize(estimator, X, y)
    calls = destinations.received("model")
    require_received(context, calls, {"units": 9, "depth": 6}, "the builder")
    params = context.params(estimator)
    with context.doing("reading what get_params() lists"):
        listed = [params["units"], params["model__units"]]
    context.require(
        same(listed, [4, 9]), "get_params() does not list both units=4 and model__units=9"
    )

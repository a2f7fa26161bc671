"""ROUTE-11: the more specific parameter wins."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import (
    Destinations,
    prepared,
    require_received,
    use,
)
from scikeras_conformance.checks._support.modules import np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.runner.context import CheckContext, show

OVERRIDES: dict[str, tuple[Any, Any]] = {
    "batch_size": (8, 5),
    "batch_size-none": (8, None),
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
    cases=["batch_size", "batch_size-none", "verbose"],
)
def overrides_for_predict(context: CheckContext) -> None:
    _require_overridden(context, "predict")


def _require_overridden(context: CheckContext, method: str) -> None:
    name = context.case.partition("-")[0]
    plain, routed = OVERRIDES[context.case]
    other = "predict" if method == "fit" else "fit"
    params = {name: plain, f"{method}__{name}": routed}
    destinations, _ = prepared(context, "predict", **params)
    calls = destinations.received(method)
    if routed is None:
        # The size that Keras takes by default may be passed on as well.
        sizes = [call.get(name) for call in calls]
        context.require(
            sizes and set(sizes) <= {None, 32},
            f"Model.{method} should receive {name}=None; it received {show(sizes)}",
        )
    else:
        require_received(context, calls, {name: routed}, f"Model.{method}")
    calls = destinations.received(other)
    if name == "batch_size":
        with provided(lambda: _plain_arrives(context, other, name, plain)):
            require_received(context, calls, {name: plain}, f"Model.{other}")
    leaked = any(same(call.get(name), routed) for call in calls)
    context.require(not leaked, f"{method}__{name} reached Model.{other}")


def _plain_arrives(context: CheckContext, method: str, name: str, value: Any) -> None:
    """Block the check if a method of the model does not even receive the plain parameter."""
    destinations, _ = prepared(context, "predict", **{name: value})
    if not all(same(call.get(name), value) for call in destinations.received(method)):
        context.stop(f"Model.{method}", f"did not receive {name}={value} from the constructor")


@check(
    "ROUTE-11.builder",
    verifies="model__x overrides a free keyword argument x for the builder",
    impact="a search over model__x builds the same model for each candidate",
    cases=["given", "given-first", "set-later", "plain-set-later", "none", "zero", "false"],
)
def overrides_for_builder(context: CheckContext) -> None:
    plain: dict[str, Any] = {"units": 4, "depth": 6}
    value: Any = {"none": None, "zero": 0, "false": False}.get(context.case, 9)
    routed = {"model__units": value}
    if context.case.endswith("set-later"):
        destinations = Destinations(context)
        first, later = (plain, routed) if context.case == "set-later" else (routed, plain)
        # Only what the constructor was given is a parameter for sure.
        estimator = destinations.estimator(context, **{**dict.fromkeys(plain, 1), **first})
        context.call(estimator, "set_params", **later)
        use(context.observe, estimator, "fit")
    else:
        both = {**routed, **plain} if context.case == "given-first" else {**plain, **routed}
        destinations, estimator = prepared(context, **both)
    calls = destinations.received("model")
    require_received(context, calls, {"units": value, "depth": 6}, "the builder")
    params = context.params(estimator)
    if not {"units", "model__units"} <= set(params):
        context.stop("get_params()", f"lists {show(list(params))}, not units and model__units")
    listed = [params["units"], params["model__units"]]
    context.require(
        same(listed, [4, value]),
        f"get_params() has units, model__units = {show(listed)}, not {show([4, value])}",
    )


@check(
    "ROUTE-11.any-order",
    verifies="a routed parameter overrides the plain one whichever of them was given, or set, last",
    impact="a batch size that is set for training is forgotten when another one is set for all",
    cases=[f"{method}-{order}" for method in ("fit", "predict") for order in ("given", "set")],
)
def any_order(context: CheckContext) -> None:
    method, _, order = context.case.partition("-")
    routed: dict[str, Any] = {f"{method}__batch_size": 5, f"{method}__verbose": 2}
    plain: dict[str, Any] = {"batch_size": 8, "verbose": 0}
    if order == "given":
        destinations, _ = prepared(context, "predict", **routed, **plain)
    else:
        destinations, estimator = prepared(context, **routed)
        context.call(estimator, "set_params", **plain)
        use(context.observe, estimator, "fit", "predict")
    call = destinations.received(method)[-1:]
    expected = {name.removeprefix(f"{method}__"): value for name, value in routed.items()}
    require_received(context, call, expected, f"Model.{method}")


@check(
    "ROUTE-11.validation-split",
    verifies="fit__validation_split overrides validation_split",
    impact="a search over the share that is held out trains each candidate on the same rows",
    wrappers=ESTIMATORS,
    cases=["more", "zero"],
    conditional=True,
)
def overrides_of_the_split(context: CheckContext) -> None:
    routed = {"more": 0.5, "zero": 0.0}[context.case]
    if not accepted(context, validation_split=0.25):
        context.not_applicable("the wrapper has no parameter validation_split")
    if _held_out(context, validation_split=0.25) != 0.25:
        context.stop("fit with validation_split=0.25", "did not hold a quarter of the rows out")
    found = _held_out(context, validation_split=0.25, fit__validation_split=routed)
    context.require(
        found == routed,
        f"with validation_split=0.25 and fit__validation_split={routed}, fit holds {found:.0%} of "
        "the rows out",
    )


def _held_out(context: CheckContext, **params: Any) -> float:
    """Return the share of the rows that a fit holds out, by itself or by Keras."""
    destinations, _ = prepared(context, **params)
    calls = destinations.received("fit")
    if not calls:
        context.stop("fit", "did not call Model.fit, where rows could be counted")
    data = calls[-1].get("validation_data")
    if data is None:
        return float(calls[-1].get("validation_split") or 0.0)
    if not isinstance(data, (list, tuple)) or not isinstance(calls[-1].get("x"), np.ndarray):
        context.stop("fit", "did not give Model.fit arrays, whose rows could be counted")
    held_out, kept = len(data[0]), len(calls[-1]["x"])
    return held_out / (held_out + kept)

"""ROUTE-1 to ROUTE-4: parameters routed to the builder, ``fit`` and ``predict``."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.destinations import (
    DESTINATIONS,
    Destinations,
    prepared,
    require_no_leak,
    require_received,
    use,
)
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, Observation, show


@check(
    "ROUTE-1.prefixes",
    verifies="the class attribute prefixes_ holds the eight documented prefixes",
    impact="a tool that looks up which parameters are routed, or a subclass that adds a "
    "prefix, fails",
)
def prefixes(context: CheckContext) -> None:
    with context.doing("reading prefixes_ of the class"):
        found = context.cls.prefixes_
    context.require(not isinstance(found, str), f"prefixes_ is one string, {show(found)}")
    with context.doing("iterating over prefixes_"):
        held = list(found)
        absent = [name for name in DESTINATIONS if f"{name}__" not in held]
    context.require(
        not absent, f"prefixes_ lacks {', '.join(f'{name}__' for name in absent)}: {show(held)}"
    )


@check(
    "ROUTE-2.builder",
    verifies="model__x reaches the builder as x, by identity, and overrides the builder's default",
    impact="an architecture that is searched is built with default settings",
    cases=["fit", "initialize", "set-later"],
)
def builder(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[Any] = []
    layout = [1, {"a": 2}]
    given = {"model__layout": layout, "model__activation": None, "model__units": 0}

    def build(layout: Any = None, depth: int = 1, activation: Any = "relu", units: Any = 3) -> Any:
        seen.append((layout, depth, activation, units))
        return stub_model(context)

    later = context.case == "set-later"
    method = "fit" if later else context.case

    def without() -> None:
        context.call(context.make(build), method, X, y)

    with provided(without):
        estimator = context.observe.make(build, **({} if later else given))
        if later:
            # That it can be set is what INIT-10 is about.
            context.call(estimator, "set_params", **given)
        context.observe.call(estimator, method, X, y)
    if not seen:
        context.stop(method, "did not call the builder")
    found, depth, *others = seen[-1]
    context.require(found is layout, f"the builder received layout={show(found)}")
    context.require(depth == 1, f"the builder received depth={show(depth)}, which was not given")
    context.require(
        others[0] is None and others[1] == 0,
        f"activation=None and units=0 were routed to the builder; it received {show(others)}",
    )


@check(
    "ROUTE-2.named-like-a-parameter",
    verifies="model__x reaches the builder even if the wrapper has a parameter x of its own",
    impact="a builder's argument called epochs or loss cannot be set",
    also=["ROUTE-15"],
)
def named_like_a_parameter(context: CheckContext) -> None:
    given = {"epochs": 7, "batch_size": 6, "loss": "of the builder", "verbose": "too"}
    routed: dict[str, Any] = {f"model__{name}": value for name, value in given.items()}
    destinations, _ = prepared(context, **routed)
    require_received(context, destinations.received("model"), given, "the builder")
    for call in destinations.received("fit"):
        for name in ("epochs", "batch_size"):
            context.require(
                not same(call.get(name), given[name]), f"model__{name} reached Model.fit"
            )


FIT: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 5,
    "shuffle": False,
    "verbose": 2,
    "initial_epoch": 1,
    "validation_freq": 2,
    "steps_per_epoch": 2,
}

BESIDE = "-beside-a-keyword"
"""The end of cases in which the call has an argument too, for something else."""


def _require_beside_a_keyword(context: CheckContext, method: str, name: str, value: Any) -> None:
    """Require a routed value in a method of the model when the call has another argument."""
    receiver = "fit" if method.endswith("fit") else "predict"
    X, y, *_ = doubles.dataset(context.wrapper)
    keywords: dict[str, Any] = {"batch_size": 3} if name == "verbose" else {"verbose": 0}
    if method == "score":
        keywords = {"sample_weight": np.ones(len(y))}

    def calls(steps: CheckContext | Observation, **routed: Any) -> list[dict[str, Any]]:
        destinations = Destinations(context)
        estimator = destinations.estimator(context, **routed)
        if method != "fit":
            context.fit(estimator, X, y)
        before = len(destinations.received(receiver))
        steps.call(estimator, method, *((X,) if method == "predict" else (X, y)), **keywords)
        return destinations.received(receiver)[before:]

    with provided(lambda: calls(context)):
        found = calls(context.observe, **{f"{receiver}__{name}": value})
    if not found:
        context.stop(method, f"did not call Model.{receiver}, where its arguments could be seen")
    what = f"in {method}(..., {', '.join(keywords)}=...), Model.{receiver}"
    require_received(context, found, {name: value}, what)


@check(
    "ROUTE-3.fit",
    verifies="fit__x reaches Model.fit as x",
    impact="the model is trained with other settings than those being searched",
    cases=[*FIT, f"batch_size{BESIDE}", f"shuffle{BESIDE}"],
)
def reaches_fit(context: CheckContext) -> None:
    if context.case.endswith(BESIDE):
        name = context.case.removesuffix(BESIDE)
        _require_beside_a_keyword(context, "fit", name, FIT[name])
        return
    # With initial_epoch=1, training needs more than one epoch.
    params: dict[str, Any] = {"epochs": 3} if context.case == "initial_epoch" else {}
    params[f"fit__{context.case}"] = FIT[context.case]
    destinations, _ = prepared(context, **params)
    expected = {context.case: FIT[context.case]}
    require_received(context, destinations.received("fit"), expected, "Model.fit")


@check(
    "ROUTE-3.partial-fit",
    verifies="fit__x reaches Model.fit as x when partial_fit is called",
    impact="training goes on in other batches, or in another order, than it began",
    cases=["batch_size", "shuffle", "verbose", f"batch_size{BESIDE}"],
    needs=[Capability.PARTIAL_FIT],
)
def reaches_partial_fit(context: CheckContext) -> None:
    if context.case.endswith(BESIDE):
        name = context.case.removesuffix(BESIDE)
        _require_beside_a_keyword(context, "partial_fit", name, FIT[name])
        return
    expected = {context.case: FIT[context.case]}
    routed = {f"fit__{name}": value for name, value in expected.items()}
    destinations, estimator = prepared(context, **routed)
    before = len(destinations.received("fit"))
    use(context, estimator, "partial_fit")
    calls = destinations.received("fit")[before:]
    if not calls:
        context.stop("partial_fit", "did not call Model.fit, where its arguments could be seen")
    require_received(context, calls, expected, "in partial_fit, Model.fit")


@check(
    "ROUTE-3.nothing-else",
    verifies="fit__x does not reach the builder, Model.compile, Model.predict or a constructor",
    impact="predict fails because of an argument of fit, or uses the batch size of training",
)
def reaches_nothing_but_fit(context: CheckContext) -> None:
    given = {"batch_size": 5, "steps_per_epoch": 1003, "validation_freq": 1004, "verbose": 2}
    require_no_leak(context, "fit", given)


PREDICT: dict[str, Any] = {"batch_size": 5, "verbose": 2, "steps": 1}


def _require_routed_to_predict(context: CheckContext, method: str) -> None:
    """Require ``predict__x`` in Model.predict when a method is called."""
    if context.case.endswith(BESIDE):
        name = context.case.removesuffix(BESIDE)
        _require_beside_a_keyword(context, method, name, PREDICT[name])
        return
    expected = {context.case: PREDICT[context.case]}
    routed = {f"predict__{context.case}": PREDICT[context.case]}
    destinations, estimator = prepared(context, method, **routed)
    X, *_ = doubles.dataset(context.wrapper)
    if method == "decision_function" and hasattr(context.cls, "predict_proba"):
        context.call(estimator, "predict_proba", X)  # of which margins are often made
    before = len(destinations.received("predict"))
    if method == "score":
        use(context, estimator, method)
    else:
        context.call(estimator, method, X)
    calls = destinations.received("predict")[before:]
    require_received(context, calls, expected, f"in {method}, Model.predict")


@check(
    "ROUTE-4.predict",
    verifies="predict__x reaches Model.predict as x when predict is called",
    impact="predictions run out of memory, whatever batch size is set",
    cases=[*PREDICT, f"batch_size{BESIDE}", f"verbose{BESIDE}"],
)
def routed_to_predict(context: CheckContext) -> None:
    _require_routed_to_predict(context, "predict")


@check(
    "ROUTE-4.predict-proba",
    verifies="predict__x reaches Model.predict as x when predict_proba is called",
    impact="probabilities are computed with other settings than predictions",
    wrappers=[Wrapper.CLASSIFIER],
    cases=PREDICT,
    conditional=True,
)
def routed_to_predict_proba(context: CheckContext) -> None:
    require_probabilities_exist(context)
    _require_routed_to_predict(context, "predict_proba")


@check(
    "ROUTE-4.decision-function",
    verifies="predict__x reaches Model.predict as x when decision_function is called, if there is "
    "one",
    impact="scorers that take margins compute with other settings than predictions",
    wrappers=[Wrapper.CLASSIFIER],
    cases=PREDICT,
    conditional=True,
)
def routed_to_decision_function(context: CheckContext) -> None:
    if not hasattr(context.cls, "decision_function"):
        context.not_applicable(
            "the classifier has no decision_function, which it does not have to have"
        )
    _require_routed_to_predict(context, "decision_function")


@check(
    "ROUTE-4.score",
    verifies="predict__x reaches Model.predict as x when score is called",
    impact="a search computes scores with other settings than predictions",
    cases=[*PREDICT, f"batch_size{BESIDE}"],
)
def routed_to_score(context: CheckContext) -> None:
    _require_routed_to_predict(context, "score")

"""Chapter ROUTE, first part: where each prefix leads, and nowhere else."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.destinations import (
    DESTINATIONS,
    prepared,
    require_made,
    require_no_leak,
    require_received,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.runner.context import CheckContext, show

# -- ROUTE-1 ------------------------------------------------------------------------------------


@check(
    "ROUTE-1.prefixes",
    verifies="the class has an attribute prefixes_ that holds the eight documented prefixes",
    impact="a tool that asks which parameters are routed, or a subclass that adds one, fails",
)
def prefixes(context: CheckContext) -> None:
    with context.doing("reading prefixes_ of the class"):
        found = context.cls.prefixes_
    context.require(not isinstance(found, str), f"prefixes_ is one string, {show(found)}")
    with context.doing("looking through prefixes_"):
        held = list(found)
        absent = [name for name in DESTINATIONS if f"{name}__" not in held]
    context.require(
        not absent, f"prefixes_ lacks {', '.join(f'{name}__' for name in absent)}: {show(held)}"
    )


# -- ROUTE-2 ------------------------------------------------------------------------------------


@check(
    "ROUTE-2.builder",
    verifies="model__x reaches the builder as x, by identity, and overrides the builder's default",
    impact="an architecture that is searched over is built with default settings",
    cases=["fit", "initialize", "set-later"],
)
def builder(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[Any] = []
    layout = [1, {"a": 2}]

    def build(layout: Any = None, depth: int = 1) -> Any:
        seen.append((layout, depth))
        return doubles.idle_model_of(doubles.dataset(context.wrapper), context.wrapper)

    later = context.case == "set-later"
    estimator = context.make(build, **({} if later else {"model__layout": layout}))
    if later:
        context.call(estimator, "set_params", model__layout=layout)
    context.call(estimator, "initialize" if later else context.case, X, y)
    context.require(seen, "the builder was never called")
    found, depth = seen[-1]
    context.require(found is layout, f"the builder received layout={show(found)}")
    context.require(depth == 1, f"the builder received depth={show(depth)}, which was not given")


@check(
    "ROUTE-2.named-like-a-parameter",
    verifies="model__x reaches the builder also where the wrapper has a parameter x of its own",
    impact="a builder with an argument called epochs or loss cannot be given it",
    also=["ROUTE-15"],
)
def named_like_a_parameter(context: CheckContext) -> None:
    given = {"epochs": 7, "batch_size": 6, "loss": "of the builder", "verbose": "too"}
    routed = {f"model__{name}": value for name, value in given.items()}
    destinations, _ = prepared(context, **routed)
    require_received(context, destinations.received("model"), given, "the builder")
    for call in destinations.received("fit"):
        for name in ("epochs", "batch_size"):
            context.require(
                not same(call.get(name), given[name]), f"model__{name} reached Model.fit"
            )


# -- ROUTE-3, ROUTE-4 ---------------------------------------------------------------------------

FIT: dict[str, Any] = {
    "epochs": 3,
    "batch_size": 5,
    "shuffle": False,
    "verbose": 2,
    "initial_epoch": 1,
    "validation_freq": 2,
    "steps_per_epoch": 2,
}


@check(
    "ROUTE-3.fit",
    verifies="fit__x reaches Model.fit as x",
    impact="training runs with other settings than the ones that were searched over",
    cases=FIT,
)
def reaches_fit(context: CheckContext) -> None:
    # With a first epoch of its own, a training needs more epochs than one to have any.
    plain = {"epochs": 3} if context.case == "initial_epoch" else {}
    destinations, _ = prepared(context, **{f"fit__{context.case}": FIT[context.case]}, **plain)
    expected = {context.case: FIT[context.case]}
    require_received(context, destinations.received("fit"), expected, "Model.fit")


@check(
    "ROUTE-3.nothing-else",
    verifies="fit__x does not reach the builder, Model.compile, Model.predict or a constructor",
    impact="predict fails on an argument of fit, or runs with the batch size of training",
)
def reaches_nothing_but_fit(context: CheckContext) -> None:
    given = {"batch_size": 5, "steps_per_epoch": 1003, "validation_freq": 1004}
    require_no_leak(context, "fit", given)


PREDICT: dict[str, Any] = {"batch_size": 5, "verbose": 2, "steps": 1}


def _require_routed_to_predict(context: CheckContext, method: str, *data: Any) -> None:
    """Ask for ``predict__x`` in Model.predict when a method is called."""
    expected = {context.case: PREDICT[context.case]}
    destinations, estimator = prepared(
        context, **{f"predict__{context.case}": PREDICT[context.case]}
    )
    before = len(destinations.received("predict"))
    context.call(estimator, method, *data)
    calls = destinations.received("predict")[before:]
    require_received(context, calls, expected, f"in {method}, Model.predict")


@check(
    "ROUTE-4.predict",
    verifies="predict__x reaches Model.predict as x when predict is called",
    impact="predictions run out of memory, whatever batch size was chosen for them",
    cases=PREDICT,
)
def routed_to_predict(context: CheckContext) -> None:
    X, *_ = doubles.dataset(context.wrapper)
    _require_routed_to_predict(context, "predict", X)


@check(
    "ROUTE-4.predict-proba",
    verifies="predict__x reaches Model.predict as x when predict_proba is called",
    impact="probabilities are computed with other settings than predictions",
    wrappers=[Wrapper.CLASSIFIER],
    cases=PREDICT,
)
def routed_to_predict_proba(context: CheckContext) -> None:
    X, *_ = doubles.dataset(context.wrapper)
    _require_routed_to_predict(context, "predict_proba", X)


@check(
    "ROUTE-4.score",
    verifies="predict__x reaches Model.predict as x when score is called",
    impact="a search scores with other settings than the ones that were chosen for predicting",
    cases=PREDICT,
)
def routed_to_score(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    _require_routed_to_predict(context, "score", X, y)


# -- ROUTE-6 to ROUTE-8 -------------------------------------------------------------------------


def _require_constructed(context: CheckContext, kind: str) -> None:
    """Ask for routed arguments in an object, seen where the model is compiled with it."""
    given = {"alpha": 1001, "beta": [2, {"a": 3}], "nothing": None}
    destinations, _ = prepared(context, **{f"{kind}__{name}": v for name, v in given.items()})
    arguments: Any
    if context.case == "builder":
        where, arguments = "compile_kwargs", (destinations.compilations or [None])[-1]
    else:
        calls = destinations.received("compile")
        where, arguments = "Model.compile", calls[-1] if calls else None
    context.require(isinstance(arguments, dict), f"{where}: there are no arguments")
    expected = {destinations.classes[kind]: given}
    require_made(context, arguments.get(kind), expected, f"{kind} in {where}")


PLACES = ("wrapper", "builder")


@check(
    "ROUTE-6.optimizer",
    verifies="optimizer__x reaches the constructor of the optimizer class",
    impact="a search over the learning rate compares equal models",
    cases=PLACES,
)
def reaches_optimizer(context: CheckContext) -> None:
    _require_constructed(context, "optimizer")


@check(
    "ROUTE-7.loss",
    verifies="loss__x reaches the constructor of the loss class",
    impact="label smoothing, class weights or from_logits of a loss are silently its defaults",
    cases=PLACES,
)
def reaches_loss(context: CheckContext) -> None:
    _require_constructed(context, "loss")


@check(
    "ROUTE-8.metrics",
    verifies="metrics__x reaches the constructor of each metric class",
    impact="a threshold or a number of classes of a metric is silently its default",
    cases=[*PLACES, "each"],
)
def reaches_metrics(context: CheckContext) -> None:
    if context.case != "each":
        _require_constructed(context, "metrics")
        return
    classes = [doubles.open_class("metrics") for _ in range(3)]
    destinations, _ = prepared(context, metrics=classes, metrics__alpha=1001)
    calls = destinations.received("compile")
    context.require(calls, "the model was not compiled")
    expected = {cls: {"alpha": 1001} for cls in classes}
    require_made(context, calls[-1].get("metrics"), expected, "metrics in Model.compile")


@check(
    "ROUTE-6.named-optimizer",
    verifies="optimizer__x reaches the constructor of an optimizer that was given by name",
    impact="optimizer='sgd' with optimizer__learning_rate trains at the default rate",
    also=["BUILD-5"],
)
def reaches_named_optimizer(context: CheckContext) -> None:
    _, estimator = prepared(
        context, optimizer="sgd", optimizer__learning_rate=0.125, optimizer__momentum=0.75
    )
    model = context.model(estimator)
    with context.doing("reading the settings of the optimizer"):
        config = model.optimizer.get_config()
        found = [float(config["learning_rate"]), float(config["momentum"])]
    context.require(
        isinstance(model.optimizer, keras.optimizers.SGD) and found == [0.125, 0.75],
        f"the optimizer should be SGD(0.125, momentum=0.75); it is {show(config)}",
    )


def _require_no_silence(context: CheckContext, params: dict[str, Any]) -> Any:
    """Give the model that is fitted with parameters routed to a name, or nothing.

    A name may stand for a function, and what is routed to one is refused (ROUTE-12).
    """
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(lambda: doubles.uncompiled(context.wrapper, off=0.5), **params)
    with context.doing(f"fit with {', '.join(params)}"):
        try:
            estimator.fit(X, y)
        except TypeError:
            return None
    return context.model(estimator)


@check(
    "ROUTE-7.named-loss",
    verifies="loss__x reaches a loss that was given by name, or is refused",
    impact="loss='huber' with loss__delta trains with the default",
    wrappers=[Wrapper.REGRESSOR],
    cases=["single", "dict"],
    also=["BUILD-5"],
)
def reaches_named_loss(context: CheckContext) -> None:
    loss = {"single": "huber", "dict": {"out": "huber"}}[context.case]
    model = _require_no_silence(context, {"loss": loss, "loss__delta": 0.125, "optimizer": "sgd"})
    if model is None:
        return
    X, y, *_ = doubles.dataset(context.wrapper)
    answers = model(X)
    column = y.reshape(-1, 1)
    with context.doing("computing the loss that model_ was compiled with"):
        found = float(model.compute_loss(x=X, y=column, y_pred=answers))
    expected = float(keras.losses.Huber(delta=0.125)(column, answers))
    context.require(
        np.isclose(found, expected, rtol=1e-4),
        f"with loss__delta=0.125 the loss should be {expected}; it is {found}",
    )


@check(
    "ROUTE-8.named-metrics",
    verifies="metrics__x reaches metrics that were given by name, or is refused",
    impact="metrics='binary_accuracy' with metrics__threshold counts by the default",
    wrappers=[Wrapper.REGRESSOR],
    cases=["single", "dict"],
    also=["BUILD-5"],
)
def reaches_named_metrics(context: CheckContext) -> None:
    name = "binary_accuracy"
    metrics = {"single": name, "dict": {"out": [name]}}[context.case]
    params = {"metrics": metrics, "metrics__threshold": 0.125, "optimizer": "sgd"}
    model = _require_no_silence(context, {**params, "loss": "mean_squared_error"})
    if model is None:
        return
    with context.doing("asking the metric of model_ about two rows"):
        held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
        (metric,) = [one for one in held if one.name != "loss"]
        metric.reset_state()
        metric.update_state(np.ones((2, 1)), np.full((2, 1), 0.25))
        found = float(metric.result())
    context.require(
        found == 1.0,
        f"with metrics__threshold=0.125 an answer of 0.25 counts as a one; the metric is {found}",
    )


# -- ROUTE-9 ------------------------------------------------------------------------------------


@check(
    "ROUTE-9.scorer",
    verifies="score__x reaches the scoring function of a subclass as x",
    impact="a custom score cannot be configured, or is computed with its defaults",
    cases=["given", "set-later"],
)
def reaches_scorer(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = {"alpha": 1001, "beta": [1, 2], "nothing": None}
    routed = {f"score__{name}": value for name, value in given.items()}
    if context.case == "given":
        destinations, estimator = prepared(context, **routed)
    else:
        destinations, estimator = prepared(context)
        context.call(estimator, "set_params", **routed)
    context.call(estimator, "score", X, y)
    require_received(context, destinations.received("score"), given, "the scorer")


@check(
    "ROUTE-9.default-scorer",
    verifies="score__x reaches accuracy and R-squared, the scoring functions of the wrappers",
    impact="score__normalize or score__multioutput is accepted and changes nothing",
    wrappers=ESTIMATORS,
)
def reaches_default_scorer(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    if context.is_classifier:
        data = doubles.dataset(context.wrapper)
        other = np.concatenate([1 - data.y[:3], data.y[3:]])
        given: dict[str, Any] = {"normalize": False}
        expected = accuracy_score(other, data.y, **given)
    else:
        data = doubles.continuous_dataset(2)
        other = data.y + np.where(data.y > data.y.mean(axis=0), [0.5, 3.0], 0.0).astype(
            data.y.dtype
        )
        given = {"multioutput": "variance_weighted"}
        expected = r2_score(other, data.y, **given)
    estimator = context.make(
        lambda: doubles.idle_model_of(data, context.wrapper),
        **{f"score__{name}": value for name, value in given.items()},
    )
    context.fit(estimator, data.X, data.y)
    found = context.call(estimator, "score", data.X, other)
    with context.doing("comparing the score"):
        right = bool(np.isclose(float(found), float(expected), atol=1e-3))
    context.require(right, f"score with {given} should be {expected}; it is {show(found)}")

"""ROUTE-6, ROUTE-7 and ROUTE-8: parameters routed to optimizer, loss and metrics."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.destinations import (
    prepared,
    require_made,
    without_routed,
)
from scikeras_conformance.checks._support.helper_models import uncompiled_helper
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.runner.context import CheckContext, show

OTHERS = ("epochs", "batch_size", "verbose", "random_state", "validation_split", "warm_start")
"""Parameters of a wrapper, which a constructor may also have and must not be given."""


def _require_constructed(context: CheckContext, kind: str) -> None:
    """Require routed arguments in an object that the model is compiled with."""
    numbers = {"alpha": 1001, "beta_1": 1002, "Alpha": 1003}
    given = {**numbers, "beta": [2, {"a": 3}], "nothing": None, "zero": 0, "off": False}
    requests = context.case == "builder"
    routed = {f"{kind}__{name}": value for name, value in given.items()}
    signature = [*given, *OTHERS] if context.case == "named-arguments" else ()
    destinations, _ = prepared(context, requests=requests, signature=signature, **routed)
    arguments: Any
    if requests:
        where, arguments = "compile_kwargs", (destinations.compilations or [None])[-1]
    else:
        calls = destinations.received("compile")
        where, arguments = "Model.compile", calls[-1] if calls else None
    if not isinstance(arguments, dict):
        context.stop(where, f"received {show(arguments)}, no arguments by name")
    expected = {destinations.classes[kind]: given}
    require_made(context, arguments.get(kind), expected, f"{kind} in {where}")


PLACES = ("wrapper", "builder", "named-arguments")
"""Who compiles the model; and the wrapper, with classes whose signatures name their arguments."""


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
    impact="settings of a loss, such as label smoothing, silently keep their defaults",
    cases=PLACES,
)
def reaches_loss(context: CheckContext) -> None:
    _require_constructed(context, "loss")


@check(
    "ROUTE-8.metrics",
    verifies="metrics__x reaches the constructor of each metric class",
    impact="settings of a metric, such as a threshold, silently keep their defaults",
    cases=[*PLACES, "each"],
)
def reaches_metrics(context: CheckContext) -> None:
    if context.case != "each":
        _require_constructed(context, "metrics")
        return
    classes = [doubles.class_accepting_anything("metrics") for _ in range(3)]
    destinations, _ = prepared(context, metrics=classes, metrics__alpha=1001)
    calls = destinations.received("compile")
    context.require(calls, "the model was not compiled")
    expected = {cls: {"alpha": 1001} for cls in classes}
    require_made(context, calls[-1].get("metrics"), expected, "metrics in Model.compile")


@check(
    "ROUTE-6.named-optimizer",
    verifies="optimizer__x reaches the constructor of an optimizer given by name",
    impact="optimizer='sgd' with optimizer__learning_rate trains at the default rate",
    also=["BUILD-5"],
    cases=["sgd", "rmsprop"],
)
def reaches_named_optimizer(context: CheckContext) -> None:
    _, estimator = prepared(
        context,
        optimizer=context.case,
        optimizer__learning_rate=0.125,
        optimizer__momentum=0.75,
    )
    model = context.model(estimator)
    with context.doing("reading the settings of the optimizer"):
        config = model.optimizer.get_config()
        found = [float(config["learning_rate"]), float(config["momentum"])]
    cls = {"sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}[context.case]
    context.require(
        isinstance(model.optimizer, cls) and found == [0.125, 0.75],
        f"the optimizer should be {cls.__name__}(0.125, momentum=0.75); it is {show(config)}",
    )


WAYS = {"dict": "out__", "dict_of_one": "out__", "list": "0__"}
"""What addresses the only item of a structure."""


def _require_no_silence(context: CheckContext, params: dict[str, Any]) -> Any:
    """Return the model that is fitted with parameters routed to a name, or None.

    A name may stand for a function, and parameters routed to one raise a TypeError (ROUTE-12).
    """
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        return uncompiled_helper(context, off=0.5)

    def without() -> None:
        context.fit(context.make(build, **without_routed(params)), X, y)

    with provided(without):
        estimator = context.observe.make(build, **params)
        with context.doing(f"fit with {', '.join(params)}"):
            try:
                estimator.fit(X, y)
            except TypeError:
                return None
    return context.model(estimator)


@check(
    "ROUTE-7.named-loss",
    verifies="loss__x reaches a loss given by name, also in a list or dict, or raises an error",
    impact="loss='huber' with loss__delta trains with the default",
    wrappers=[Wrapper.REGRESSOR],
    cases=["single", "dict", "dict-own", "list", "list-own"],
    also=["BUILD-5"],
)
def reaches_named_loss(context: CheckContext) -> None:
    shape, _, own = context.case.partition("-")
    loss = {"single": "huber", "dict": {"out": "huber"}, "list": ["huber"]}[shape]
    name = f"loss__{WAYS[shape]}delta" if own else "loss__delta"
    model = _require_no_silence(context, {"loss": loss, name: 0.125, "optimizer": "sgd"})
    if model is None:
        return
    X, y, *_ = doubles.dataset(context.wrapper)
    predictions = model(X)
    column = y.reshape(-1, 1)
    with context.doing("computing the loss that model_ was compiled with"):
        found = float(model.compute_loss(x=X, y=column, y_pred=predictions))
    expected = float(keras.losses.Huber(delta=0.125)(column, predictions))
    context.require(
        np.isclose(found, expected, rtol=1e-4),
        f"with loss__delta=0.125 the loss should be {expected}; it is {found}",
    )


@check(
    "ROUTE-8.named-metrics",
    verifies="metrics__x reaches metrics given by name, also in a list or dict, or raises an error",
    impact="metrics='binary_accuracy' with metrics__threshold uses the default",
    wrappers=[Wrapper.REGRESSOR],
    cases=["single", "dict", "dict_of_one-own", "list", "list-own"],
    also=["BUILD-5"],
)
def reaches_named_metrics(context: CheckContext) -> None:
    name = "binary_accuracy"
    shape, _, own = context.case.partition("-")
    structures = {"dict": {"out": [name]}, "dict_of_one": {"out": name}, "list": [name]}
    routed = f"metrics__{WAYS[shape]}threshold" if own else "metrics__threshold"
    params = {"metrics": structures.get(shape, name), routed: 0.125, "optimizer": "sgd"}
    model = _require_no_silence(context, {**params, "loss": "mean_squared_error"})
    if model is None:
        return
    metric = _only_metric(context, model)
    with context.doing("updating the metric of model_ with two rows"):
        metric.reset_state()
        metric.update_state(np.ones((2, 1)), np.full((2, 1), 0.25))
        found = float(metric.result())
    context.require(
        found == 1.0,
        f"with metrics__threshold=0.125 an output of 0.25 counts as 1; the metric is {found}",
    )


@check(
    "ROUTE-8.routed-name",
    verifies="metrics__name is the name of a metric that was given by another name",
    impact="early stopping monitors a name that the history does not have",
    wrappers=[Wrapper.REGRESSOR],
)
def routed_name(context: CheckContext) -> None:
    params = {"metrics": "binary_accuracy", "metrics__name": "share", "optimizer": "sgd"}
    model = _require_no_silence(context, {**params, "loss": "mean_squared_error"})
    if model is None:
        return
    name = _only_metric(context, model).name
    context.require(
        name == "share", f"with metrics__name='share' the metric of model_ is called {name}"
    )


def _only_metric(context: CheckContext, model: Any) -> Any:
    """Return the metric that a model was compiled with, which has to be one."""
    with context.doing("reading the metrics of model_"):
        held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
        metrics = [one for one in held if one.name != "loss"]
    count = len(metrics)
    context.require(count == 1, f"model_ has {count} metrics beside the loss, not 1")
    return metrics[0]

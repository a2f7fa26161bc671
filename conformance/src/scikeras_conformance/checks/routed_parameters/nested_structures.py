"""ROUTE-5, ROUTE-10 and ROUTE-12: classes in nested structures."""

import re
from collections.abc import Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.destinations import (
    instances_made,
    nested_classes,
    require_made,
    stub_helper,
    subclass,
)
from scikeras_conformance.checks._support.fit_outcomes import stub_builder
from scikeras_conformance.checks._support.helper_models import helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.routing_model import predicted
from scikeras_conformance.checks._support.two_outputs import halves
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

NESTED = ("loss", "metrics", "callbacks")


def _require_as_predicted(
    context: CheckContext, structures: Mapping[str, Any], params: Mapping[str, Any]
) -> None:
    """Require that every class is made with exactly the arguments that the rules predict."""
    made = instances_made(context, structures, params)
    for destination, structure in structures.items():
        expected = predicted(structure, params, destination)
        require_made(context, made.get(destination), expected, f"{destination} of {dict(params)}")


@check(
    "ROUTE-5.callbacks",
    verifies="callbacks__x reaches a callback class, also by index in a list and by key in a dict",
    impact="early stopping cannot be tuned, and uses its defaults",
    cases=["single", "list", "dict", "list-of-one", "dict-of-one"],
)
def reaches_callbacks(context: CheckContext) -> None:
    ways = {
        "single": "",
        "list": "1__",
        "dict": "second__",
        "list-of-one": "0__",
        "dict-of-one": "first__",
    }
    given = {"alpha": 1001, "beta": [2, {"a": 3}], "nothing": None, "zero": 0, "off": False}
    params = {f"callbacks__{ways[context.case]}{name}": value for name, value in given.items()}
    _require_as_predicted(context, {"callbacks": nested_classes("callbacks", context.case)}, params)


@check(
    "ROUTE-5.beside-an-instance",
    verifies="callbacks__x reaches a callback class in a list or dict that also holds an instance",
    impact="early stopping beside a logger that was made before cannot be tuned, and uses its "
    "defaults",
    cases=["list", "dict"],
)
def beside_an_instance(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    instance = keras.callbacks.TerminateOnNaN()
    cls = doubles.class_accepting_anything("callbacks")
    given: Any = [instance, cls] if context.case == "list" else {"a": instance, "b": cls}
    way = {"list": "1__", "dict": "b__"}[context.case]

    def without() -> None:
        context.fit(context.make(stub_builder(context), callbacks=given), X, y)

    with provided(without):
        params = {f"callbacks__{way}alpha": 1001}
        estimator = context.observe.make(stub_builder(context), callbacks=given, **params)
        context.observe.fit(estimator, X, y)
    made = list({id(one): one for one in cls.trained}.values())
    require_made(context, made, {cls: {"alpha": 1001}}, f"callbacks of {params}")


SHARED: dict[str, dict[str, Any]] = {
    "list": {"alpha": 1, "beta": 2, "1__alpha": 3, "0__gamma": 4},
    "dict": {"alpha": 1, "beta": 2, "second__alpha": 3, "first__gamma": 4},
    "similar-keys": {"alpha": 1, "out__beta": 2, "out_2__alpha": 3, "out_2__gamma": 4},
    "keys-in-two-cases": {"alpha": 1, "out__beta": 2, "Out__alpha": 3, "Out__gamma": 4},
    "keys-of-digits": {"alpha": 1, "0__beta": 2, "7__alpha": 3, "7__gamma": 4},
    "number-keys": {"alpha": 1, "0__beta": 2, "7__alpha": 3, "7__gamma": 4},
    "nested-list": {"alpha": 1, "beta": 2, "0__1__alpha": 3, "0__gamma": 4, "1__beta": 5},
    "dict-of-lists": {"alpha": 1, "first__1__alpha": 3, "first__gamma": 4, "second__0__beta": 5},
    "long-list": {"alpha": 1, "1__beta": 2, "10__alpha": 3, "10__gamma": 4},
}


@check(
    "ROUTE-10.shared-and-own",
    verifies="a routed value reaches each class in a list or dict, and one with an index or "
    "key overrides it",
    impact="one of several losses or metrics is made with the settings of another",
    cases=[
        f"{kind}-{shape}"
        for kind in NESTED
        for shape in SHARED
        if not (kind == "loss" and "list" in shape.removeprefix("list"))
        and not (kind == "callbacks" and shape in {"similar-keys", "keys-in-two-cases"})
        # Outputs have names, so only callbacks can have numbers for keys.
        and not (kind != "callbacks" and shape == "number-keys")
    ],
)
def shared_and_own(context: CheckContext) -> None:
    kind, _, shape = context.case.partition("-")
    params = {f"{kind}__{name}": value for name, value in SHARED[shape].items()}
    _require_as_predicted(context, {kind: nested_classes(kind, shape)}, params)
    # The order of the parameters does not decide which of them wins.
    reverse = dict(reversed(params.items()))
    _require_as_predicted(context, {kind: nested_classes(kind, shape)}, reverse)


@check(
    "ROUTE-10.class-twice",
    verifies="a class that is in a list or dict twice is made twice, each time with its own "
    "settings",
    impact="two thresholds of one metric are the same, and a callback is called once for both",
    cases=[f"{kind}-{shape}" for kind in NESTED for shape in ("list", "dict")],
    wrappers=ESTIMATORS,
)
def class_twice(context: CheckContext) -> None:
    kind, _, shape = context.case.partition("-")
    second = "1" if shape == "list" else "second"
    for own in ({}, {f"{kind}__{second}__beta": 3}):
        cls = doubles.class_accepting_anything(kind)
        structure: Any = [cls, cls] if shape == "list" else {"first": cls, "second": cls}
        params: dict[str, Any] = {f"{kind}__alpha": 1, **own}
        made = instances_made(context, {kind: structure}, params).get(kind)
        found = [dict(one.given) for one in doubles.leaves(made) if isinstance(one, cls)]
        expected = [{"alpha": 1}, {"alpha": 1, **({"beta": 3} if own else {})}]
        context.require(
            same(sorted(found, key=len), expected),
            f"{kind} of {params} should be made with {expected}; it was made with {show(found)}",
        )


@check(
    "ROUTE-10.outputs",
    verifies="with several outputs, the loss and metrics of each are made with their own settings",
    impact="the loss of one output is made with the settings of another",
    wrappers=[Wrapper.REGRESSOR],
    cases=["loss-list", "loss-dict", "metrics-list", "metrics-dict"],
)
def each_output(context: CheckContext) -> None:
    kind, _, shape = context.case.partition("-")
    data = doubles.continuous_dataset(2)
    a, b = (doubles.class_accepting_anything(kind) for _ in range(2))
    structure: Any = [a, b] if kind == "loss" else [[a], [b]]
    if shape == "dict":
        structure = dict(zip(("left", "right"), structure, strict=True))

    two_outputs = subclass(context, target_encoder=property(lambda _: halves()))
    models: list[Any] = []

    def build() -> Any:
        inputs = keras.Input((data.n_features,))
        outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("left", "right")]
        models.append(doubles.RecordingModel(inputs, outputs))
        return models[-1]

    second = {"list": "1", "dict": "right"}[shape]
    params = {f"{kind}__alpha": 1001, f"{kind}__{second}__beta": 1002}
    plain: dict[str, Any] = {} if kind == "loss" else {"loss": ["mean_squared_error"] * 2}
    plain[kind] = structure

    def without() -> None:
        context.fit(context.make_of(two_outputs, build, **plain), data.X, data.y)

    with provided(without):
        estimator = context.observe.make_of(two_outputs, build, **plain, **params)
        context.observe.fit(estimator, data.X, data.y)
    calls = models[-1].log.compiles if models else []
    if not calls:
        context.stop("fit", "did not compile the model")
    made = calls[-1].get(kind)
    require_made(context, made, predicted(structure, params, kind), f"{kind} in Model.compile")
    with context.doing(f"looking up the {kind} of the second output, {show(made)}"):
        own = made["right"] if isinstance(made, Mapping) else made[1]
    right = any(isinstance(one, b) for one in doubles.leaves(own))
    context.require(right, f"the {kind} of the second output is {show(own)}")


def _distance(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def _scaled_distance(y_true: Any, y_pred: Any, setting: Any = None) -> Any:
    """Take an argument of the name that is routed, which a function in a list is not given."""
    del setting
    return _distance(y_true, y_pred)


def _no_classes() -> dict[str, tuple[Any, str, str]]:
    """Return by case: an object that is not a class, its parameter, and its name."""
    optimizer = keras.optimizers.SGD(0.0)
    loss = keras.losses.MeanSquaredError()
    metric = keras.metrics.MeanSquaredError()
    callback = keras.callbacks.TerminateOnNaN()
    return {
        "optimizer-instance": (optimizer, "", "SGD"),
        "loss-instance": (loss, "", "MeanSquaredError"),
        "loss-function-of-keras": (keras.losses.mean_squared_error, "", "mean_squared_error"),
        "metrics-function-of-keras": (keras.metrics.mean_squared_error, "", "mean_squared_error"),
        "loss-function": (_distance, "", "_distance"),
        "loss-in-list": ([loss], "0__", "MeanSquaredError"),
        "loss-function-in-list": ([_scaled_distance], "0__", "_scaled_distance"),
        "loss-function-in-dict": ({"out": _distance}, "out__", "_distance"),
        "metrics-instance": (metric, "", "MeanSquaredError"),
        "metrics-function": (_distance, "", "_distance"),
        "metrics-in-list": ([metric], "0__", "MeanSquaredError"),
        "metrics-beside-a-class-of-keras": (
            [keras.metrics.MeanAbsoluteError, metric],
            "",
            "MeanSquaredError",
        ),
        "metrics-function-in-list": ([_scaled_distance], "0__", "_scaled_distance"),
        "metrics-function-in-dict": ({"out": _distance}, "out__", "_distance"),
        "callbacks-instance": (callback, "", "TerminateOnNaN"),
        "callbacks-in-list": ([callback], "0__", "TerminateOnNaN"),
        "callbacks-in-dict": ({"one": callback}, "one__", "TerminateOnNaN"),
    }


NO_CLASSES = (
    *("optimizer-instance", "loss-instance", "loss-function", "loss-in-list"),
    *("loss-function-in-dict", "metrics-instance", "metrics-function", "metrics-in-list"),
    *("metrics-function-in-dict", "callbacks-instance", "callbacks-in-list", "callbacks-in-dict"),
    *("loss-function-of-keras", "metrics-function-of-keras"),
    *("loss-function-in-list", "metrics-function-in-list", "metrics-beside-a-class-of-keras"),
)


def _refused(context: CheckContext) -> tuple[str, str, str]:
    """Require a TypeError that names the routed parameter, and return its message.

    Returns
    -------
    message, parameter, thing : str
        The message, the routed parameter, and the name of what it is for.
    """
    X, y, *_ = doubles.dataset(context.wrapper)
    value, way, thing = _no_classes()[context.case]
    kind = context.case.partition("-")[0]
    # Arguments that the classes of Keras's functions take.
    known = {"loss": ("reduction", "sum"), "metrics": ("dtype", "float32")}
    setting, given = known[kind] if context.case.endswith("of-keras") else ("setting", "given")
    routed = f"{kind}__{way}{setting}"
    plain: dict[str, Any] = {kind: value}
    if kind != "callbacks":
        plain = {"optimizer": "sgd", "loss": helper_loss(context), **plain}

    def build() -> Any:
        model = stub_helper(context)
        if kind == "callbacks":
            model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
        return model

    def without() -> None:
        context.fit(context.make(build, **plain), X, y)

    messages: list[str] = []

    def fitting() -> None:
        try:
            context.subject.construct(context.cls, build, **plain, **{routed: given}).fit(X, y)
        except TypeError as error:
            messages.append(str(error))
            raise

    what = f"fit with {routed} for {show(value)}"
    with provided(without), context.refusing(what, TypeError, naming=setting):
        fitting()
    return messages[0], routed, thing


@check(
    "ROUTE-12.no-class",
    verifies="a routed parameter for something that is not a class raises a TypeError that "
    "names the parameter",
    impact="a search over optimizer__learning_rate of an instance compares equal models",
    cases=NO_CLASSES,
)
def no_class(context: CheckContext) -> None:
    _refused(context)


@check(
    "ROUTE-12.both-named",
    verifies="the error for a routed parameter also names the object that is not a class",
    impact="the user sees which parameter is refused, and not what it was for",
    cases=NO_CLASSES,
    level=Level.SHOULD,
)
def both_named(context: CheckContext) -> None:
    with context.preparing("a routed parameter for something that is not a class"):
        message, routed, thing = _refused(context)
    kind = context.case.partition("-")[0]
    context.require(
        re.search(rf"{thing}|\b{kind}", message.replace(routed, "")),
        f"the error for {routed} does not name the object: {show(message)}",
    )

"""Chapter ROUTE, third part: nests of classes, and what each of them is made with."""

import re
from collections.abc import Mapping
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.destinations import Destinations, require_made, subclass
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.properties import holds_for_all
from scikeras_conformance.checks._support.routing_model import predicted
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

NESTED = ("loss", "metrics", "callbacks")


def _made_of(
    context: CheckContext, nests: Mapping[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what a fit makes of nests of classes, by destination."""
    destinations = Destinations(context, compiled=True)
    estimator = destinations.estimator(**nests, **params)
    X, y, *_ = doubles.dataset(context.wrapper)
    context.fit(estimator, X, y)
    context.require(destinations.compilations, "the builder was never called")
    arguments = destinations.compilations[-1]
    context.require(isinstance(arguments, dict), f"compile_kwargs is {show(arguments)}, no dict")
    # A callback may be held anywhere; what counts is that it sees the training.
    seen = [one for cls in doubles.leaves(nests.get("callbacks", [])) for one in cls.trained]
    callbacks = list({id(one): one for one in seen}.values())
    return {**arguments, "model": destinations.built[-1], "callbacks": callbacks}


def _require_as_predicted(
    context: CheckContext, nests: Mapping[str, Any], params: Mapping[str, Any]
) -> None:
    """Ask that every class is made with what the rules say, no more and no less."""
    made = _made_of(context, nests, params)
    for destination, nest in nests.items():
        expected = predicted(nest, params, destination)
        require_made(context, made.get(destination), expected, f"{destination} of {dict(params)}")


def _nest(kind: str, shape: str) -> Any:
    """Give new classes in a nest of some shape."""
    a, b, c = (doubles.open_class(kind) for _ in range(3))
    nests = {
        "single": a,
        "list": [a, b],
        "dict": {"first": a, "second": b},
        "similar-keys": {"out": a, "out_2": b},
        "nested-list": [[a, b], [c]],
        "dict-of-lists": {"first": [a, b], "second": [c]},
    }
    return nests[shape]


# -- ROUTE-5, ROUTE-10 --------------------------------------------------------------------------


@check(
    "ROUTE-5.callbacks",
    verifies="callbacks__x reaches a callback class, in a list by index and in a dict by key",
    impact="early stopping cannot be tuned, and stops with its defaults",
    cases=["single", "list", "dict"],
)
def reaches_callbacks(context: CheckContext) -> None:
    ways = {"single": "", "list": "1__", "dict": "second__"}
    given = {"alpha": 1001, "beta": [2, {"a": 3}], "nothing": None}
    params = {f"callbacks__{ways[context.case]}{name}": value for name, value in given.items()}
    _require_as_predicted(context, {"callbacks": _nest("callbacks", context.case)}, params)


SHARED: dict[str, dict[str, Any]] = {
    "list": {"alpha": 1, "beta": 2, "1__alpha": 3, "0__gamma": 4},
    "dict": {"alpha": 1, "beta": 2, "second__alpha": 3, "first__gamma": 4},
    "similar-keys": {"alpha": 1, "out__beta": 2, "out_2__alpha": 3, "out_2__gamma": 4},
    "nested-list": {"alpha": 1, "beta": 2, "0__1__alpha": 3, "0__gamma": 4, "1__beta": 5},
    "dict-of-lists": {"alpha": 1, "first__1__alpha": 3, "first__gamma": 4, "second__0__beta": 5},
}


@check(
    "ROUTE-10.shared-and-own",
    verifies="a value for a list or dict goes to each class in it, and one by index or key wins",
    impact="one of several losses or metrics is made with the settings of another",
    cases=[
        f"{kind}-{shape}"
        for kind in NESTED
        for shape in SHARED
        if not (kind == "loss" and "list" in shape.removeprefix("list"))
        and not (kind == "callbacks" and shape == "similar-keys")
    ],
)
def shared_and_own(context: CheckContext) -> None:
    kind, _, shape = context.case.partition("-")
    params = {f"{kind}__{name}": value for name, value in SHARED[shape].items()}
    _require_as_predicted(context, {kind: _nest(kind, shape)}, params)
    # The order in which parameters are given says nothing about which of them wins.
    reverse = dict(reversed(params.items()))
    _require_as_predicted(context, {kind: _nest(kind, shape)}, reverse)


def _halves() -> Any:
    """Give a transformer that takes a target of two columns for a list of two, and back."""
    from sklearn.base import BaseEstimator, TransformerMixin

    class Halves(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any = None) -> Any:
            del X, y
            return self

        def transform(self, X: Any) -> Any:
            return [np.asarray(X)[:, [0]], np.asarray(X)[:, [1]]]

        def inverse_transform(self, X: Any) -> Any:
            return np.hstack(list(X))

        def get_metadata(self) -> dict[str, Any]:
            return {"n_outputs_": 2, "n_outputs_expected_": 2}

    return Halves()


@check(
    "ROUTE-10.outputs",
    verifies="with several outputs, each one's loss and metrics are made with their own settings",
    impact="the loss of one head is made with the settings of another",
    wrappers=[Wrapper.REGRESSOR],
    cases=["loss-list", "loss-dict", "metrics-list", "metrics-dict"],
)
def each_output(context: CheckContext) -> None:
    kind, _, shape = context.case.partition("-")
    data = doubles.continuous_dataset(2)
    a, b = (doubles.open_class(kind) for _ in range(2))
    nest: Any = [a, b] if kind == "loss" else [[a], [b]]
    if shape == "dict":
        nest = dict(zip(("left", "right"), nest, strict=True))

    two_outputs = subclass(context, target_encoder=property(lambda _: _halves()))
    models: list[Any] = []

    def build() -> Any:
        inputs = keras.Input((data.n_features,))
        outputs = [keras.layers.Dense(1, name=name)(inputs) for name in ("left", "right")]
        models.append(doubles.RecordingModel(inputs, outputs))
        return models[-1]

    second = {"list": "1", "dict": "right"}[shape]
    params = {f"{kind}__alpha": 1001, f"{kind}__{second}__beta": 1002}
    plain = {} if kind == "loss" else {"loss": ["mean_squared_error"] * 2}
    estimator = context.make_of(two_outputs, build, **{kind: nest}, **plain, **params)
    context.fit(estimator, data.X, data.y)
    calls = models[-1].log.compiles if models else []
    context.require(calls, "the model was not compiled")
    made = calls[-1].get(kind)
    require_made(context, made, predicted(nest, params, kind), f"{kind} in Model.compile")
    with context.doing(f"looking up the {kind} of the second output, {show(made)}"):
        own = made["right"] if isinstance(made, Mapping) else made[1]
    right = any(isinstance(one, b) for one in doubles.leaves(own))
    context.require(right, f"the {kind} of the second output is {show(own)}")


# -- ROUTE-12 -----------------------------------------------------------------------------------


def _distance(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def _no_classes() -> dict[str, tuple[Any, str, str]]:
    """Give by case: what is no class, the way to it, and what it is called."""
    optimizer = keras.optimizers.SGD(0.0)
    loss = keras.losses.MeanSquaredError()
    metric = keras.metrics.MeanSquaredError()
    callback = keras.callbacks.TerminateOnNaN()
    return {
        "optimizer-instance": (optimizer, "", "SGD"),
        "loss-instance": (loss, "", "MeanSquaredError"),
        "loss-function": (_distance, "", "_distance"),
        "loss-in-list": ([loss], "0__", "MeanSquaredError"),
        "loss-function-in-dict": ({"out": _distance}, "out__", "_distance"),
        "metrics-instance": (metric, "", "MeanSquaredError"),
        "metrics-function": (_distance, "", "_distance"),
        "metrics-in-list": ([metric], "0__", "MeanSquaredError"),
        "metrics-function-in-dict": ({"out": _distance}, "out__", "_distance"),
        "callbacks-instance": (callback, "", "TerminateOnNaN"),
        "callbacks-in-list": ([callback], "0__", "TerminateOnNaN"),
        "callbacks-in-dict": ({"one": callback}, "one__", "TerminateOnNaN"),
    }


@check(
    "ROUTE-12.no-class",
    verifies="a routed parameter for an instance or function is refused by a TypeError that names "
    "the parameter and what it was for",
    impact="a search over optimizer__learning_rate of an instance compares equal models",
    cases=[
        "optimizer-instance",
        "loss-instance",
        "loss-function",
        "loss-in-list",
        "loss-function-in-dict",
        "metrics-instance",
        "metrics-function",
        "metrics-in-list",
        "metrics-function-in-dict",
        "callbacks-instance",
        "callbacks-in-list",
        "callbacks-in-dict",
    ],
)
def no_class(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    value, way, thing = _no_classes()[context.case]
    kind = context.case.partition("-")[0]
    routed = f"{kind}__{way}setting"
    params = {"optimizer": "sgd", "loss": "mean_squared_error", kind: value, routed: 1001}

    def build() -> Any:
        return doubles.idle_model_for(context.wrapper)

    messages: list[str] = []

    def fitting() -> None:
        try:
            context.subject.construct(context.cls, build, **params).fit(X, y)
        except TypeError as error:
            messages.append(str(error))
            raise

    with context.refusing(f"fit with {routed} for {show(value)}", TypeError, naming="setting"):
        fitting()
    rest = messages[0].replace(routed, "")
    context.require(
        re.search(rf"{thing}|\b{kind}", rest),
        f"the error for {routed} does not say what it was given for: {show(messages[0])}",
    )


# -- ROUTE-14 -----------------------------------------------------------------------------------


def _positional() -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    """Give by case: the shape of the nest, what is routed to it, what has to arrive.

    What a class given as argument was made with stands for its instance.
    """
    inner = doubles.open_class("argument")
    many = {str(i): 1000 + i for i in range(12)}
    return {
        "value": ("single", {"0": 1001}, {"0": 1001}),
        "value-and-keyword": ("single", {"alpha": 1, "0": 2}, {"alpha": 1, "0": 2}),
        "in-order": ("single", {"1": 2, "0": 1}, {"1": 2, "0": 1}),
        "more-than-ten": ("single", many, many),
        "in-list": ("list", {"1__0": 1001}, {"0": 1001}),
        "in-dict": ("dict", {"second__0": 1001}, {"0": 1001}),
        "class": ("single", {"0": inner, "0__alpha": 5}, {"0": {"alpha": 5}}),
        "class-alone": ("single", {"0": inner}, {"0": {}}),
        "dtype": ("single", {"alpha": np.float32}, {"alpha": np.float32}),
        "class-second": ("single", {"0": 4, "1": inner, "1__a": 5}, {"0": 4, "1": {"a": 5}}),
        "class-with-position": ("single", {"0": inner, "0__0": 5}, {"0": {"0": 5}}),
        "class-in-list": ("list", {"1__0": inner, "1__0__alpha": 5}, {"0": {"alpha": 5}}),
    }


POSITIONS = (
    "value",
    "value-and-keyword",
    "in-order",
    "more-than-ten",
    "in-list",
    "in-dict",
    "class",
    "class-alone",
    "class-second",
    "class-with-position",
    "class-in-list",
)


@check(
    "ROUTE-14.positions",
    verifies="a digit as name is a positional argument of a callback, and a class given there is "
    "built from what is routed to it",
    impact="callbacks whose constructors take positional arguments cannot be tuned",
    cases=POSITIONS,
)
def positions(context: CheckContext) -> None:
    _require_positions(context, "callbacks", context.case)


@check(
    "ROUTE-14.other-destinations",
    verifies="digits are positional arguments of optimizers, losses and metrics too",
    impact="a learning rate schedule with settings of its own cannot be given as a class",
    cases=[
        f"{kind}-{case}"
        for kind in ("optimizer", "loss", "metrics")
        for case in ("in-order", "class")
    ],
)
def positions_elsewhere(context: CheckContext) -> None:
    kind, _, case = context.case.partition("-")
    _require_positions(context, kind, case)


@check(
    "ROUTE-8.types",
    verifies="a type of NumPy that is routed to a constructor arrives as the type that it is",
    impact="metrics__dtype=np.float64 becomes the number 0.0",
    wrappers=ESTIMATORS,
    cases=["optimizer", "loss", "metrics", "callbacks"],
    also=["ROUTE-5", "ROUTE-6", "ROUTE-7"],
    level=Level.SHOULD,
)
def types(context: CheckContext) -> None:
    _require_positions(context, context.case, "dtype")


def _require_positions(context: CheckContext, kind: str, case: str) -> None:
    shape, routed, expected = _positional()[case]
    nest = _nest(kind, shape)
    params = {f"{kind}__{name}": value for name, value in routed.items()}
    made = list(doubles.leaves(_made_of(context, {kind: nest}, params).get(kind)))
    target = list(doubles.leaves(nest))[-1]
    mine = [one for one in made if isinstance(one, target)]
    context.require(len(mine) == 1, f"there should be one instance of the class: {show(made)}")
    # An argument that was built is shown by what it was built with.
    found = {
        name: getattr(value, "given", value) if not isinstance(value, type) else value
        for name, value in dict(getattr(mine[0], "given", {})).items()
    }
    context.require(
        same(found, expected), f"{kind} should be made with {expected}; it was made with {found}"
    )


# -- ROUTE-15 -----------------------------------------------------------------------------------

CLASS = "class"
KEYS = ("first", "fit")
ARGUMENTS = ("alpha", "beta", "loss")


def _cases() -> Any:
    """Give a strategy of shapes of nests by destination, and parameters routed into them."""
    from hypothesis import strategies as st

    leaf = st.just(CLASS)
    inner = leaf | st.lists(leaf, min_size=1, max_size=2)

    def nests(item: Any) -> Any:
        keyed = st.dictionaries(st.sampled_from(KEYS), item, min_size=1)
        return leaf | st.lists(item, min_size=1, max_size=3) | keyed

    shapes = st.fixed_dictionaries(
        {
            "model": leaf,
            "optimizer": leaf,
            "loss": nests(leaf),
            "metrics": nests(inner),
            "callbacks": nests(inner),
        }
    )

    @st.composite
    def cases(draw: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        shape = draw(shapes)
        ways = [way for kind, nest in shape.items() for way in _ways(nest, kind)]
        names = st.tuples(st.sampled_from(ways), st.sampled_from(ARGUMENTS)).map("__".join)
        chosen = draw(st.lists(names, unique=True, max_size=8))
        return shape, {name: 1001 + number for number, name in enumerate(chosen)}

    return cases()


def _ways(nest: Any, start: str) -> list[str]:
    """Give the ways to a nest and to all that is inside."""
    if nest == CLASS:
        return [start]
    items = nest.items() if isinstance(nest, Mapping) else enumerate(nest)
    return [start, *(way for key, item in items for way in _ways(item, f"{start}__{key}"))]


def _with_classes(shape: Any, kind: str) -> Any:
    if shape == CLASS:
        return doubles.open_class(kind)
    if isinstance(shape, Mapping):
        return {key: _with_classes(item, kind) for key, item in shape.items()}
    return [_with_classes(item, kind) for item in shape]


@check(
    "ROUTE-15.any-nest",
    verifies="for any nest of classes and any routed parameters, each constructor and the builder "
    "receive what is theirs and nothing else",
    impact="a setting reaches a neighbour, or is lost, in some constellations only",
    also=["ROUTE-10"],
)
def any_nest(context: CheckContext) -> None:
    def holds(case: tuple[dict[str, Any], dict[str, Any]]) -> None:
        shape, params = case
        nests = {kind: _with_classes(item, kind) for kind, item in shape.items() if kind != "model"}
        made = _made_of(context, nests, params)
        for kind, nest in nests.items():
            require_made(context, made.get(kind), predicted(nest, params, kind), kind)
        expected = predicted(object, params, "model")[object]
        context.require(
            same(made["model"], expected),
            f"the builder should receive {expected}; it received {show(made['model'])}",
        )

    holds_for_all(holds, _cases, examples=25)

"""Chapter DATA, second half: what reaches the model, and what comes back from it."""

from collections.abc import Callable, Mapping
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.encoders import Plan, answers, subclass, target_metadata
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.training import (
    ask,
    column,
    loss_name,
    require_both_named,
    require_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show

# -- models of the suite's own --------------------------------------------------------------------


def _model(context: CheckContext, inputs: Any, features: Any, n_outputs: int = 1) -> Any:
    """Make a compiled model of dense outputs over flat features."""
    activation = "sigmoid" if context.is_classifier else "linear"
    outputs = [
        keras.layers.Dense(1, activation, name=f"out{i}", kernel_initializer="ones")(features)
        for i in range(n_outputs)
    ]
    model = doubles.RecordingModel(inputs, outputs if n_outputs > 1 else outputs[0])
    model.compile(keras.optimizers.SGD(0.1), loss=[loss_name(context)] * n_outputs)
    return model


def _shares(context: CheckContext, estimator: Any, X: Any) -> Any:
    """Ask for the outputs of a model of one unit, as far as a wrapper shows them."""
    method = "predict_proba" if context.is_classifier else "predict"
    found = as_array(context, context.call(estimator, method, X), method)
    with context.doing(f"reading what {method} gave"):
        return found.reshape(len(X), -1)[:, -1].astype(np.float64)


def _require_seen(context: CheckContext, estimator: Any, expected: Any, X: Any, x: Any) -> None:
    """Ask for training on `x`, which `expected` was trained on, and answers from it too."""
    require_weights(context, estimator, expected, "those of training on what the encoder returned")
    answers = ask(expected, x)[:, 0]
    found = _shares(context, estimator, X)
    context.require(
        found.shape == answers.shape and np.allclose(found, answers, atol=1e-5),
        f"the answers are not those of the model for what the encoder returned: "
        f"{show(found[:3])}, not {show(answers[:3])}",
    )
    if context.is_classifier:
        labels = as_array(context, context.predict(estimator, X), "predict")
        with context.doing("comparing what predict gave"):
            agree = labels.reshape(-1).tolist() == (answers > 0.5).astype(int).tolist()
        context.require(
            agree, f"predict gave {show(labels)} where the second class has the shares {answers}"
        )


# -- DATA-2 -------------------------------------------------------------------------------------


def _split(container: str) -> Callable[[Any], Any]:
    """Give a function that makes what a model of two inputs, ``a`` and ``b``, reads."""

    def transform(X: Any) -> Any:
        first, rest = X[:, :1] * 2 + 1, X[:, 1:] - 3
        # The other way round than the inputs of the model: names count, not places.
        return {"b": rest, "a": first} if container == "dict" else [first, rest]

    return transform


def _two_inputs(context: CheckContext, container: str, n_features: int) -> Any:
    a, b = keras.Input((1,), name="a"), keras.Input((n_features - 1,), name="b")
    inputs = {"a": a, "b": b} if container == "dict" else [a, b]
    return _model(context, inputs, keras.layers.Concatenate()([a, b]))


def _one_input(context: CheckContext, n_features: int) -> Any:
    inputs = keras.Input((n_features,))
    return _model(context, inputs, inputs)


@check(
    "DATA-2.features",
    verifies="the model is trained on and asked about what feature_encoder_ returned: an array, a "
    "list or a dict",
    impact="a model of several inputs cannot be used, or is trained on one thing and asked about "
    "another",
    cases=["array", "wider-array", "list", "dict"],
)
def features(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    width = X.shape[1]
    transform: Callable[[Any], Any] = {
        "array": lambda X: X * 2 + 1,
        "wider-array": lambda X: np.hstack([X, X[:, :1] - 1]),
    }.get(context.case) or _split(context.case)

    def build() -> Any:
        if context.case in {"list", "dict"}:
            return _two_inputs(context, context.case, width)
        return _one_input(context, width + (context.case == "wider-array"))

    cls, _ = subclass(context, feature=Plan(transform))
    estimator = context.make_of(cls, build)
    context.fit(estimator, X, y)
    expected = train(build(), transform(X), column(y))
    _require_seen(context, estimator, expected, X[1:4], transform(X[1:4]))


# -- DATA-3 -------------------------------------------------------------------------------------


def _targets(container: str) -> Callable[[Any], Any]:
    """Give a function that makes what a model of one or two outputs is trained on."""

    def transform(y: Any) -> Any:
        first, second = column(y) / 2 + 0.25, 1 - column(y) / 4
        several = {"list": [first, second], "dict": {"right": second, "left": first}}
        return several.get(container, first)

    return transform


def _target_model(context: CheckContext, container: str, n_features: int) -> Any:
    inputs = keras.Input((n_features,))
    if container != "dict":
        return _model(context, inputs, inputs, 2 if container == "list" else 1)
    activation = "sigmoid" if context.is_classifier else "linear"
    outputs = {
        name: keras.layers.Dense(1, activation, name=name, kernel_initializer="ones")(inputs)
        for name in ("left", "right")
    }
    model = doubles.RecordingModel(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1), loss=dict.fromkeys(outputs, loss_name(context)))
    return model


def _fitted_with_targets(context: CheckContext) -> tuple[Any, Plan, Callable[[], Any]]:
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case == "other-type":
        # What comes back need not be of the type of the target: answers are halves here.
        y = np.rint(y).astype(np.int64)
    n_outputs = 2 if context.case in {"list", "dict"} else 1
    metadata = target_metadata(context, n_outputs)
    plan = Plan(_targets(context.case), answers(context), metadata)

    def build() -> Any:
        return _target_model(context, context.case, X.shape[1])

    cls, _ = subclass(context, target=plan)
    estimator = context.make_of(cls, build)
    context.fit(estimator, X, y)
    return estimator, plan, build


@check(
    "DATA-3.trained-on",
    verifies="the model is trained on what target_encoder_ returned: an array, or a list or dict for "
    "several outputs",
    impact="a model of several outputs cannot be used, or learns other targets than were encoded",
    cases=["array", "list", "dict"],
)
def trained_on(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator, plan, build = _fitted_with_targets(context)
    expected = train(build(), X, plan.transform(y))
    require_weights(
        context, estimator, expected, "those of training on what target_encoder_ returned"
    )


@check(
    "DATA-3.decoded",
    verifies="predict returns what target_encoder_.inverse_transform makes of the model's outputs",
    impact="answers come out in the codes of the model, or some of its outputs are lost",
    cases=["array", "list", "dict", "other-type"],
)
def decoded(context: CheckContext) -> None:
    X, *_ = doubles.dataset(context.wrapper)
    X = X[:5]
    estimator, plan, _ = _fitted_with_targets(context)
    plan.calls.outputs.clear()
    found = as_array(context, context.predict(estimator, X), "predict")
    context.require(plan.calls.outputs, "predict did not call target_encoder_.inverse_transform")
    model = context.model(estimator)
    with context.doing("asking model_"):
        raw = ask(model, X)
    given = plan.calls.outputs[-1]
    context.require(
        _same_outputs(given, raw),
        f"target_encoder_.inverse_transform got {show(given)}, not the outputs {show(raw)}",
    )
    answers = plan.inverse(raw)
    context.require(
        found.shape == answers.shape and np.array_equal(found, answers),
        f"predict gave {show(found)}, not {show(answers)}, which inverse_transform gave",
    )


def _same_outputs(given: Any, raw: Any) -> bool:
    """Whether outputs came as Keras gave them, in a list, a tuple, a dict or none of these."""
    if isinstance(raw, Mapping):
        named = isinstance(given, Mapping) and set(given) == set(raw)
        return named and all(_same_outputs(given[name], raw[name]) for name in raw)
    if isinstance(raw, (list, tuple)):
        listed = isinstance(given, (list, tuple)) and len(given) == len(raw)
        return listed and all(map(_same_outputs, given, raw))
    try:
        array = np.asarray(given)
    except Exception:
        return False
    return array.shape == raw.shape and array.dtype.kind == "f" and np.allclose(array, raw)


# -- DATA-6 -------------------------------------------------------------------------------------


@check(
    "DATA-6.other-number-of-outputs",
    verifies="a model with another number of outputs than the target encoder expects is refused, "
    "with both numbers",
    impact="Keras fails with an error about shapes, or trains one output and ignores the others",
    cases=["too-many", "too-few"],
)
def other_number_of_outputs(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    expected, there = (2, 4) if context.case == "too-many" else (5, 3)
    plan = Plan(lambda y: [column(y)] * expected, answers(context))
    plan.metadata = target_metadata(context, expected)

    def build() -> Any:
        inputs = keras.Input((X.shape[1],))
        return _model(context, inputs, inputs, there)

    cls, _ = subclass(context, target=plan)
    estimator = context.make_of(cls, build)
    what = f"fit of a model of {there} outputs where the target encoder expects {expected}"
    require_both_named(context, what, lambda: estimator.fit(X, y), (there, expected))


@check(
    "DATA-6.more-outputs-by-default",
    verifies="a model of several outputs is refused by the default target encoders, with both numbers",
    impact="Keras fails with an error about structures that says nothing of encoders",
    wrappers=[Wrapper.CLASSIFIER, Wrapper.REGRESSOR],
)
def more_outputs_by_default(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        inputs = keras.Input((X.shape[1],))
        return _model(context, inputs, inputs, 3)

    estimator = context.make(build)
    what = "fit of a model of 3 outputs"
    require_both_named(context, what, lambda: estimator.fit(X, y), (3, 1))


# -- DATA-7 -------------------------------------------------------------------------------------

SHAPES: dict[str, tuple[int, ...]] = {
    "float32": (3,),
    "float64": (3,),
    "integers": (3,),
    "bytes": (2, 3),
    "large-integers": (3,),
    "one-column": (1,),
    "three-dimensions": (2, 3),
    "four-dimensions": (2, 1, 3),
}


def _samples(case: str) -> Any:
    shape = (8, *SHAPES[case])
    samples = np.random.default_rng(3).normal(1.0, 2.0, size=shape)
    if case == "large-integers":
        # Too large for float32, where every other one of them is rounded away.
        return 2**24 + np.arange(samples.size).reshape(shape)
    if case == "integers":
        return np.rint(samples).astype(np.int64)
    if case == "bytes":
        # Not so large that a model that is given them is sure of its answers.
        return np.arange(samples.size, dtype=np.uint8).reshape(shape) % 5
    return samples.astype(np.float64 if case == "float64" else np.float32)


@check(
    "DATA-7.unchanged",
    verifies="by default X reaches the model with its values and its shape, in fit and in predict",
    impact="images and series are flattened, tokens are rounded, or columns are scaled unasked",
    cases=SHAPES,
)
def unchanged(context: CheckContext) -> None:
    X = _samples(context.case)
    y = np.arange(len(X)) % 2 if context.is_classifier else np.linspace(1, 2, len(X))

    def build() -> Any:
        inputs = keras.Input(X.shape[1:], dtype="float32" if X.dtype.kind == "f" else "int32")
        read = inputs
        if context.case == "large-integers":
            read = keras.ops.mod(inputs, 2)
        read = keras.ops.cast(read, "float32")
        return _model(context, inputs, keras.layers.Flatten()(read))

    estimator = context.make(build)
    context.fit(estimator, X, y)
    expected = train(build(), X, column(y))
    _require_seen(context, estimator, expected, X[2:5], X[2:5])

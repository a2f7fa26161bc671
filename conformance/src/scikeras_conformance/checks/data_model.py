"""Chapter DATA, second half: what reaches the model, and what comes back from it."""

from collections.abc import Callable, Mapping
from typing import Any

from scikeras_conformance.catalogue import Wrapper, check
from scikeras_conformance.checks._answers import as_array
from scikeras_conformance.checks._encoders import Plan, answers, subclass, target_metadata
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.checks._training import (
    ask,
    column,
    loss_name,
    require_both_named,
    require_weights,
    train,
)
from scikeras_conformance.trial import Trial, show

# -- models of the suite's own --------------------------------------------------------------------


def _model(trial: Trial, inputs: Any, features: Any, n_outputs: int = 1) -> Any:
    """Make a compiled model of dense outputs over flat features."""
    activation = "sigmoid" if trial.is_classifier else "linear"
    outputs = [
        keras.layers.Dense(1, activation, name=f"out{i}", kernel_initializer="ones")(features)
        for i in range(n_outputs)
    ]
    model = probes.ProbeModel(inputs, outputs if n_outputs > 1 else outputs[0])
    model.compile(keras.optimizers.SGD(0.1), loss=[loss_name(trial)] * n_outputs)
    return model


def _shares(trial: Trial, estimator: Any, X: Any) -> Any:
    """Ask for the outputs of a model of one unit, as far as a wrapper shows them."""
    method = "predict_proba" if trial.is_classifier else "predict"
    found = as_array(trial, trial.call(estimator, method, X), method)
    with trial.doing(f"reading what {method} gave"):
        return found.reshape(len(X), -1)[:, -1].astype(np.float64)


def _require_seen(trial: Trial, estimator: Any, expected: Any, X: Any, x: Any) -> None:
    """Ask for training on `x`, which `expected` was trained on, and answers from it too."""
    require_weights(trial, estimator, expected, "those of training on what the encoder returned")
    answers = ask(expected, x)[:, 0]
    found = _shares(trial, estimator, X)
    trial.require(
        found.shape == answers.shape and np.allclose(found, answers, atol=1e-5),
        f"the answers are not those of the model for what the encoder returned: "
        f"{show(found[:3])}, not {show(answers[:3])}",
    )
    if trial.is_classifier:
        labels = as_array(trial, trial.predict(estimator, X), "predict")
        with trial.doing("comparing what predict gave"):
            agree = labels.reshape(-1).tolist() == (answers > 0.5).astype(int).tolist()
        trial.require(
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


def _two_inputs(trial: Trial, container: str, n_features: int) -> Any:
    a, b = keras.Input((1,), name="a"), keras.Input((n_features - 1,), name="b")
    inputs = {"a": a, "b": b} if container == "dict" else [a, b]
    return _model(trial, inputs, keras.layers.Concatenate()([a, b]))


def _one_input(trial: Trial, n_features: int) -> Any:
    inputs = keras.Input((n_features,))
    return _model(trial, inputs, inputs)


@check(
    "DATA-2.features",
    shows="the model is trained on and asked about what feature_encoder_ returned: an array, a "
    "list or a dict",
    costs="a model of several inputs cannot be used, or is trained on one thing and asked about "
    "another",
    cases=["array", "wider-array", "list", "dict"],
)
def features(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    width = X.shape[1]
    transform: Callable[[Any], Any] = {
        "array": lambda X: X * 2 + 1,
        "wider-array": lambda X: np.hstack([X, X[:, :1] - 1]),
    }.get(trial.case) or _split(trial.case)

    def build() -> Any:
        if trial.case in {"list", "dict"}:
            return _two_inputs(trial, trial.case, width)
        return _one_input(trial, width + (trial.case == "wider-array"))

    cls, _ = subclass(trial, feature=Plan(transform))
    estimator = trial.make_of(cls, build)
    trial.fit(estimator, X, y)
    expected = train(build(), transform(X), column(y))
    _require_seen(trial, estimator, expected, X[1:4], transform(X[1:4]))


# -- DATA-3 -------------------------------------------------------------------------------------


def _targets(container: str) -> Callable[[Any], Any]:
    """Give a function that makes what a model of one or two outputs is trained on."""

    def transform(y: Any) -> Any:
        first, second = column(y) / 2 + 0.25, 1 - column(y) / 4
        several = {"list": [first, second], "dict": {"right": second, "left": first}}
        return several.get(container, first)

    return transform


def _target_model(trial: Trial, container: str, n_features: int) -> Any:
    inputs = keras.Input((n_features,))
    if container != "dict":
        return _model(trial, inputs, inputs, 2 if container == "list" else 1)
    activation = "sigmoid" if trial.is_classifier else "linear"
    outputs = {
        name: keras.layers.Dense(1, activation, name=name, kernel_initializer="ones")(inputs)
        for name in ("left", "right")
    }
    model = probes.ProbeModel(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.1), loss=dict.fromkeys(outputs, loss_name(trial)))
    return model


def _fitted_with_targets(trial: Trial) -> tuple[Any, Plan, Callable[[], Any]]:
    X, y, *_ = probes.dataset(trial.wrapper)
    if trial.case == "other-type":
        # What comes back need not be of the type of the target: answers are halves here.
        y = np.rint(y).astype(np.int64)
    n_outputs = 2 if trial.case in {"list", "dict"} else 1
    metadata = target_metadata(trial, n_outputs)
    plan = Plan(_targets(trial.case), answers(trial), metadata)

    def build() -> Any:
        return _target_model(trial, trial.case, X.shape[1])

    cls, _ = subclass(trial, target=plan)
    estimator = trial.make_of(cls, build)
    trial.fit(estimator, X, y)
    return estimator, plan, build


@check(
    "DATA-3.trained-on",
    shows="the model is trained on what target_encoder_ returned: an array, or a list or dict for "
    "several outputs",
    costs="a model of several outputs cannot be used, or learns other targets than were encoded",
    cases=["array", "list", "dict"],
)
def trained_on(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator, plan, build = _fitted_with_targets(trial)
    expected = train(build(), X, plan.transform(y))
    require_weights(
        trial, estimator, expected, "those of training on what target_encoder_ returned"
    )


@check(
    "DATA-3.decoded",
    shows="predict returns what target_encoder_.inverse_transform makes of the model's outputs",
    costs="answers come out in the codes of the model, or some of its outputs are lost",
    cases=["array", "list", "dict", "other-type"],
)
def decoded(trial: Trial) -> None:
    X, *_ = probes.dataset(trial.wrapper)
    X = X[:5]
    estimator, plan, _ = _fitted_with_targets(trial)
    plan.calls.outputs.clear()
    found = as_array(trial, trial.predict(estimator, X), "predict")
    trial.require(plan.calls.outputs, "predict did not call target_encoder_.inverse_transform")
    model = trial.model(estimator)
    with trial.doing("asking model_"):
        raw = ask(model, X)
    given = plan.calls.outputs[-1]
    trial.require(
        _same_outputs(given, raw),
        f"target_encoder_.inverse_transform got {show(given)}, not the outputs {show(raw)}",
    )
    answers = plan.inverse(raw)
    trial.require(
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
    shows="a model with another number of outputs than the target encoder expects is refused, "
    "with both numbers",
    costs="Keras fails with an error about shapes, or trains one output and ignores the others",
    cases=["too-many", "too-few"],
)
def other_number_of_outputs(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    expected, there = (2, 4) if trial.case == "too-many" else (5, 3)
    plan = Plan(lambda y: [column(y)] * expected, answers(trial))
    plan.metadata = target_metadata(trial, expected)

    def build() -> Any:
        inputs = keras.Input((X.shape[1],))
        return _model(trial, inputs, inputs, there)

    cls, _ = subclass(trial, target=plan)
    estimator = trial.make_of(cls, build)
    what = f"fit of a model of {there} outputs where the target encoder expects {expected}"
    require_both_named(trial, what, lambda: estimator.fit(X, y), (there, expected))


@check(
    "DATA-6.more-outputs-by-default",
    shows="a model of several outputs is refused by the default target encoders, with both numbers",
    costs="Keras fails with an error about structures that says nothing of encoders",
    wrappers=[Wrapper.CLASSIFIER, Wrapper.REGRESSOR],
)
def more_outputs_by_default(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)

    def build() -> Any:
        inputs = keras.Input((X.shape[1],))
        return _model(trial, inputs, inputs, 3)

    estimator = trial.make(build)
    what = "fit of a model of 3 outputs"
    require_both_named(trial, what, lambda: estimator.fit(X, y), (3, 1))


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
    shows="by default X reaches the model with its values and its shape, in fit and in predict",
    costs="images and series are flattened, tokens are rounded, or columns are scaled unasked",
    cases=SHAPES,
)
def unchanged(trial: Trial) -> None:
    X = _samples(trial.case)
    y = np.arange(len(X)) % 2 if trial.is_classifier else np.linspace(1, 2, len(X))

    def build() -> Any:
        inputs = keras.Input(X.shape[1:], dtype="float32" if X.dtype.kind == "f" else "int32")
        read = inputs
        if trial.case == "large-integers":
            read = keras.ops.mod(inputs, 2)
        read = keras.ops.cast(read, "float32")
        return _model(trial, inputs, keras.layers.Flatten()(read))

    estimator = trial.make(build)
    trial.fit(estimator, X, y)
    expected = train(build(), X, column(y))
    _require_seen(trial, estimator, expected, X[2:5], X[2:5])

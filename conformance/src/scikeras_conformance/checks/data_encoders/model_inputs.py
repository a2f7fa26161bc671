"""DATA-2 and DATA-7: the features that reach the model in a first fit and in predict."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.encoders import (
    Plan,
    dense_model,
    require_encoders_are_used,
    subclass,
)
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import require_it_works
from scikeras_conformance.checks._support.training import outputs_of, require_weights, train
from scikeras_conformance.runner.context import CheckContext, show


def _outputs(context: CheckContext, estimator: Any, X: Any) -> Any:
    """Return the outputs of a model with one unit, as far as the wrapper returns them."""
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    with context.doing(f"reading the result of {method}"):
        found = as_array(context, context.call(estimator, method, X), method)
        return found.reshape(len(X), -1)[:, -1].astype(np.float64)


def _require_seen(
    context: CheckContext,
    estimator: Any,
    expected: Any,
    X: Any,
    transform: Callable[[Any], Any] = lambda X: X,
) -> None:
    """Require training as `expected` was trained, and predictions from what X is encoded to."""
    require_weights(context, estimator, expected, "those of training on the output of the encoder")
    _require_predicted(context, estimator, expected, X, transform(X))
    if context.case == "array-filled-again":
        # A buffer that is filled again is the same object, and holds other rows.
        X[...] = np.roll(X, 1, axis=0)
        what = "after the array was filled with other rows in place, "
        _require_predicted(context, estimator, expected, X, transform(X), what)


def _require_predicted(
    context: CheckContext, estimator: Any, expected: Any, X: Any, x: Any, what: str = ""
) -> None:
    """Require for X the predictions that `expected` makes from `x`."""
    predictions = outputs_of(expected, x)[:, -1]
    if not context.is_classifier or hasattr(estimator, "predict_proba"):
        found = _outputs(context, estimator, X)
        context.require(
            found.shape == predictions.shape and np.allclose(found, predictions, atol=1e-5),
            f"{what}the predictions are not those of the model for the encoder's output: "
            f"{show(found[:3])}, not {show(predictions[:3])}",
        )
    if context.is_classifier:
        with context.doing("comparing the result of predict"):
            labels = as_array(context, context.predict(estimator, X), "predict")
            agree = labels.reshape(-1).tolist() == (predictions > 0.5).astype(int).tolist()
        context.require(
            agree,
            f"{what}predict returned {show(labels)} where the probabilities of the second class "
            f"are {predictions}",
        )


def _split(container: str) -> Callable[[Any], Any]:
    """Return a function that splits X for a model with several inputs."""

    def transform(X: Any) -> Any:
        first, rest = X[:, :1] * 2 + 1, X[:, 1:] - 3
        if container == "list-of-one":
            return [np.hstack([first, rest])]
        if container == "list-of-two-dtypes":
            # Too large for floats, which cannot hold every other one of them. They depend on the
            # row alone, as rows may be encoded in another order, or in parts.
            codes = np.rint(np.asarray(X[:, :1], np.float32) * 8).astype(np.int64)
            return [2**24 + codes % 7, X[:, 1:].astype(np.float32)]
        if container == "list-of-three":
            return [first, rest, X[:, :1] / 2]
        return {"a": first, "b": rest} if container in {"dict", "names"} else [first, rest]

    return transform


def _several_inputs(context: CheckContext, container: str, n_features: int) -> Any:
    inputs: Any
    a, b = keras.Input((1,), name="a"), keras.Input((n_features - 1,), name="b")
    if container == "list-of-one":
        inputs = [keras.Input((n_features,))]
        return dense_model(context, inputs, inputs[0] * 1.0)
    if container == "list-of-two-dtypes":
        inputs = [keras.Input((1,), dtype="int64"), b]
        odd = keras.ops.cast(keras.ops.mod(inputs[0], 2), "float32")
        return dense_model(context, inputs, keras.layers.Concatenate()([odd, b]))
    if container == "list-of-three":
        inputs = [a, b, keras.Input((1,), name="c")]
        # Each input counts in another way.
        return dense_model(context, inputs, keras.layers.Concatenate()([a * 2.0, b, inputs[2]]))
    # The names count, not the order.
    inputs = {"dict": {"b": b, "a": a}, "names": [b, a]}.get(container, [a, b])
    return dense_model(context, inputs, keras.layers.Concatenate()([a, b]))


def _one_input(context: CheckContext, n_features: int) -> Any:
    inputs = keras.Input((n_features,))
    return dense_model(context, inputs, inputs)


@check(
    "DATA-2.features",
    verifies="the model is trained on, and predicts from, the array, list or dict that "
    "feature_encoder_ returns",
    impact="a model with several inputs cannot be used, or predicts from other data than it "
    "was trained on",
    cases=[
        *("array", "wider-array", "list", "dict", "names"),
        *("list-of-one", "list-of-two-dtypes", "list-of-three", "array-of-fit-transform"),
        "array-filled-again",
    ],
)
def features(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    width = X.shape[1]
    transform: Callable[[Any], Any] = {
        "array": lambda X: X * 2 + 1,
        "array-filled-again": lambda X: X * 2 + 1,
        "array-of-fit-transform": lambda X: X * 2 + 1,
        "wider-array": lambda X: np.hstack([X, X[:, :1] - 1]),
    }.get(context.case) or _split(context.case)

    def build() -> Any:
        if "array" not in context.case:
            return _several_inputs(context, context.case, width)
        return _one_input(context, width + (context.case == "wider-array"))

    require_encoders_are_used(context, "feature")
    plan = Plan(transform)
    if context.case == "array-of-fit-transform":
        # As encoders have it that leave a row out of what they learn for it.
        plan.fit_transform = lambda X: X - 3
    cls, _ = subclass(context, feature=plan)
    estimator = context.make_of(cls, build)
    with context.doing(f"fit with a feature encoder whose result is of the kind: {context.case}"):
        context.fit(estimator, X, y)
    expected = train(build(), transform(X), helper_target(context, y))
    _require_seen(context, estimator, expected, X[1:4].copy(), transform)


SHAPES: dict[str, tuple[int, ...]] = {
    "float32": (3,),
    "float64": (3,),
    "integers": (3,),
    "bytes": (2, 3),
    "large-bytes": (2, 3),
    "large-integers": (3,),
    "one-column": (1,),
    "three-dimensions": (2, 3),
    "four-dimensions": (2, 1, 3),
    "last-axis-of-one": (3, 1),
    "axes-of-one": (1, 2, 1),
    "all-axes-of-one": (1, 1, 1),
    "transposed": (3,),
    "moved-axis": (2, 3),
    "array-filled-again": (3,),
}


def _samples(case: str) -> Any:
    shape = (8, *SHAPES[case])
    samples = np.random.default_rng(3).normal(1.0, 2.0, size=shape)
    if case == "large-integers":
        # Too large for float32, which cannot represent every other one of them.
        return 2**24 + np.arange(samples.size).reshape(shape)
    if case == "integers":
        return np.rint(samples).astype(np.int64)
    if case == "large-bytes":
        # Half of them are above what a signed byte holds.
        return (np.arange(samples.size) * 5).astype(np.uint8).reshape(shape)
    if case == "bytes":
        # Small enough that the model's probabilities are not 0 or 1.
        return np.arange(samples.size, dtype=np.uint8).reshape(shape) % 5
    if case in {"transposed", "moved-axis"}:
        # The rows do not lie one after the other in memory.
        return np.asfortranarray(samples.astype(np.float32))
    return samples.astype(np.float64 if case == "float64" else np.float32)


@check(
    "DATA-7.unchanged",
    verifies="by default X reaches the model with its values and shape unchanged, in fit and "
    "in predict",
    impact="images and series are flattened, tokens are rounded, or columns are scaled",
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
        if context.case == "large-bytes":
            read = read / 100.0
        return dense_model(context, inputs, keras.layers.Flatten()(read))

    require_it_works(context)
    estimator = context.make(build)
    with context.doing(f"fit with X of shape {X.shape} and dtype {X.dtype}"):
        context.fit(estimator, X, y)
    expected = train(build(), X, helper_target(context, y))
    _require_seen(context, estimator, expected, X[2:5])
    # Keras adds axes of length one that are missing, so weights and predictions do not show it.
    log = context.recording_model(estimator).log
    for method, calls in (("Model.fit", log.fits), ("Model.predict", log.predicts)):
        shapes = [np.shape(call["x"])[1:] for call in calls if isinstance(call["x"], np.ndarray)]
        other = [shape for shape in shapes if shape != X.shape[1:]]
        context.require(
            not other, f"{method} received rows of shape {other[:1]} for X of shape {X.shape}"
        )


@check(
    "DATA-7.other-dtype",
    verifies="X of another dtype than in fit reaches the model in predict with its values, or is "
    "refused",
    impact="measurements are rounded because the model was fitted to whole numbers",
    cases=["fractions-after-integers", "large-after-small-integers"],
)
def other_dtype(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    whole: Any = np.rint(X * 3).astype(np.int64)
    first, later = whole, X.astype(np.float64) + 0.25
    if context.case.startswith("large"):
        first, later = whole.astype(np.int8), whole + 1000
    estimator = context.make(lambda: stub_model(context))
    context.fit(estimator, first, y)
    context.predict(estimator, first)
    what = f"predict with X of dtype {later.dtype} after fit with {first.dtype}"
    with context.preparing(what):
        try:
            estimator.predict(later)
        except (TypeError, ValueError):
            return  # so nothing is predicted from other values
    log = context.recording_model(estimator).log
    if not log.predicts:
        context.stop("predict", "did not call Model.predict, where its data could be seen")
    with context.preparing("reading what Model.predict received"):
        seen = np.asarray(log.predicts[-1]["x"], dtype=float)
    context.require(
        seen.shape == later.shape and np.allclose(seen, later, rtol=1e-5),
        f"{what} passed on {show(seen[:2])}, not {show(later[:2])}",
    )

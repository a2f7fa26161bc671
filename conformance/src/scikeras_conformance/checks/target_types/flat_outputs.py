"""TGT-1, TGT-4 and TGT-5: models whose output has another shape than the target."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.predictions import (
    as_array,
    require_shape,
    require_values,
)
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _require_flat_predictions(context: CheckContext, data: Any, activation: str, loss: str) -> None:
    """Require right predictions of a model whose output has shape (n,)."""

    def build() -> Any:
        inner = doubles.make_model(data, activation)
        model = doubles.RecordingModel(inner.inputs, keras.layers.Reshape(())(inner.outputs[0]))
        model.compile(optimizer=doubles.zero_learning_rate(), loss=loss)
        return model

    y = data.y.reshape(-1, 1) if context.case == "column" else data.y
    plain = context.make(oracle_builder(data, activation, loss))
    context.fit(plain, data.X, y)
    with context.preparing("predicting with a model whose output has shape (n, 1)"):
        usual = np.shape(context.predict(plain, data.X))
    if usual != y.shape:
        context.stop(
            f"predicting a target of shape {y.shape}",
            f"returned shape {usual}",
            follows=f"{'CLS-4b' if context.is_classifier else 'TGT-4'}.column-target",
        )
    estimator = context.make(build)
    with context.doing("fit of a model whose output has shape (n,)"):
        context.fit(estimator, data.X, y)
    for rows, what in ((slice(None), "all rows"), ([1], "one row")):
        predicted = context.observe.predict(estimator, data.X[rows])
        require_shape(context, predicted, y[rows], f"{what}: predict")
        require_values(context, predicted, y[rows], f"{what}: predict")


@check(
    "TGT-1.flat-output",
    verifies="a binary model whose output has shape (n,) works like one with shape (n, 1)",
    impact="a model that squeezes its output predicts labels of another shape, or wrong ones",
    wrappers=CLASSIFIER,
    cases=["flat", "column"],
    level=Level.SHOULD,
)
def flat_classes(context: CheckContext) -> None:
    data = doubles.classes_dataset(["no", "yes"], sigmoid=True)
    _require_flat_predictions(context, data, "sigmoid", "binary_crossentropy")


@check(
    "TGT-4.flat-output",
    verifies="a regression model whose output has shape (n,) works like one with shape (n, 1)",
    impact="a model that squeezes its output predicts in another shape than the target",
    wrappers=REGRESSOR,
    cases=["flat", "column"],
    level=Level.SHOULD,
)
def flat_numbers(context: CheckContext) -> None:
    _require_flat_predictions(context, doubles.continuous_dataset(), "linear", "mean_squared_error")


@check(
    "TGT-4.all-digits",
    verifies="outputs that a model computes in float64 are predicted in float64",
    impact="predictions of large numbers, such as dates or sums of money, are silently rounded",
    wrappers=REGRESSOR,
    also=["DATA-3"],
    level=Level.SHOULD,
)
def all_digits(context: CheckContext) -> None:
    data = doubles.continuous_dataset(dtype=np.float64)
    # Too large for float32, which has seven digits only.
    data = data._replace(y=data.y + 2.0**25)

    def build() -> Any:
        inputs = keras.Input((data.n_features,), dtype="float64")
        layer = keras.layers.Dense(1, dtype="float64")
        model = doubles.RecordingModel(inputs, layer(inputs))
        layer.set_weights([data.kernel, data.bias + 2.0**25])
        model.compile(optimizer=doubles.zero_learning_rate(), loss="mean_squared_error")
        return model

    estimator = context.make(build)
    context.fit(estimator, data.X, data.y)
    predicted = as_array(context, context.observe.predict(estimator, data.X), "predict")
    expected = np.asarray(build().predict(data.X, verbose=0)).reshape(data.y.shape)
    with context.doing("comparing predictions"):
        # The last bit of a sum may depend on the batch size.
        near = predicted.shape == expected.shape and np.allclose(predicted, expected, 1e-13, 0)
    context.require(
        near,
        f"predict returned {show(predicted)}; the model computes {show(expected)}",
    )


@check(
    "TGT-5.other-width",
    verifies="a model whose number of units differs from the number of targets raises, or "
    "predicts in the target's shape",
    impact="Keras broadcasts the target over the units, and predictions have the wrong shape",
    wrappers=REGRESSOR,
    cases=["two-units-for-one", "one-unit-for-two", "three-units-for-two"],
    also=["TGT-4"],
    level=Level.SHOULD,
)
def other_width(context: CheckContext) -> None:
    units, targets = {
        "two-units-for-one": (2, 1),
        "one-unit-for-two": (1, 2),
        "three-units-for-two": (3, 2),
    }[context.case]
    X, y, *_ = doubles.continuous_dataset(targets)

    def build() -> Any:
        model = doubles.make_model(doubles.continuous_dataset(units))
        model.compile(optimizer=doubles.zero_learning_rate(), loss="mean_squared_error")
        return model

    right = oracle_builder(doubles.continuous_dataset(targets), "linear", "mean_squared_error")
    context.fit(context.make(right), X, y)
    estimator = context.make(build)
    try:
        estimator.fit(X, y)
        predicted = estimator.predict(X)
    except Exception:
        return  # an error of Keras about shapes is good enough
    found = as_array(context, predicted, "predict").shape
    context.require(
        found == y.shape, f"predict returned shape {found} for a target of shape {y.shape}"
    )

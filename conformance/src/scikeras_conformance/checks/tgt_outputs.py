"""Chapter TGT, third part: models whose outputs have another shape than is usual."""

from typing import Any

from scikeras_conformance.catalogue import Wrapper, check
from scikeras_conformance.checks._answers import as_array, require_answers
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.contract import Level
from scikeras_conformance.trial import Trial, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _require_flat_answers(trial: Trial, data: Any, activation: str, loss: str) -> None:
    """Ask for right answers of a model that gives one number a row, and no column of them."""

    def build() -> Any:
        inner = probes.make_model(data, activation)
        model = probes.ProbeModel(inner.inputs, keras.layers.Reshape(())(inner.outputs[0]))
        model.compile(optimizer=probes.zero_rate(), loss=loss)
        return model

    y = data.y.reshape(-1, 1) if trial.case == "column" else data.y
    estimator = trial.make(build)
    trial.fit(estimator, data.X, y)
    for rows, what in ((slice(None), "all rows"), ([1], "one row")):
        predicted = trial.predict(estimator, data.X[rows])
        require_answers(trial, predicted, y[rows], f"{what}: predict")


@check(
    "TGT-1.flat-output",
    shows="a model that answers with one number a row, and not a column of them, works as well",
    costs="a model that squeezes its output gives labels in another shape, or of another class",
    wrappers=CLASSIFIER,
    cases=["flat", "column"],
    level=Level.SHOULD,
)
def flat_classes(trial: Trial) -> None:
    data = probes.classes_dataset(["no", "yes"], sigmoid=True)
    _require_flat_answers(trial, data, "sigmoid", "binary_crossentropy")


@check(
    "TGT-4.flat-output",
    shows="a model that answers with one number a row, and not a column of them, works as well",
    costs="a model that squeezes its output gives predictions in another shape than the target",
    wrappers=REGRESSOR,
    cases=["flat", "column"],
    level=Level.SHOULD,
)
def flat_numbers(trial: Trial) -> None:
    _require_flat_answers(trial, probes.continuous_dataset(), "linear", "mean_squared_error")


@check(
    "TGT-4.all-digits",
    shows="what a model computes in 64 bits is predicted in 64 bits",
    costs="predictions of large numbers, of dates or of sums of money, are rounded without a word",
    wrappers=REGRESSOR,
    also=["DATA-3"],
    level=Level.SHOULD,
)
def all_digits(trial: Trial) -> None:
    data = probes.continuous_dataset(dtype=np.float64)
    # Too large for float32, where all but the first seven digits are rounded away.
    data = data._replace(y=data.y + 2.0**25)

    def build() -> Any:
        inputs = keras.Input((data.n_features,), dtype="float64")
        layer = keras.layers.Dense(1, dtype="float64")
        model = probes.ProbeModel(inputs, layer(inputs))
        layer.set_weights([data.kernel, data.bias + 2.0**25])
        model.compile(optimizer=probes.zero_rate(), loss="mean_squared_error")
        return model

    estimator = trial.make(build)
    trial.fit(estimator, data.X, data.y)
    predicted = as_array(trial, trial.predict(estimator, data.X), "predict")
    expected = np.asarray(build().predict(data.X, verbose=0)).reshape(data.y.shape)
    with trial.doing("comparing predictions"):
        # In batches of another size a sum may come out otherwise in its last bit.
        near = predicted.shape == expected.shape and np.allclose(predicted, expected, 1e-13, 0)
    trial.require(
        near,
        f"predict gave {show(predicted)}; the model computes {show(expected)}",
    )


@check(
    "TGT-5.other-width",
    shows="a model with another number of units than there are targets is refused, or answers in "
    "the shape of the target",
    costs="Keras spreads the target over the units, and predictions have rows that no sample has",
    wrappers=REGRESSOR,
    cases=["two-units-for-one", "one-unit-for-two", "three-units-for-two"],
    also=["TGT-4"],
    level=Level.SHOULD,
)
def other_width(trial: Trial) -> None:
    units, targets = {
        "two-units-for-one": (2, 1),
        "one-unit-for-two": (1, 2),
        "three-units-for-two": (3, 2),
    }[trial.case]
    X, y, *_ = probes.continuous_dataset(targets)

    def build() -> Any:
        model = probes.make_model(probes.continuous_dataset(units))
        model.compile(optimizer=probes.zero_rate(), loss="mean_squared_error")
        return model

    estimator = trial.make(build)
    with trial.doing("fitting and predicting"):
        try:
            predicted = estimator.fit(X, y).predict(X)
        except Exception:
            return  # an error of Keras's own, about shapes, will do
    found = as_array(trial, predicted, "predict").shape
    trial.require(found == y.shape, f"predict gave the shape {found} for a target of {y.shape}")

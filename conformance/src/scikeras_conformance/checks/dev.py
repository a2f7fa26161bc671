"""Chapter DEV: models live on the device that Keras was asked for, and compute the same there."""

from typing import Any

from scikeras_conformance.catalogue import ALL, ESTIMATORS, check
from scikeras_conformance.checks._answers import as_array, require_answers
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.checks._training import loss_name
from scikeras_conformance.devices import kinds_of, reaches
from scikeras_conformance.trial import Trial, show

TOLERANCE = 5e-3
"""How far weights may be apart: GPUs multiply with ten bits (TF32) unless they are told."""


def _require_gpu(trial: Trial) -> None:
    if not reaches("gpu"):
        trial.unavailable(
            f"there is no GPU that Keras reaches on the backend {keras.backend.backend()}; run "
            "where there is one, with a backend that is built for it"
        )


def _require_runs_on(trial: Trial, kind: str) -> None:
    """Ask for right answers, by a model whose variables are on a device from first to last."""
    data = probes.dataset(trial.wrapper)
    places: list[set[str]] = []

    class PlacedModel(probes.ProbeModel):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            places.append(kinds_of(self.variables))
            return super().fit(*args, **kwargs)

    def build() -> Any:
        activation = "sigmoid" if trial.is_classifier else "linear"
        model = probes.make_model(data, activation, cls=PlacedModel)
        model.compile(optimizer=probes.zero_rate(), loss=loss_name(trial))
        return model

    with keras.device(f"{kind}:0"):
        estimator = trial.make(build, verbose=0)
        trial.fit(estimator, data.X, data.y)
        predicted = trial.predict(estimator, data.X)
    model = trial.model(estimator)
    optimizer = getattr(model, "optimizer", None)
    places.append(kinds_of([*model.variables, *getattr(optimizer, "variables", [])]))
    trial.require(len(places) > 1, "fit did not call the fit of the model that the builder made")
    wrong = [place for place in places if place != {kind}]
    trial.require(not wrong, f"variables of the model were on {show(wrong)}, not on the {kind}")
    require_answers(trial, predicted, data.y, f"predict on the {kind}")


@check(
    "DEV-1.on-the-cpu",
    shows="on the CPU a model is trained and answers, and its variables are there",
    costs="a machine without a GPU, or with a full one, cannot run the program",
    wrappers=ALL,
)
def on_the_cpu(trial: Trial) -> None:
    _require_runs_on(trial, "cpu")


@check(
    "DEV-2.on-a-gpu",
    shows="on a GPU a model is trained and answers, and its variables are there",
    costs="training takes the time of the CPU on a machine that was paid for its GPU",
    wrappers=ALL,
)
def on_a_gpu(trial: Trial) -> None:
    _require_gpu(trial)
    _require_runs_on(trial, "gpu")


def _trained_on(trial: Trial, kind: str) -> tuple[list[Any], Any]:
    """Give the weights and the predictions after a seeded training on a device."""
    data = probes.dataset(trial.wrapper)

    def build() -> Any:
        inputs = keras.Input((data.n_features,))
        hidden = keras.layers.Dense(4, activation="tanh")(inputs)
        activation = "sigmoid" if trial.is_classifier else "linear"
        model = probes.ProbeModel(inputs, keras.layers.Dense(1, activation=activation)(hidden))
        # The same numbers everywhere: the generators of some backends differ by device.
        generator = np.random.default_rng(5)
        model.set_weights([generator.normal(size=w.shape) * 0.5 for w in model.get_weights()])
        model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.5), loss=loss_name(trial))
        return model

    with keras.device(f"{kind}:0"):
        estimator = trial.make(build, epochs=3, batch_size=4, random_state=1, verbose=0)
        trial.fit(estimator, data.X, data.y)
        predicted = as_array(trial, trial.predict(estimator, data.X), f"predict on the {kind}")
    return trial.model(estimator).get_weights(), predicted


def _require_agreement(trial: Trial, first: str, second: str) -> None:
    """Ask for the same weights and predictions after the same training on two devices."""
    (weights, predicted), (others, others_predicted) = (
        _trained_on(trial, kind) for kind in (first, second)
    )
    apart = max(
        float(np.max(np.abs(one - other))) for one, other in zip(weights, others, strict=True)
    )
    trial.require(
        apart <= TOLERANCE,
        f"after the same seeded training on the {first} and the {second}, weights are {apart:.3g} "
        f"apart; {TOLERANCE:g} is the most that rounding explains",
    )
    if predicted.dtype.kind == "f":
        right = np.allclose(predicted, others_predicted, atol=10 * TOLERANCE)
        trial.require(right, f"predictions on the {first} and the {second} differ")


@check(
    "DEV-3.devices-agree",
    shows="the same seeded training on CPU and GPU comes to the same weights",
    costs="what was found on one machine cannot be repeated on another",
    wrappers=ESTIMATORS,
)
def devices_agree(trial: Trial) -> None:
    _require_gpu(trial)
    _require_agreement(trial, "cpu", "gpu")

"""Chapter DEV: training and prediction on the CPU and on a GPU."""

from typing import Any

from scikeras_conformance.catalog.check import ALL, ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_layer, helper_model
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array, require_predictions
from scikeras_conformance.checks._support.training import loss_name
from scikeras_conformance.runner.context import CheckContext, show
from scikeras_conformance.runner.device import kinds_of, reaches

TOLERANCE = 5e-3
"""How far weights may differ: by default GPUs multiply with ten bits (TF32)."""


def _require_gpu(context: CheckContext) -> None:
    if not reaches("gpu"):
        context.unavailable(
            f"Keras finds no GPU with the backend {keras.backend.backend()}; run "
            "where there is one, with a backend that is built for it"
        )


def _nothing() -> None:
    """Prepare nothing."""


def _require_runs_on(context: CheckContext, kind: str) -> None:
    """Require right predictions of a model whose variables are always on a given device."""
    helper = helper_model(context)
    data = helper.data
    places: list[set[str]] = []

    class PlacedModel(doubles.RecordingModel):
        def fit(self, *args: Any, **kwargs: Any) -> Any:
            places.append(kinds_of(self.variables))
            return super().fit(*args, **kwargs)

    def build() -> Any:
        model = doubles.make_model(data, helper.activation, cls=PlacedModel)
        model.compile(optimizer=doubles.zero_learning_rate(), loss=helper.loss)
        return model

    # Where it works on no device, that it does not work on the CPU is what is wrong.
    elsewhere = plain_use(context, "fit", "predict") if kind == "gpu" else _nothing
    with provided(elsewhere), keras.device(f"{kind}:0"):
        estimator = context.observe.make(build)
        context.observe.fit(estimator, data.X, data.y)
        predicted = context.observe.predict(estimator, data.X)
    model = context.model(estimator)
    optimizer = getattr(model, "optimizer", None)
    places.append(kinds_of([*model.variables, *getattr(optimizer, "variables", [])]))
    if len(places) < 2:
        context.stop("fit", "did not call the fit of the model that the builder made")
    wrong = [place for place in places if place != {kind}]
    context.require(not wrong, f"variables of the model were on {show(wrong)}, not on the {kind}")
    require_predictions(context, predicted, data.y, f"predict on the {kind}")


@check(
    "DEV-1.on-the-cpu",
    verifies="on the CPU a model can be trained and predicts, and its variables are placed there",
    impact="a machine without a GPU, or with a full one, cannot run the program",
    wrappers=ALL,
)
def on_the_cpu(context: CheckContext) -> None:
    _require_runs_on(context, "cpu")


@check(
    "DEV-2.on-a-gpu",
    verifies="on a GPU a model can be trained and predicts, and its variables are placed there",
    impact="training is as slow as on the CPU although there is a GPU",
    wrappers=ALL,
)
def on_a_gpu(context: CheckContext) -> None:
    _require_gpu(context)
    _require_runs_on(context, "gpu")


def _trained_on(context: CheckContext, kind: str) -> tuple[list[Any], Any]:
    """Return the weights and the predictions after a seeded training on a device."""
    data = doubles.dataset(context.wrapper)

    def build() -> Any:
        inputs = keras.Input((data.n_features,))
        hidden = keras.layers.Dense(4, activation="tanh")(inputs)
        model = doubles.RecordingModel(inputs, helper_layer(context)(hidden))
        # The same numbers everywhere: random generators of some backends differ by device.
        generator = np.random.default_rng(5)
        model.set_weights([generator.normal(size=w.shape) * 0.5 for w in model.get_weights()])
        model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.5), loss=loss_name(context))
        return model

    # All rows make one batch, so that seeds and shuffling have no effect.
    with keras.device(f"{kind}:0"):
        estimator = context.make(build, epochs=3)
        context.fit(estimator, data.X, data.y)
        predicted = as_array(context, context.predict(estimator, data.X), f"predict on the {kind}")
    return context.model(estimator).get_weights(), predicted


def _require_agreement(context: CheckContext, first: str, second: str) -> None:
    """Require the same weights and predictions after the same training on two devices."""
    (weights, predicted), (others, others_predicted) = (
        _trained_on(context, kind) for kind in (first, second)
    )
    apart = max(
        float(np.max(np.abs(one - other))) for one, other in zip(weights, others, strict=True)
    )
    context.require(
        apart <= TOLERANCE,
        f"after the same seeded training on the {first} and the {second}, weights are {apart:.3g} "
        f"apart; {TOLERANCE:g} is the most that rounding explains",
    )
    if predicted.dtype.kind == "f":
        right = np.allclose(predicted, others_predicted, atol=10 * TOLERANCE)
        context.require(right, f"predictions on the {first} and the {second} differ")


@check(
    "DEV-3.devices-agree",
    verifies="the same seeded training gives the same weights on CPU and GPU",
    impact="a result from one machine cannot be reproduced on another",
    wrappers=ESTIMATORS,
)
def devices_agree(context: CheckContext) -> None:
    _require_gpu(context)
    _require_agreement(context, "cpu", "gpu")

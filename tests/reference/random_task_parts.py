"""Optimizers, losses, metrics, layers and callbacks of random tasks: for the wrapper, for Keras."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras

ops, layers = keras.ops, keras.layers
schedules, optimizers, losses, metrics = (
    keras.optimizers.schedules,
    keras.optimizers,
    keras.losses,
    keras.metrics,
)


@dataclass(frozen=True)
class Part:
    """An optimizer, a loss, or metrics: as given to the wrapper, and as given to Keras."""

    given: Callable[[], dict[str, Any]]
    by_hand: Callable[[], Any]


@dataclass(frozen=True)
class Loss(Part):
    """A loss, with the form of target and the last layer that it needs."""

    form: str = "numbers"
    activation: str | None = None


def as_it_is(parameter, make):
    """Return a name, a function, or an instance that is made anew each time."""
    return Part(lambda: {parameter: make()}, make)


def routed(parameter, cls, **arguments):
    """Return a class for the wrapper, with routed parameters; an instance for Keras."""
    given = {parameter: cls, **{f"{parameter}__{name}": arguments[name] for name in arguments}}
    return Part(lambda: dict(given), lambda: cls(**arguments))


def loss(part, form="numbers", activation=None):
    return Loss(part.given, part.by_hand, form, activation)


def brier(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def from_class_numbers(y_true, y_pred):
    """Compute a loss of the user's own that wants class numbers in a column."""
    chosen = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1])
    return -ops.sum(chosen * ops.log(y_pred + 0.01), axis=-1)


def largest_error(y_true, y_pred):
    return ops.max(ops.abs(y_true - y_pred), axis=-1)


def smallest_output(y_true, y_pred):
    return ops.min(y_pred, axis=-1)


def halved(epoch, rate):
    return rate / 2


OPTIMIZERS = {
    "default": Part(dict, lambda: "rmsprop"),
    "name": as_it_is("optimizer", lambda: "adam"),
    "class": routed("optimizer", optimizers.SGD, learning_rate=0.05, momentum=0.9, nesterov=True),
    "instance": as_it_is(
        "optimizer", lambda: optimizers.AdamW(0.02, weight_decay=0.1, clipnorm=0.5)
    ),
    "average": as_it_is("optimizer", lambda: optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)),
    "accumulated": routed(
        "optimizer", optimizers.RMSprop, learning_rate=0.01, gradient_accumulation_steps=2
    ),
    "schedule": as_it_is(
        "optimizer", lambda: optimizers.SGD(schedules.ExponentialDecay(0.1, 2, 0.5), momentum=0.5)
    ),
    "routed schedule": routed(
        "optimizer", optimizers.Adam, learning_rate=schedules.CosineDecay(0.05, 9)
    ),
}
SCHEDULES = ("schedule", "routed schedule")
"""Optimizers whose learning rate no callback can set."""

LOSSES = {
    "binary": {
        "name": loss(as_it_is("loss", lambda: "binary_crossentropy"), activation="sigmoid"),
        "class": loss(
            routed("loss", losses.BinaryCrossentropy, label_smoothing=0.1), activation="sigmoid"
        ),
        "instance": loss(
            as_it_is("loss", lambda: losses.BinaryFocalCrossentropy(gamma=1.5)),
            activation="sigmoid",
        ),
        "logits": loss(as_it_is("loss", lambda: losses.BinaryCrossentropy(from_logits=True))),
        "margins": loss(as_it_is("loss", lambda: "hinge"), activation="tanh"),
        "function": loss(as_it_is("loss", lambda: brier), activation="sigmoid"),
    },
    "two units": {
        "name": loss(
            as_it_is("loss", lambda: "sparse_categorical_crossentropy"), "numbers", "softmax"
        ),
        "class": loss(
            routed("loss", losses.CategoricalCrossentropy, label_smoothing=0.1),
            "one-hot",
            "softmax",
        ),
        "instance": loss(as_it_is("loss", losses.MeanSquaredError), "one-hot", "softmax"),
        "function": loss(as_it_is("loss", lambda: from_class_numbers), "numbers", "softmax"),
    },
    "multiclass": {
        "name": loss(
            as_it_is("loss", lambda: "sparse_categorical_crossentropy"), "numbers", "softmax"
        ),
        "class": loss(
            routed("loss", losses.SparseCategoricalCrossentropy, from_logits=True), "numbers"
        ),
        "function": loss(as_it_is("loss", lambda: from_class_numbers), "numbers", "softmax"),
        "flat": loss(
            routed("loss", losses.CategoricalGeneralizedCrossEntropy, q=0.6), "flat", "softmax"
        ),
    },
    "one-hot": {
        "name": loss(as_it_is("loss", lambda: "categorical_crossentropy"), "one-hot", "softmax"),
        "class": loss(
            routed("loss", losses.CategoricalFocalCrossentropy, gamma=1.0), "one-hot", "softmax"
        ),
        "instance": loss(as_it_is("loss", losses.KLDivergence), "one-hot", "softmax"),
        "function": loss(as_it_is("loss", lambda: brier), "one-hot", "softmax"),
        "logits": loss(
            as_it_is("loss", lambda: losses.CategoricalCrossentropy(from_logits=True)), "one-hot"
        ),
    },
    "multilabel": {
        "name": loss(as_it_is("loss", lambda: "binary_crossentropy"), activation="sigmoid"),
        "class": loss(
            routed("loss", losses.BinaryFocalCrossentropy, gamma=1.0), activation="sigmoid"
        ),
        "function": loss(as_it_is("loss", lambda: brier), activation="sigmoid"),
    },
    "regression": {
        "name": loss(as_it_is("loss", lambda: "mse")),
        "class": loss(routed("loss", losses.Huber, delta=0.3)),
        "instance": loss(as_it_is("loss", lambda: losses.LogCosh(reduction="sum"))),
        "function": loss(as_it_is("loss", lambda: largest_error)),
    },
}
for _target in ("column", "columns", "base"):
    LOSSES[_target] = LOSSES["regression"]


def metrics_for(target, form):
    """Return the metrics that make sense for a target, by name."""
    own = lambda parameter: as_it_is(parameter, lambda: [smallest_output])  # noqa: E731
    exclusive = target in {"two units", "multiclass", "one-hot"}
    numbers = exclusive and form != "one-hot"
    if target in {"regression", "columns", "base"}:
        names, cls, arguments = ["mae", "mse"], metrics.MeanAbsoluteError, {"name": "error"}
        instance = lambda: metrics.R2Score(name="r2")  # noqa: E731
    elif target in {"binary", "multilabel"}:
        names, cls, arguments = ["accuracy", "mse"], metrics.AUC, {"num_thresholds": 20}
        instance = lambda: metrics.Precision(0.4, name="precise")  # noqa: E731
    elif numbers:
        names, cls, arguments = ["acc"], metrics.SparseTopKCategoricalAccuracy, {"k": 2}
        instance = lambda: metrics.SparseCategoricalCrossentropy(name="entropy")  # noqa: E731
    else:
        names, cls, arguments = ["accuracy"], metrics.TopKCategoricalAccuracy, {"k": 1}
        instance = lambda: metrics.F1Score(average="macro", name="f1")  # noqa: E731

    def mixed(parameter):
        indexed = {f"{parameter}__1__{name}": arguments[name] for name in arguments}
        return Part(
            lambda: {parameter: [names[0], cls, instance(), largest_error], **indexed},
            lambda: [names[0], cls(**arguments), instance(), largest_error],
        )

    def one(parameter):
        part = routed(parameter, cls, **arguments)
        return Part(part.given, lambda: [part.by_hand()])

    return {
        "names": lambda parameter: as_it_is(parameter, lambda: list(names)),
        "class": one,
        "instance": lambda parameter: as_it_is(parameter, lambda: [instance()]),
        "function": own,
        **({} if numbers else {"mixed": mixed}),
    }


LAYERS = {
    "dense": lambda: layers.Dense(5, "relu", kernel_initializer=keras.initializers.HeNormal()),
    "regularized": lambda: layers.Dense(4, "tanh", kernel_regularizer="l2", bias_regularizer="l1"),
    "activity": lambda: layers.Dense(3, activity_regularizer=keras.regularizers.L1(0.1)),
    "constrained": lambda: layers.Dense(4, kernel_constraint="non_neg"),
    "dropout": lambda: layers.Dropout(0.4),
    "batch": layers.BatchNormalization,
    "layer": layers.LayerNormalization,
    "noise": lambda: layers.GaussianNoise(0.3),
    "leaky": lambda: layers.LeakyReLU(0.2),
}


EVENTS = ("train", "test", "predict", "epoch", "train_batch", "test_batch")


class Recorder(keras.callbacks.Callback):
    """Notes every event, with its logs."""

    def __init__(self, events):
        super().__init__()
        self.events = events

    def note(self, name, index, logs):
        logged = {key: float(value) for key, value in (logs or {}).items() if key != "outputs"}
        self.events.append((name, index, logged))


def _event(name, numbered):
    if numbered:
        return lambda self, index, logs=None: self.note(name, index, logs)
    return lambda self, logs=None: self.note(name, None, logs)


for _name in EVENTS:
    for _when in ("begin", "end"):
        _hook = f"on_{_name}_{_when}"
        setattr(Recorder, _hook, _event(_hook, _name == "epoch" or _name.endswith("batch")))


def callback_parts(name, events):
    """Return the class of a callback and its arguments; `events` is what recorders fill."""
    return {
        "stopping": (
            keras.callbacks.EarlyStopping,
            {"monitor": "loss", "min_delta": 1e6, "patience": 1, "restore_best_weights": True},
        ),
        "plateau": (
            keras.callbacks.ReduceLROnPlateau,
            {"monitor": "loss", "min_delta": 1e6, "patience": 1, "factor": 0.3},
        ),
        "scheduler": (keras.callbacks.LearningRateScheduler, {"schedule": halved}),
        "lambda": (
            keras.callbacks.LambdaCallback,
            {"on_epoch_end": lambda epoch, logs: events.append((epoch, *sorted(logs.items())))},
        ),
        "recorder": (Recorder, {"events": events}),
    }[name]


CALLBACKS = ("stopping", "plateau", "scheduler", "lambda", "recorder")
SETS_RATE = {"plateau", "scheduler"}
"""Callbacks that Keras refuses for an optimizer with a schedule."""

"""What training by Keras alone gives, to hold that of a subject against.

Comparing weights sees everything that reaches a model while it trains (samples, targets, weights of
samples, epochs, state of the optimizer) and nothing of the way it took: a wrapper may pass arrays,
data sets, weights of classes or of samples.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "Record",
    "ask",
    "column",
    "learner",
    "loss_name",
    "optimizer_steps",
    "read_history",
    "recorder",
    "require_both_named",
    "require_current_epoch",
    "require_weights",
    "same_weights",
    "train",
]


def loss_name(context: CheckContext) -> str:
    """Name the loss that suits the plainest data of a wrapper."""
    return "binary_crossentropy" if context.is_classifier else "mean_squared_error"


def learner(
    context: CheckContext, *, momentum: float = 0.0, metrics: Sequence[str] = ()
) -> Callable[[], Any]:
    """Give a builder of a compiled model that learns, and starts from the same weights each time.

    Parameters
    ----------
    context : CheckContext
        The context.
    momentum : float, default=0
        What makes the optimizer remember its steps.
    metrics : sequence of str, default=()
        Metrics to compile the model with.
    """

    def build() -> Any:
        model = doubles.uncompiled(context.wrapper, off=0.5)
        optimizer = keras.optimizers.SGD(0.1, momentum=momentum)
        model.compile(optimizer=optimizer, loss=loss_name(context), metrics=list(metrics))
        return model

    return build


def column(y: Any) -> Any:
    """Give a target of numbers in the form that Keras trains on."""
    return np.asarray(y).reshape(len(y), -1).astype(np.float32)


def train(model: Any, x: Any, y: Any, *, epochs: int = 1, sample_weight: Any = None) -> Any:
    """Train a model of the suite's own, all rows at once, and give it back."""
    for _ in range(epochs):
        model.train_on_batch(x, y, sample_weight=sample_weight)
    return model


def ask(model: Any, x: Any) -> Any:
    """Give the outputs of a model as arrays, without the ceremony of ``Model.predict``."""
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x))


def require_weights(context: CheckContext, estimator: Any, expected: Any, what: str) -> None:
    """Ask for the weights that Keras itself comes to.

    Parameters
    ----------
    context : CheckContext
        The context.
    estimator : estimator
        Its ``model_`` is looked at.
    expected : keras.Model or list of ndarray
        The right weights, or a model that has them.
    what : str
        What they should be, for the message.
    """
    wanted = expected if isinstance(expected, list) else expected.get_weights()
    found = context.model(estimator).get_weights()
    same = same_weights(found, wanted)
    context.require(same, f"the weights are not {what}: {show(found[:1])}, not {show(wanted[:1])}")


def same_weights(first: list[Any], second: list[Any], *, tolerance: float = 1e-5) -> bool:
    """Whether two models have the same weights, whatever models they are."""
    return len(first) == len(second) and all(
        one.shape == other.shape and np.allclose(one, other, atol=tolerance, rtol=1e-4)
        for one, other in zip(first, second, strict=True)
    )


def optimizer_steps(context: CheckContext, estimator: Any) -> int:
    """Give the number of steps that the optimizer of ``model_`` has made."""
    model = context.model(estimator)
    with context.doing("reading the number of steps of the optimizer of model_"):
        return int(model.optimizer.iterations)


def read_history(context: CheckContext, estimator: Any) -> dict[str, list[float]]:
    """Give what ``history_`` holds, by the names of the quantities."""
    history = context.attribute(estimator, "history_")
    with context.doing("reading history_ as lists of numbers by name"):
        return {str(name): [float(value) for value in values] for name, values in history.items()}


@dataclass(slots=True)
class Record:
    """What the callbacks of one class have seen."""

    events: list[str] = field(default_factory=list)
    trained: list[Any] = field(default_factory=list)

    def count(self, event: str) -> int:
        """Count an event: train, epoch, train-batch, predict or predict-batch."""
        return self.events.count(event)


def recorder() -> tuple[type, Record]:
    """Give a callback class, and the record of what all callbacks of that class saw."""
    record = Record()

    class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            record.events.append("train")
            # Kept, so that no other callback can take its place in memory.
            record.trained.append(self)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            record.events.append("epoch")

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            record.events.append("train-batch")

        def on_predict_begin(self, logs: Any = None) -> None:
            del logs
            record.events.append("predict")

        def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
            del batch, logs
            record.events.append("predict-batch")

    return Recorder, record


def require_both_named(
    context: CheckContext, what: str, call: Callable[[], object], names: Sequence[object]
) -> None:
    """Ask for a ValueError whose message holds each of some names or numbers.

    Parameters
    ----------
    context : CheckContext
        The context.
    what : str
        What is asked of the subject, in words that make a sentence with "raised ...".
    call : callable
        Does it.
    names : sequence
        Words or numbers; a number counts only where it is no part of a longer one.
    """
    texts: list[str] = []

    def calling() -> None:
        try:
            call()
        except ValueError as error:
            texts.append(str(error))
            raise

    with context.refusing(what, ValueError):
        calling()
    missing = [name for name in names if not re.search(rf"(?<![\w.]){name}(?!\w|\.\d)", texts[0])]
    context.require(
        not missing,
        f"{what} raised an error that does not name {' and '.join(map(str, missing))}: "
        f"{show(texts[0])}",
    )


def require_current_epoch(context: CheckContext, estimator: Any, expected: int) -> None:
    found = context.attribute(estimator, "current_epoch")
    context.require(
        same(found, expected), f"current_epoch should be {expected}; it is {show(found)}"
    )

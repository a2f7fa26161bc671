"""Training by Keras alone, to compare with the training of the subject.

Comparing weights covers everything that reaches a model during training (samples, targets,
sample weights, epochs, optimizer state) and leaves the way open: a wrapper may pass arrays,
data sets, class weights or sample weights.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scikeras_conformance.checks._support.helper_models import helper_builder, helper_loss
from scikeras_conformance.checks._support.modules import keras, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "Mistakes",
    "Record",
    "column",
    "learner",
    "likeness",
    "loss_name",
    "optimizer_steps",
    "outputs_of",
    "read_history",
    "recorder",
    "require_both_named",
    "require_current_epoch",
    "require_weights",
    "same_weights",
    "train",
]


def loss_name(context: CheckContext) -> str:
    """Return the name of the loss for the default data set of a wrapper."""
    return helper_loss(context)


def learner(
    context: CheckContext, *, momentum: float = 0.0, metrics: Sequence[str] = ()
) -> Callable[[], Any]:
    """Return a builder of a compiled model that learns, always from the same initial weights.

    Parameters
    ----------
    context : CheckContext
        The context.
    momentum : float, default=0
        Momentum of the optimizer, which gives it a state.
    metrics : sequence of str, default=()
        Metrics to compile the model with.
    """
    return helper_builder(context, off=0.5, rate=0.1, momentum=momentum, metrics=metrics)


def column(y: Any) -> Any:
    """Return a numeric target in the form that Keras trains on."""
    return np.asarray(y).reshape(len(y), -1).astype(np.float32)


def train(model: Any, x: Any, y: Any, *, epochs: int = 1, sample_weight: Any = None) -> Any:
    """Train a model on all rows in one batch, and return it."""
    for _ in range(epochs):
        model.train_on_batch(x, y, sample_weight=sample_weight)
    return model


def outputs_of(model: Any, x: Any) -> Any:
    """Return the outputs of a model as arrays, without calling ``Model.predict``."""
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x))


Mistakes = Mapping[str, Callable[[], Any]]
"""By words that begin with "as if": a model that was trained with a mistake, made when needed."""


def require_weights(
    context: CheckContext,
    estimator: Any,
    expected: Any,
    what: str,
    mistakes: Mistakes | None = None,
) -> None:
    """Require the weights that training by Keras alone gives.

    Parameters
    ----------
    context : CheckContext
        The context.
    estimator : estimator
        The estimator whose ``model_`` is compared.
    expected : keras.Model or list of ndarray
        The right weights, or a model that has them.
    what : str
        What they should be, for the message.
    mistakes : mapping, optional
        Trainings that may have been made in its place, see `Mistakes`; the message says which one
        gives the weights that were found.
    """
    wanted = expected if isinstance(expected, list) else expected.get_weights()
    found = context.model(estimator).get_weights()
    if same_weights(found, wanted):
        return
    alike = likeness(found, mistakes or {})
    context.fail(
        f"the weights of the model are not {what}"
        f"{f', but {alike}' if alike else ''}: {show(found[:1])}, not {show(wanted[:1])}"
    )


def likeness(found: list[Any], mistakes: Mistakes) -> str:
    """Return which mistake gives the weights that were found, or nothing."""
    return next(
        (words for words, make in mistakes.items() if same_weights(found, make().get_weights())), ""
    )


def same_weights(first: list[Any], second: list[Any], *, tolerance: float = 1e-5) -> bool:
    """Whether two lists of weights are the same up to rounding."""
    return len(first) == len(second) and all(
        one.shape == other.shape and np.allclose(one, other, atol=tolerance, rtol=1e-4)
        for one, other in zip(first, second, strict=True)
    )


def optimizer_steps(context: CheckContext, estimator: Any) -> int:
    """Return the number of steps of the optimizer of ``model_``."""
    model = context.model(estimator)
    with context.doing("reading the number of steps of the optimizer of model_"):
        return int(model.optimizer.iterations)


def read_history(context: CheckContext, estimator: Any) -> dict[str, list[float]]:
    """Return ``history_`` as lists of floats, by the names of the quantities."""
    history = context.attribute(estimator, "history_")
    with context.doing("reading history_ as lists of numbers by name"):
        return {str(name): [float(value) for value in values] for name, values in history.items()}


@dataclass(slots=True)
class Record:
    """The calls that the callbacks of one class have received."""

    events: list[str] = field(default_factory=list)
    trained: list[Any] = field(default_factory=list)

    def count(self, event: str) -> int:
        """Count an event: train, epoch, train-batch, predict or predict-batch."""
        return self.events.count(event)


def recorder() -> tuple[type, Record]:
    """Return a callback class, and the record of the calls to all its instances."""
    record = Record()

    class Recorder(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            record.events.append("train")
            # A reference, so that no other callback can have the same id.
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
    context: CheckContext,
    what: str,
    call: Callable[[], object],
    names: Sequence[object],
    others: Sequence[object] = (),
) -> None:
    """Require a ValueError whose message contains all of some words or numbers.

    Parameters
    ----------
    context : CheckContext
        The context.
    what : str
        What is called, in words that form a sentence with "raised ...".
    call : callable
        Does it.
    names : sequence
        Words or numbers; a number does not count as part of a longer one.
    others : sequence, optional
        What the message may contain instead.
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

    def missing_of(names: Sequence[object]) -> list[object]:
        patterns = {name: re.escape(str(name)) for name in names}
        return [
            n for n, p in patterns.items() if not re.search(rf"(?<![\w.]){p}(?!\w|\.\d)", texts[0])
        ]

    missing = missing_of(names)
    context.require(
        not missing or (others and not missing_of(others)),
        f"{what} raised an error that does not name {' and '.join(map(str, missing))}: "
        f"{show(texts[0])}",
    )


def require_current_epoch(context: CheckContext, estimator: Any, expected: int) -> None:
    """Require a value of ``current_epoch``."""
    found = context.attribute(estimator, "current_epoch")
    context.require(
        same(found, expected), f"current_epoch should be {expected}; it is {show(found)}"
    )

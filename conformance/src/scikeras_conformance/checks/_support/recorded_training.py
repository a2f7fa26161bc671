"""What Keras itself recorded of a training, whatever the wrapper makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scikeras_conformance.checks._support.modules import keras
from scikeras_conformance.checks._support.training import read_history
from scikeras_conformance.runner.context import CheckContext

__all__ = [
    "Batches",
    "before_each_batch",
    "counting_batches",
    "counting_starts",
    "recorded_history",
]


def recorded_history(context: CheckContext, estimator: Any) -> dict[str, list[float]]:
    """Return the history of the last call of ``Model.fit``, for a recording model.

    For a subject that trains in a loop of its own it is ``history_``.
    """
    model = context.recording_model(estimator)
    with context.preparing("reading the history of model_ as lists of numbers"):
        found = {str(name): list(map(float, values)) for name, values in model.log.history.items()}
    return found or read_history(context, estimator)


@dataclass(slots=True)
class Batches:
    """How many batches models have been trained on, and have predicted."""

    trained: int = 0
    predicted: int = 0


def counting_batches(build: Callable[[], Any]) -> tuple[Callable[[], Any], Batches]:
    """Return a builder of the same models, and the number of their batches.

    Batches are counted without a callback, which a wrapper may not pass on.
    """
    batches = Batches()

    def counted() -> Any:
        model = build()
        train, predict = model.train_step, model.predict_step

        def train_step(*args: Any) -> Any:
            batches.trained += 1
            return train(*args)

        def predict_step(*args: Any) -> Any:
            batches.predicted += 1
            return predict(*args)

        model.train_step, model.predict_step = train_step, predict_step
        return model

    return counted, batches


def before_each_batch(build: Callable[[], Any], hook: Callable[[], object]) -> Callable[[], Any]:
    """Return a builder of the same models that call `hook` before they train on a batch.

    What happens during training can so be tried on wrappers that take no callbacks.
    """

    def hooked() -> Any:
        model = build()
        train = model.train_step

        def train_step(*args: Any) -> Any:
            hook()
            return train(*args)

        model.train_step = train_step
        return model

    return hooked


def counting_starts(build: Callable[[], Any]) -> tuple[Callable[[], Any], list[int]]:
    """Return a builder of the same models, and a list that grows when one starts to train.

    The model itself adds the callback, so the wrapper need not take any.
    """
    starts: list[int] = []

    class Starting(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            starts.append(1)

    def counted() -> Any:
        model = build()
        original = model.fit

        def fit(*args: Any, **given: Any) -> Any:
            callbacks = given.get("callbacks") or []
            if isinstance(callbacks, keras.callbacks.CallbackList):
                callbacks = callbacks.callbacks
            if not isinstance(callbacks, (list, tuple)):
                callbacks = [callbacks]
            return original(*args, **{**given, "callbacks": [*callbacks, Starting()]})

        model.fit = fit
        return model

    return counted, starts

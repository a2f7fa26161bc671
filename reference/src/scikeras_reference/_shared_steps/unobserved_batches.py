"""Trainings in which nobody looks at single batches: no callback listens, and nothing is printed.

Keras calls every callback before and after each batch, mostly for nothing, and by way of a thread.
Where nobody listens, these calls are left out.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

__all__ = ["QuietCallbacks", "is_quiet"]

_OF_BATCHES = tuple(
    f"on_{kind}batch_{when}" for kind in ("", "train_", "test_") for when in ("begin", "end")
)
_SILENT = {name: vars(keras.callbacks.Callback)[name] for name in _OF_BATCHES}
"""What a callback has that does not listen."""
_LIST = dict(vars(keras.callbacks.CallbackList))
"""The list of callbacks as it was at first."""


def is_quiet(arguments: Mapping[str, Any]) -> bool:
    """Whether nobody looks at single batches of a ``Model.fit`` with such arguments.

    Parameters
    ----------
    arguments : mapping of str to object
        Keyword arguments of ``Model.fit``.
    """
    callbacks = arguments.get("callbacks") or ()
    return (
        arguments.get("verbose") == 0
        and type(callbacks) in {list, tuple}
        and not any(map(_listens, callbacks))
        # Somebody who replaces what these classes do may look, too.
        and vars(keras.callbacks.CallbackList) == _LIST
        and all(vars(keras.callbacks.Callback)[name] is it for name, it in _SILENT.items())
    )


class QuietCallbacks(keras.callbacks.CallbackList):  # type: ignore[misc]
    """The callbacks of one training, which are not called for batches.

    Parameters
    ----------
    callbacks : iterable of keras.callbacks.Callback
        None of them listens to batches.
    model : keras.Model
        What is trained.
    epochs, steps : int
        Number of epochs, and of batches in each of them.
    """

    def __init__(self, callbacks: Iterable[Any], model: Any, *, epochs: int, steps: int) -> None:
        super().__init__(list(callbacks), add_history=True)
        self._trained = model
        self._sizes = {"verbose": 0, "epochs": epochs, "steps": steps}

    def on_train_begin(self, logs: Any = None) -> None:
        """Introduce the model, which Keras has built by now, and begin."""
        self.set_model(self._trained)
        self.set_params(self._sizes)
        super().on_train_begin(logs)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Call nobody."""

    on_train_batch_end = on_test_batch_begin = on_test_batch_end = on_train_batch_begin


def _listens(callback: Any) -> bool:
    return any(
        getattr(getattr(callback, name, None), "__func__", None) is not silent
        for name, silent in _SILENT.items()
    )

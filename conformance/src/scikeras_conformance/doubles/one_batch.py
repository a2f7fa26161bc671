"""Train and predict without Keras's input pipeline if all rows make one batch.

The pipeline takes several times longer to start than a small model takes to train, and shows
nothing about the wrapper. Keras handles all other calls: other data than plain
numeric arrays, callbacks, several batches, class weights, validation.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

__all__ = ["is_one_batch", "predict_one_batch", "train_one_batch"]

DEFAULT_BATCH_SIZE = 32
"""The default batch size of Keras."""

SUPPORTED = ("x", "y", "sample_weight", "batch_size", "epochs", "initial_epoch")
"""Arguments that are taken into account here."""

WITHOUT_EFFECT = ("verbose", "shuffle", "validation_freq", "validation_batch_size")
"""Arguments that change nothing where there is one batch, and no validation."""


def is_one_batch(given: Mapping[str, Any]) -> bool:
    """Whether a call of `fit` or `predict` is about one batch of plain arrays, and nothing else.

    Parameters
    ----------
    given : mapping
        The arguments of the call by name.
    """
    arrays = keras.tree.flatten([given.get(name) for name in ("x", "y", "sample_weight")])
    rows = {len(array) if _is_plain(array) else 0 for array in arrays if array is not None}
    size = DEFAULT_BATCH_SIZE if given.get("batch_size") is None else given["batch_size"]
    numbers = (size, given.get("epochs", 1), given.get("initial_epoch", 0))
    return (
        len(rows) == 1
        and all(type(number) is int for number in numbers)
        and 0 < rows.pop() <= size
        and not any(
            _has_an_effect(value)
            for name, value in given.items()
            if name not in SUPPORTED + WITHOUT_EFFECT
        )
    )


def _is_plain(array: Any) -> bool:
    return type(array) is np.ndarray and array.ndim > 0 and array.dtype.kind in "biuf"


def _has_an_effect(value: Any) -> bool:
    return not (value is None or (isinstance(value, (int, float, list, tuple, dict)) and not value))


def train_one_batch(model: keras.Model, given: Mapping[str, Any]) -> keras.callbacks.History:
    """Train on one batch for the given number of epochs, and return the history."""
    history, epochs, logs = keras.callbacks.History(), given.get("epochs", 1), {}
    callbacks = keras.callbacks.CallbackList(
        [history], model=model, verbose=0, epochs=epochs, steps=1
    )
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(given.get("initial_epoch", 0), epochs):
        model.reset_metrics()  # Keras below 3.15 does not reset metrics between batches
        callbacks.on_epoch_begin(epoch)
        logs = model.train_on_batch(
            given["x"], given.get("y"), sample_weight=given.get("sample_weight"), return_dict=True
        )
        logs = {name: _as_float(logs[name]) for name in sorted(logs)}
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    if isinstance(model.optimizer, keras.optimizers.Optimizer):
        model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)
    model.history = history
    return history


def _as_float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value  # some metrics have an array


def predict_one_batch(model: keras.Model, given: Mapping[str, Any]) -> Any:
    """Return the predictions for one batch."""
    return model.predict_on_batch(given["x"])

"""Train and predict without Keras's input pipeline if all rows make one batch.

The pipeline takes several times longer to start than a small model takes to train, and shows
nothing about the wrapper. Rows to validate on may make one batch, too, and callbacks are called as
Keras calls them. Keras handles all other calls: other data than plain numeric arrays, several
batches, class weights.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from scikeras_conformance.doubles.without_training import changes_no_weight

__all__ = ["is_one_batch", "predict_one_batch", "train_one_batch"]

DEFAULT_BATCH_SIZE = 32
"""The default batch size of Keras."""

SUPPORTED = ("x", "y", "sample_weight", "batch_size", "epochs", "initial_epoch")
"""Arguments that are taken into account here."""

WITHOUT_EFFECT = ("verbose", "shuffle")
"""Arguments that change nothing where there is one batch."""

OF_VALIDATION = ("validation_data", "validation_split", "validation_freq", "validation_batch_size")
"""Arguments that are looked at together."""

Rows = tuple[Any, Any, Any]
"""Features, targets and weights, of which the last two may be missing."""


def is_one_batch(given: Mapping[str, Any]) -> bool:
    """Whether a call of `fit` or `predict` is about one batch of plain arrays, and nothing else.

    Parameters
    ----------
    given : mapping
        The arguments of the call by name.
    """
    size = DEFAULT_BATCH_SIZE if given.get("batch_size") is None else given["batch_size"]
    numbers = (size, given.get("epochs", 1), given.get("initial_epoch", 0))
    if not all(type(number) is int for number in numbers):
        return False
    known: tuple[str, ...] = (*SUPPORTED, *WITHOUT_EFFECT, *OF_VALIDATION)
    if _are_callbacks(given.get("callbacks")):
        known = (*known, "callbacks")
    if any(_has_an_effect(value) for name, value in given.items() if name not in known):
        return False
    return _are_one_batch(_given_rows(given), size) and _validates_one_batch(given, size)


def _are_callbacks(value: Any) -> bool:
    is_list = type(value) in {list, tuple}
    return is_list and all(
        isinstance(one, keras.callbacks.Callback)
        and not isinstance(one, keras.callbacks.CallbackList)
        for one in value
    )


def _given_rows(given: Mapping[str, Any]) -> Rows:
    return given.get("x"), given.get("y"), given.get("sample_weight")


def _are_one_batch(rows: Rows, size: int) -> bool:
    arrays = [array for array in keras.tree.flatten(list(rows)) if array is not None]
    lengths = {len(array) if _is_plain(array) else 0 for array in arrays}
    return len(lengths) == 1 and 0 < lengths.pop() <= size


def _validates_one_batch(given: Mapping[str, Any], size: int) -> bool:
    """Whether there is no validation, or one in each epoch of rows that make one batch."""
    data, split = given.get("validation_data"), given.get("validation_split")
    if data is None and not _has_an_effect(split):
        return True
    own_size = given.get("validation_batch_size")
    size = size if own_size is None else own_size
    if type(size) is not int or given.get("validation_freq", 1) != 1:
        return False
    if data is None:
        return type(split) is float and 0 < _cut(given) < len(_first_array(given))
    return type(data) is tuple and len(data) in {2, 3} and _are_one_batch(_in_three(data), size)


def _first_array(given: Mapping[str, Any]) -> Any:
    return keras.tree.flatten(given["x"])[0]


def _cut(given: Mapping[str, Any]) -> int:
    """Return where Keras splits rows to validate on from those that it trains on."""
    split: float = given["validation_split"]
    return math.floor(len(_first_array(given)) * (1.0 - split))


def _in_three(data: tuple[Any, ...]) -> Rows:
    x, y, weights = data if len(data) == 3 else (*data, None)
    return x, y, weights


def _is_plain(array: Any) -> bool:
    return type(array) is np.ndarray and array.ndim > 0 and array.dtype.kind in "biuf"


def _has_an_effect(value: Any) -> bool:
    return not (value is None or (isinstance(value, (int, float, list, tuple, dict)) and not value))


def train_one_batch(model: keras.Model, given: Mapping[str, Any]) -> keras.callbacks.History:
    """Train on one batch for the given number of epochs, and return the history."""
    epochs, logs = given.get("epochs", 1), None
    (x, y, weights), held_out = _divided(given)
    callbacks = keras.callbacks.CallbackList(
        given.get("callbacks"), add_history=True, model=model, verbose=0, epochs=epochs, steps=1
    )
    model.stop_training = False
    callbacks.on_train_begin()
    for epoch in range(given.get("initial_epoch", 0), epochs):
        model.reset_metrics()  # Keras below 3.15 does not reset metrics between batches
        callbacks.on_epoch_begin(epoch)
        callbacks.on_train_batch_begin(0)
        logs = _in_order(_step(model, x, y, weights))
        callbacks.on_train_batch_end(0, logs)
        if held_out is not None:
            validated = _logs_of_validation(model, held_out, callbacks)
            logs |= {f"val_{name}": value for name, value in validated.items()}
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    if isinstance(model.optimizer, keras.optimizers.Optimizer):
        model.optimizer.finalize_variable_values(model.trainable_weights)
    callbacks.on_train_end(logs)
    return model.history


def _step(model: keras.Model, x: Any, y: Any, weights: Any) -> dict[str, Any]:
    """Make one step of the optimizer, and return what `train_on_batch` would.

    At a learning rate of zero the gradients change nothing, and take longer than all the rest.
    """
    if changes_no_weight(model):
        logs: dict[str, Any] = model.test_on_batch(x, y, sample_weight=weights, return_dict=True)
        if np.all(np.isfinite(logs["loss"])):
            model.optimizer.build(model.trainable_variables)
            model.optimizer.iterations.assign_add(1)
            return logs
        model.reset_metrics()  # zero times infinity is no number, which would be in the weights
    trained: dict[str, Any] = model.train_on_batch(x, y, sample_weight=weights, return_dict=True)
    return trained


def _divided(given: Mapping[str, Any]) -> tuple[Rows, Rows | None]:
    """Return the rows to train on, and those to validate on."""
    rows, data = _given_rows(given), given.get("validation_data")
    if data is not None:
        return rows, _in_three(data)
    if not given.get("validation_split"):
        return rows, None
    cut = _cut(given)
    return _part(rows, slice(cut)), _part(rows, slice(cut, None))


def _part(rows: Rows, part: slice) -> Rows:
    def of(array: Any) -> Any:
        return None if array is None else array[part]

    x, y, weights = (keras.tree.map_structure(of, one) for one in rows)
    return x, y, weights


def _logs_of_validation(
    model: keras.Model, rows: Rows, callbacks: keras.callbacks.CallbackList
) -> dict[str, Any]:
    x, y, weights = rows
    callbacks.on_test_begin()
    model.reset_metrics()
    callbacks.on_test_batch_begin(0)
    logs = _in_order(model.test_on_batch(x, y, sample_weight=weights, return_dict=True))
    callbacks.on_test_batch_end(0, logs)
    callbacks.on_test_end(logs)
    return logs


def _in_order(logs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _as_float(logs[name]) for name in sorted(logs)}


def _as_float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return value  # some metrics have an array


def predict_one_batch(model: keras.Model, given: Mapping[str, Any]) -> Any:
    """Return the predictions for one batch."""
    if not given.get("callbacks"):
        return model.predict_on_batch(given["x"])
    callbacks = keras.callbacks.CallbackList(
        given["callbacks"], model=model, verbose=0, epochs=1, steps=1
    )
    model.stop_predicting = False
    callbacks.on_predict_begin()
    callbacks.on_predict_batch_begin(0)
    outputs = model.predict_on_batch(given["x"])
    tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, outputs)
    callbacks.on_predict_batch_end(0, {"outputs": tensors})
    callbacks.on_predict_end()
    return outputs

"""Copies of Keras objects: for clones of estimators, and for each fit.

Whatever a parameter holds belongs to the caller. Optimizers, losses, metrics and models are rebuilt
as if they had never been used; callbacks are copied, and keep what the user gave them to fill.
"""

import copy
from collections.abc import Mapping
from typing import Any

import keras
from sklearn.base import clone

from scikeras_reference._serialization.custom_objects import is_from_a_library
from scikeras_reference._serialization.packing import (
    PackedLoss,
    cannot_rebuild,
    map_leaves,
    pack_object,
)

__all__ = ["copy_callback_for_fit", "copy_nested", "copy_object"]

_KERAS_TYPES = (
    keras.Model,
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.callbacks.Callback,
)


def copy_object(value: Any) -> Any:
    """Return a copy of a Keras object as if it had never been used; of a model with its weights.

    Parameters
    ----------
    value : keras.Model, Optimizer, Loss, Metric or Callback
        Belongs to the caller, and is left as it is.

    Raises
    ------
    SerializationError
        If Keras cannot rebuild it from its configuration.
    """
    if isinstance(value, keras.callbacks.Callback):
        return _copy_callback(value)
    packed = pack_object(value)
    if isinstance(packed, PackedLoss):
        return PackedLoss(packed.cls, _copy_attributes(packed.attributes)).unpack()
    try:
        return packed.unpack()
    except Exception as error:
        raise cannot_rebuild(value, str(error)) from error


def copy_nested(value: object) -> Any:
    """Return a copy of a parameter for a clone: Keras objects rebuilt, the rest cloned."""
    return map_leaves(
        value,
        lambda leaf: (
            copy_object(leaf) if isinstance(leaf, _KERAS_TYPES) else clone(leaf, safe=False)
        ),
    )


def copy_callback_for_fit(callback: Any) -> Any:
    """Return what one fit uses in place of a callback that belongs to the caller.

    What Keras sets on a callback (its model, its counters) is set on a copy. A list or a queue that
    a custom callback fills stays the same object, for the user to read afterwards; so does
    everything that a lambda refers to.
    """
    if is_from_a_library(type(callback)):
        return _copy_callback(callback)
    return copy.copy(callback)


def _copy_callback(callback: Any) -> Any:
    # A callback that was used before refers to its model, which must not be copied with it.
    model = getattr(callback, "model", None)
    try:
        return copy.deepcopy(callback, {id(model): model} if model is not None else {})
    except Exception:
        return copy.copy(callback)


def _copy_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    copies = {}
    for name, value in attributes.items():
        try:
            copies[name] = copy.deepcopy(value)
        except Exception:
            copies[name] = value
    return copies

"""Copies of Keras objects: for clones of estimators, and for each fit.

Whatever a parameter holds belongs to the caller. Optimizers, losses, metrics and models are rebuilt
as if they had never been used; callbacks are copied, and keep what the user gave them to fill.
"""

import copy
import warnings
from collections.abc import Mapping
from typing import Any

import keras
from sklearn.base import clone

from scikeras_reference._serialization.custom_objects import is_from_a_library
from scikeras_reference._serialization.pickling import (
    PackedLoss,
    cannot_rebuild,
    map_leaves,
    pack_object,
)
from scikeras_reference.exceptions import SerializationError, SharedCallbackWarning

__all__ = ["copy_for_fit", "copy_nested", "copy_object"]

_CHANGED_BY_A_FIT = (
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.callbacks.Callback,
)
_KERAS_TYPES = (keras.Model, *_CHANGED_BY_A_FIT)
_CANNOT_CHANGE = frozenset({type(None), bool, int, float, str})
"""Types of values that are their own copies."""


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
    if type(value) in _CANNOT_CHANGE:  # most parameters, and searches clone often
        return value
    return map_leaves(
        value,
        lambda leaf: (
            copy_object(leaf) if isinstance(leaf, _KERAS_TYPES) else clone(leaf, safe=False)
        ),
    )


def copy_for_fit(made: Any, given: Any) -> Any:
    """Return what one fit uses in place of the instances that belong to the caller.

    What Keras sets on a callback (its model, its counters) is set on a copy. A list or a queue that
    a custom callback fills stays the same object, for the user to read afterwards; so does
    everything that a lambda refers to.

    Parameters
    ----------
    made : object, or lists, tuples and dicts of them
        What was made of a parameter; objects that were created for this fit stay as they are.
    given : object, or lists, tuples and dicts of them
        The parameter, of the same structure.
    """
    if isinstance(made, Mapping):
        return {key: copy_for_fit(value, given[key]) for key, value in made.items()}
    if isinstance(made, (list, tuple)):
        items = [copy_for_fit(value, origin) for value, origin in zip(made, given, strict=True)]
        return items if isinstance(made, list) else tuple(items)
    if made is not given or not isinstance(made, _CHANGED_BY_A_FIT):
        return made  # a model that serves as a loss is only called
    if isinstance(made, keras.callbacks.Callback) and not is_from_a_library(type(made)):
        return _shallow_copy(made)
    return copy_object(made)


def _copy_callback(callback: Any) -> Any:
    # A callback that was used before refers to its model, which must not be copied with it.
    model = getattr(callback, "model", None)
    try:
        copied = copy.deepcopy(callback, {id(model): model} if model is not None else {})
    except Exception:
        return _copy_what_can_be_copied(callback, model)
    if copied is callback:
        _warn_of_shared(callback, "its copy is the object itself")
    return copied


def _shallow_copy(callback: Any) -> Any:
    try:
        copied = copy.copy(callback)
    except Exception as error:
        raise SerializationError(
            f"The callback {callback!r} cannot be copied ({type(error).__name__}: {error}), and"
            " each fit needs one of its own. Give its class, and its arguments with callbacks__, or"
            " pass it to fit(callbacks=...)."
        ) from error
    if copied is callback:
        _warn_of_shared(callback, "its copy is the object itself")
    return copied


def _copy_what_can_be_copied(callback: Any, model: Any) -> Any:
    """Return a copy whose attributes are copies too, except those that cannot be copied."""
    copied = _shallow_copy(callback)
    if copied is callback or not hasattr(callback, "__dict__"):
        return copied
    memo: dict[int, Any] = {} if model is None else {id(model): model}
    shared = []
    for name, value in vars(callback).items():
        try:
            vars(copied)[name] = copy.deepcopy(value, memo)
        except Exception:
            shared.append(name)
    _warn_of_shared(callback, f"{', '.join(shared) or 'something in it'} cannot be copied")
    return copied


def _warn_of_shared(callback: Any, why: str) -> None:
    warnings.warn(
        f"The callback {type(callback).__name__} is shared between fits, or a part of it: {why}."
        " Give its class as callbacks, and its arguments with callbacks__, or pass the instance to"
        " fit(callbacks=...).",
        SharedCallbackWarning,
        stacklevel=2,
    )


def _copy_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    copies = {}
    for name, value in attributes.items():
        try:
            copies[name] = copy.deepcopy(value)
        except Exception:
            copies[name] = value
    return copies

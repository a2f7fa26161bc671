"""Makes the callbacks of a fit or a prediction out of instances, classes, lists and dicts."""

from collections.abc import Mapping
from typing import Any

import keras

from scikeras_reference._model.compilation import assembled, leaves
from scikeras_reference.exceptions import ConstructionError

__all__ = ["callbacks_of_call", "make_callbacks"]


def make_callbacks(value: object, routed: Mapping[str, Any], path: str = "callbacks") -> list[Any]:
    """Return a flat list of callbacks, made of one, or of lists and dicts of them.

    Raises
    ------
    ConstructionError
        If something is neither a callback nor a class of callbacks.
    RoutingError
        If `routed` holds parameters for something that is not a class.
    """
    return _checked_callbacks(assembled(value, routed, path), path)


def callbacks_of_call(value: object) -> list[Any]:
    """Return the callbacks given to one call of a method as a flat list, without copies.

    A ``CallbackList`` is replaced by its callbacks: it has no model, or that of another fit.

    Raises
    ------
    ConstructionError
        As for `make_callbacks`.
    """
    if isinstance(value, keras.callbacks.CallbackList):
        value = value.callbacks
    return _checked_callbacks(assembled(value, {}, "callbacks", copies=False), "callbacks")


def _checked_callbacks(value: object, path: str) -> list[Any]:
    callbacks = list(leaves(value))
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ConstructionError(
                f"{path} holds {callback!r}. If specified, ``{path}`` must be one of: a"
                " keras.callbacks.Callback, a subclass of it, or lists and dicts of those."
                " Callbacks of scikit-learn are given to set_callbacks."
            )
    return callbacks

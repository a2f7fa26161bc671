"""Asks the model: in one compiled step where that is provably the same, else ``Model.predict``.

``Model.predict`` starts an input pipeline, which takes a hundred times as long as a small model
takes to answer. Rows that fit one batch need no pipeline, as long as nobody watches it: Keras's own
``Model.predict_on_batch`` runs the very function that ``Model.predict`` would have run on them.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from scikeras_reference._backend import feeds_tuples, prepare_to_answer, runs_undistributed

__all__ = ["predict"]

# What a batch holds unless it is told; part of the signature of Model.predict in its prose only.
_BATCH_SIZE = 32
_UNDERSTOOD = frozenset({"batch_size", "verbose", "callbacks"})
# Keras's own methods, as they are now: whoever replaces one of them later wants it to be called.
_METHODS = {
    name: getattr(keras.Model, name)
    for name in ("predict", "predict_on_batch", "predict_step", "make_predict_function")
}


def predict(model: Any, x: Any, arguments: Mapping[str, Any]) -> Any:
    """Give what ``model.predict(x=x, **arguments)`` gives, bit for bit.

    Parameters
    ----------
    model : keras.Model
        Any model.
    x : ndarray, or list or dict of them
        What the model reads.
    arguments : mapping of str to object
        Keyword arguments of ``Model.predict``.

    Returns
    -------
    ndarray, or nest of them
        The outputs.
    """
    if _nobody_watches(arguments) and _fits_one_batch(x, arguments) and _is_plain(model):
        prepare_to_answer(model)
        return model.predict_on_batch(_fed(x))
    return model.predict(x=x, **arguments)


def _nobody_watches(arguments: Mapping[str, Any]) -> bool:
    verbose = arguments.get("verbose", "auto")
    return (
        arguments.keys() <= _UNDERSTOOD
        and isinstance(verbose, (int, np.integer))
        and int(verbose) == 0
        and (arguments.get("callbacks") is None or arguments["callbacks"] == [])
    )


def _fits_one_batch(x: Any, arguments: Mapping[str, Any]) -> bool:
    size = arguments.get("batch_size")
    size = _BATCH_SIZE if size is None else size
    arrays = _arrays(x)
    if arrays is None or not isinstance(size, (int, np.integer)):
        return False
    rows = {len(array) for array in arrays}
    return len(rows) == 1 and 0 < rows.pop() <= int(size)


def _arrays(x: Any) -> list[Any] | None:
    """Give the arrays of a flat nest; None for whatever Keras might treat in a way of its own."""
    if type(x) is dict:
        x = list(x.values())
    found = x if type(x) in {list, tuple} else [x]
    plain = all(
        type(array) is np.ndarray and array.dtype.kind in "biuf" and array.ndim for array in found
    )
    return found if found and plain else None


def _is_plain(model: Any) -> bool:
    """Whether the model answers with Keras's own methods, on the device where it was made."""
    cls, own = type(model), vars(model)
    return (
        all(getattr(cls, name) is method and name not in own for name, method in _METHODS.items())
        # A layer that was never built might be built by looking at more than one batch.
        and model.built
        and runs_undistributed(model)
    )


def _fed(x: Any) -> Any:
    """Give the batch as Keras's pipelines would make it of these arrays."""
    if type(x) is dict:
        return {key: _fed(value) for key, value in x.items()}
    if type(x) in {list, tuple}:
        items = [_fed(value) for value in x]
        return tuple(items) if type(x) is tuple or feeds_tuples() else items
    floatx = keras.config.floatx()
    if x.dtype.kind == "f" and x.dtype.name != floatx:
        x = x.astype(floatx)
    return keras.ops.convert_to_tensor(x)

"""Trains the model: with a shared step and batches out of memory where that is ``Model.fit``.

Whether it is the same is decided before anything is touched; all else goes to ``Model.fit`` as it
is.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
import numpy as np

from scikeras_reference._shared_steps.batches import Rows
from scikeras_reference._shared_steps.steps import provable, shared_function, takes_any_batch

__all__ = ["fit"]

# What a batch holds unless Model.fit is told.
_BATCH_SIZE = 32
# Bytes. Above that the pipeline earns its start: it cuts out batches while others are trained on.
_LARGEST_BATCH = 1 << 18
_UNDERSTOOD = frozenset(
    {
        "batch_size",
        "callbacks",
        "epochs",
        "initial_epoch",
        "shuffle",
        "validation_batch_size",
        "validation_data",
        "validation_freq",
        "validation_split",
        "verbose",
    }
)
_HANDLED = ("batch_size", "shuffle", "validation_batch_size", "validation_data", "validation_split")


def fit(model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]) -> Any:
    """Give what ``model.fit(x, y, sample_weight=weights, **arguments)`` gives, bit for bit.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    x, y : ndarray, or list or dict of them
        Features and target; `y` may be None.
    weights : ndarray or None
        Weights of the rows.
    arguments : mapping of str to object
        Further keyword arguments of ``Model.fit``.

    Returns
    -------
    keras.callbacks.History
        Of this training.
    """
    if takes_any_batch():
        shares = provable(model, training=True)
        with _shared_functions(model) if shares else nullcontext():
            return model.fit(x=x, y=y, sample_weight=weights, **arguments)
    data = _in_memory(model, x, y, weights, arguments)
    if data is None:
        return model.fit(x=x, y=y, sample_weight=weights, **arguments)
    rows, validation = data
    rest = {name: value for name, value in arguments.items() if name not in _HANDLED}
    with _shared_functions(model):
        return model.fit(
            x=rows.adapter,
            validation_data=None if validation is None else validation.adapter,
            **rest,
        )


@contextmanager
def _shared_functions(model: Any) -> Iterator[None]:
    """Lend shared functions to the model; afterwards it makes its own, if it needs any."""
    lent = {f"{kind}_function": shared_function(model, kind) for kind in ("train", "test")}
    for name, function in lent.items():
        setattr(model, name, function)
    try:
        yield
    finally:
        for name, function in lent.items():
            if getattr(model, name) is function:  # nobody compiled the model in the meantime
                setattr(model, name, function.fallback)


def _in_memory(
    model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]
) -> tuple[Rows, Rows | None] | None:
    """Give the rows to train on and to validate on; None if that is for Keras to do."""
    given = {name: value for name, value in arguments.items() if value is not None}
    if not given.keys() <= _UNDERSTOOD or type(given.get("shuffle", True)) is not bool:
        return None
    sizes = [_size(given, "batch_size"), _size(given, "validation_batch_size", "batch_size")]
    data, validation = _split((x, y, weights), given)
    parts = [data] if validation is None else [data, validation]
    if None in sizes or not all(map(_are_plain, parts, sizes)):
        return None
    if not provable(model, training=True):
        return None
    rows = Rows(data, sizes[0], shuffle=given.get("shuffle", True))
    if validation is None:
        return rows, None
    return rows, Rows(validation, sizes[1], shuffle=False)


def _size(given: Mapping[str, Any], *names: str) -> Any:
    size = next((given[name] for name in names if given.get(name)), _BATCH_SIZE)
    return int(size) if isinstance(size, (int, np.integer)) and size > 0 else None


def _split(data: tuple[Any, ...], given: Mapping[str, Any]) -> tuple[Any, Any]:
    """Take the rows that validate from the end, as Keras does."""
    validation = given.get("validation_data")
    if validation is not None:
        usable = type(validation) is tuple and 2 <= len(validation) <= 3
        return data, (*validation, None)[:3] if usable else ()
    share = given.get("validation_split", 0)
    if not share:
        return data, None
    if not isinstance(share, (float, np.floating)) or not _are_plain(data, 1):
        return data, ()
    rows = len(keras.tree.flatten(data)[0])
    at = math.floor(rows * (1.0 - share))
    if at in {0, rows}:
        return data, ()

    def part(rows: slice) -> Any:
        return keras.tree.map_structure(lambda a: None if a is None else a[rows], data)

    return part(slice(at)), part(slice(at, None))


def _are_plain(data: tuple[Any, ...], batch_size: int | None) -> bool:
    """Whether Keras would do nothing to such data but cast, shuffle and cut it."""
    if len(data) != 3 or batch_size is None:
        return False
    x, y, weights = data
    arrays = [*_arrays(x), *_arrays(y)]
    if weights is not None:
        arrays.append(weights if getattr(weights, "ndim", 0) == 1 else None)
    if not all(
        type(array) is np.ndarray and array.dtype.kind in "biuf" and array.ndim for array in arrays
    ):
        return False
    rows = {len(array) for array in arrays}
    if len(rows) != 1 or 0 in rows:
        return False
    bytes_of_row = sum(a.dtype.itemsize * math.prod(a.shape[1:]) for a in arrays)
    return bool(bytes_of_row * min(batch_size, *rows) <= _LARGEST_BATCH)


def _arrays(nest: Any) -> list[Any]:
    if type(nest) is dict:
        return list(nest.values())
    return list(nest) if type(nest) in {list, tuple} else [nest]

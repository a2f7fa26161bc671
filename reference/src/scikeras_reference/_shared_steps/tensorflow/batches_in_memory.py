"""The arguments of ``Model.fit`` with batches cut out of memory, where Keras would do no more."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import scipy.sparse

from scikeras_reference._backends import DEFAULT_BATCH_SIZE
from scikeras_reference._backends.batches import dtype_as_fed
from scikeras_reference._backends.execution import has_gpu
from scikeras_reference._shared_steps.batches import Rows
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = ["arguments_in_memory"]

MAX_BATCH_BYTES = 1 << 25
"""Larger batches are left to tf.data, which cuts out the next ones on other cores.

Up to this size, a fit took half the time without it on two cores; many cores were not measured.
"""
MAX_BATCH_BYTES_FOR_A_GPU = 1 << 21
"""A pipeline copies one batch to a GPU while another is trained on."""
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

Data = tuple[Any, Any, Any]
"""Features, target and weights."""


def arguments_in_memory(
    x: Any, y: Any, sample_weight: Any, *, densifies: bool, **arguments: Any
) -> dict[str, Any]:
    """Return the arguments of ``Model.fit`` that train on the same batches, without a pipeline.

    Parameters
    ----------
    x, y, sample_weight, **arguments
        Those of ``Model.fit``.
    densifies : bool
        Whether the model makes sparse batches dense before anything else, so that it can be given
        dense ones.

    Raises
    ------
    NotSharedError
        If Keras would do anything to the data but cast, shuffle and cut them.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    if unknown := sorted(given.keys() - _UNDERSTOOD):
        raise NotSharedError(f"fit is given {unknown[0]}")
    if type(given.get("shuffle", True)) is not bool:
        raise NotSharedError("shuffle is neither True nor False")
    training, validation = _split((x, y, sample_weight), given, densifies)
    size = _size(given, "batch_size")
    _require_plain(training, size, densifies)
    rows = Rows(training, size, shuffle=given.get("shuffle", True))
    rest = {name: value for name, value in arguments.items() if name not in _HANDLED}
    if validation is None:
        return {"x": rows.adapter, "validation_data": None, **rest}
    size = _size(given, "validation_batch_size", "batch_size")
    _require_plain(validation, size, densifies)
    return {
        "x": rows.adapter,
        "validation_data": Rows(validation, size, shuffle=False).adapter,
        **rest,
    }


def _size(given: Mapping[str, Any], *names: str) -> int:
    size = next((given[name] for name in names if given.get(name)), DEFAULT_BATCH_SIZE)
    if not isinstance(size, (int, np.integer)) or size <= 0:
        raise NotSharedError(f"{names[0]} is not a positive integer")
    return int(size)


def _split(data: Data, given: Mapping[str, Any], densifies: bool) -> tuple[Data, Data | None]:
    """Split off the rows that validate, from the end as Keras does."""
    validation = given.get("validation_data")
    if validation is not None:
        if type(validation) is not tuple or not 2 <= len(validation) <= 3:
            raise NotSharedError("validation_data is not a tuple of arrays")
        return data, (*validation, None)[:3]
    share = given.get("validation_split", 0)
    if not share:
        return data, None
    if not isinstance(share, (float, np.floating)):
        raise NotSharedError("validation_split is not a float")
    _require_plain(data, 1, densifies)
    rows = int(keras.tree.flatten(data)[0].shape[0])
    at = math.floor(rows * (1.0 - share))
    if at in {0, rows}:
        raise NotSharedError("validation_split leaves no rows to train or validate on")

    def part(rows: slice) -> Any:
        return keras.tree.map_structure(lambda a: None if a is None else a[rows], data)

    return part(slice(at)), part(slice(at, None))


def _require_plain(data: Data, batch_size: int, densifies: bool) -> None:
    """Check that Keras would do nothing to such data but cast, shuffle and cut it."""
    x, y, weights = data
    features, others = _arrays(x), _arrays(y)
    if weights is not None:
        others.append(weights if getattr(weights, "ndim", 0) == 1 else None)
    arrays = [*features, *others]
    are_sparse = [scipy.sparse.issparse(array) for array in features]
    if any(are_sparse) and not densifies:
        raise NotSharedError("the model takes sparse batches")
    dense = [array for array, is_sparse in zip(features, are_sparse, strict=True) if not is_sparse]
    if not (
        all(type(array) is np.ndarray and array.ndim for array in [*dense, *others])
        and all(array.dtype.kind in "biuf" for array in arrays)
    ):
        raise NotSharedError("the data are not all NumPy arrays of numbers")
    rows = {int(array.shape[0]) for array in arrays}
    if len(rows) != 1 or 0 in rows:
        raise NotSharedError("the data differ in their number of rows, or have none")
    bytes_of_row = sum(dtype_as_fed(a.dtype).itemsize * math.prod(a.shape[1:]) for a in arrays)
    limit = MAX_BATCH_BYTES_FOR_A_GPU if has_gpu() else MAX_BATCH_BYTES
    if bytes_of_row * min(batch_size, *rows) > limit:
        raise NotSharedError(f"a batch has more than {limit >> 20} MiB")


def _arrays(nested: Any) -> list[Any]:
    if type(nested) is dict:
        return list(nested.values())
    return list(nested) if type(nested) in {list, tuple} else [nested]

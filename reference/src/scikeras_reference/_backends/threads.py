"""One thread for small models on PyTorch, where several take longer.

Every operation of PyTorch on a CPU is divided between its threads, which wait for each other after
it. In a small model that takes several times as long as the operation itself.
"""

import contextvars
import functools
import math
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import keras
import numpy as np

from scikeras_reference._backends import DEFAULT_BATCH_SIZE
from scikeras_reference.exceptions import ParameterError

__all__ = ["in_suitable_threads", "rows_of_batches", "torch_threads"]

Function = TypeVar("Function", bound=Callable[..., Any])

SMALL = 2**22
"""Multiplications for one batch up to which one thread is faster."""

_LIGHT = frozenset(
    getattr(keras.layers, name)
    for name in (
        *("Activation", "ActivityRegularization", "Add", "Average", "BatchNormalization"),
        *("Concatenate", "Dropout", "ELU", "Flatten", "GaussianDropout", "GaussianNoise"),
        *("InputLayer", "LayerNormalization", "LeakyReLU", "Maximum", "Minimum", "Multiply"),
        *("PReLU", "ReLU", "RepeatVector", "Reshape", "Softmax", "Subtract"),
    )
)
"""Layers that do about one thing for each number that they return."""
_inside = [0, 1]
"""How many threads are in such a block now, and the number of PyTorch before the first came."""
_local = threading.local()
_lock = threading.Lock()
_chosen: contextvars.ContextVar[int | None] = contextvars.ContextVar("torch_threads")
"""What `torch_threads` was given in the blocks around."""
_rows: contextvars.ContextVar[int | None] = contextvars.ContextVar("rows_of_batches")
"""The rows of a batch of a data set, which cannot be told by its parameters."""


@contextmanager
def torch_threads(number: int | None) -> Iterator[None]:
    """Choose how many threads PyTorch uses for fits and predictions in a block.

    Without it, a small model on the backend PyTorch is trained, and predicts, in one thread:
    several threads would have to wait for each other after every operation, which takes several
    times as long as the operation. Results may differ in the last bit of a float, as they do on a
    machine with another number of cores. Models are small if they consist of `Dense`,
    `BatchNormalization`, `LayerNormalization` and layers without weights that do little, and need
    at most four million multiplications for a batch. Of a data set to train on, the first batch
    counts. All others, and predictions from a data set, use as many threads as PyTorch does by
    itself. On other backends, nothing depends on it.

    The block is about this thread only: with ``n_jobs`` above 1, the fits of other threads and
    processes know nothing of it.

    Parameters
    ----------
    number : int or None
        The number of threads, for models of any size; None stands for the number that PyTorch has,
        ``torch.get_num_threads()``, which is put back after each fit and prediction.

    Raises
    ------
    ParameterError
        If `number` is neither None nor an integer of at least 1.

    Examples
    --------
    >>> from scikeras_reference.utils import torch_threads
    >>> with torch_threads(2):
    ...     pass  # classifier.fit(X, y)
    """
    is_number = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
    if number is not None and (not is_number or number < 1):
        raise ParameterError(f"number={number!r} has to be None or an integer of at least 1.")
    token = _chosen.set(number)
    try:
        yield
    finally:
        _chosen.reset(token)


@contextmanager
def rows_of_batches(number: int | None) -> Iterator[None]:
    """Set how many rows the batches of a data set have, in a block.

    Examples
    --------
    >>> with rows_of_batches(32):
    ...     pass  # fit(model, data, None, None, arguments)
    """
    token = _rows.set(number)
    try:
        yield
    finally:
        _rows.reset(token)


def in_suitable_threads(function: Function) -> Function:
    """Return `function`, which uses one thread for a small model on PyTorch.

    Its first argument is the model, and its last one the mapping of arguments to a method of it. On
    other backends it is returned as it is.
    """
    if keras.backend.backend() != "torch":
        return function

    @functools.wraps(function)
    def in_threads(model: Any, *rest: Any) -> Any:
        suitable = 1 if _is_small(model, rest[0], rest[-1]) else None
        # A callback may train or predict with another model, on other batches.
        with _threads(_chosen.get(suitable)), rows_of_batches(None):
            return function(model, *rest)

    return in_threads  # type: ignore[return-value]


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    """Set the number of PyTorch's threads in a block; None changes nothing."""
    torch = sys.modules["torch"]
    if number is None or getattr(_local, "is_inside", False):
        yield
        return
    with _lock:
        # A thread that is new to PyTorch gets the number that another one has set for itself.
        if not _inside[0]:
            _inside[1] = torch.get_num_threads()
        _inside[0] += 1
    _local.is_inside = True
    if torch.get_num_threads() != number:
        torch.set_num_threads(number)
    try:
        yield
    finally:
        _local.is_inside = False
        with _lock:
            _inside[0] -= 1
            if torch.get_num_threads() == number != _inside[1]:  # else a callback chose another
                torch.set_num_threads(_inside[1])


def _is_small(model: Any, x: Any, arguments: Mapping[str, Any]) -> bool:
    if hasattr(x, "shape") or isinstance(x, (list, tuple, dict)):
        rows = arguments.get("batch_size") or DEFAULT_BATCH_SIZE
    else:
        rows = _rows.get(None)
    work = None if rows is None else _work(model)
    return work is not None and rows * work <= SMALL


def _work(model: Any) -> int | None:
    """Return the multiplications for one row; None if that cannot be known."""
    work = 0
    layers = getattr(model, "layers", ()) or [model]
    operations = getattr(model, "operations", ())  # of a functional model; some are no layers
    if not all(isinstance(operation, keras.Layer) for operation in operations):
        return None
    for layer in layers:
        if layer is not model and isinstance(layer, keras.Model):
            part = _work(layer)
        else:
            part = _work_of_layer(layer)
        if part is None:
            return None
        work += part
    return work


def _work_of_layer(layer: Any) -> int | None:
    try:
        sizes = [math.prod(tensor.shape[1:]) for tensor in keras.tree.flatten(layer.output)]
    except (AttributeError, TypeError, ValueError):  # never called, or a dimension is not known
        return None
    if type(layer) is keras.layers.Dense:
        return int(sum(sizes)) * int(layer.kernel.shape[0])
    return sum(sizes) if type(layer) in _LIGHT else None

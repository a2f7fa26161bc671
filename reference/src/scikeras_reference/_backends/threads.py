"""One thread for small models on PyTorch, where several take longer.

Every operation of PyTorch on a CPU is divided between its threads, which wait for each other after
it. In a small model that takes several times as long as the operation itself.
"""

import contextvars
import functools
import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import keras

from scikeras_reference.exceptions import ParameterError

__all__ = ["in_suitable_threads", "torch_threads"]

Function = TypeVar("Function", bound=Callable[..., Any])

SMALL = 2**22
"""Multiplications for one batch up to which one thread is faster."""
BATCH_SIZE = 32
"""Keras's own, where none is given."""

_chosen: contextvars.ContextVar[int | None] = contextvars.ContextVar("torch_threads")
"""What `torch_threads` was given in the blocks around."""


@contextmanager
def torch_threads(number: int | None) -> Iterator[None]:
    """Choose how many threads PyTorch uses for fits and predictions in a block.

    Without it, a small model on the backend PyTorch is trained, and predicts, in one thread:
    several threads would have to wait for each other after every operation, which takes several
    times as long as the operation. Results may differ in the last bit of a float, as they do on a
    machine with another number of cores. Models are small if they have no other layers with
    weights than `Dense` and normalizations, and need at most four million multiplications for a
    batch. All others use as many threads as PyTorch does by itself. On other backends, nothing
    depends on it.

    Parameters
    ----------
    number : int or None
        The number of threads, for models of any size; None stands for the number that PyTorch has,
        ``torch.get_num_threads()``. It is that of the calling thread, and is put back after each
        fit and prediction.

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
    if number is not None and (type(number) is not int or number < 1):
        raise ParameterError(f"number={number!r} has to be None or an integer of at least 1.")
    token = _chosen.set(number)
    try:
        yield
    finally:
        _chosen.reset(token)


def in_suitable_threads(function: Function) -> Function:
    """Return `function`, which uses one thread for a small model on PyTorch.

    Its first argument is the model, and its last one the mapping of arguments to a method of it. On
    other backends it is returned as it is.
    """
    if keras.backend.backend() != "torch":
        return function

    @functools.wraps(function)
    def in_threads(model: Any, *rest: Any) -> Any:
        with _threads(_chosen.get(1 if _is_small(model, rest[-1]) else None)):
            return function(model, *rest)

    return in_threads  # type: ignore[return-value]


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    """Set the number of PyTorch's threads in a block; None changes nothing."""
    torch = sys.modules["torch"]
    before = torch.get_num_threads()
    if number is None or number == before:
        yield
        return
    torch.set_num_threads(number)
    try:
        yield
    finally:
        if torch.get_num_threads() == number:  # else a callback has chosen another
            torch.set_num_threads(before)


def _is_small(model: Any, arguments: Mapping[str, Any]) -> bool:
    rows = arguments.get("batch_size") or BATCH_SIZE
    work = _work(model)
    return work is not None and rows * work <= SMALL


def _work(model: Any) -> int | None:
    """Return the multiplications for one row; None if that cannot be known."""
    work = 0
    for layer in getattr(model, "layers", ()) or [model]:
        if layer is not model and isinstance(layer, keras.Model):
            part = _work(layer)
        else:
            part = _work_of_layer(layer)
        if part is None:
            return None
        work += part
    return work


def _work_of_layer(layer: Any) -> int | None:
    if isinstance(layer, keras.layers.Lambda):  # it may do anything
        return None
    try:
        sizes = [math.prod(tensor.shape[1:]) for tensor in keras.tree.flatten(layer.output)]
    except (AttributeError, TypeError, ValueError):  # never called, or a dimension is not known
        return None
    known = (keras.layers.BatchNormalization, keras.layers.LayerNormalization)
    if isinstance(layer, keras.layers.Dense):
        return int(sum(sizes)) * int(layer.kernel.shape[0])
    return sum(sizes) if not layer.weights or isinstance(layer, known) else None

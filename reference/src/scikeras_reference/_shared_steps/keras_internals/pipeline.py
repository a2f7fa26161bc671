"""The input pipeline of ``Model.fit``: what it accepts in place of arrays, and what it makes."""

from functools import cache
from typing import Any

from scikeras_reference._shared_steps.private_names import module

__all__ = ["adapter", "plain_adapter"]


def adapter(dataset: Any, batches: int, batch_size: int, rows: int) -> Any:
    """Return what ``Model.fit`` takes in place of arrays: `dataset`, once for each epoch."""
    made = _adapter_class()()
    made.num_batches, made.batch_size = batches, batch_size
    made.has_partial_batch = rows % batch_size > 0
    made.partial_batch_size = rows % batch_size or None
    made.get_tf_dataset = lambda: dataset
    return made


@cache
def _adapter_class() -> type:
    """Return a class of adapters, by which Keras tells them apart.

    One for all of them: a class is part of a reference cycle, so that one for each would keep its
    data until the next collection of garbage.
    """
    base = module("keras.src.trainers.data_adapters.data_adapter").DataAdapter
    # Keras's class has properties for what it is asked.
    asked = ("num_batches", "batch_size", "has_partial_batch", "partial_batch_size")
    return type("InMemoryAdapter", (base,), dict.fromkeys(asked))


def plain_adapter(x: Any, y: Any, weights: Any, batch_size: int, *, shuffle: bool) -> Any:
    """Return the one that ``Model.fit`` would have made of the arrays."""
    cls = module("keras.src.trainers.data_adapters.array_data_adapter").ArrayDataAdapter
    return cls(x, y, sample_weight=weights, batch_size=batch_size, shuffle=shuffle)

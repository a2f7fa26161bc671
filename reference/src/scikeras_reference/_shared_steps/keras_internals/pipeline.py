"""The input pipeline of ``Model.fit``: what it accepts in place of arrays, and what it makes."""

from typing import Any

from scikeras_reference._shared_steps.private_names import module

__all__ = ["adapter", "plain_adapter"]


def adapter(dataset: Any, batches: int, batch_size: int, rows: int) -> Any:
    """Return what ``Model.fit`` takes in place of arrays: `dataset`, once for each epoch."""
    base = module("keras.src.trainers.data_adapters.data_adapter").DataAdapter

    # An adapter is told apart by its class, and has properties for what it is asked.
    values = {
        "num_batches": batches,
        "batch_size": batch_size,
        "has_partial_batch": rows % batch_size > 0,
        "partial_batch_size": rows % batch_size or None,
        "get_tf_dataset": lambda _: dataset,
    }
    return type("InMemoryAdapter", (base,), values)()


def plain_adapter(x: Any, y: Any, weights: Any, batch_size: int, *, shuffle: bool) -> Any:
    """Return the one that ``Model.fit`` would have made of the arrays."""
    cls = module("keras.src.trainers.data_adapters.array_data_adapter").ArrayDataAdapter
    return cls(x, y, sample_weight=weights, batch_size=batch_size, shuffle=shuffle)

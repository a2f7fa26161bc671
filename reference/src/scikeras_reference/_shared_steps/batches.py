"""Batches cut out of arrays in memory, in the order of Keras's own input pipeline on TensorFlow.

Starting that pipeline takes 20 to 60 ms, twice in each epoch and whatever the number of rows:
longer than a small model trains. The batches made here are the same ones, bit for bit.
"""

import math
import sys
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from scikeras_reference._backends.batches import dtype_as_fed
from scikeras_reference._data.sparse import densified
from scikeras_reference._shared_steps.keras_internals import pipeline
from scikeras_reference._shared_steps.tensorflow.internals import seeded_order

__all__ = ["Batches", "Rows"]


class Rows:
    """The data of one ``fit``: iterated once for each epoch.

    Parameters
    ----------
    data : tuple of ndarray, or of list, tuple or dict of ndarray
        Features, target, and the weights of the rows or None. Sparse matrices in CSR form become
        dense batch by batch.
    batch_size : int
        Rows of one batch.
    shuffle : bool
        Whether the order changes.
    """

    def __init__(self, data: tuple[Any, Any, Any], batch_size: int, *, shuffle: bool) -> None:
        x, y, weights = data
        self._arguments = (x, y, weights, batch_size)
        structure: tuple[Any, ...] = (x, y)
        if weights is not None:
            nested = keras.tree.is_nested(y)
            structure += (keras.tree.map_structure(lambda _: weights, y) if nested else weights,)
        structure = keras.tree.lists_to_tuples(structure)
        self.outline = keras.tree.map_structure(lambda _: 0, structure)
        self._arrays = [_as_fed(array) for array in keras.tree.flatten(structure)]
        self.rows = int(self._arrays[0].shape[0])
        self.batch_size = batch_size
        self._shuffle = shuffle
        self._order = seeded_order(self.rows) if shuffle else None
        static = batch_size if self.rows % batch_size == 0 else None
        self.spec = tuple(((static, *a.shape[1:]), a.dtype.name) for a in self._arrays)
        self._plain: Any = None

    def __iter__(self) -> "Batches":
        return Batches(self)

    @property
    def adapter(self) -> Any:
        """What ``Model.fit`` takes in place of arrays."""
        batches = math.ceil(self.rows / self.batch_size)
        return pipeline.adapter(self, batches, self.batch_size, self.rows)

    def order(self) -> Any:
        """Return the order of one epoch, None for the order that the rows have."""
        if self._shuffle and self._order is None:
            return np.random.default_rng().permutation(self.rows)
        return self._order

    def take(self, rows: Any) -> list[Any]:
        """Return the tensors of those rows."""
        convert = sys.modules["tensorflow"].convert_to_tensor
        return [convert(densified(_rows_of(array, rows))) for array in self._arrays]

    def plain(self) -> Any:
        """Start the input pipeline that ``Model.fit`` would have made of the same arrays."""
        if self._plain is None:
            adapter = pipeline.plain_adapter(*self._arguments, shuffle=self._shuffle)
            self._plain = adapter.get_tf_dataset()
        return iter(self._plain)


class Batches(Iterator[Any]):
    """One epoch."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._next = 0
        self._order: Any = None
        self._plain: Any = None
        self.outline = rows.outline
        self.spec = rows.spec

    def __next__(self) -> Any:
        return keras.tree.pack_sequence_as(self.outline, self.leaves())

    def leaves(self) -> list[Any]:
        """Return the tensors of the next batch, without their structure."""
        start = self._next
        if start >= self._rows.rows:
            raise StopIteration
        if start == 0:
            self._order = self._rows.order()
        self._next = stop = start + self._rows.batch_size
        order = self._order
        return self._rows.take(slice(start, stop) if order is None else order[start:stop])

    @property
    def plain(self) -> Any:
        """The same epoch out of Keras's own pipeline."""
        if self._plain is None:
            self._plain = self._rows.plain()
        return self._plain


def _rows_of(array: Any, rows: Any) -> Any:
    # Two to three times as fast as an index.
    is_dense = isinstance(array, np.ndarray)
    return array.take(rows, axis=0) if is_dense and not isinstance(rows, slice) else array[rows]


def _as_fed(array: Any) -> Any:
    return array.astype(dtype_as_fed(array.dtype), copy=False)

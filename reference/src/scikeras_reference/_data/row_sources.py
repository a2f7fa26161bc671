"""Data that can be read by rows: arrays of any library, batches, and several of them by name."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

import keras
import numpy as np
import scipy.sparse

from scikeras_reference.exceptions import InputError

__all__ = ["BatchSource", "RowSource", "source_of"]


class RowSource(Protocol):
    """What `scikeras_reference.utils.data.Rows` reads rows from."""

    n_rows: int
    shape: tuple[int, ...]

    def read(self, rows: Any) -> Any:
        """Return these rows as an array, or as a nested structure of arrays."""

    def blocks(self) -> Any:
        """Return the first row of each block that is read in one piece; None if rows are."""


class ArraySource:
    """Rows of an array that is not in memory, such as a memory map, or one of HDF5 or dask."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self.shape = tuple(int(size) for size in array.shape)
        self.n_rows = self.shape[0]

    def read(self, rows: Any) -> Any:
        """Return these rows; HDF5 takes increasing numbers only, and a run of them is a slice."""
        if scipy.sparse.issparse(self._array):
            return self._array[rows]
        if isinstance(self._array, np.ndarray):
            return np.asarray(self._array[rows])
        if len(rows) == 0:
            return np.asarray(self._array[:0])
        wanted, place = np.unique(rows, return_inverse=True)
        first, last = int(wanted[0]), int(wanted[-1]) + 1
        is_run = last - first == len(wanted)
        found = np.asarray(self._array[first:last] if is_run else self._array[wanted])
        return found if np.array_equal(place, np.arange(len(rows))) else found[place]

    def blocks(self) -> Any:
        """Return the first row of each chunk of HDF5, zarr or dask."""
        chunks = getattr(self._array, "chunks", None)
        if not chunks or isinstance(self._array, np.ndarray):
            return None
        if isinstance(chunks[0], tuple):  # dask lists the size of each
            return np.cumsum((0, *chunks[0]))[:-1]
        return np.arange(0, self.n_rows, int(chunks[0]))

    def __getstate__(self) -> dict[str, Any]:
        state = dict(vars(self))
        path = getattr(getattr(self._array, "file", None), "filename", None)
        if path is not None:
            # A data set of HDF5 does not pickle; another process opens the file itself.
            state["_array"] = _OfFile(type(self._array), path, self._array.name)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if isinstance(self._array, _OfFile):
            self._array = self._array.open()


class _OfFile:
    """A data set of an HDF5 file, by name."""

    def __init__(self, cls: type, path: str, name: str) -> None:
        self.cls, self.path, self.name = cls, path, name

    def open(self) -> Any:
        """Return the data set of the file, opened to be read."""
        h5py = __import__(self.cls.__module__.partition(".")[0])
        return h5py.File(self.path, "r")[self.name]


class BatchSource:
    """Rows of one item of the batches of a ``keras.utils.PyDataset``.

    All batches but the last have to have as many rows as the first.
    """

    def __init__(self, dataset: Any, item: int = 0) -> None:
        self._dataset = dataset
        self._item = item
        self._last: tuple[int, Any] = (-1, None)
        count = dataset.num_batches
        if not count:
            raise InputError(
                f"The {type(dataset).__name__} has no batches, or no end; Rows needs to know how"
                " many batches there are."
            )
        self._count = int(count)
        first, last = self._batch(0), self._batch(self._count - 1)
        self._size = _length(first)
        self.n_rows = self._size * (self._count - 1) + _length(last)
        self.shape = (self.n_rows, *(first.shape[1:] if hasattr(first, "shape") else ()))

    def read(self, rows: Any) -> Any:
        """Return these rows; each batch is read once, in the order in which it is needed first."""
        numbers = np.asarray(rows) // self._size
        _, first = np.unique(numbers, return_index=True)
        parts, places = [], []
        for number in numbers[np.sort(first)]:
            place = np.flatnonzero(numbers == number)
            inside = np.asarray(rows)[place] - number * self._size
            parts.append(_taken(self._batch(int(number)), inside))
            places.append(place)
        back = np.argsort(np.concatenate(places)) if places else slice(0)
        if not parts:
            return _taken(self._batch(0), np.arange(0))
        return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays)[back], *parts)

    def blocks(self) -> Any:
        """Return the first row of each batch."""
        return np.arange(self._count) * self._size

    def with_item(self, item: int) -> "BatchSource":
        """Return the rows of another item of the same batches: 1 is the target, 2 the weights."""
        return BatchSource(self._dataset, item)

    def _batch(self, number: int) -> Any:
        """Return the item of a batch as arrays of NumPy."""
        known, batch = self._last
        if known != number:
            given = self._dataset[number]
            items = tuple(given) if isinstance(given, (tuple, list)) else (given,)
            if self._item >= len(items) or items[self._item] is None:
                what = ("features", "target", "weights")[self._item]
                raise InputError(
                    f"The batches of the {type(self._dataset).__name__} have no {what}."
                )
            batch = keras.tree.map_structure(np.asarray, items[self._item])
            expected = getattr(self, "_size", None)
            if expected is not None and number < self._count - 1 and _length(batch) != expected:
                raise InputError(
                    f"Batch {number} has {_length(batch)} rows, and the first has {expected}. Rows"
                    " finds rows by their number, so that all batches but the last need as many"
                    " rows as the first."
                )
            self._last = (number, batch)
        return batch


class NamedSource:
    """Rows of several inputs, as dicts of arrays."""

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = {name: source_of(part) for name, part in parts.items()}
        counts = {name: part.n_rows for name, part in self._parts.items()}
        if len(set(counts.values())) != 1:
            raise InputError(f"The inputs differ in their number of rows: {counts}.")
        self.n_rows = next(iter(counts.values()))
        self.shape: tuple[int, ...] = (self.n_rows,)

    def read(self, rows: Any) -> Any:
        """Return these rows of each input, by name."""
        return {name: part.read(rows) for name, part in self._parts.items()}

    def blocks(self) -> Any:
        """Return the blocks of the first input that has some."""
        found = (part.blocks() for part in self._parts.values())
        return next((blocks for blocks in found if blocks is not None), None)


def source_of(data: Any) -> RowSource:
    """Return the source of the rows of `data`.

    Raises
    ------
    InputError
        A ``ValueError``, for what cannot be indexed by rows.
    """
    if isinstance(data, keras.utils.PyDataset):
        return BatchSource(data)
    if isinstance(data, Mapping) and data and not scipy.sparse.issparse(data):
        return NamedSource(data)
    if hasattr(data, "iloc"):
        data = data.to_numpy()
    elif scipy.sparse.issparse(data):
        data = data.tocsr()
    shape = getattr(data, "shape", None)
    if shape and hasattr(data, "__getitem__") and all(map(_is_known, shape)):
        return ArraySource(data)
    raise InputError(
        f"Rows is given a {type(data).__name__}, which cannot be indexed by rows. It takes arrays"
        " with a shape (memory maps, data sets of HDF5, zarr or dask arrays whose chunks are"
        " known), a keras.utils.PyDataset, or a dict of such. Other data sets and generators can"
        " be given to fit, predict and score as they are, but not be split by a search."
    )


def _is_known(size: Any) -> bool:
    return isinstance(size, (int, np.integer)) or (isinstance(size, float) and not math.isnan(size))


def _length(batch: Any) -> int:
    return int(keras.tree.flatten(batch)[0].shape[0])


def _taken(batch: Any, rows: Any) -> Any:
    return keras.tree.map_structure(lambda array: array[rows], batch)

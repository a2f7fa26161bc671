"""Rows that are read when they are needed, and that scikit-learn's tools can split."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._data.encoder_tags import tags_of
from scikeras_reference._data.row_sources import BatchSource, source_of
from scikeras_reference.exceptions import InputError

__all__ = ["Rows", "fitted_in_parts", "fitted_to_rows", "learns"]

READ_AT_ONCE = 1024
"""Rows that are read at once where an encoder looks at all of them."""


class Rows:
    """Rows of data that need not be in memory, as X of fit, predict, score and searches.

    Splits, folds and samples of the rows are `Rows` too, and hold their numbers only. The rows
    themselves are read when a batch of them is trained on or predicted from.

    Parameters
    ----------
    source : array of any library, keras.utils.PyDataset, or dict of arrays
        What has a ``shape`` and can be indexed by rows: a memory map, a data set of HDF5, a zarr
        or dask array; or a data set whose batches are all of one size, but for the last; or
        several inputs of a model, by name.

    Attributes
    ----------
    shape : tuple of int
        Of all rows together; ``(n_samples,)`` for several inputs.
    dtype : numpy.dtype or None
        Of the numbers in them; None for several inputs.
    shapes : dict of str to tuple, or None
        Of several inputs, once they were validated.

    Notes
    -----
    Rows are shuffled one by one, or where they can be read in blocks only (batches of a data set,
    chunks of HDF5 and dask), blocks are shuffled, and rows within them.

    Examples
    --------
    >>> rows = Rows(np.arange(12).reshape(6, 2))
    >>> rows.shape, rows[[4, 0]].read().tolist()
    ((6, 2), [[8, 9], [0, 1]])
    """

    def __init__(self, source: Any) -> None:
        self._source = source_of(source)
        self._numbers: Any = None
        self._changes: tuple[Callable[[Any], Any], ...] = ()
        self.shape = self._source.shape
        self.shapes: dict[str, tuple[int, ...]] | None = None
        self.dtype = getattr(self._read(slice(0, 1)), "dtype", None)

    @property
    def ndim(self) -> int:
        """Number of dimensions, that of the rows included."""
        return len(self.shape)

    @property
    def positions(self) -> Any:
        """Where the rows are in the source: an array of int of shape (n_samples,)."""
        return np.arange(self.shape[0]) if self._numbers is None else self._numbers

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> "Rows":
        """Return some of the rows, by a slice, by their numbers, or by a mask."""
        if isinstance(key, tuple):  # scikit-learn writes X[rows, ...]
            key, *rest = key
            if rest not in ([], [Ellipsis]):
                raise InputError("Rows can be indexed by rows only, not by columns.")
        if isinstance(key, (int, np.integer)):
            raise InputError("Rows are indexed by a slice, a list of numbers, or a mask.")
        numbers = self._selected(key)
        return self._with(_numbers=numbers, shape=(len(numbers), *self.shape[1:]))

    def read(self, rows: Any = None) -> Any:
        """Return rows as an array, or as a dict of arrays; all of them by default.

        Parameters
        ----------
        rows : slice or array-like of int, default=None
            Which ones.
        """
        return self._read(slice(None) if rows is None else rows)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if self.dtype is None:
            raise InputError("Rows of several inputs are no array. Read them with read().")
        del copy  # what is read is a copy, or belongs to the source
        return np.asarray(self.read(), dtype=dtype)

    def targets(self) -> Any:
        """Return the targets in the batches of a data set, as an array in memory.

        Returns
        -------
        ndarray of shape (n_samples, ...)
            Of these rows, to be the y of fit, score or a search.

        Raises
        ------
        InputError
            If the rows are not those of a ``keras.utils.PyDataset`` with targets.
        """
        if not isinstance(self._source, BatchSource):
            raise InputError("Only the batches of a keras.utils.PyDataset have targets inside.")
        return self._with(_source=self._source.with_item(1), _changes=()).read()

    def changed(self, change: Callable[[Any], Any], like: Any = None) -> "Rows":
        """Return rows that are passed through a function when they are read.

        Parameters
        ----------
        change : callable
            Takes an array of some rows, returns an array or a structure of arrays.
        like : array, default=None
            What `change` makes of a row; its shape and its dtype are those of the result.
        """
        changes = (*self._changes, change)
        if like is None:
            return self._with(_changes=changes)
        return self._with(
            _changes=changes,
            shape=(len(self), *like.shape[1:]),
            dtype=like.dtype,
            shapes=_of_length(len(self), getattr(like, "shapes", None)),
        )

    def permuted(self, generator: Any) -> Any:
        """Return the numbers of all rows in a random order in which they can be read quickly.

        Parameters
        ----------
        generator : module or object
            Has a function ``permutation``, as ``numpy.random``.
        """
        order = generator.permutation(len(self))
        blocks = self._source.blocks()
        if blocks is None:
            return order
        numbers = self._selected(slice(None))
        block = np.searchsorted(blocks, numbers, side="right") - 1
        rank = generator.permutation(len(blocks))
        return order[np.argsort(rank[block[order]], kind="stable")]

    def __repr__(self) -> str:
        return f"Rows(shape={self.shape}, dtype={self.dtype})"

    def _read(self, rows: Any) -> Any:
        found = self._source.read(self._selected(rows))
        for change in self._changes:
            found = change(found)
        return found

    def _selected(self, key: Any) -> Any:
        """Return the numbers of some of these rows in the source."""
        if isinstance(key, slice):
            return (
                np.arange(*key.indices(len(self))) if self._numbers is None else self._numbers[key]
            )
        key = np.asarray(key)
        if key.dtype == np.bool_ and key.shape == (len(self),):
            key = np.flatnonzero(key)
        elif key.size == 0:
            key = key.astype(np.intp)
        is_number = key.dtype.kind in "iu"
        if not is_number or (key.size and not -len(self) <= key.min() <= key.max() < len(self)):
            raise IndexError(
                f"There are {len(self)} rows, which are indexed by a slice, by an array of their"
                " numbers, or by a mask of as many entries."
            )
        key = np.where(key < 0, key + len(self), key)
        return key if self._numbers is None else self._numbers[key]

    def _with(self, **attributes: Any) -> "Rows":
        other = object.__new__(type(self))
        vars(other).update({**vars(self), **attributes})
        return other


def fitted_to_rows(encoder: Any, X: Rows) -> Any:
    """Return an encoder of features fitted to rows that are not read all at once.

    Parameters
    ----------
    encoder : transformer
        One that learns from data has a method ``partial_fit``; what it has learned before is
        forgotten.
    X : Rows
        Validated.

    Raises
    ------
    InputError
        A ``ValueError``, if the encoder can only learn from all rows at once.
    """
    if not learns(encoder):
        return encoder.fit(X.read(slice(READ_AT_ONCE)))
    # A property may return one and the same object for each fit.
    is_fitted = any(name[0] != "_" and name[-1] == "_" for name in getattr(encoder, "__dict__", ()))
    starts = range(0, len(X), READ_AT_ONCE)
    parts = (X.read(slice(start, start + READ_AT_ONCE)) for start in starts)
    return fitted_in_parts(encoder, parts, anew=is_fitted)


def fitted_in_parts(encoder: Any, parts: Iterable[Any], *, anew: bool) -> Any:
    """Return an encoder that has learned from parts of the data, one after the other.

    Parameters
    ----------
    encoder : transformer
        It has a method ``partial_fit``.
    parts : iterable of array
        Validated features.
    anew : bool
        Whether it forgets what it has learned before, as ``fit`` has it.
    """
    learn = encoder.fit if anew else encoder.partial_fit
    for part in parts:
        learn(part)
        learn = encoder.partial_fit
    return encoder


def _of_length(n_rows: int, shapes: Any) -> dict[str, tuple[int, ...]] | None:
    return shapes and {name: (n_rows, *shape[1:]) for name, shape in shapes.items()}


def learns(encoder: Any) -> bool:
    """Return whether an encoder learns from data, which it has to do part by part.

    Raises
    ------
    InputError
        A ``ValueError``, if the encoder can only learn from all rows at once.
    """
    if isinstance(encoder, FunctionTransformer) or not _requires_fit(encoder):
        return False
    if not hasattr(encoder, "partial_fit"):
        raise InputError(
            f"The feature_encoder {type(encoder).__name__} learns from all rows at once, and X is"
            " read in parts. Use an encoder with a method partial_fit, such as StandardScaler; one"
            " that learns nothing can say so: by the tag requires_fit=False, or as a"
            " FunctionTransformer."
        )
    return True


def _requires_fit(encoder: Any) -> bool:
    tags = tags_of(encoder)
    return tags is None or bool(tags.requires_fit)

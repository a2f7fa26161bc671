"""Data sets, loaders and generators that yield batches of X, y and weights."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

import keras
import numpy as np
import scipy.sparse

from scikeras_reference._data.rows import Rows
from scikeras_reference._data.unreadable_features import check_container
from scikeras_reference.exceptions import InputError

__all__ = [
    "Batch",
    "Batches",
    "balanced",
    "is_batches",
    "labels_of",
    "require_inside",
    "split_batch",
]

_ARRAY_PROTOCOLS = ("shape", "__array__", "__array_interface__", "__dataframe__", "__dlpack__")


class Batch(NamedTuple):
    """One batch; what it does not have is None."""

    x: Any
    y: Any = None
    weights: Any = None


def is_batches(X: Any) -> bool:
    """Return whether X yields batches, as opposed to being an array, a frame or a list of rows.

    >>> is_batches((batch for batch in [])), is_batches(np.eye(2)), is_batches([[1.0]])
    (True, False, False)
    """
    if isinstance(X, (np.ndarray, Rows, Sequence, Mapping, AbstractSet, type)):
        return False
    if any(hasattr(X, protocol) for protocol in _ARRAY_PROTOCOLS):
        return False
    if hasattr(X, "__iter__") or hasattr(X, "__next__"):
        return True
    return callable(X)


class Batches:
    """Batches of a source that may be a data set, a loader, an iterator or a function.

    Parameters
    ----------
    source : iterable or callable
        A ``tf.data.Dataset``, a ``keras.utils.PyDataset``, a ``DataLoader`` of PyTorch, another
        iterable that can be read again and again; a function that returns a new iterator each time;
        or an iterator, such as a generator, which can be read once.
    argument : str, default="X"
        What it is called in errors.

    Attributes
    ----------
    argument, name : str
        What the source is called, and its type, for errors.
    dataset : keras.utils.PyDataset or None
        The source, if its batches have numbers.
    repeats : bool
        Whether it can be read more than once.
    failure : Exception or None
        Why a batch could not be read or encoded.
    """

    def __init__(self, source: Any, argument: str = "X") -> None:
        self.source = source
        self.dataset = source if isinstance(source, keras.utils.PyDataset) else None
        self.repeats = not hasattr(source, "__next__")
        self.name: str = getattr(source, "name_of_source", type(source).__name__)
        self.argument = argument
        self._peeked: list[Any] = []
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[Batch]:
        for batch in self._raw():
            yield split_batch(batch)

    @property
    def count(self) -> int | None:
        """Number of batches of a pass; None if it is not known."""
        if self.dataset is not None:
            return self.dataset.num_batches  # type: ignore[no-any-return]
        try:
            return len(self.source)
        except TypeError:
            return None

    @property
    def is_endless(self) -> bool:
        """Whether a data set says that it has no end."""
        if self.dataset is not None:
            return self.dataset.num_batches is None
        cardinality = getattr(self.source, "cardinality", None)
        return callable(cardinality) and int(cardinality()) == -1

    def counted(self) -> int:
        """Return the number of batches of a pass; read them all if it is not known."""
        known = self.count
        if known is None:
            self.require_repeats("to count its batches")
            known = sum(1 for _ in self._raw())
        if not known:
            raise self.empty()
        return known

    def first(self) -> Batch:
        """Return the first batch; an iterator yields it again."""
        if self.dataset is not None:
            if self.count == 0:
                raise self.empty()
            return split_batch(self.dataset[0])
        if self.repeats:
            for batch in self:
                return batch
            raise self.empty()
        if not self._peeked:
            try:
                self._peeked.append(next(self.source))
            except StopIteration:
                raise self.empty() from None
        return split_batch(self._peeked[0])

    def labels(self) -> "Counter[Any] | None":
        """Return the labels in all batches and their numbers; None if y has several columns."""
        self.require_repeats("to find the classes in it. Or give classes=[...]")
        if self.is_endless:
            raise InputError(f"The {self.name} has no end. Give classes=[...].")
        found: Counter[Any] = Counter()
        for batch in self:
            if batch.y is None or isinstance(batch.y, Mapping):
                return None
            y = np.asarray(batch.y)
            if y.ndim > 1 and y.shape[1] > 1:
                return None
            values, numbers = np.unique(y, return_counts=True)
            found.update(dict(zip(values.tolist(), numbers.tolist(), strict=True)))
        return found

    def require_repeats(self, purpose: str) -> None:
        """Check that the batches can be read more than once.

        Raises
        ------
        InputError
            A ``ValueError`` that says how to give an iterator.
        """
        if not self.repeats:
            raise InputError(
                f"{self.argument} is a {self.name}, which can be read once, and has to be read"
                f" again {purpose}. Give a function that returns a new one each time, as"
                " fit(lambda: batches()), a keras.utils.PyDataset or another data set."
            )

    def empty(self) -> InputError:
        """Return the error for a source without batches."""
        left = (
            ""
            if self.repeats
            else " left: it can be read once. Give a function that returns a new one each time, as"
            " fit(lambda: batches())"
        )
        return InputError(f"{self.argument} is a {self.name} that has no batches{left}.")

    def _raw(self) -> Iterator[Any]:
        if self.dataset is not None:
            numbers = itertools.count() if self.count is None else range(self.count)
            return (self.dataset[number] for number in numbers)
        if not self.repeats:
            peeked, self._peeked = self._peeked, []
            return itertools.chain(peeked, self.source)
        if hasattr(self.source, "__iter__"):
            return iter(self.source)
        made = self.source()
        if not hasattr(made, "__iter__"):
            raise InputError(
                f"{self.argument} is a {self.name} that returned a {type(made).__name__}; it has"
                " to return an iterator of batches, or yield them."
            )
        return iter(made)


def labels_of(counts: Mapping[Any, int], y: Any) -> Any:
    """Return sorted labels, in the dtype of numbers `y`."""
    labels = np.unique(list(counts))
    dtype = np.asarray(y).dtype
    return labels.astype(dtype) if dtype.kind in "iufb" else labels


def balanced(counts: Mapping[Any, int] | None) -> dict[Any, float]:
    """Return the class weights that "balanced" stands for, by label.

    Raises
    ------
    InputError
        A ``ValueError``, for a target without labels.

    >>> balanced({"no": 3, "yes": 1})
    {'no': 0.666..., 'yes': 2.0}
    """
    if counts is None:
        raise InputError(
            'class_weight="balanced" needs a label in each row, and y has several columns in the'
            " batches. Give the weights as a dict by column, or a list with a dict for each column."
        )
    total = sum(counts.values())
    return {label: total / (len(counts) * count) for label, count in counts.items()}


def split_batch(batch: Any) -> Batch:
    """Return X, y and weights of a batch, as arrays of NumPy where they are tensors.

    Raises
    ------
    InputError
        A ``ValueError``, for a batch of more than three items, for several arrays as X, and for
        single rows.
    """
    items = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    if not 1 <= len(items) <= 3:
        raise InputError(
            f"A batch has {len(items)} items; it has to be X, (X, y) or (X, y, sample_weight)."
        )
    x, *rest = items
    x = _inputs(x, rest[0] if rest else None)
    return Batch(
        x, *(item if item is None or _are_several(item) else _array(item) for item in rest)
    )


def _inputs(x: Any, y: Any) -> Any:
    n_rows = (getattr(y, "shape", None) or (None,))[0]
    is_single = y is not None and not isinstance(y, (list, tuple, Mapping)) and np.ndim(y) == 0
    if isinstance(x, Mapping) and not scipy.sparse.issparse(x):
        if is_single:
            raise _single_rows({name: tuple(np.shape(part)) for name, part in x.items()})
        for part in x.values():
            _require_no_columns(part, n_rows)
        return {name: _array(part) for name, part in x.items()}
    if isinstance(x, (list, tuple)):
        check_container(x, n_rows)
        _require_no_columns(x, n_rows)
    x = _array(x)
    if getattr(x, "ndim", 2) < 2 or is_single:
        raise _single_rows(tuple(x.shape))
    return x


def _single_rows(shape: Any) -> InputError:
    return InputError(
        f"X yields single rows, as of shape {shape}, and not batches of rows. Make batches of them:"
        " dataset.batch(32) of tf.data, DataLoader(data, batch_size=32) of PyTorch. A batch of one"
        " feature has the shape (n, 1); rows that are lists come out of a DataLoader as columns, so"
        " let the data set give each as one array."
    )


def _require_no_columns(x: Any, n_rows: int | None) -> None:
    """Check that a list of tensors of PyTorch holds rows of X, and not its columns."""
    if not isinstance(x, (list, tuple)) or not x:
        return
    if any(getattr(part, "ndim", 0) != 1 or not hasattr(part, "detach") for part in x):
        return
    if len(x) != n_rows or {len(part) for part in x} == {n_rows}:
        raise InputError(
            f"X is a list of {len(x)} tensors of {len(x[0])} numbers each: columns, which a"
            " DataLoader of PyTorch makes out of rows that are lists or tuples. Let the data set"
            " give each row as one array or tensor, as torch.tensor(row), or give a collate_fn."
        )


def _are_several(item: Any) -> bool:
    """Return whether a target, or weights, are several arrays; predictions do not look at them."""
    if isinstance(item, (list, tuple)):
        return any(len(getattr(part, "shape", ())) > 0 for part in item)
    return isinstance(item, Mapping) and not scipy.sparse.issparse(item)


def _array(data: Any) -> Any:
    """Return a tensor of any library as an array; text of TensorFlow as text."""
    if isinstance(data, np.ndarray) or hasattr(data, "iloc") or scipy.sparse.issparse(data):
        return data
    if hasattr(data, "detach"):  # PyTorch
        data = data.detach().cpu()
        if not str(data.layout).endswith("strided"):  # one of the sparse layouts
            data = data.to_sparse_coo().coalesce()
            entries = _array(data.values()), tuple(_array(data.indices()))
            return scipy.sparse.coo_array(entries, shape=tuple(data.shape)).tocsr()
        if str(data.dtype).endswith("bfloat16"):  # NumPy has no such numbers; these hold them all
            data = data.float()
    elif hasattr(data, "dense_shape"):  # a sparse tensor of TensorFlow
        entries = np.asarray(data.values), tuple(np.asarray(data.indices).T)
        return scipy.sparse.coo_array(entries, shape=tuple(data.dense_shape)).tocsr()
    array = np.asarray(data)
    if array.dtype.kind == "O" and array.size and isinstance(array.flat[0], bytes):
        return np.array([value.decode() for value in array.flat]).reshape(array.shape)
    return array


def require_inside(y: Any, sample_weight: Any, name: str = "X") -> None:
    """Check that targets and weights are not given apart from batches that hold them."""
    for what, given in (("y", y), ("sample_weight", sample_weight)):
        if given is not None:
            raise InputError(
                f"{name} yields batches, and {what} is given too. Put it into the batches, as"
                " (X, y) or (X, y, sample_weight). For arrays that are not in memory, and a y that"
                " is, use scikeras_reference.utils.data.Rows."
            )

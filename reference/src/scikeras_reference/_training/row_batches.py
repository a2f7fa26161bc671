"""Batches of rows that are made when they are needed, where Keras would make all rows at once.

Layers take dense batches. On TensorFlow, Keras cuts a sparse matrix into sparse batches, which a
functional model makes dense, or multiplies as they are if its input is sparse. Everywhere else the
batches are made dense here, one by one.
"""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import scipy.sparse

from scikeras_reference._backends import DEFAULT_BATCH_SIZE
from scikeras_reference._backends.batches import (
    computes_with_text,
    cuts_sparse_rows,
    dtype_as_fed,
    feeds_tuples,
    shuffles_by_epoch,
)
from scikeras_reference._backends.execution import runs_undistributed
from scikeras_reference._data.rows import Rows
from scikeras_reference._data.sparse import densified
from scikeras_reference._model.built_model import is_inherited, knows_its_inputs
from scikeras_reference._training.validation_rows import training_rows
from scikeras_reference.exceptions import InputError

__all__ = ["OwnBatches", "RowBatches", "as_fed", "to_predict_from", "to_train_on"]

_STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics", "__call__")


class OwnBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches that remember why one of them could not be made.

    Input pipelines of TensorFlow raise an error of their own in its place.
    """

    failure: Exception | None = None

    def __getitem__(self, index: int) -> Any:
        try:
            return self.batch(index)
        except Exception as error:
            self.failure = error
            raise

    def batch(self, index: int) -> Any:
        """Return a batch by its number."""
        raise NotImplementedError


class RowBatches(OwnBatches):
    """Dense batches of rows, in a new order for each pass.

    Parameters
    ----------
    x, y : array, or list, tuple or dict of arrays
        Features and target. They may be sparse; `y` may be None.
    weights : ndarray of shape (n_samples,) or None
        Weights of the rows.
    batch_size : int
        Rows of a batch.
    shuffle : bool or "batch", default=False
        Whether rows change their order, or change it within batches only.

    Notes
    -----
    Where Keras draws the order of rows from NumPy, as on JAX, so does this, in the same way: the
    batches are those of the dense matrix. On TensorFlow and PyTorch the order is another one.
    """

    def __init__(
        self, x: Any, y: Any, weights: Any, batch_size: int, *, shuffle: bool | str = False
    ) -> None:
        super().__init__()
        if weights is not None and keras.tree.is_nested(y):
            repeated = weights
            weights = keras.tree.map_structure(lambda _: repeated, y)
        batch = (x,) if y is None else (x, y) if weights is None else (x, y, weights)
        self._arrays = keras.tree.lists_to_tuples(batch) if feeds_tuples() else batch
        self.rows = n_rows(x)
        self.batch_size = batch_size
        self._shuffle = shuffle
        self._order: Any = None
        # Input pipelines run in threads of their own, which leave NumPy's generator alone.
        self._generator: Any = np.random
        if shuffle and not shuffles_by_epoch():
            seed = np.random.randint(2**31 - 1)  # noqa: NPY002 - drawn under the seed of the fit
            self._generator = np.random.RandomState(seed)

    @property
    def num_batches(self) -> int:
        """Number of batches of a pass."""
        return math.ceil(self.rows / self.batch_size)

    def batch(self, index: int) -> Any:
        """Return a batch of dense arrays; the first one begins a pass in a new order."""
        start = index * self.batch_size
        stop = min(start + self.batch_size, self.rows)
        rows: Any = slice(start, stop)
        if self._shuffle == "batch":
            rows = self._generator.permutation(stop - start) + start
        elif self._shuffle:
            if index == 0:
                self._order = self._permutation()
            rows = self._order[start:stop]
        return keras.tree.map_structure(lambda array: _read(array, rows), self._arrays)

    def _permutation(self) -> Any:
        x = self._arrays[0]
        if isinstance(x, Rows):
            return x.permuted(self._generator)
        return self._generator.permutation(self.rows)


def n_rows(x: Any) -> int:
    """Return the number of rows of an array, or of the arrays of a nested structure."""
    return int(keras.tree.flatten(x)[0].shape[0])


def to_train_on(
    model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]
) -> tuple[Any, Any, Any, Mapping[str, Any]]:
    """Return what ``Model.fit`` is given, with batches in place of what Keras would not cut.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    x, y, weights, arguments
        As for `scikeras_reference._training.fit.fit`.

    Returns
    -------
    x, y, weights, arguments
        The same, or batches, None and None, with validation data as batches too.
    """
    if not (isinstance(x, Rows) or is_inherited(model, "fit")):
        return densified(x), densified(y), weights, arguments
    x = _with_tensors_of_text(x)
    size, steps = arguments.get("batch_size"), arguments.get("steps_per_epoch")
    rest = dict(arguments)
    if _needs_batches(model, x, y):
        n_samples = n_rows(x)
        cut = training_rows(arguments, n_samples)
        if arguments.get("validation_split") and arguments.get("validation_data") is None:
            if cut == n_samples:
                return x, y, weights, arguments  # Keras says what is wrong with the split
            held_out = _rows((x, y, weights), slice(cut, None))
            rest["validation_data"] = held_out if weights is not None else held_out[:2]
            x, y, weights = _rows((x, y, weights), slice(cut))
        rest.update(validation_split=0.0, shuffle=False)
        x = RowBatches(
            x, y, weights, _size(size, cut, steps), shuffle=arguments.get("shuffle", True)
        )
        y = weights = None
    rest.update(_validation(model, rest, size))
    return x, y, weights, rest


def to_predict_from(model: Any, x: Any, arguments: Mapping[str, Any]) -> Any:
    """Return what ``Model.predict`` is given: x, or batches of its rows."""
    if not (isinstance(x, Rows) or is_inherited(model, "predict")):
        return densified(x)
    x = _with_tensors_of_text(x)
    if not _needs_batches(model, x):
        return x
    size = _size(arguments.get("batch_size"), n_rows(x), arguments.get("steps"))
    return RowBatches(x, None, None, size)


def _validation(model: Any, arguments: Mapping[str, Any], batch_size: Any) -> dict[str, Any]:
    data = arguments.get("validation_data")
    if not isinstance(data, tuple):
        return {}
    x, y, weights = (_with_tensors_of_text(data[0]), *data[1:], None, None)[:3]
    if not _needs_batches(model, x, y):
        return {"validation_data": (x, *data[1:])}
    size = arguments.get("validation_batch_size") or batch_size
    size = _size(size, n_rows(x), arguments.get("validation_steps"))
    return {"validation_data": RowBatches(x, y, weights, size)}


def _needs_batches(model: Any, x: Any, y: Any = None) -> bool:
    """Return whether there are rows, or a sparse matrix, that Keras would not cut into batches.

    Steps of the user's own, and XLA, are given dense batches, as they are of dense data. Losses
    take no sparse target, which an autoencoder has.
    """
    if isinstance(x, Rows) or _holds_sparse(y):
        return True
    return _holds_sparse(x) and not _cuts_sparse_rows(model)


def _cuts_sparse_rows(model: Any) -> bool:
    return (
        cuts_sparse_rows()
        and knows_its_inputs(model)
        and all(is_inherited(model, method) for method in _STEPS)
        and not model.jit_compile
        and runs_undistributed(model)
    )


def _holds_sparse(x: Any) -> bool:
    return any(scipy.sparse.issparse(array) for array in keras.tree.flatten(x))


def _size(batch_size: Any, n_samples: int, steps: Any) -> int:
    if batch_size:
        return int(batch_size)
    return math.ceil(n_samples / steps) if steps else DEFAULT_BATCH_SIZE


def _rows(data: tuple[Any, ...], rows: slice) -> tuple[Any, ...]:
    def part(array: Any) -> Any:
        return None if array is None else array[rows]

    return tuple(keras.tree.map_structure(part, item) for item in data)


def _with_tensors_of_text(x: Any) -> Any:
    """Return x with tensors in place of arrays of text, which input pipelines do not read.

    Raises
    ------
    InputError
        If the backend has no tensors of text.
    """
    if isinstance(x, Mapping):
        return {name: _tensor_if_text(array, f"X[{name!r}]") for name, array in x.items()}
    if not keras.tree.is_nested(x):
        return x
    return keras.tree.map_structure(lambda array: _tensor_if_text(array, "An input in X"), x)


def _tensor_if_text(array: Any, what: str) -> Any:
    if getattr(getattr(array, "dtype", None), "kind", None) not in tuple("USTO"):
        return array
    if not computes_with_text():
        raise InputError(
            f"{what} holds text, and models on this backend of Keras compute with numbers. Set"
            " KERAS_BACKEND=tensorflow; or turn text into numbers before fit, such as with the"
            " OrdinalEncoder of scikit-learn."
        )
    return keras.ops.convert_to_tensor(array, dtype="string")


def _read(array: Any, rows: Any) -> Any:
    """Return rows of an array, or what is made of them when they are read."""
    if isinstance(array, Rows):
        read = keras.tree.map_structure(as_fed, array.read(rows))
        return keras.tree.lists_to_tuples(read) if feeds_tuples() else read
    return as_fed(array[rows])


def as_fed(rows: Any) -> Any:
    """Return an array of a batch dense, and cast as Keras casts arrays."""
    if scipy.sparse.issparse(rows):
        rows = rows.toarray()
    rows = _tensor_if_text(rows, "A batch of X")
    if keras.ops.is_tensor(rows):
        return rows
    return rows.astype(dtype_as_fed(rows.dtype), copy=False)

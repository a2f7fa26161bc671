"""How arrays become batches on each backend."""

from typing import Any

import keras
import numpy as np

__all__ = [
    "computes_with_text",
    "cuts_batches_as_keras",
    "cuts_sparse_rows",
    "dtype_as_fed",
    "feeds_tuples",
    "needs_an_entry_in_the_last_row",
    "needs_writable_arrays",
    "shuffles_by_epoch",
]


def needs_an_entry_in_the_last_row() -> bool:
    """Whether Keras cuts sparse rows by their entries: 3.12 does not see empty ones at the end."""
    return bool(keras.backend.backend() == "tensorflow")


def needs_writable_arrays() -> bool:
    """Whether the backend shares memory with NumPy arrays and warns about read-only ones."""
    return bool(keras.backend.backend() == "torch")


def shuffles_by_epoch() -> bool:
    """Whether each epoch draws its order of rows anew, from a generator of the process.

    TensorFlow's input pipeline takes one seed when it is made instead.
    """
    return bool(keras.backend.backend() != "tensorflow")


def cuts_batches_as_keras() -> bool:
    """Whether batches that are cut one by one are those of the pipeline; so on TensorFlow.

    On the other backends this was not tried.
    """
    return bool(keras.backend.backend() == "tensorflow")


def cuts_sparse_rows() -> bool:
    """Whether the input pipeline cuts sparse matrices into sparse batches of one kind.

    On JAX each batch has a number of entries of its own, and is compiled for; PyTorch gets dense
    batches from the pipeline, but is given them as matrices, not as arrays.
    """
    return bool(keras.backend.backend() == "tensorflow")


def feeds_tuples() -> bool:
    """Whether the input pipeline turns lists of arrays into tuples; TensorFlow's does."""
    return bool(keras.backend.backend() == "tensorflow")


def computes_with_text() -> bool:
    """Whether tensors may hold text; on TensorFlow only."""
    return bool(keras.backend.backend() == "tensorflow")


def dtype_as_fed(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of an array in a batch, where floats have the type of Keras."""
    return np.dtype(keras.config.floatx()) if dtype.kind == "f" else dtype

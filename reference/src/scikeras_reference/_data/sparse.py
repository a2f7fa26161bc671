"""Sparse matrices: the form in which they stay sparse, and who takes them."""

from typing import Any

import keras
import numpy as np
import scipy.sparse
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._backends.batches import needs_an_entry_in_the_last_row
from scikeras_reference._data.encoder_tags import tags_of
from scikeras_reference._data.float_range import check_float_range

__all__ = ["canonical", "densified", "fits_encoder", "sparse_for_keras"]


def canonical(X: Any) -> Any:
    """Return a matrix in CSR form with sorted columns and without duplicates.

    Parameters
    ----------
    X : sparse matrix or sparse array of shape (n_samples, n_features)
        Never written to. It may share memory with the result.

    Returns
    -------
    csr_matrix or csr_array of shape (n_samples, n_features)
        Entries for the same place are added, as ``toarray`` does. Stored zeros stay.

    Examples
    --------
    >>> X = scipy.sparse.coo_array(([1.0, 2.0], ([0, 0], [1, 1])), shape=(1, 3))
    >>> canonical(X).data
    array([3.])
    """
    csr = X.tocsr()
    if not csr.dtype.isnative:
        csr = csr.astype(csr.dtype.newbyteorder("="))
    if not csr.has_canonical_format:
        # Summing works in place, and the arrays of X belong to the caller.
        csr = csr.copy() if csr is X else csr
        csr.sum_duplicates()
    return csr


def densified(data: Any) -> Any:
    """Return data with arrays in place of sparse matrices, also in lists and dicts.

    >>> densified([scipy.sparse.csr_array(np.eye(2)), np.ones(1)])
    [array([[1., 0.],
           [0., 1.]]), array([1.])]
    """
    if isinstance(data, np.ndarray):
        return data
    return keras.tree.map_structure(
        lambda array: array.toarray() if scipy.sparse.issparse(array) else array, data
    )


def fits_encoder(X: Any, encoder: Any) -> Any:
    """Return X as it is, or dense if `encoder` does not take sparse matrices.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n_samples, ...)
        Validated features.
    encoder : transformer
        It takes sparse matrices if it changes nothing, as the default does, or if it says so: by
        the tag ``input_tags.sparse``, or as a ``FunctionTransformer(..., accept_sparse=True)``.
    """
    if not scipy.sparse.issparse(X) or _takes_sparse(encoder):
        return X
    return X.toarray()


def _takes_sparse(encoder: Any) -> bool:
    if isinstance(encoder, FunctionTransformer):
        # Its tag is about its own checks, and a function of the user's own may need an array.
        return bool(encoder.accept_sparse) or (encoder.func is None and not encoder.validate)
    if isinstance(encoder, Pipeline):
        return all(step == "passthrough" or _takes_sparse(step) for _, step in encoder.steps)
    tags = tags_of(encoder)
    return tags is not None and bool(tags.input_tags.sparse)


def sparse_for_keras(X: Any, in_range: str = "") -> Any:
    """Return an encoded sparse matrix in the form that every backend reads.

    Parameters
    ----------
    X : sparse matrix of shape (n_samples, n_features)
        In any format; booleans become numbers.
    in_range : str, default=""
        What the data is called in errors; empty if numbers beyond the range of Keras's floats are
        let pass.

    Returns
    -------
    csr_matrix or csr_array
        In canonical form, with the same values.
    """
    X = canonical(X)
    if X.dtype == np.bool_:
        X = X.astype(np.uint8)
    if X.dtype.kind == "f" and X.dtype.itemsize > 8:
        X = X.astype(np.float64)  # no backend has wider numbers
    if in_range and X.dtype.kind == "f" and X.dtype.name != keras.config.floatx():
        check_float_range(X.data, in_range)
    is_last_empty = X.shape[0] > 0 and X.indptr[-1] == X.indptr[-2]
    return _with_a_stored_zero(X) if is_last_empty and needs_an_entry_in_the_last_row() else X


def _with_a_stored_zero(X: Any) -> Any:
    """Return the same values, with an entry in the last row, which had none."""
    if not X.shape[1]:
        return X
    data = np.append(X.data, X.dtype.type(0))
    indices = np.append(X.indices, X.indices.dtype.type(0))
    ends = X.indptr.copy()
    ends[-1] += 1
    return type(X)((data, indices, ends), shape=X.shape)

"""Validates X, y and sample weights: they become arrays, or raise an error (HYG-5)."""

import functools
import warnings
from collections.abc import Mapping
from numbers import Number
from typing import Any

import keras
import numpy as np
import scipy.sparse
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, check_consistent_length, validate_data

from scikeras_reference._backends.batches import needs_writable_arrays
from scikeras_reference._data.float_range import check_float_range
from scikeras_reference._data.label_checks import readable_target
from scikeras_reference._data.named_inputs import (
    NamedArrays,
    any_array,
    has_named_inputs,
    validated_inputs,
)
from scikeras_reference._data.row_shapes import check_dimensions, check_row_shape, has_open_shape
from scikeras_reference._data.rows import Rows
from scikeras_reference._data.sparse import canonical, fits_encoder, sparse_for_keras
from scikeras_reference._data.unreadable_features import (
    check_columns,
    check_container,
    explained,
    name_columns,
    non_numeric,
    text_in_features,
)
from scikeras_reference.exceptions import InputError, TargetTypeError

__all__ = [
    "as_weights",
    "check_continues",
    "check_weights",
    "for_keras",
    "require_weight",
    "target_type",
    "validate_features",
    "validate_target",
]


def validate_features(estimator: Any, X: Any, y: Any = None, *, reset: bool) -> Any:
    """Return X as a finite, numeric array; remember its columns, or check them.

    Parameters
    ----------
    estimator : BaseWrapper
        ``n_features_in_`` and, for data frames with names, ``feature_names_in_`` are set on it.
    X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
        In any format.
    y : array-like of shape (n_samples, ...), default=None
        Its length tells a list of rows from a list of several inputs.
    reset : bool
        Whether this is the X of a new fit; otherwise it must look like the first.

    Returns
    -------
    ndarray, csr_matrix or csr_array
        With the values and the shape of X. It may share memory with X, and is never written to.
        What is sparse stays sparse, unless the fitted encoder of features does not take it.

    Raises
    ------
    InputError
        A ``ValueError``: no array of numbers, or another shape than at first (API-13).
    """
    if not isinstance(X, np.ndarray):
        if isinstance(X, Rows):
            return _validated_rows(estimator, X, reset=reset)
        if has_named_inputs(estimator, X):
            return validated_inputs(estimator, X, reset=reset)
        is_countable = bool(getattr(y, "shape", hasattr(y, "__len__")))
        check_container(X, _num_rows(y) if is_countable else None)
        check_columns(X)
    if not reset:
        check_dimensions(estimator, X)
    given, is_open = X, not reset and has_open_shape(estimator, X)
    options = {"accept_sparse": "csr", "dtype": "numeric", "allow_nd": True}
    try:
        X = validate_data(estimator, X, reset=reset, ensure_2d=not is_open, **options)
    except (ValueError, TypeError) as error:  # a TypeError, too, if dtypes have none in common
        clearer = explained(given, error)
        if clearer is None:
            raise
        raise clearer from error
    if scipy.sparse.issparse(X):
        X = _sparse(X)
        if not reset:
            # Rows are read while the encoder is fitted to them, too.
            fitted = "feature_encoder_" in vars(estimator)
            X = fits_encoder(X, estimator.feature_encoder_ if fitted else estimator.feature_encoder)
    X = _numeric_features(X, given)
    if not (reset or is_open):
        check_row_shape(estimator, X)
    return X


def _validated_rows(estimator: Any, X: Rows, *, reset: bool) -> Rows:
    """Return rows that are validated when they are read; the first one is read now."""
    first = validate_features(estimator, X[:1].read(), reset=reset)
    return X.changed(functools.partial(validate_features, estimator, reset=False), first)


def _sparse(X: Any) -> Any:
    return X.toarray() if X.dtype.kind == "O" else canonical(X)


def _native(array: Any) -> Any:
    """Return an array in the byte order of this machine; backends read no other."""
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _numeric_features(X: Any, given: Any) -> Any:
    """Return numbers in the byte order of this machine, or raise an error that names columns."""
    if X.dtype.kind == "O":
        X = _numbers(X, given)
    if X.dtype.kind == "T":  # scikit-learn lets it pass with NumPy 2.5 and newer
        raise text_in_features(f"its dtype is {X.dtype}")
    X = _native(X)
    if X.dtype.kind in "mM":
        raise InputError(
            f"X has dtype {X.dtype}{name_columns(given)}, and layers take numbers. Convert dates"
            " and durations to numbers, for example to days since one of them."
        )
    return X


def _numbers(X: Any, given: Any) -> Any:
    """Return the numbers of an array of objects, which some data frames convert to."""
    try:
        numbers = X.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise non_numeric(given, error) from error
    return check_array(numbers, allow_nd=True, input_name="X")


def validate_target(estimator: Any, X: Any, y: Any, *, numeric: bool) -> Any:
    """Return y as an array with as many rows as X.

    Parameters
    ----------
    estimator : BaseWrapper
        For its name in errors.
    X : ndarray of shape (n_samples, ...)
        Validated features.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Any dtype; sparse indicators are made dense.
    numeric : bool
        Whether y must be numeric (clause TGT-9).

    Raises
    ------
    InputError
        A ``ValueError``: missing rows, NaN, or labels where numbers are needed.
    TargetTypeError
        If y is ragged.
    """
    if not isinstance(y, np.ndarray) or y.dtype.kind in "OT" or y.ndim == 0:
        y = readable_target(y, _num_rows(any_array(X)), numeric=numeric)
    try:
        y = check_array(
            y, accept_sparse="csr", ensure_2d=False, allow_nd=True, dtype=None, input_name="y"
        )
    except ValueError as error:
        if "inhomogeneous" in str(error) or "sequence" in str(error):
            raise TargetTypeError(
                "Unknown label type: unknown. The rows of y differ in length. To add support,"
                " give an array and override target_encoder in a subclass with a transformer that"
                " understands it."
            ) from error
        raise
    if scipy.sparse.issparse(y):
        y = y.toarray()
    y = _native(y)
    check_consistent_length(X if isinstance(X, np.ndarray) else any_array(X), y)
    return _numeric(estimator, y) if numeric else y


def target_type(y: Any) -> str:
    """Return the result of ``sklearn.utils.multiclass.type_of_target``, without its warnings.

    >>> target_type(np.array([1, 2, 3]))
    'multiclass'
    """
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):  # it casts to integers
        # It warns of many classes in few rows, but y may hold numbers to predict.
        warnings.simplefilter("ignore", UserWarning)
        return str(type_of_target(y, input_name="y"))


def check_weights(
    sample_weight: Any, X: Any, *, are_scored: bool = False, what: str = "training samples"
) -> Any:
    """Return sample weights as an array of floats of shape (n_samples,); None stays None.

    Unless they are for a scorer, they have to be numbers of Keras's own precision too. `what` are
    the rows, for errors.

    Raises
    ------
    InputError
        A ``ValueError``: more than one dimension, or no weight at all (clause API-6).

    Examples
    --------
    >>> check_weights([1, 2], [[0.0], [1.0]])
    array([1., 2.])
    """
    weights = as_weights(sample_weight, X, are_scored=are_scored)
    return require_weight(weights, are_scored=are_scored, what=what)


def as_weights(sample_weight: Any, X: Any, *, are_scored: bool = False) -> Any:
    """Return sample weights as `check_weights` does; all of them may be zero, as in a batch."""
    if sample_weight is None:
        return None
    X = any_array(X)
    check_container(X)
    if isinstance(sample_weight, Mapping):
        raise InputError(
            "sample_weight is a dict; it has to be an array with a weight for each row. Weights by"
            " label are the class_weight of a classifier."
        )
    if isinstance(sample_weight, Number):
        sample_weight = np.full(_num_rows(X), sample_weight, dtype=np.float64)
    options = {"ensure_2d": False, "allow_nd": True, "dtype": [np.float64, np.float32]}
    try:
        weights = check_array(sample_weight, input_name="sample_weight", **options)
    except (TypeError, ValueError) as error:
        if "convert" not in str(error) and "float()" not in str(error):
            raise
        raise InputError(f"sample_weight holds values that are no numbers: {error}") from error
    if weights.ndim != 1:
        raise InputError(
            f"Sample weights must be 1D array or scalar, one for each row; they have shape"
            f" {weights.shape}."
        )
    check_consistent_length(X, weights)
    if not are_scored:  # scorers compute in NumPy
        check_float_range(weights, "sample_weight")
    return weights


def require_weight(
    weights: Any, *, are_scored: bool = False, what: str = "training samples"
) -> Any:
    """Return `weights`, None or an array; refuse weights that are all zero.

    Raises
    ------
    InputError
        A ``ValueError`` (clause API-6).
    """
    if weights is None:
        return None
    floatx = keras.config.floatx()
    if not (weights if are_scored else weights.astype(floatx)).any():
        what = "samples" if are_scored else what
        zero = f"zero in {floatx}" if weights.any() else "zero"
        raise InputError(
            f"No {what} had any weight: every sample_weight, times the class_weight of its row if"
            f" there is one, is {zero}, so no row counts. Give at least one row a weight."
        )
    return weights


def check_continues(estimator: Any, X: Any, y: Any, target_shape: tuple[int, ...]) -> None:
    """Check that further data for a fitted model is of the same kind as the first (API-13).

    Parameters
    ----------
    estimator : BaseWrapper
        Has the attributes that describe the first data.
    X, y : ndarray
        Further data; y may be None.
    target_shape : tuple of int
        The trailing dimensions of the first y.

    Raises
    ------
    InputError
        A ``ValueError`` with both sides: a dtype that cannot be cast safely, or another shape of
        target.
    """
    name = type(estimator).__name__
    known = {"X": (X, estimator.X_dtype_)}
    if isinstance(X, NamedArrays):
        # Categories were compared when they became codes.
        dtypes = estimator.X_dtype_.items()
        known = {f"X[{n!r}]": (X[n], d) for n, d in dtypes if isinstance(d, np.dtype)}
    if y is not None:
        known["y"] = (y, estimator.y_dtype_)
        if y.ndim != estimator.y_ndim_:
            raise InputError(
                f"y has {y.ndim} dimensions, but this {name} was fitted to {estimator.y_ndim_}"
                " dimensions in y."
            )
        if y.shape[1:] != target_shape:
            raise InputError(
                f"y has shape {y.shape}, but this {name} was fitted to y of shape (n_samples,"
                f" {', '.join(map(str, target_shape))})."
            )
    for what, (array, dtype) in known.items():
        text = array.dtype.kind in "USO" and dtype.kind in "USO"
        if not text and not np.can_cast(array.dtype, dtype):
            raise InputError(
                f"Got {what} with dtype {array.dtype}, which cannot be cast safely to {dtype}, the"
                f" dtype that this {name} was fitted to. Cast {what} yourself if that is meant."
            )


def for_keras(data: Any, in_range: str = "") -> Any:
    """Return arrays, and lists and dicts of them, in a form that every backend reads.

    Booleans become numbers, since layers multiply them; read-only arrays are copied for PyTorch,
    which warns about them. Nothing is written to either way.

    Parameters
    ----------
    data : array, or list, tuple or dict of arrays
        Encoded.
    in_range : str, default=""
        What the data is called in errors; empty if numbers beyond the range of Keras's floats are
        let pass.

    Raises
    ------
    InputError
        A ``ValueError``, for numbers that ``keras.config.floatx()`` cannot hold.
    """
    if isinstance(data, Mapping):
        return {key: for_keras(value, in_range) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        values = [for_keras(value, in_range) for value in data]
        if isinstance(data, list):
            return values
        return type(data)(*values) if hasattr(data, "_fields") else tuple(values)
    if not isinstance(data, np.ndarray):
        return sparse_for_keras(data, in_range) if scipy.sparse.issparse(data) else data
    if data.dtype == np.bool_:
        return data.astype(np.uint8)
    if data.dtype.kind == "f" and data.dtype.itemsize > 8:
        data = data.astype(np.float64)  # no backend has wider numbers
    if in_range and data.dtype.kind == "f" and data.dtype.name != keras.config.floatx():
        check_float_range(data, in_range)
    if not data.flags.writeable and needs_writable_arrays():
        return data.copy()
    return data


def _num_rows(X: Any) -> int:
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _numeric(estimator: Any, y: Any) -> Any:
    if y.dtype.kind == "O":
        try:
            y = y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise _not_numeric(estimator, y) from error
        return check_array(y, ensure_2d=False, allow_nd=True, input_name="y")
    if y.dtype.kind not in "fiub":
        raise _not_numeric(estimator, y)
    return y


def _not_numeric(estimator: Any, y: Any) -> InputError:
    return InputError(
        f"{type(estimator).__name__} needs a numeric target; y has dtype {y.dtype}. Convert y to"
        " numbers, or use a classifier if these are labels."
    )

"""Several inputs of a model by name: dicts of arrays, and frames with columns for each of them."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.utils.validation import check_array, validate_data

from scikeras_reference._data.sparse import canonical
from scikeras_reference.exceptions import InputError, ParameterError

__all__ = [
    "BY_NAME",
    "NamedArrays",
    "any_array",
    "has_named_inputs",
    "require_named_inputs",
    "validated_inputs",
]

BY_NAME = "by_name"
"""The value of ``input_columns`` for frames of which each column is an input."""


class NamedArrays(dict[str, Any]):
    """Validated arrays of several inputs, which are indexed by rows together.

    Parameters
    ----------
    arrays : mapping of str to array
        They have one length.
    dtype : mapping of str to dtype
        What was given for each: the dtype of its numbers, or the categories of its codes.
    """

    def __init__(self, arrays: Mapping[str, Any], dtype: Mapping[str, Any]) -> None:
        super().__init__(arrays)
        self.dtype = dict(dtype)

    @property
    def shape(self) -> tuple[int]:
        """The number of rows."""
        return (int(any_array(self).shape[0]),)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array, by name."""
        return {name: tuple(array.shape) for name, array in self.items()}

    def __getitem__(self, key: Any) -> Any:
        """Return an input by its name, or some rows of all inputs."""
        if isinstance(key, str):
            return super().__getitem__(key)
        return NamedArrays({name: array[key] for name, array in self.items()}, self.dtype)


def has_named_inputs(estimator: Any, X: Any) -> bool:
    """Return whether X is a dict of inputs, or a frame whose columns are assigned to inputs."""
    if isinstance(X, Mapping):
        return not scipy.sparse.issparse(X)  # a dok_array is both
    return getattr(estimator, "input_columns", None) is not None and hasattr(X, "columns")


def require_named_inputs(estimator: Any, X: Any) -> None:
    """Check that validated X has the inputs that ``input_columns`` assigns columns to."""
    if not isinstance(X.dtype, Mapping):
        raise InputError(
            f"input_columns={estimator.input_columns!r} assigns the columns of a data frame to the"
            " inputs of the model, and X has no columns with names. Give a data frame (a step"
            " before it in a Pipeline returns one after set_output(transform='pandas')), or a"
            " dict of arrays by input; or leave out input_columns."
        )


def any_array(X: Any) -> Any:
    """Return one of several inputs, to count its rows; anything else as it is."""
    if isinstance(X, Mapping) and not scipy.sparse.issparse(X):
        return next(iter(X.values()), X)
    return X


def validated_inputs(estimator: Any, X: Any, *, reset: bool) -> NamedArrays:
    """Return X as arrays by the names of inputs, each with a dtype of its own.

    Parameters
    ----------
    estimator : BaseWrapper
        Its ``input_columns`` assigns the columns of frames; ``n_features_in_`` is set on it.
    X : dict of str to array-like, or data frame
        Numbers, text, or categories. Missing numbers stay as NaN; infinite ones are refused.
    reset : bool
        Whether this is the X of a new fit; otherwise it must look like the first.

    Raises
    ------
    InputError
        A ``ValueError`` that names the input.
    """
    known = None if reset else _known(estimator, X)
    if isinstance(X, Mapping):
        parts: dict[str, Any] = dict(X)
        if not parts or not all(isinstance(name, str) for name in parts):
            raise InputError("X is a dict; its keys have to be the names of the model's inputs.")
    else:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        parts = _parts_of_frame(X, estimator.input_columns)
    arrays, dtypes = {}, {}
    for name, part in parts.items():
        expected = None if known is None else known.get(name)
        arrays[name], dtypes[name] = _array(part, f"X[{name!r}]", expected)
        if isinstance(expected, np.dtype):  # categories were compared when they became codes
            _check_kind(f"X[{name!r}]", arrays[name], expected)
    lengths = {name: array.shape[0] for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"The inputs in X differ in their number of rows: {lengths}.")
    if 0 in lengths.values():
        raise InputError("X has no rows; at least 1 is required.")
    found = NamedArrays(arrays, dtypes)
    if reset:
        if isinstance(X, Mapping):
            widths = [math.prod(shape[1:]) for shape in found.shapes.values()]
            estimator.n_features_in_ = sum(widths)
            vars(estimator).pop("feature_names_in_", None)
    else:
        _check_shapes(estimator, found)
    return found


def _known(estimator: Any, X: Any) -> dict[str, Any]:
    """Return the dtypes of the inputs in fit."""
    if not isinstance(estimator.X_dtype_, Mapping):
        raise InputError(
            f"X is a {type(X).__name__} of several inputs, and in fit it was one array of shape"
            f" {estimator.X_shape_}. Give the same kind of X."
        )
    return dict(estimator.X_dtype_)


def _check_kind(what: str, array: Any, expected: Any) -> None:
    """Check that text stays text, as backends cannot say which input is of another kind."""
    is_text, was_text = (dtype.kind in "USTO" for dtype in (array.dtype, expected))
    if is_text != was_text:
        kinds = ("text", "numbers") if is_text else ("numbers", "text")
        raise InputError(
            f"{what} has {kinds[0]}, and in fit it had {kinds[1]}. Give the same kind."
        )


def _check_shapes(estimator: Any, found: NamedArrays) -> None:
    expected = {name: shape[1:] for name, shape in estimator.X_shape_.items()}
    actual = {name: shape[1:] for name, shape in found.shapes.items()}
    if expected != actual:
        raise InputError(
            f"X has inputs with rows of the shapes {actual}, but this {type(estimator).__name__}"
            f" is expecting {expected}, as in fit."
        )


def _parts_of_frame(frame: Any, columns: Any) -> dict[str, Any]:
    """Return the parts of a frame by the names of the inputs."""
    names = list(frame.columns)
    if isinstance(columns, str) and columns == BY_NAME:
        columns = {name: [name] for name in names}
    if not isinstance(columns, Mapping) or not columns:
        raise ParameterError(
            f"input_columns is {columns!r}; it has to be {BY_NAME!r}, or a dict that has a column"
            " or a list of columns for the name of each input, or None."
        )
    lists = {name: _as_list(given, names, name) for name, given in columns.items()}
    missing = sorted({str(c) for c in (c for cs in lists.values() for c in cs) if c not in names})
    if missing:
        raise InputError(
            f"input_columns names {', '.join(missing)}, and X has the columns"
            f" {', '.join(map(str, names))}."
        )
    return {name: frame[columns] for name, columns in lists.items()}


def _as_list(given: Any, names: list[Any], name: str) -> list[Any]:
    """Return the columns of an input, of which there may be one; names may be numbers or tuples."""
    if np.isscalar(given) or (isinstance(given, tuple) and given in names):
        return [given]
    found = list(given) if isinstance(given, Iterable) else []
    if not found:
        raise ParameterError(
            f"input_columns has {given!r} for {name!r}; it has to be a column, or a list of columns"
            " with at least one of them."
        )
    return found


def _array(part: Any, what: str, expected: Any) -> tuple[Any, Any]:
    """Return one input as an array, and what describes its values."""
    if scipy.sparse.issparse(part):
        part = check_array(part, accept_sparse="csr", input_name=what)
        return canonical(part), part.dtype
    if hasattr(part, "columns"):
        return _of_columns(part, what, expected)
    if hasattr(part, "to_numpy"):
        return _of_columns(part.to_frame(), what, expected)
    try:
        return _of_values(np.asarray(part), what)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{what} has rows that differ in length. Give an array: pad sequences with"
            " keras.utils.pad_sequences."
        ) from error


def _of_columns(frame: Any, what: str, expected: Any) -> tuple[Any, Any]:
    dtypes = list(getattr(frame, "dtypes", ()))
    categories = [dtype for dtype in dtypes if _has_categories(dtype)]
    if not categories and not _has_categories(expected):
        array = frame.to_numpy()
        if array.dtype.kind == "O" and not any(hasattr(v, "encode") for v in array.flat):
            array = frame.to_numpy(dtype=np.float64, na_value=np.nan)  # nullable and mixed numbers
        return _of_values(array, what)
    if len(dtypes) > 1:
        raise InputError(
            f"{what} has several columns, and categories among them, whose codes mean nothing to"
            " each other. Assign each column of categories to an input of its own."
        )
    dtype = categories[0] if expected is None else expected
    if not _has_categories(dtype):  # in fit these were values
        return _of_values(np.asarray(frame), what)
    # Those of a Categorical of polars grow with the process.
    if np.ndim(getattr(dtype, "categories", 0)) == 0:
        raise InputError(
            f"{what} is a {dtype} column, which does not list its categories, so that their codes"
            " differ from one data frame to another. Cast it to an Enum of all categories."
        )
    column = frame.iloc[:, 0] if hasattr(frame, "iloc") else frame.to_series(0)
    codes = _codes(column, dtype)
    if (codes < 0).any():
        values = list(dict.fromkeys(np.asarray(column)[codes < 0].tolist()))[:5]
        raise InputError(
            f"{what} has values that are no categories of fit, or are missing: {values}. The"
            f" categories are {list(dtype.categories)[:10]}. Replace the values, or add a category"
            " for them before fit."
        )
    return codes.astype(np.int32).reshape(-1, 1), dtype


def _has_categories(dtype: Any) -> bool:
    # Before polars 1.31, a Categorical has no such attribute.
    return hasattr(dtype, "categories") or type(dtype).__name__ == "Categorical"


def _codes(column: Any, dtype: Any) -> Any:
    """Return the number of the category of each value; -1 for what is none."""
    if column.dtype == dtype and hasattr(column, "cat") and hasattr(column.cat, "codes"):
        return column.cat.codes.to_numpy()
    numbers = {value: code for code, value in enumerate(np.asarray(dtype.categories).tolist())}
    return np.array([numbers.get(value, -1) for value in np.asarray(column).tolist()], np.int32)


def _of_values(array: Any, what: str) -> tuple[Any, Any]:
    """Return numbers or text; refuse what is neither."""
    given = array.dtype
    if array.dtype.kind in "OT":
        array = _of_objects(array, what)
    if array.ndim == 0:
        raise InputError(f"{what} is a single value; it has to be an array with a row for each.")
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype.kind not in "biufUSO":
        raise InputError(
            f"{what} has dtype {given}, and layers take numbers or text. Convert dates and"
            " durations to numbers, for example to days since one of them."
        )
    if array.dtype.kind == "f" and np.isinf(array).any():
        raise InputError(f"{what} contains infinity. Replace it, or scale the column.")
    return array, array.dtype


def _of_objects(array: Any, what: str) -> Any:
    convert: Callable[[Any], Any] = np.float64
    # NumPy converts text of variable width to no other text.
    array = array.astype(object, copy=False)
    if any(isinstance(value, str) for value in array.flat):
        if not all(isinstance(value, str) for value in array.flat):
            raise InputError(
                f"{what} has text and other values, such as missing ones. Replace them by text."
            )
        convert = str
    try:
        return array.astype(convert)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{what} contains values that are neither numbers nor text: {error}."
        ) from error

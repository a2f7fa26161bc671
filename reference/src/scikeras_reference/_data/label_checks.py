"""Targets that cannot be read: labels that cannot be told apart, nullable dtypes, other types."""

import math
import numbers
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from scikeras_reference.exceptions import InputError, ParameterError, TargetTypeError

__all__ = [
    "check_choice",
    "check_labels",
    "of_fixed_width",
    "readable_target",
    "unknown_labels",
    "unsupported_target",
    "without_nullable_dtype",
]


def readable_target(y: Any, n_rows: int | None = None, *, numeric: bool) -> Any:
    """Return y in a form that scikit-learn reads, with the dtype of its values.

    Parameters
    ----------
    y : array-like
        As the user gave it.
    n_rows : int, default=None
        Number of rows of X, which tells a list of rows from one of several arrays.
    numeric : bool
        Whether it holds numbers to predict, and not labels.

    Raises
    ------
    InputError
        A ``ValueError``: one value, or a dict; missing labels; labels of several types.

    Examples
    --------
    >>> readable_target(["a", "b"], numeric=False)
    ['a', 'b']
    """
    if _is_no_array(y, n_rows):
        raise InputError(
            f"y is a {type(y).__name__}; it has to be an array with a row for each row of X. For a"
            " model with several outputs, give an array with a column for each, and override"
            " target_encoder in a subclass with a transformer that splits it into a list or a dict."
        )
    if _is_column_of_another_library(y):
        y = np.asarray(y)
    y = of_fixed_width(y)
    check_labels(y, mixed=not numeric)
    return without_nullable_dtype(y)


def of_fixed_width(labels: Any) -> Any:
    """Return labels of NumPy's text of variable width as other text; all others as they are.

    scikit-learn and Keras do not know it, and NumPy converts it to no other text directly.

    Raises
    ------
    InputError
        A ``ValueError`` that counts missing labels.
    """
    if getattr(getattr(labels, "dtype", None), "kind", "") != "T":
        return labels
    labels = labels.astype(object)
    check_labels(labels)
    return labels.astype(str)


def _is_no_array(y: Any, n_rows: int | None) -> bool:
    """Return whether y is a single value, or several arrays, in place of one."""
    if isinstance(y, (Mapping, AbstractSet, str, bytes)) or np.isscalar(y):
        return True
    if isinstance(y, (list, tuple)):
        several = any(len(getattr(part, "shape", ())) > 0 for part in y)
        return several and n_rows not in {None, len(y)}
    return getattr(y, "shape", None) == ()


def _is_column_of_another_library(y: Any) -> bool:
    """Return whether y is a series of polars or an array of Arrow, whose text may be missing."""
    return not isinstance(y, (list, tuple, np.ndarray)) and (
        hasattr(y, "null_count") and hasattr(y, "__array__")
    )


def without_nullable_dtype(y: Any) -> Any:
    """Return a pandas object of a nullable dtype as an array of the dtype of its values.

    scikit-learn would turn integers and booleans into floats. Everything else is returned as it is.

    Raises
    ------
    InputError
        A ``ValueError``, if a value is missing.
    """
    dtypes = getattr(y, "dtypes", None)
    if dtypes is None or not hasattr(y, "to_numpy") or not hasattr(y, "isna"):
        return y
    dtypes = [dtypes] if hasattr(dtypes, "kind") else list(dtypes)
    found = [getattr(dtype, "numpy_dtype", None) for dtype in dtypes]
    if not found or not all(isinstance(dtype, np.dtype) for dtype in found):
        return y
    missing = int(np.sum(np.asarray(y.isna())))
    if missing:
        raise _missing(missing, y)
    return y.to_numpy(dtype=np.result_type(*found))


def check_labels(y: Any, *, mixed: bool = True) -> None:
    """Check labels that are Python objects: none is missing, and all can be compared.

    Parameters
    ----------
    y : array-like
        As the user gave it. Arrays of numbers and of text are not looked at.
    mixed : bool, default=True
        Whether to refuse labels of several types.

    Raises
    ------
    InputError
        A ``ValueError`` that counts missing labels, or names the types.

    Examples
    --------
    >>> check_labels(["a", "b"])
    >>> check_labels([1, "b"])
    Traceback (most recent call last):
        ...
    scikeras_reference.exceptions.InputError: The labels of y are of several types: int, str. \
Convert them to one type, for example with y.astype(str).
    """
    values = _objects(y)
    if not values:
        return
    types = {type(value) for value in values}
    if any(_can_be_missing(cls) for cls in types):
        missing = sum(map(_is_missing, values))
        if missing:
            raise _missing(missing, y)
    if mixed and len({_family(cls) for cls in types}) > 1:
        names = ", ".join(sorted(cls.__name__ for cls in types))
        raise InputError(
            f"The labels of y are of several types: {names}. Convert them to one type, for example"
            " with y.astype(str)."
        )


def _objects(y: Any) -> list[Any]:
    """Return the labels in a list, or in an array or a series of objects."""
    if isinstance(y, (list, tuple)):
        flat = all(not isinstance(item, (list, tuple)) and np.ndim(item) == 0 for item in y)
        return list(y) if flat else []
    dtype = getattr(y, "dtype", None)
    is_object = dtype is not None and getattr(dtype, "kind", "") == "O"
    if not is_object or len(getattr(y, "shape", ())) not in {1, 2}:
        return []
    return list(np.asarray(y, dtype=object).reshape(-1))


def _can_be_missing(cls: type) -> bool:
    return cls is type(None) or cls.__name__ in {"NAType", "NaTType"} or issubclass(cls, float)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)


def _family(cls: type) -> str:
    """Return which other types the values of a type can be sorted with."""
    if issubclass(cls, (numbers.Number, np.generic)) and not issubclass(cls, (str, bytes)):
        return "number"
    return "str" if issubclass(cls, str) else cls.__name__


def _missing(count: int, y: Any) -> InputError:
    return InputError(
        f"Input y contains NaN: y holds missing labels (None, NaN or NA) in {count} of"
        f" {len(y)} rows. Leave these rows out, or give them a label of their own."
    )


def check_choice(name: str, value: Any, choices: Sequence[Any]) -> None:
    """Refuse a value of an encoder's parameter that is none of `choices`.

    Raises
    ------
    ParameterError
        A ``ValueError`` with the name of the parameter.
    """
    if value not in choices:
        raise ParameterError(
            f"{name} is {value!r}; it has to be one of {', '.join(map(repr, choices))}."
        )


def unknown_labels(y: Any, classes: Any) -> InputError:
    """Return the error for a y that is no column of labels, or has labels that are no `classes`."""
    if y.size != len(y):
        return InputError(
            f"y has shape {y.shape}, and the y of fit was one column of labels. Give labels; those"
            " of one-hot rows are classes_[y.argmax(axis=1)]."
        )
    return InputError(
        f"Found unknown categories {np.setdiff1d(y.reshape(-1), classes).tolist()} in y; the"
        f" classes are {classes.tolist()}. Give all classes to the first call, as"
        " partial_fit(X, y, classes=...), or fit anew."
    )


def unsupported_target(kind: str, y: Any) -> TargetTypeError:
    """Return the error for a target `y` of a type that an encoder does not support."""
    if y.ndim > 2:
        return TargetTypeError(
            f"Unknown label type: {kind}. y has {y.ndim} dimensions, and classifiers and"
            " regressors take one or two. BaseWrapper takes a target of any shape, such as"
            " sequences, images and masks, as the model returns it; or override target_encoder in"
            " a subclass with a transformer that encodes and decodes it."
        )
    more = " To predict numbers, use KerasRegressor." if kind.startswith("continuous") else ""
    if y.dtype.kind == "O" and kind == "unknown":
        types = ", ".join(sorted({type(value).__name__ for value in y.flat}))
        more = (
            f" y is an array of Python objects ({types}). Convert it to one type of label, for"
            " example with y.astype(str) or y.astype(int)."
        )
    return TargetTypeError(
        f"Unknown label type: {kind}. This wrapper does not support a target of type {kind}.{more}"
        " To add support, override target_encoder in a subclass with a transformer that"
        " understands this type."
    )

"""Labels that cannot be told apart, and those of nullable dtypes."""

import math
import numbers
from typing import Any

import numpy as np

from scikeras_reference.exceptions import InputError

__all__ = ["check_labels", "without_nullable_dtype"]


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

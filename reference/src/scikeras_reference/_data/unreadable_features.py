"""Why X cannot be read as an array of numbers, and what to do about it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from scikeras_reference.exceptions import InputError

__all__ = [
    "check_columns",
    "check_container",
    "explained",
    "name_columns",
    "non_numeric",
    "text_in_features",
]

_SPLIT = (
    "give a dict of arrays, by the names of the inputs, and Rows(dict) of"
    " scikeras_reference.utils.data to a search; or one array, with a feature_encoder of your own"
    " that splits it into the inputs of the model."
)
_ARRAY_PROTOCOLS = ("shape", "__array__", "__array_interface__", "__dataframe__", "__dlpack__")


def check_container(X: Any, n_rows: int | None = None) -> None:
    """Check that X is one array, or something that can be converted to one.

    Parameters
    ----------
    X : object
        As the user gave it.
    n_rows : int, default=None
        Number of rows of y, if there is a y.

    Raises
    ------
    InputError
        A ``ValueError`` that names the type: a list of several inputs, text, or a list of batches.
    """
    if X is None:
        raise InputError("X is None. Give an array with one row for each sample.")
    if isinstance(X, (str, bytes)):
        raise InputError(f"X is a single {type(X).__name__}. Give an array with one row for each.")
    if any(hasattr(X, protocol) for protocol in _ARRAY_PROTOCOLS):
        return
    if isinstance(X, Sequence):
        if _are_batches(X):
            raise InputError(
                f"X is a {type(X).__name__} of {len(X)} batches. A search or a split takes a data"
                " set apart by batches, not by rows: wrap it before, as"
                " scikeras_reference.utils.data.Rows(dataset), and give its targets() as y. To fit"
                " to a list of batches, give iter(batches), or a function that returns it."
            )
        if isinstance(X, (list, tuple)) and _are_inputs(X, n_rows):
            raise InputError(
                f"X is a {type(X).__name__} of {len(X)} arrays with {len(X[0])} rows each, as for"
                f" a model with several inputs. Instead, {_SPLIT}"
            )
        return
    if hasattr(X, "__iter__") or hasattr(X, "__next__") or hasattr(X, "__getitem__"):
        raise InputError(
            f"X is a {type(X).__name__}, which is neither an array nor a source of batches. Give"
            " an array; a data set, loader or generator that yields batches (X, y), as"
            " DataLoader(X, batch_size=32) does for a Dataset of PyTorch; or, for what can be"
            " indexed by rows, scikeras_reference.utils.data.Rows."
        )


def check_columns(X: Any) -> None:
    """Check that a frame of polars has no dates, which it would convert to numbers silently.

    Raises
    ------
    InputError
        A ``ValueError`` that names the columns.
    """
    if not hasattr(X, "dtypes") or hasattr(X, "iloc"):
        return
    if any(getattr(dtype, "is_temporal", bool)() for dtype in X.dtypes):
        raise non_numeric(X, TypeError("dates and durations are no numbers"))


def _are_batches(X: Any) -> bool:
    """Return whether a list holds pairs or triples that begin with an array of rows."""
    return bool(X) and all(
        type(item) is tuple and 2 <= len(item) <= 3 and len(getattr(item[0], "shape", ())) >= 2
        for item in X
    )


def _are_inputs(X: Any, n_rows: int | None) -> bool:
    """Return whether a list holds several inputs, as opposed to samples."""
    arrays = [item for item in X if len(getattr(item, "shape", ())) >= 2]
    if not X or len(arrays) < len(X):
        return False
    lengths = {array.shape[0] for array in arrays}
    if len(lengths) > 1:
        return False
    widths = {tuple(array.shape[1:]) for array in arrays}
    (length,) = lengths
    return len(widths) > 1 or (n_rows is not None and len(X) != n_rows and length == n_rows)


def explained(X: Any, error: Exception) -> InputError | None:
    """Return a clearer error for what scikit-learn or NumPy said of X; None if it was clear."""
    columns = name_columns(X)
    if columns:
        return non_numeric(X, error)
    text = str(error)
    if "inhomogeneous" in text or "with a sequence" in text or _holds_sequences(X):
        return InputError(
            "The rows of X differ in length, or hold arrays instead of numbers. Give an array with"
            " rows of one length: pad sequences with keras.utils.pad_sequences, and stack arrays"
            " with np.stack. For a model with several inputs: " + _SPLIT
        )
    if _holds_text(X):
        return text_in_features(error)
    return None


def text_in_features(reason: object) -> InputError:
    """Return the error for an array of text, with what is known besides."""
    return InputError(
        f"X contains text ({reason}). X is read as numbers before feature_encoder is called;"
        " turn text into numbers before the wrapper: in a Pipeline (TfidfVectorizer,"
        " OrdinalEncoder in a ColumnTransformer). On TensorFlow, layers like TextVectorization"
        " take text as an input by name: give a dict of arrays, or input_columns and a frame."
    )


def non_numeric(X: Any, error: Exception) -> InputError:
    """Return the error for values that are no numbers; it names the columns of a data frame."""
    return InputError(f"X contains non-numeric values{name_columns(X)}: {error}. {_REMEDY}")


_REMEDY = (
    "Layers take numbers; encode text and categories before, for example with a ColumnTransformer"
    " in a Pipeline, and convert dates and durations to numbers, for example to days."
)


def name_columns(X: Any) -> str:
    """Return the columns of a data frame that are no numbers, with their dtypes, for an error."""
    if not hasattr(X, "columns") or not hasattr(X, "dtypes"):
        return ""
    found = []
    for position, (name, dtype) in enumerate(zip(X.columns, X.dtypes, strict=True)):
        column = X.iloc[:, position] if hasattr(X, "iloc") else X[name]
        if not _is_numeric(np.asarray(column)):
            found.append(f"{name!r} ({dtype})")
    if not found:
        return ""
    more = f" and {len(found) - 10} more" if len(found) > 10 else ""
    return f" in column{'s' if len(found) > 1 else ''} {', '.join(found[:10])}{more}"


def _is_numeric(column: Any) -> bool:
    if column.dtype.kind != "O":
        return column.dtype.kind in "biufc"
    try:
        column.astype(np.float64)
    except (TypeError, ValueError):
        # A missing value is reported as such.
        return all(type(value).__name__ == "NAType" or _is_number(value) for value in column)
    return True


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _as_objects(X: Any) -> Any:
    try:
        return np.asarray(X, dtype=object)
    except ValueError:
        return np.empty(0, dtype=object)


def _holds_text(X: Any) -> bool:
    dtype = getattr(X, "dtype", None)
    if getattr(dtype, "kind", "") in {"U", "S", "T"}:
        return True
    values = _as_objects(X).reshape(-1)
    return any(isinstance(value, (str, bytes)) and not _is_number(value) for value in values)


def _holds_sequences(X: Any) -> bool:
    values = _as_objects(X)
    return values.ndim == 1 and any(isinstance(v, (list, tuple, np.ndarray)) for v in values)

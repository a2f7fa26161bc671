"""Rows to validate on, chosen by a splitter or a callable given as ``validation_split``."""

import copy
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from scikeras_reference.exceptions import InputError, ParameterError

__all__ = ["chosen_rows", "hold_out"]

Rows = tuple[Any, Any]


def chosen_rows(splitter: Any, X: Any, y: Any, groups: Any) -> Rows:
    """Return the positions of the rows to train on, and of those to validate on.

    Parameters
    ----------
    splitter : splitter of scikit-learn, or callable
        Of a splitter, the last split is taken: for ``KFold`` these are the last rows, as with a
        number, and for ``TimeSeriesSplit`` all earlier rows are trained on. A callable takes X and
        y, and ``groups=`` if there are any, and returns both arrays of positions or masks.
    X, y : ndarray
        Validated; y is in the user's own labels.
    groups : array-like of shape (n_samples,) or None
        As for ``fit``.

    Returns
    -------
    tuple of ndarray of int
        Train, validation.

    Raises
    ------
    InputError
        A ``ValueError``, if the splitter cannot split the data.
    ParameterError
        A ``ValueError``, for positions that overlap, that are not there, or that are none.

    Examples
    --------
    >>> from sklearn.model_selection import TimeSeriesSplit
    >>> train, validation = chosen_rows(TimeSeriesSplit(3), np.zeros((8, 1)), None, None)
    >>> train.tolist(), validation.tolist()
    ([0, 1, 2, 3, 4, 5], [6, 7])
    """
    n_rows = X.shape[0]  # the length of several inputs is their number, and a sparse X has none
    if groups is not None and len(groups) != n_rows:
        raise InputError(f"groups has {len(groups)} entries, but X has {n_rows} rows.")
    splitter = copy.deepcopy(splitter)  # a generator of random numbers in it is the caller's
    try:
        if hasattr(splitter, "split"):
            *_, rows = splitter.split(X, y, groups)
        else:
            rows = splitter(X, y) if groups is None else splitter(X, y, groups=groups)
    except Exception as error:
        error.add_note(
            f"validation_split={splitter!r} could not choose rows of X and y"
            + (". Splitters by groups need fit(groups=...)." if groups is None else ".")
        )
        raise
    if not isinstance(rows, (tuple, list, np.ndarray)) or len(rows) != 2:
        number = f" of {len(rows)} items" if hasattr(rows, "__len__") else ""
        raise ParameterError(
            f"validation_split={splitter!r} returned a {type(rows).__name__}{number}; it has to"
            " return two arrays of positions, to train on and to validate on."
        )
    train, validation = (_positions(part, n_rows) for part in rows)
    if np.intersect1d(train, validation).size:
        raise ParameterError(
            f"validation_split={splitter!r} validates on rows that are trained on. The two arrays"
            " of positions must have nothing in common."
        )
    return train, validation


def hold_out(
    rows: Rows,
    features: Any,
    target: Any,
    weights: Any,
    by_class: Any,
    arguments: Mapping[str, Any],
) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
    """Move the rows to validate on from the training data to ``validation_data``.

    Parameters
    ----------
    rows : tuple of ndarray of int
        As `chosen_rows` returns them.
    features, target : array, or list or dict of arrays
        Encoded X and y.
    weights, by_class : ndarray of shape (n_samples,) or None
        Weights of the rows, which count in validation too, and of their classes, which do not.
    arguments : mapping of str to object
        Those of ``Model.fit``.

    Returns
    -------
    features, target, weights, by_class, arguments
        Those of the rows to train on, validation data among the arguments.
    """

    def part(data: Any, positions: Any) -> Any:
        return keras.tree.map_structure(lambda a: None if a is None else a[positions], data)

    train, validation = rows
    held_out = [part(data, validation) for data in (features, target)]
    if weights is not None:
        held_out.append(weights[validation])
    changed = {**arguments, "validation_split": 0.0, "validation_data": tuple(held_out)}
    trained = (part(data, train) for data in (features, target, weights, by_class))
    return (*trained, changed)


def _positions(part: Any, n_samples: int) -> Any:
    array = np.asarray(part)
    if array.dtype == bool and array.shape == (n_samples,):
        array = np.flatnonzero(array)
    right = array.ndim == 1 and array.size and array.dtype.kind in "iu"
    if not right or array.min() < 0 or array.max() >= n_samples:
        raise ParameterError(
            f"validation_split returned {part!r} for {n_samples} rows; it has to return two arrays"
            " of positions, to train on and to validate on, from 0 to below the number of rows."
        )
    return array

"""The rows that ``validation_split`` takes from the end of the data."""

import math
import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from scikeras_reference._data.class_weights import times_class_weights
from scikeras_reference.exceptions import ValidationSplitWarning

__all__ = ["class_weighted", "training_rows", "warn_of_classes_without_rows"]


def training_rows(arguments: Mapping[str, Any], n_samples: int) -> int:
    """Return how many rows, from the first on, Keras trains on.

    Parameters
    ----------
    arguments : mapping of str to object
        Those of ``Model.fit``. Validation data wins over ``validation_split``, as in Keras.
    n_samples : int
        Number of rows.

    Examples
    --------
    >>> training_rows({"validation_split": 0.3}, 5)
    3
    """
    split = arguments.get("validation_split")
    if not split or arguments.get("validation_data") is not None:
        return n_samples
    cut = math.floor(n_samples * (1.0 - split))
    return cut if 0 < cut < n_samples else n_samples  # Keras refuses to validate on all or no rows


def class_weighted(
    features: Any, target: Any, weights: Any, by_class: Any, arguments: Mapping[str, Any]
) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Apply class weights to the rows that are trained on, and to no others.

    Keras cuts sample weights together with the rows, and would validate with class weights that
    were multiplied into them before. So rows are cut here, in the same place.

    Parameters
    ----------
    features, target : array, or list or dict of arrays
        Encoded X and y.
    weights : ndarray of shape (n_samples,) or None
        Sample weights, which do count in validation.
    by_class : ndarray of shape (n_samples,)
        The weight of the class of each row.
    arguments : mapping of str to object
        Those of ``Model.fit``.

    Returns
    -------
    features, target, weights, arguments
        What to train on, validation data among the arguments.
    """
    n_samples = len(by_class)
    cut = training_rows(arguments, n_samples)
    product = times_class_weights(weights, by_class)
    if cut == n_samples:
        return features, target, product, dict(arguments)

    def part(data: Any, rows: slice) -> Any:
        return keras.tree.map_structure(lambda a: None if a is None else a[rows], data)

    held_out = [part(data, slice(cut, None)) for data in (features, target)]
    if weights is not None:
        held_out.append(weights[cut:])
    rest = {**arguments, "validation_split": 0.0, "validation_data": tuple(held_out)}
    first = slice(0, cut)
    return part(features, first), part(target, first), product[first], rest


def warn_of_classes_without_rows(y: Any, present: Any, cut: int) -> None:
    """Warn if ``validation_split`` takes every row of a class.

    Parameters
    ----------
    y : ndarray of shape (n_samples,), (n_samples, 1) or (n_samples, n_labels)
        Labels, or an indicator.
    present : object
        The value that marks a label of an indicator; None if `y` holds labels.
    cut : int
        Number of rows that are trained on.
    """
    if cut == len(y):
        return
    if present is None:
        lost = np.setdiff1d(y[cut:], y[:cut])
    else:
        marked = y == present
        lost = np.flatnonzero(marked[cut:].any(axis=0) & ~marked[:cut].any(axis=0))
    if lost.size:
        warnings.warn(
            f"validation_split takes {len(y) - cut} of {len(y)} rows, and with them every"
            f" row of {'the classes' if lost.size > 1 else 'the class'}"
            f" {', '.join(map(repr, lost.tolist()))}, so that the model cannot learn"
            f" {'them' if lost.size > 1 else 'it'}. Give a splitter that keeps some of each class,"
            " validation_split=StratifiedKFold(5), or split the rows yourself"
            " (train_test_split(..., stratify=y)) and pass X_val and y_val.",
            ValidationSplitWarning,
            stacklevel=2,
        )

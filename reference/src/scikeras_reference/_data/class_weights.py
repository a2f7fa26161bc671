"""Class weights as weights of rows.

Class weights are by label here, and by class number in Keras; so Keras gets weights of rows.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from scikeras_reference._data.float_range import check_float_range
from scikeras_reference.exceptions import ParameterError

__all__ = ["times_class_weights", "weights_by_class"]


def weights_by_class(class_weight: Any, y: Any, high: Any = None, labels: Any = None) -> Any:
    """Return the weight of the class of each row.

    Parameters
    ----------
    class_weight : dict, "balanced" or list of dict
        Weights by label, or by column for indicators.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels, or an indicator.
    high : object, default=None
        The value that marks a label in an indicator whose rows have exactly one label each, so
        that the column of the label is its class. None for every other `y`.
    labels : array-like, default=None
        All labels, or all values of an indicator: `y` may be a batch that lacks some of them. By
        default those in `y`.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ParameterError
        A ``ValueError``, if a weight is no finite number from zero up, or if the weights do not
        fit `y`.

    Examples
    --------
    >>> weights_by_class({"no": 1, "yes": 3}, np.array(["no", "yes", "no"]))
    array([1., 3., 1.])
    >>> weights_by_class({0: 1, 1: 3}, np.array([[1, 0], [0, 1]]), high=1)
    array([1., 3.])
    >>> weights_by_class({"a": 2}, np.array(["b"]), labels=["a", "b"])
    array([1.])
    """
    for weights in class_weight if isinstance(class_weight, (list, tuple)) else [class_weight]:
        if isinstance(weights, Mapping):
            _check_values(weights, class_weight)
    if high is not None and not isinstance(class_weight, (list, tuple)):
        labels, y = range(y.shape[1]), np.argmax(y == high, axis=1)
    rows = len(y)
    if labels is not None and _are_fixed(class_weight):
        # scikit-learn refuses weights of labels that it does not see, if others have none.
        y = np.concatenate([y, _row_of_each(labels, y)])
    try:
        found = compute_sample_weight(class_weight, y)[:rows]
    except (ValueError, TypeError) as error:
        raise ParameterError(
            f"class_weight={class_weight!r} does not fit y: {error}. Use a dict by label"
            ' ("balanced" computes one); for indicators with one label in each row, a dict by'
            " column; and for several labels in a row, a list with a dict for each column."
        ) from error
    check_float_range(found, "class_weight")
    return found


def times_class_weights(weights: Any, by_class: Any) -> Any:
    """Return the weights of rows times those of their classes; `weights` may be None.

    Raises
    ------
    InputError
        A ``ValueError``, if Keras's floats cannot hold the products.

    Examples
    --------
    >>> times_class_weights(np.array([1.0, 2.0]), np.array([3.0, 1.0]))
    array([3., 2.])
    """
    if weights is None:
        return by_class
    product = weights * by_class
    check_float_range(product, "sample_weight times class_weight")
    return product


def _are_fixed(class_weight: Any) -> bool:
    """Return whether the weights do not depend on how often a label comes."""
    parts = class_weight if isinstance(class_weight, (list, tuple)) else [class_weight]
    return all(isinstance(part, Mapping) for part in parts)


def _row_of_each(labels: Any, y: Any) -> Any:
    """Return a row for each label, with the trailing shape of `y`."""
    labels = np.asarray(labels)
    column = labels.reshape(-1, *(1 for _ in y.shape[1:]))
    return np.broadcast_to(column, (len(labels), *y.shape[1:]))


def _check_values(weights: Mapping[Any, Any], class_weight: Any) -> None:
    for label, weight in weights.items():
        try:
            number = float(weight)
        except (TypeError, ValueError):
            number = np.nan
        if not (np.isfinite(number) and number >= 0):
            raise ParameterError(
                f"class_weight={class_weight!r} has the weight {weight!r} for {label!r}. A weight"
                " has to be a finite number, 0 or more."
            )

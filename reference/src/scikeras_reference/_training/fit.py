"""The one call of ``Model.fit``."""

from collections.abc import Mapping
from typing import Any

from scikeras_reference._training import sharing

__all__ = ["fit"]


def fit(model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]) -> Any:
    """Train a model, with a shared step where that gives the same bits.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    x, y : ndarray, or list or dict of them
        Features and target; `y` may be None.
    weights : ndarray or None
        Weights of the rows.
    arguments : mapping of str to object
        Further keyword arguments of ``Model.fit``.

    Returns
    -------
    keras.callbacks.History
        What ``model.fit(x, y, sample_weight=weights, **arguments)`` returns.
    """
    shared_steps = sharing.shared_steps()
    if shared_steps is None:
        return model.fit(x=x, y=y, sample_weight=weights, **arguments)
    return shared_steps.fit(model, x, y, weights, arguments)

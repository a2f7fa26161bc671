"""Whether models share their traced steps, and why not.

Searches are fast because models of equal structure share a traced training step. Where that is not
possible, Keras trains as ever; a line on the logger ``scikeras_reference.shared_steps``, at the
level INFO, says why, and `explain` returns the same reason.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scikeras_reference._training import fit as training
from scikeras_reference._training.fit_counts import FitCounts, counting

__all__ = ["FitCounts", "available", "count_fits", "explain"]

_LOGGER = logging.getLogger(__name__)


def available() -> bool:
    """Return whether models can share steps in this process.

    It takes a backend and versions that were checked, and an environment variable that does not
    turn sharing off. `explain` gives the reason for a model.

    Returns
    -------
    bool
        Whether there is no general obstacle.

    Raises
    ------
    ParameterError
        If ``SCIKERAS_REFERENCE_SHARED_STEPS`` is neither 0 nor 1.
    """
    return training.is_available()


def explain(model: Any) -> str | None:
    """Return why a model does not share its steps.

    Parameters
    ----------
    model : keras.Model or estimator
        A model, or a fitted estimator, whose ``model_`` is taken.

    Returns
    -------
    str or None
        The reason, or None if the model shares its steps.

    Raises
    ------
    ParameterError
        If ``SCIKERAS_REFERENCE_SHARED_STEPS`` is neither 0 nor 1.

    Examples
    --------
    >>> import keras
    >>> from scikeras_reference.shared_steps import explain
    >>> class Mine(keras.Model):
    ...     pass
    >>> isinstance(explain(Mine()), str)
    True
    """
    return training.explain(getattr(model, "model_", model))


@contextmanager
def count_fits() -> Iterator[FitCounts]:
    """Count the fits of a block that shared their steps, and those that did not, with reasons.

    At the end of the block, the counts are logged in one line, at the level INFO. Only fits of this
    process are seen, in any of its threads; with ``n_jobs`` above 1, those of worker processes are
    not.

    Yields
    ------
    FitCounts
        It has the attributes `fits`, `shared` and `reasons`, and ``str`` makes the line.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from scikeras_reference import KerasRegressor
    >>> from scikeras_reference.shared_steps import count_fits
    >>> def build():
    ...     return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> X, y = np.eye(2), np.array([0.5, 1.5])
    >>> with count_fits() as counts:
    ...     for rate in (0.1, 0.01):
    ...         fitted = KerasRegressor(
    ...             build, loss="mse", optimizer="sgd", optimizer__learning_rate=rate, verbose=0
    ...         ).fit(X, y)
    >>> counts.fits
    2
    """
    with counting() as counts:
        try:
            yield counts
        finally:
            _LOGGER.info("%s", counts)

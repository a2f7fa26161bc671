"""Whether models share their traced steps, and why not.

Searches are fast because models of equal structure share a traced training step. Where that is not
possible, Keras trains as ever; a line on the logger ``scikeras_reference.shared_steps``, at the
level INFO, says why, and `explain` returns the same reason.
"""

from typing import Any

from scikeras_reference._training import fit as training

__all__ = ["available", "explain"]


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

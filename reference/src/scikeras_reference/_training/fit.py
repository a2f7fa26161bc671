"""The one call of ``Model.fit``, and the way to the shared steps, which are optional.

No other module imports `scikeras_reference._shared_steps`. Whatever goes wrong while it is imported
means that nothing is shared.
"""

import functools
import logging
import os
from collections.abc import Mapping
from typing import Any

from scikeras_reference.exceptions import ParameterError

__all__ = ["SETTING", "explain", "fit", "is_available", "shared_steps"]

SETTING = "SCIKERAS_REFERENCE_SHARED_STEPS"
"""The environment variable that turns sharing off."""

_LOGGER = logging.getLogger("scikeras_reference.shared_steps")


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
    package = shared_steps()
    if package is None:
        return model.fit(x=x, y=y, sample_weight=weights, **arguments)
    return package.fit(model, x, y, weights, arguments)


def shared_steps() -> Any:
    """Return the package of shared steps; None if it is turned off or cannot be imported."""
    package, reason = _found()
    if package is None:
        _log_once(reason)
    return package


def is_available() -> bool:
    """Return whether models can share steps in this process; see `explain` for the reason."""
    package, _ = _found()
    return package is not None and bool(package.available())


def explain(model: Any) -> str | None:
    """Return why a model does not share its steps, or None if it does."""
    package, reason = _found()
    return reason if package is None else package.explain(model)


def _found() -> tuple[Any, str | None]:
    """Return the package, or None and the reason why it is not used."""
    value = os.environ.get(SETTING, "1")
    if value not in {"0", "1"}:
        raise ParameterError(
            f"The environment variable {SETTING} is {value!r}; it has to be 1 (models of equal"
            " structure share their traced steps) or 0 (they do not)."
        )
    return _imported() if value == "1" else (None, f"sharing is turned off by {SETTING}=0")


@functools.cache
def _imported() -> tuple[Any, str | None]:
    """Return the package, or None and the reason; imported when it is needed first."""
    try:
        from scikeras_reference import _shared_steps
    except Exception as error:  # whatever Keras lacks, it costs speed and nothing else
        return None, f"shared steps cannot be imported ({type(error).__name__}: {error})"
    return _shared_steps, None


@functools.cache
def _log_once(reason: str | None) -> None:
    _LOGGER.info("no model shares its steps: %s", reason)

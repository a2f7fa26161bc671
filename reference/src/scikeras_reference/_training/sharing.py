"""The way to the shared steps, an optional part that makes training faster and changes nothing.

No other module imports `scikeras_reference._shared_steps`. Whatever goes wrong while it is imported
means that nothing is shared.
"""

import functools
import logging
from typing import Any

__all__ = ["explain", "is_available", "shared_steps"]

_LOGGER = logging.getLogger("scikeras_reference.shared_steps")


def shared_steps() -> Any:
    """Return the package of shared steps, or None if it cannot be imported."""
    return _imported()[0]


def is_available() -> bool:
    """Return whether models can share steps in this process; see `explain` for the reason."""
    package, _ = _imported()
    return package is not None and bool(package.available())


def explain(model: Any) -> str | None:
    """Return why a model does not share its steps, or None if it does."""
    package, reason = _imported()
    return reason if package is None else package.explain(model)


@functools.cache
def _imported() -> tuple[Any, str | None]:
    """Return the package, or None and the reason; imported when it is needed first."""
    try:
        from scikeras_reference import _shared_steps
    except Exception as error:  # whatever Keras lacks, it costs speed and nothing else
        reason = f"shared steps cannot be imported ({type(error).__name__}: {error})"
        _LOGGER.info("no model shares its steps: %s", reason)
        return None, reason
    return _shared_steps, None

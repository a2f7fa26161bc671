"""Why a model does not share its steps: the error, the log, and what `explain` repeats.

One line is logged for each model class and reason, on the logger `LOGGER`, at the level INFO.
"""

import logging
import threading
import weakref
from collections.abc import Collection
from contextlib import suppress
from typing import Any

__all__ = [
    "KINDS",
    "LOGGER",
    "NotSharedError",
    "accept",
    "class_name",
    "reason_for",
    "refuse",
    "remembered",
]

LOGGER = logging.getLogger("scikeras_reference.shared_steps")
KINDS = ("train", "test", "predict")
"""Kinds of steps."""
MAX_LOGGED = 1000
"""Pairs of class and reason that are remembered, so that none of them is logged twice."""

_logged: set[tuple[str, str]] = set()
_reasons: "weakref.WeakKeyDictionary[Any, dict[str, str]]" = weakref.WeakKeyDictionary()
_lock = threading.Lock()


class NotSharedError(Exception):
    """Raised where a step cannot be shared; its message is the reason. Users never see it."""


def refuse(model: Any, kind: str, error: BaseException) -> None:
    """Log and remember why a model does not share its step of that kind.

    Parameters
    ----------
    model : keras.Model
        The model, which is trained or evaluated by Keras alone.
    kind : str
        ``"train"``, ``"test"`` or ``"predict"``.
    error : Exception
        A `NotSharedError`, or any error raised while sharing was prepared.
    """
    reason = reason_for(error)
    name = class_name(type(model))
    with _lock:
        with suppress(TypeError):  # a class of the user's own may not be hashable
            _reasons.setdefault(model, {})[kind] = reason
        known = (name, reason) in _logged
        if not known:
            if len(_logged) >= MAX_LOGGED:
                _logged.clear()
            _logged.add((name, reason))
    if not known:
        LOGGER.info("%s does not share its steps: %s", name, reason)


def accept(model: Any, kind: str) -> None:
    """Forget why a model did not share its step of that kind: now it does."""
    with _lock, suppress(TypeError):
        _reasons.get(model, {}).pop(kind, None)


def remembered(model: Any, kinds: Collection[str] = KINDS) -> str | None:
    """Return the reason that was given for steps of these kinds of a model, if there is one."""
    with _lock, suppress(TypeError):
        reasons = _reasons.get(model, {})
        return next((reason for kind, reason in reasons.items() if kind in kinds), None)
    return None


def reason_for(error: BaseException) -> str:
    """Return the reason that an error stands for.

    >>> reason_for(NotSharedError("the layer Mine overrides call"))
    'the layer Mine overrides call'
    >>> reason_for(KeyError("moved"))
    "Keras could not be inspected (KeyError: 'moved')"
    """
    if isinstance(error, NotSharedError):
        return str(error)
    return f"Keras could not be inspected ({type(error).__name__}: {error})"


def class_name(cls: type) -> str:
    """Return the name of a class as a reader knows it: short for Keras's own.

    >>> class_name(int), class_name(NotSharedError)
    ('int', 'scikeras_reference._shared_steps.refusal_log.NotSharedError')
    """
    if cls.__module__ == "builtins" or cls.__module__.startswith("keras."):
        return cls.__qualname__
    return f"{cls.__module__}.{cls.__qualname__}"

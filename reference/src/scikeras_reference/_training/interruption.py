"""What is left of a training that is interrupted (clause HYG-7)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scikeras_reference._training.arguments import extend_history

__all__ = ["finished_epochs"]


@contextmanager
def finished_epochs(model: Any, history: dict[str, list[Any]]) -> Iterator[None]:
    """Record the epochs that were finished, if the block is interrupted while it trains `model`.

    An interrupt is an exception that is no ``Exception``: ``KeyboardInterrupt``, ``SystemExit``.

    Parameters
    ----------
    model : keras.Model
        Keras keeps the logs of finished epochs in its ``history``.
    history : dict of str to list
        Extended by these logs.
    """
    before = getattr(model, "history", None)
    try:
        yield
    except Exception:
        raise
    except BaseException:
        after = getattr(model, "history", None)
        if after is not None and after is not before:
            extend_history(history, after.history)
        raise

"""Stops a check, or the import of a subject, that does not come to an end."""

import faulthandler
import os
import signal
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import ClassVar, NoReturn

from scikeras_conformance.exceptions import TimeUp
from scikeras_conformance.runner import post_mortem

__all__ = ["DEFAULT_LIMIT", "TimeUp", "grace_of", "scaled", "time_limit"]

DEFAULT_LIMIT = 120.0
"""Seconds; some hundred times what a check takes, so that a slow machine is no reason."""


class _Active:
    """The limit that holds in this process now."""

    limit: ClassVar[float] = DEFAULT_LIMIT


MIN_GRACE = 2.0
REPEAT_SECONDS = 1.0


def grace_of(seconds: float) -> float:
    """Return how long a block may take to react to the end of its time, in seconds."""
    return max(MIN_GRACE, seconds / 4)


def scaled(seconds: float) -> float:
    """Return a time that a check waits for something, longer where the check itself has longer."""
    return seconds * max(1.0, _Active.limit / DEFAULT_LIMIT)


@contextmanager
def time_limit(seconds: float, *, kill: bool = False) -> Iterator[None]:
    """Raise `TimeUp` in a block that takes too long.

    Parameters
    ----------
    seconds : float
        How long the block may take. A time that is not positive means without end.
    kill : bool, default=False
        Whether to end the process if the block does not even react to that, because it is stuck
        in code that is not Python.
    """
    usable = hasattr(signal, "SIGALRM") and threading.current_thread() is threading.main_thread()
    if seconds <= 0:
        yield
        return
    if kill:
        # A thread of C, which needs nothing of what the block may hold or have replaced.
        # Between two signals, so that it shows where the block was and not the handler below.
        end = seconds + grace_of(seconds) + REPEAT_SECONDS / 2
        faulthandler.dump_traceback_later(end, exit=True, file=post_mortem.file_of_this_process())
    before = signal.signal(signal.SIGALRM, _raise(seconds)) if usable else None
    if usable:
        # Again and again: a bare "except:" in a loop would swallow a single one.
        signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    outer, _Active.limit = _Active.limit, seconds
    try:
        yield
    finally:
        _Active.limit = outer
        if usable:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        if kill:
            faulthandler.cancel_dump_traceback_later()


def _raise(seconds: float) -> "signal._HANDLER":
    process = os.getpid()

    def handler(_number: int, frame: FrameType | None) -> NoReturn:
        if os.getpid() != process:  # a child that the subject forked
            os._exit(1)
        place = "".join(traceback.format_stack(frame, limit=1)).strip() if frame else "?"
        raise TimeUp(f"was stopped after {seconds:g} s, in {' '.join(place.split())}")

    return handler

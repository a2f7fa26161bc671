"""Stops a check, or the import of a subject, that does not come to an end."""

import faulthandler
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

__all__ = ["DEFAULT_LIMIT", "TimeUp", "time_limit"]

DEFAULT_LIMIT = 120.0
"""Seconds; some hundred times what a check takes, so that a slow machine is no reason."""

GRACE_SECONDS = 10.0
REPEAT_SECONDS = 1.0


class TimeUp(BaseException):
    """The time is up; no ``except Exception`` of a subject swallows it."""


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
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=_stderr())
    before = signal.signal(signal.SIGALRM, _raise(seconds)) if usable else None
    if usable:
        # Again and again: a bare "except:" in a loop would swallow a single one.
        signal.setitimer(signal.ITIMER_REAL, seconds, REPEAT_SECONDS)
    try:
        yield
    finally:
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


def _stderr() -> int:
    # Under pytest sys.stderr may be an object without a file descriptor.
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return 2

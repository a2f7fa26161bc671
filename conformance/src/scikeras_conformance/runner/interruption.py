"""Exceptions that come from outside a check: the time limit, and the user's Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from scikeras_conformance.exceptions import TimeUp

__all__ = ["is_from_outside", "noticing_interrupts"]


class _Interrupts:
    """The interrupts that the user has sent to this process."""

    count: ClassVar[int] = 0


@contextmanager
def noticing_interrupts() -> Iterator[None]:
    """Take note of the user's interrupts in a block; they still raise `KeyboardInterrupt`.

    Where something else handles them already, as in a worker, none is the user's.
    """
    handler = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or handler is not signal.default_int_handler:
        yield
        return

    def notice(number: int, frame: object) -> None:
        del number, frame
        _Interrupts.count += 1
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, notice)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        _Interrupts.count = 0  # those of a later block are not this one's


def is_from_outside(error: BaseException) -> bool:
    """Return whether an exception says nothing about the subject."""
    if isinstance(error, KeyboardInterrupt):
        return _Interrupts.count > 0
    return isinstance(error, TimeUp)

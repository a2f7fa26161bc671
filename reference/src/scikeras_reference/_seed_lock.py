"""The lock on the random generators of the process, which belong to all threads.

A seeded block holds the lock for its whole length. Code of the user's in it (a builder, a callback,
a metric) may wait for another thread that needs the lock too, as a cross-validation in threads
does: with an ordinary lock, neither would ever end. So a holder that waits for another thread does
not keep others out. It draws no random numbers meanwhile, and they put the generators back.
"""

import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

__all__ = ["SEED_LOCK", "SeedLock"]

PATIENCE = 1.0
"""Seconds for which a holder has to wait before another thread passes it."""
_INTERVAL = 0.05
_WAIT = frozenset({"asyncio", "concurrent", "joblib", "multiprocessing", "queue", "threading"})
"""Packages in which a thread waits for others."""
_LIBRARIES = frozenset({"jax", "keras", "scikeras_reference", "tensorflow", "torch"})
"""Packages that wait for threads of their own, as a part of the block."""


@dataclass
class _Holder:
    thread: int
    count: int = 1
    waits_at: Any = None
    """Where the thread was seen to wait, and since when."""
    since: float = 0.0


class SeedLock:
    """A lock that a thread can take again, and that passes a holder which waits for a thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders: list[_Holder] = []

    def acquire(self, *, blocking: bool = True) -> bool:
        """Take the lock.

        Parameters
        ----------
        blocking : bool, default=True
            Whether to wait for it.

        Returns
        -------
        bool
            Whether this thread has it now.
        """
        me = threading.get_ident()
        with self._changed:
            while self._holders and self._holders[-1].thread != me:
                if not blocking:
                    return False
                if _waits_for_a_thread(self._holders[-1]):
                    break
                self._changed.wait(_INTERVAL)
            if self._holders and self._holders[-1].thread == me:
                self._holders[-1].count += 1
            else:
                self._holders.append(_Holder(me))
        return True

    def release(self) -> None:
        """Give the lock back, as often as it was taken."""
        me = threading.get_ident()
        with self._changed:
            holder = self._held_by(me)
            if holder is None:
                raise RuntimeError("this thread does not have the lock")
            holder.count -= 1
            if not holder.count:
                self._holders.remove(holder)
            self._changed.notify_all()

    def wait_for_others(self) -> None:
        """Wait until those are done that passed this thread while it waited for another one."""
        me = threading.get_ident()
        with self._changed:
            while (
                self._held_by(me) is not None
                and self._holders[-1].thread != me
                and not _waits_for_a_thread(self._holders[-1])
            ):
                self._changed.wait(_INTERVAL)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _held_by(self, thread: int) -> _Holder | None:
        found = (holder for holder in reversed(self._holders) if holder.thread == thread)
        return next(found, None)


def _waits_for_a_thread(holder: _Holder) -> bool:
    """Whether code of the user's has been waiting for another thread for long enough."""
    frame = sys._current_frames().get(holder.thread)  # noqa: SLF001 - documented, for such cases
    place = None if frame is None else _place(frame)
    if place is None or place != holder.waits_at:
        holder.waits_at, holder.since = place, time.monotonic()
        return False
    return time.monotonic() - holder.since >= PATIENCE


def _place(frame: FrameType) -> Any:
    """Return what identifies the call that waits; None if the thread does not wait."""
    current: FrameType | None = frame
    if _package(frame) not in _WAIT:
        return None
    while current is not None and _package(current) in _WAIT:
        current = current.f_back
    if current is None or _package(current) in _LIBRARIES:
        return None
    return id(current), current.f_lasti


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]


SEED_LOCK = SeedLock()
"""Held while the generators of the process are seeded."""

"""The lock on the random generators of the process, which belong to all threads.

A seeded block holds the lock for its whole length. Code of the user's in it (a builder, a callback,
a metric) may wait for another thread that needs the lock too, as a cross-validation in threads
does: with an ordinary lock, neither would ever end. So a holder that waits for another thread does
not keep others out. It draws no random numbers meanwhile, and they put the generators back.
"""

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Any

__all__ = ["SEED_LOCK", "SeedLock"]

PATIENCE = 1.0
"""Seconds for which a holder has to wait before a thread passes it that began later."""
_LONGER = 5
"""How much longer it takes for a thread that was there before: most likely, the holder does not
wait for that one, and goes on before it ends."""
_INTERVAL = 0.05
_WAIT = frozenset({"asyncio", "concurrent", "joblib", "multiprocessing", "queue", "threading"})
"""Packages in which a thread waits for others."""
_LIBRARIES = frozenset({"jax", "keras", "scikeras_reference", "tensorflow", "torch"})
"""Packages that wait for threads of their own, as a part of the block."""


@dataclass
class _Holder:
    thread: int
    count: int = 1
    threads: frozenset[int] = field(default_factory=lambda: frozenset(_frames()))
    """Those that were there when it took the lock."""
    waits_at: Any = None
    """Where the thread was seen to wait, and since when."""
    since: float = 0.0
    left_at: float = 0.0
    """When the last thread that passed it was done."""

    def lets_pass(self, thread: int) -> bool:
        """Whether it has been waiting for another thread for long enough, in code of the user's."""
        frame, now = _frames().get(self.thread), time.monotonic()
        place = None if frame is None else _place(frame)
        if place is None or place != self.waits_at:
            self.waits_at, self.since = place, now
            return False
        if thread in self.threads:
            return now - max(self.since, self.left_at) >= PATIENCE * _LONGER
        return now - self.since >= PATIENCE


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
                if self._holders[-1].lets_pass(me):
                    break
                self._changed.wait(_INTERVAL)
            if self._holders and self._holders[-1].thread == me:
                self._holders[-1].count += 1
            else:
                self._holders.append(_Holder(me))
        return True

    def release(self) -> None:
        """Release the lock, as often as it was taken."""
        me = threading.get_ident()
        with self._changed:
            holder = self._held_by(me)
            if holder is None:
                raise RuntimeError("this thread does not have the lock")
            holder.count -= 1
            if not holder.count:
                self._holders.remove(holder)
                if self._holders:
                    self._holders[-1].left_at = time.monotonic()
            self._changed.notify_all()

    def wait_for_others(self) -> None:
        """Wait until those are done that passed this thread while it waited for another one."""
        me = threading.get_ident()
        with self._changed:
            while (
                self._held_by(me) is not None
                and self._holders[-1].thread != me
                and not self._holders[-1].lets_pass(me)
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


def _frames() -> Mapping[int, FrameType]:
    return sys._current_frames()  # noqa: SLF001 - documented, for such cases


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

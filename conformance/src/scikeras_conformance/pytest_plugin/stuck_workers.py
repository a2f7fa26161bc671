"""Notices workers that are stuck, cut off or broken, and replaces them.

A worker ends its own checks when their time is up. This is for those that cannot: their clock was
stopped, their connection was overwritten, or pytest itself broke in them.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scikeras_conformance.runner.time_limit import grace_of

__all__ = ["Watchdog", "allowed_silence"]

START_SECONDS = 60.0
"""For imports and for the end of a session, where the time limit of a check is shorter."""

SLACK_SECONDS = 10.0
"""For what a worker does between a check and the message about it."""

SECONDS_BETWEEN_LOOKS = 0.5

INTERRUPTED = 2
"""pytest's exit status of a session that was interrupted from a keyboard."""

PHASES = {
    "workerready": "starting",
    "collectionfinish": "idle",
    "logstart": "preparing",
    "logfinish": "ending",
    "runtest_protocol_complete": "idle",
}
"""What a worker does after it has sent a message. Others say nothing about its main thread."""


def allowed_silence(phase: str, limit: float, tries: int = 1) -> float | None:
    """Return the seconds after which a silent worker is stuck; None if it may be silent for ever.

    Parameters
    ----------
    phase : str
        What it is doing: ``"starting"``, ``"preparing"`` (it imports the backend and the subject),
        ``"running"``, ``"ending"``, or ``"idle"``.
    limit : float
        The time limit of the run; zero for none.
    tries : int, default=1
        How often its time limit may begin again.
    """
    if limit <= 0 or phase == "idle":
        return None
    patience = grace_of(limit) + SLACK_SECONDS
    match phase:
        case "preparing":
            return max(limit, START_SECONDS) + limit + patience
        case "running":
            return limit * tries + patience
        case _:
            return max(limit, START_SECONDS)


@dataclass(eq=False, slots=True)
class _Worker:
    """A worker, as the watchdog knows it."""

    node: Any
    put: Callable[[tuple[str, dict[str, Any]]], None]
    since: float
    phase: str = "starting"
    nodeid: str = ""
    has_run: bool = field(default=False, init=False)
    is_lost: bool = field(default=False, init=False)
    has_exited: bool = field(default=False, init=False)

    @property
    def pid(self) -> int | None:
        """The process; None while it is not known, and for one of another machine."""
        gateway = self.node.gateway
        # xdist has asked for it when it started the worker; execnet has no public name for it.
        return int(gateway._rinfo().pid) if gateway.spec.popen else None  # noqa: SLF001


class Watchdog:
    """Watches the workers of xdist from the process that started them.

    Parameters
    ----------
    limit : float
        The time limit of the run; zero for none.
    tries : callable
        Returns how often the check of a pytest item may be run.
    before : int, default=0
        How often the time limit may begin before the first check of a worker.
    clock : callable
        Returns the seconds.
    """

    def __init__(
        self,
        limit: float,
        tries: Callable[[str], int] = lambda _nodeid: 1,
        before: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._tries = tries
        self._before = before
        self._clock = clock
        self._workers: dict[Any, _Worker] = {}
        self._reasons: dict[Any, str] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()

    def start(self) -> None:
        """Look at the workers now and then, until the watchdog is stopped."""
        threading.Thread(target=self._patrol, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """Watch no more."""
        self._stop.set()

    def end_all(self) -> None:
        """End the processes of all workers, of which nobody expects anything any more."""
        for worker in list(self._workers.values()):
            _end_process(worker.pid)

    def watch(self, node: Any) -> None:
        """Watch a worker from now on, by the messages that it sends."""
        worker = _Worker(node, node.putevent, self._clock())
        self._workers[node] = worker

        def put(event: tuple[str, dict[str, Any]]) -> None:
            if self._hear(worker, *event):
                worker.put(event)

        node.putevent = put

    def reason_of(self, node: Any) -> str:
        """Return why a worker was given up; empty if it ended by itself."""
        return self._reasons.get(node, "")

    def look(self) -> None:
        """Replace each worker that has been silent for too long."""
        now = self._clock()
        for worker in list(self._workers.values()):
            with self._lock:
                phase = worker.phase
                if phase == "idle" and worker.node.shutting_down:
                    worker.phase, worker.since = "ending", now
                tries = self._tries(worker.nodeid) if phase == "running" else 1
                tries += 0 if worker.has_run else self._before
                allowed = allowed_silence(phase, self._limit, tries)
                if worker.node not in self._workers:
                    continue  # it has ended meanwhile
                if worker.has_exited and _has_exited(worker):
                    # A child of it keeps the connection open, so xdist does not notice.
                    self._lose(worker, "exited, or was killed")
                elif allowed is not None and now - worker.since > allowed:
                    self._lose(worker, f"was silent for {allowed:.0f} s")
                else:
                    worker.has_exited = _has_exited(worker)

    def _patrol(self) -> None:
        while not self._stop.wait(SECONDS_BETWEEN_LOOKS):
            self.look()

    def _hear(self, worker: _Worker, event: str, content: dict[str, Any]) -> bool:
        """Take note of a message, and return whether it may go on its way."""
        with self._lock:
            if worker.is_lost:
                return False
            if event == "internal_error":
                error = str(content.get("formatted_error", "")).strip().rpartition("\n")[2]
                self._lose(worker, f"was broken: pytest failed in it ({error:.200})")
                return False
            if event == "workerfinished":
                if worker.node.workeroutput.get("exitstatus") == INTERRUPTED:
                    self._lose(worker, "was interrupted, and not by the user")
                    return False
                self._workers.pop(worker.node, None)
            elif event == "errordown":
                self._workers.pop(worker.node, None)
            phase = PHASES.get(event, "")
            if event == "testreport":
                report = content["rep"]
                phase = "running" if report.when == "setup" and report.passed else "ending"
            if phase:
                worker.phase, worker.since = phase, self._clock()
                worker.nodeid = content.get("nodeid", worker.nodeid)
                worker.has_run |= event == "runtest_protocol_complete"
        return True

    def _lose(self, worker: _Worker, reason: str) -> None:
        """End the process of a worker, and tell xdist that it is gone."""
        worker.is_lost = True
        self._reasons[worker.node] = reason
        self._workers.pop(worker.node, None)
        _end_process(worker.pid)
        # Not left to xdist, which would wait for the end of a connection that a child may hold.
        worker.put(("errordown", {"node": worker.node, "error": reason}))


def _has_exited(worker: _Worker) -> bool:
    """Return whether the process has exited, which is only known on Linux."""
    try:
        status = Path(f"/proc/{worker.pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[:1] == ["Z"]


def _end_process(pid: int | None) -> None:
    if pid is None:
        return
    number = getattr(signal, "SIGKILL", signal.SIGTERM)
    # It leads a group, unless it is stuck before it could found one.
    for end in (getattr(os, "killpg", os.kill), os.kill):
        with suppress(OSError):
            end(pid, number)

"""Progress of a run: a line that is redrawn in a terminal, a line now and then in a log."""

import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.contract import load_contract

if TYPE_CHECKING:
    from scikeras_conformance.pytest_plugin.session import Controller

__all__ = ["MODES", "Progress"]

MODES = ("live", "log", "none")
"""For a terminal, for a log, and neither."""

# Seconds between two lines: quick enough to look alive, and rare enough for a log to stay short.
SECONDS_BETWEEN = {"live": 0.1, "log": 60.0, "none": float("inf")}
CLEAR = "\r\x1b[K"

ENOUGH = 0.05
"""The part of a run that tells how long the rest takes: the slowest checks come first."""


class Writer(Protocol):
    """What is written to: the terminal writer of pytest."""

    fullwidth: int

    def write(self, msg: str, *, flush: bool = False) -> None:
        """Write a text."""


class Progress:
    """Shows how far the run is, instead of pytest's letters.

    Parameters
    ----------
    controller : Controller
        Knows what is planned and what has come; so a check that is run again, because its process
        died, counts once.
    writer : callable
        Returns what to write to, which pytest has only once it has started.
    mode : str
        One of `MODES`.
    clock : callable
        Returns the seconds.
    """

    def __init__(
        self,
        controller: "Controller",
        writer: Callable[[], Writer],
        mode: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._controller = controller
        self._writer = writer
        self._mode = mode
        self._clock = clock
        self._check = ""
        self._started: float | None = None
        self._last = clock()
        self._drawn = False
        self._titles = {chapter.id: chapter.title for chapter in load_contract().chapters}

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which check runs; with several workers, the one that began last."""
        self._check = nodeid.partition("[")[2].removesuffix("]")
        # The import of a backend, before, says nothing about how long checks take.
        self._started = self._clock() if self._started is None else self._started
        self._show()

    def pytest_runtest_logreport(self) -> None:
        """Show what has changed."""
        self._show()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_teststatus(self) -> Generator[None, Any, Any]:
        """Count as pytest does, and write no letter."""
        status = yield
        return (status[0], "", status[2]) if status is not None else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Clear the line, so that the summary is not written over it."""
        if self._drawn:
            self._writer().write(CLEAR, flush=True)
            self._drawn = False

    def _show(self) -> None:
        now = self._clock()
        if now - self._last < SECONDS_BETWEEN[self._mode]:
            return
        self._last = now
        text = self.line(now)
        if self._mode == "live":
            self._writer().write(CLEAR + text[: max(self._writer().fullwidth - 1, 10)], flush=True)
            self._drawn = True
        else:
            self._writer().write(text + "\n", flush=True)

    def line(self, now: float) -> str:
        """Return the line of a moment."""
        results = self._controller.results.values()
        planned = len(self._controller.planned)
        failed = sum(result.outcome is Outcome.FAILED for result in results)
        blocked = sum(result.outcome is Outcome.BLOCKED for result in results)
        errored = sum(result.is_inconclusive for result in results)
        chapter = self._check.partition("-")[0]
        parts = [
            f"{len(results)}/{planned}",
            f"{failed} failed",
            *([f"{blocked} blocked"] if blocked else []),
            *([f"{errored} errored"] if errored else []),
            _left(now - (self._started or now), len(results), planned),
            f"{self._titles.get(chapter, chapter)}: {self._check}",
        ]
        return "  ".join(part for part in parts if part)


def _left(elapsed: float, done: int, planned: int) -> str:
    """Return how long the rest will take, estimated from what has been done."""
    if done < max(3, planned * ENOUGH) or done >= planned:
        return ""
    seconds = elapsed / done * (planned - done)
    return f"{seconds:.0f} s left" if seconds < 90 else f"{seconds / 60:.0f} min left"

"""Counts how many fits of a block shared their steps, and why the others did not."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["OPEN", "FitCounts", "count", "counting"]

OPEN: "list[FitCounts]" = []
"""The counts of the blocks that are being executed; where there is none, nothing is counted."""
_lock = threading.Lock()


class FitCounts:
    """How many fits shared their steps, and the reasons of the others.

    Attributes
    ----------
    shared : int
        The fits that shared their steps.
    reasons : collections.Counter of str
        How many fits did not, for each reason.
    """

    def __init__(self) -> None:
        self.shared = 0
        self.reasons: Counter[str] = Counter()

    @property
    def fits(self) -> int:
        """All fits that were counted."""
        return self.shared + self.reasons.total()

    def __str__(self) -> str:
        """Return one line.

        >>> counts = FitCounts()
        >>> counts.shared = 12
        >>> print(counts)
        12 fits, 12 with shared steps
        >>> counts.reasons["run_eagerly=True"] += 1
        >>> print(counts)
        13 fits, 12 with shared steps; without: 1 (run_eagerly=True)
        """
        fits = "1 fit" if self.fits == 1 else f"{self.fits} fits"
        text = f"{fits}, {self.shared} with shared steps"
        if not self.reasons:
            return text
        others = ", ".join(f"{number} ({why})" for why, number in self.reasons.most_common())
        return f"{text}; without: {others}"

    def __repr__(self) -> str:
        return f"<FitCounts: {self}>"


@contextmanager
def counting() -> Iterator[FitCounts]:
    """Count the fits of this process during a block."""
    counts = FitCounts()
    with _lock:
        OPEN.append(counts)
    try:
        yield counts
    finally:
        with _lock:
            OPEN.remove(counts)


def count(model: Any, explain: Callable[[Any], str | None]) -> None:
    """Add a fit of `model`, which has ended, to the counts of every open block."""
    reason = explain(model)
    with _lock:
        for counts in OPEN:
            if reason is None:
                counts.shared += 1
            else:
                counts.reasons[reason] += 1

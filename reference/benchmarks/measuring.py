"""One sample of one competitor, taken in the process that it runs in."""

import gc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

__all__ = ["Work", "calls_for", "resident", "seconds", "value"]

Work = Callable[[int], Any]
"""What is measured; it is handed the number of the round, -1 while it warms up."""


def calls_for(work: Work, duration: float) -> int:
    """Give how many calls take about as long as a duration in seconds, at least one."""
    work(-1)
    start, calls = perf_counter(), 0
    while perf_counter() - start < duration:
        work(-1)
        calls += 1
    return max(1, calls)


def seconds(work: Work, turn: int, calls: int = 1) -> float:
    """Give the seconds that one call takes, as the mean of some."""
    gc.collect()
    start = perf_counter()
    for _ in range(calls):
        work(turn)
    return (perf_counter() - start) / calls


def value(work: Work, turn: int) -> float:
    """Give the number that the work itself measures."""
    gc.collect()
    return float(work(turn))


def resident() -> int:
    """Give the bytes of memory that this process holds, garbage collected before."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096

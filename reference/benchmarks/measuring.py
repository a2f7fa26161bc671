"""Measure one sample of one competitor in the current process."""

import gc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

__all__ = ["Work", "calls_for", "peak", "resident", "seconds", "value"]

Work = Callable[[int], Any]
"""The measured function. Its argument is the number of the round, or -1 during warm-up."""


def calls_for(work: Work, duration: float) -> int:
    """Return the number of calls that take about a given duration in seconds, at least one."""
    work(-1)
    start, calls = perf_counter(), 0
    while perf_counter() - start < duration:
        work(-1)
        calls += 1
    return max(1, calls)


def seconds(work: Work, turn: int, calls: int = 1) -> float:
    """Return the mean duration of a call in seconds."""
    gc.collect()
    start = perf_counter()
    for _ in range(calls):
        work(turn)
    return (perf_counter() - start) / calls


def value(work: Work, turn: int) -> float:
    """Return the number that the work itself measures."""
    gc.collect()
    return float(work(turn))


def resident() -> int:
    """Return the resident memory of this process in bytes, after garbage collection."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


def peak() -> int:
    """Return the largest resident memory that this process has had, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) * 1024

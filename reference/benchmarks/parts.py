"""What the time of a call goes into, from samples of the stack of the main thread."""

import linecache
import signal
from collections.abc import Mapping
from time import perf_counter
from types import FrameType

from benchmarks.competitors import Absent
from benchmarks.measuring import Work

__all__ = ["PARTS", "part_of", "seconds_by_part"]

_BUILDER = "the user's builder"
_COMPILE = "optimizer, losses and metrics; `compile`"
_VARIABLES = "variables of the optimizer"
_SHARED = "finding the step that models share"
_STEPS = "steps, with the batches that they take themselves"
_KERAS = "the rest of Keras"
_WRAPPER = "the wrapper"
_OTHER = "others"

PARTS = (_BUILDER, _COMPILE, _VARIABLES, _SHARED, _STEPS, _KERAS, _WRAPPER, _OTHER)
"""The titles of the parts, in the order of a fit."""

_INTERVAL = 0.001  # seconds
_LOOPS = {"fit", "evaluate", "predict", "predict_on_batch"}
_FINDERS = {"_resolve", "_shared_functions"}


def part_of(frame: FrameType | None) -> str:
    """Return the part that a stack belongs to: the first, from within, that a frame tells."""
    rest = _OTHER
    while frame is not None:
        part = _of_one(frame)
        if part is not None:
            return part
        if "/keras/src/" in _path(frame):
            rest = _KERAS
        frame = frame.f_back
    return rest


def _of_one(frame: FrameType) -> str | None:
    path = _path(frame)
    return _in_keras(path, frame) if "/keras/src/" in path else _elsewhere(path, frame)


def _path(frame: FrameType) -> str:
    return frame.f_code.co_filename.replace("\\", "/")


def _in_keras(path: str, frame: FrameType) -> str | None:
    name = frame.f_code.co_name
    if "/optimizers/" in path and name == "build":
        return _VARIABLES
    if path.endswith("/trainers/trainer.py") and name == "compile":
        return _COMPILE
    if path.endswith("/trainer.py") and name in _LOOPS:
        # The step is called in such a line; it may be compiled code, which has no frame.
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        return _STEPS if "_function(" in line and "make_" not in line else _KERAS
    return None


def _elsewhere(path: str, frame: FrameType) -> str | None:
    name = frame.f_code.co_name
    if path.endswith("/benchmarks/task.py") and name == "layers":
        return _BUILDER
    if path.endswith("/_model/compilation.py"):
        return _COMPILE
    if path.endswith("/benchmarks/competitors.py") and name == "_compiled":
        return _COMPILE
    if "/_shared_steps/" in path:
        return _SHARED if name in _FINDERS else None
    return _WRAPPER if "/scikeras_reference/" in path else None


def seconds_by_part(work: Work, duration: float) -> Mapping[str, float]:
    """Return the mean seconds of a call by part; those of all parts add up to the whole call.

    Parameters
    ----------
    work : callable
        Is called again and again, with the numbers of rounds.
    duration : float
        The least number of seconds to do so for.

    Raises
    ------
    Absent
        If this system has no timers that interrupt a process (Windows).
    """
    if not hasattr(signal, "setitimer"):
        raise Absent("this system has no timer that samples could be taken by")
    spent = dict.fromkeys(PARTS, 0.0)
    calls, start = 0, perf_counter()
    last = start

    def sample(_: int, frame: FrameType | None) -> None:
        # All the time since the last sample: there is none within a call of compiled code.
        nonlocal last
        now = perf_counter()
        spent[part_of(frame)] += now - last
        last = now

    before = signal.signal(signal.SIGALRM, sample)
    signal.setitimer(signal.ITIMER_REAL, _INTERVAL, _INTERVAL)
    try:
        while perf_counter() - start < duration:
            work(calls)
            calls += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return {part: seconds / calls for part, seconds in spent.items() if seconds}

"""The traceback of a failure, as much of it as a reader needs."""

import traceback
from collections.abc import Iterator
from itertools import groupby
from types import FrameType

from scikeras_conformance.exceptions import Blocked, Nonconformance
from scikeras_conformance.subject.loading import Subject
from scikeras_conformance.subject.sources import is_own, own_packages, shown_path, source_text

__all__ = ["short_traceback"]

MAX_FRAMES = 12
MAX_MESSAGE = 800
OUTSIDE = 2
"""Frames outside of the subject that are kept where the exception was raised."""

Frames = list[tuple[FrameType, int]]

SUITE = (f"{__package__.partition('.')[0]}.runner",)


def short_traceback(error: BaseException, subject: Subject) -> str:
    """Return the traceback of what the subject raised, or else of the outcome of a check.

    It has the line of the check, those of the subject, and the innermost ones; what Keras or
    scikit-learn do in between is left out. Paths begin with the package, so that nothing of the
    machine is in a report that is handed on.

    Parameters
    ----------
    error : BaseException
        The outcome of a check.
    subject : Subject
        The implementation under test.
    """
    cause = error.__cause__ or error
    packages = own_packages(subject)
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(cause.__traceback__)
        if not is_own(frame.f_globals.get("__name__"), SUITE)
    ]
    kept = {0, *range(len(frames) - OUTSIDE, len(frames))}
    kept |= {
        number
        for number, (frame, _) in enumerate(frames)
        if is_own(frame.f_globals.get("__name__"), packages)
    }
    shown = sorted(number for number in kept if 0 <= number < len(frames))
    if len(shown) > MAX_FRAMES:
        shown = [*shown[: MAX_FRAMES // 2], *shown[-MAX_FRAMES // 2 :]]
    lines = ["Traceback (shortened):\n", *_lines(frames, set(shown))]
    if cause is error and isinstance(error, Nonconformance | Blocked):
        return "".join(lines)  # its message is that of the result
    return "".join([*lines, *_message_of(cause)])


def _lines(frames: Frames, shown: set[int]) -> Iterator[str]:
    for is_shown, group in groupby(range(len(frames)), lambda number: number in shown):
        numbers = list(group)
        if not is_shown:
            yield f"  ... {len(numbers)} frames ...\n"
            continue
        for frame, line in (frames[number] for number in numbers):
            code = frame.f_code
            file = shown_path(code.co_filename, str(frame.f_globals.get("__name__", "")))
            yield f'  File "{file}", line {line}, in {code.co_name}\n'
            source = source_text(code.co_filename, line)
            if source:
                yield f"    {source}\n"


def _message_of(error: BaseException) -> Iterator[str]:
    text = "".join(traceback.format_exception_only(error))
    yield text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + " ...\n"

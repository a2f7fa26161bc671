"""The traceback of a failure, as much of it as a reader needs."""

import traceback
from collections.abc import Iterator
from itertools import groupby

from scikeras_conformance.subject.loading import Subject
from scikeras_conformance.subject.sources import is_own, own_packages

__all__ = ["short_traceback"]

MAX_FRAMES = 12
MAX_MESSAGE = 1200
OUTSIDE = 2
"""Frames outside of the subject that are kept where the exception was raised."""

SUITE = (f"{__package__.partition('.')[0]}.runner",)


def short_traceback(error: BaseException, subject: Subject) -> str:
    """Return the traceback of what the subject raised, or else of the outcome of a check.

    It has the line of the check, those of the subject, and the innermost ones; what Keras or
    scikit-learn do in between is left out.

    Parameters
    ----------
    error : BaseException
        The outcome of a check.
    subject : Subject
        The implementation under test.
    """
    error = error.__cause__ or error
    packages = own_packages(subject)
    frames = [
        pair
        for pair in traceback.walk_tb(error.__traceback__)
        if not is_own(pair[0].f_globals.get("__name__"), SUITE)
    ]
    stack = traceback.StackSummary.extract(iter(frames))
    kept = {0, *range(len(frames) - OUTSIDE, len(frames))}
    kept |= {
        number
        for number, (frame, _) in enumerate(frames)
        if is_own(frame.f_globals.get("__name__"), packages)
    }
    shown = sorted(number for number in kept if 0 <= number < len(frames))
    if len(shown) > MAX_FRAMES:
        shown = [*shown[: MAX_FRAMES // 2], *shown[-MAX_FRAMES // 2 :]]
    return "".join(["Traceback (shortened):\n", *_lines(stack, set(shown)), *_message_of(error)])


def _lines(stack: traceback.StackSummary, shown: set[int]) -> Iterator[str]:
    for is_shown, group in groupby(range(len(stack)), lambda number: number in shown):
        numbers = list(group)
        if is_shown:
            for number in numbers:
                yield traceback.StackSummary.format_frame_summary(stack, stack[number])
        else:
            yield f"  ... {len(numbers)} frames ...\n"


def _message_of(error: BaseException) -> Iterator[str]:
    text = "".join(traceback.format_exception_only(error))
    yield text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + " ...\n"

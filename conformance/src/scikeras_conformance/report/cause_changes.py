"""Which causes are fixed, and which are new, from one run to another."""

from collections.abc import Iterator

from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.structure import Report

__all__ = ["cause_lines", "fixed_causes"]

MAX_SHOWN = 10
MAX_TEXT = 120


def fixed_causes(before: Report, after: Report) -> tuple[Cause, ...]:
    """Return the causes of a run of which another run, of the same checks, shows nothing.

    Parameters
    ----------
    before : Report
        The run with the causes.
    after : Report
        The other run; causes of checks that it does not have are left out. Given the other way
        round, the causes that are new are found.
    """
    wrong = {result.id: result.went_wrong for result in after.results}
    return tuple(
        cause
        for cause in before.causes
        if any(name in wrong for name in cause.results)
        and not any(wrong.get(name) for name in cause.results)
    )


def cause_lines(before: Report, after: Report) -> Iterator[str]:
    """Yield the causes that are fixed, and those that are new, as lines of text."""
    for title, causes in (
        ("causes fixed", fixed_causes(before, after)),
        ("new causes", fixed_causes(after, before)),
    ):
        yield f"{title}: {len(causes)}"
        for cause in causes[:MAX_SHOWN]:
            results = f"{cause.size} result{'' if cause.size == 1 else 's'}"
            place = f" at {cause.origin.file}:{cause.origin.line}" if cause.origin else ""
            yield f"  {results}{place}: {cause.what[:MAX_TEXT]}"
        if len(causes) > MAX_SHOWN:
            yield f"  and {len(causes) - MAX_SHOWN} more"

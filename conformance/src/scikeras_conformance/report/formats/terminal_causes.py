"""The causes of a run, for the terminal: what happened, where, and in how many results."""

from collections.abc import Iterator, Sequence

from scikeras_conformance.contract import Level
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.formats.terminal_lines import Line
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import clauses_phrase, size_phrase

__all__ = ["causes"]

MAX_CAUSES = 10
MAX_MESSAGE_LINES = 4
MAX_MESSAGE = 400


def causes(report: Report) -> Iterator[Line]:
    """Yield the causes with the most results; those that a baseline knows come last."""
    if not report.causes:
        return
    ordered = report.causes_to_fix
    yield Line("")
    yield Line(_title(report, ordered), {"bold": True})
    for number, cause in enumerate(ordered[:MAX_CAUSES], 1):
        yield from _cause(report, number, cause)
    left = ordered[MAX_CAUSES:]
    if left:
        count = sum(cause.size for cause in left)
        yield Line("")
        yield Line(
            f"{len(left)} more causes with {count} results: a report has them all (--report FILE, "
            "--to html=FILE)."
        )


def _title(report: Report, ordered: Sequence[Cause]) -> str:
    counts = report.footer.counts
    shown = f", the first {MAX_CAUSES} here" if len(ordered) > MAX_CAUSES else ""
    wrong = f"{counts.failed} failed"
    if counts.blocked:
        wrong += f" and {counts.blocked} blocked"
    return f"CAUSES: {len(ordered)} for {wrong}{shown}"


def _cause(report: Report, number: int, cause: Cause) -> Iterator[Line]:
    example = report.example_of(cause)
    check = report.catalog.checks[example.check]
    binding = any(
        report.catalog.clauses[name].level is Level.MUST
        for name in cause.clauses
        if name in report.catalog.clauses
    )
    known = report.known_of(cause)
    red = binding and known < cause.size
    yield Line("")
    yield Line(
        f"{number:>2}. {size_phrase(cause)}{f' ({known} known)' if known else ''}",
        {"red": True, "bold": True} if red else {"yellow": True},
        hang=4,
    )
    if cause.origin is not None:
        origin = cause.origin
        yield Line(f"    at {origin.file}:{origin.line}, {origin.function}", hang=7)
        yield Line(f"       {origin.source}", {"bold": True}, hang=9)
    is_raised = bool(example.exception) and cause.origin is not None
    if is_raised:
        yield Line(f"    {cause.what[:MAX_MESSAGE]}", hang=6)
    yield Line(f"    {clauses_phrase(report, cause)}", hang=6)
    yield Line(f"    example {example.id}", hang=6)
    if not is_raised:
        lines = example.message[:MAX_MESSAGE].splitlines()[:MAX_MESSAGE_LINES]
        yield from (Line(f"      {line}", hang=8) for line in lines)
    if cause.failed:
        yield Line(f"    impact: {check.impact}", hang=6)
    if example.reproduce:
        yield Line(f"    {example.reproduce}", hang=6, is_command=True)

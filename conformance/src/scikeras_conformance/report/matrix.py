"""Several runs side by side: implementations, or environments."""

from collections.abc import Callable, Mapping, Sequence

from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.report.formats.markdown import plain
from scikeras_conformance.report.formats.templating import render_page
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import (
    environment_line,
    headline,
    subject_line,
)

__all__ = ["RENDERERS", "as_html", "as_markdown", "as_text"]

TITLE = "Wrapper contract, side by side"

# From the worst to the best: a cell shows the worst outcome.
ORDER = (Outcome.ERRORED, Outcome.UNAVAILABLE, Outcome.FAILED, Outcome.BLOCKED)


def as_markdown(reports: Sequence[Report]) -> str:
    """Return the comparison as Markdown."""
    out = [f"# {TITLE}", "", "| | subject | imported from | environment | verdict |"]
    out.append("|---|---|---|---|---|")
    for number, report in enumerate(reports, 1):
        cells = [*_who(report), environment_line(report), headline(report)]
        out.append(f"| {number} | " + " | ".join(plain(cell) for cell in cells) + " |")
    numbers = [str(number) for number in range(1, len(reports) + 1)]
    out += [
        "",
        "| check | level | " + " | ".join(numbers) + " |",
        "|---" * (len(reports) + 2) + "|",
    ]
    for check in _checks(reports):
        cells = [plain(_cell(report, check)[1]) for report in reports]
        out.append(
            f"| {plain(check)} | {plain(_level(reports, check))} | " + " | ".join(cells) + " |"
        )
    return "\n".join(out) + "\n"


def as_text(reports: Sequence[Report]) -> str:
    """Return the comparison as plain text: the runs, then a line for each check."""
    out = [TITLE, ""]
    for number, report in enumerate(reports, 1):
        subject, path = _who(report)
        out.append(f"{number:>3}  {subject}: {headline(report)}")
        out += [f"     {line}" for line in (environment_line(report), path) if line]
    checks = _checks(reports)
    rows = [["check", "level", *(str(number) for number in range(1, len(reports) + 1))]]
    for check in checks:
        cells = [_cell(report, check)[1] for report in reports]
        rows.append([check, _level(reports, check), *cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    out.append("")
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.append("  ".join(padded).rstrip())
    return printable("\n".join(out)) + "\n"


def as_html(reports: Sequence[Report]) -> str:
    """Return the comparison as one page."""
    return render_page(
        "matrix.html.jinja",
        title=TITLE,
        runs=[
            {
                "spec": report.header.subject.spec,
                "subject": subject_line(report),
                "path": report.header.subject.path or "",
                "environment": environment_line(report),
                "verdict": headline(report),
            }
            for report in reports
        ],
        rows=[
            {
                "check": check,
                "level": _level(reports, check),
                "cells": [_cell(report, check) for report in reports],
            }
            for check in _checks(reports)
        ],
    )


def _who(report: Report) -> tuple[str, str]:
    """Return the subject, and where it was imported from, if that is known."""
    return subject_line(report), report.header.subject.path or ""


def _checks(reports: Sequence[Report]) -> list[str]:
    return list(dict.fromkeys(name for report in reports for name in report.catalog.checks))


def _level(reports: Sequence[Report], check: str) -> str:
    return next(
        report.catalog.checks[check].level for report in reports if check in report.catalog.checks
    )


def _cell(report: Report, check: str) -> tuple[str, str]:
    """Return the worst outcome of a check, and the words for it."""
    outcomes = [result.outcome for result in report.results if result.check == check]
    missing = sum(name.partition(":")[0] == check for name in report.footer.missing)
    if missing:
        return "missing", f"no result for {missing}"
    if not outcomes:
        return "absent", "not run"
    for outcome in ORDER:
        count = outcomes.count(outcome)
        if count:
            return str(outcome), f"{outcome.words} {count}/{len(outcomes)}"
    if all(outcome is Outcome.PASSED for outcome in outcomes):
        return "passed", f"passed {len(outcomes)}"
    other = next(outcome for outcome in outcomes if outcome is not Outcome.PASSED)
    return str(other), f"{other.words} {outcomes.count(other)}/{len(outcomes)}"


RENDERERS: Mapping[str, Callable[[Sequence[Report]], str]] = {
    "markdown": as_markdown,
    "html": as_html,
    "text": as_text,
}
"""The formats of the comparison, by name."""

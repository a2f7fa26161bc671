"""One page with everything about a run, to be opened from a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.formats.templating import render_page
from scikeras_conformance.report.locations import location_of
from scikeras_conformance.report.structure import Report, ReportedResult
from scikeras_conformance.report.wording import (
    counts_line,
    environment_line,
    headline,
    is_good,
    subject_line,
)

__all__ = ["html"]


def html(report: Report) -> str:
    """Return a run as an HTML page: verdict, baseline, and each result, with filters."""
    return render_page(
        "report.html.jinja",
        title=f"Conformance of {report.header.subject.spec}",
        mood=_mood(report),
        headline=headline(report),
        facts=list(_facts(report)),
        footer=report.footer,
        gate=report.gate,
        filters=list(_filters(report)),
        chapters=list(_chapters(report)),
    )


def _mood(report: Report) -> str:
    if is_good(report):
        return "good"
    return "fair" if report.footer.exit_code == 0 else "bad"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    header = report.header
    yield "subject", subject_line(report)
    if header.subject.path is not None:
        yield "imported from", header.subject.path
    yield "environment", environment_line(report)
    yield "contract", f"{header.contract}, profiles: {', '.join(header.profiles)}"
    yield "counts", counts_line(report)
    yield "SHOULD counts", "yes" if header.strict else "no"
    yield "configuration", header.configuration.file or "command line alone"
    if header.started:
        yield "started", header.started


def _filters(report: Report) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield each filter: its name, its label, and its choices with the words for them."""
    results = report.results
    chapters = dict.fromkeys(result.chapter for result in results)
    levels = dict.fromkeys(result.level for result in results)
    outcomes = dict.fromkeys(result.outcome for result in results)
    yield "chapter", "chapter", [(name, name) for name in chapters]
    yield "level", "level", [(name, name) for name in levels]
    yield "outcome", "result", [(str(outcome), outcome.words) for outcome in outcomes]


def _chapters(report: Report) -> Iterator[Mapping[str, Any]]:
    titles = {chapter.id: chapter.title for chapter in load_contract().chapters}
    for chapter in dict.fromkeys(result.chapter for result in report.results):
        mine = [result for result in report.results if result.chapter == chapter]
        yield {
            "id": chapter,
            "title": titles.get(chapter, ""),
            "failed": sum(result.outcome is Outcome.FAILED for result in mine),
            "blocked": sum(result.outcome is Outcome.BLOCKED for result in mine),
            "rows": [_row(report, result) for result in mine],
        }


def _row(report: Report, result: ReportedResult) -> Mapping[str, Any]:
    entry = report.catalog.checks[result.check]
    clauses = [(name, report.catalog.clauses[name]) for name in entry.clauses]
    words = result.outcome.words
    known = report.known(result)
    location = location_of(report, result) if result.went_wrong else None
    place = ""
    if location is not None:
        place = f"{location.under(report.header.root) or location.file}:{location.line}"
    return {
        "result": result,
        "words": f"{words}, known" if known else words,
        "known": known,
        "impact": entry.impact,
        "clauses": [
            (name, f"{clause.statement} ({clause.level}; {clause.section})")
            for name, clause in clauses
        ],
        "place": place,
        "exact": location is not None and location.exact,
    }

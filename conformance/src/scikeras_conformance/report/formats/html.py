"""One page with everything about a run, to be opened from a file."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.formats.templating import render_page
from scikeras_conformance.report.locations import location_of
from scikeras_conformance.report.structure import Report, ReportedResult
from scikeras_conformance.report.wording import (
    counts_line,
    environment_line,
    headline,
    is_good,
    size_phrase,
    subject_line,
)

__all__ = ["html"]

MAX_OVERVIEW = 10
MAX_TEXT = 4000


def html(report: Report) -> str:
    """Return a run as an HTML page.

    Its first screen is an overview: the verdict, the chapters and the causes. Then come the causes
    with their results, what else did not pass, and what passed, which is folded.
    """
    chapters = list(_chapters(report))
    return render_page(
        "report.html.jinja",
        title=f"Conformance of {report.header.subject.spec}",
        mood=_mood(report),
        headline=headline(report),
        facts=list(_facts(report)),
        footer=report.footer,
        gate=report.gate,
        filters=list(_filters(report)),
        overview=[_shares(chapter) for chapter in chapters],
        causes=[_cause(report, cause) for cause in report.causes_to_fix],
        max_overview=MAX_OVERVIEW,
        others=[_others(report, chapter) for chapter in chapters],
        passed=[_passed(chapter) for chapter in chapters],
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
        yield {"id": chapter, "title": titles.get(chapter, ""), "results": mine}


def _shares(chapter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how many results of a chapter had which outcome, for its bar."""
    results = chapter["results"]
    counts = {
        "passed": sum(result.outcome is Outcome.PASSED for result in results),
        "failed": sum(result.outcome is Outcome.FAILED for result in results),
        "blocked": sum(result.outcome is Outcome.BLOCKED for result in results),
    }
    counts["other"] = len(results) - sum(counts.values())
    words = [f"{count} {name}" for name, count in counts.items() if count]
    return {
        **chapter,
        "words": ", ".join(words),
        "shares": [(name, 100 * count / len(results)) for name, count in counts.items() if count],
    }


def _cause(report: Report, cause: Cause) -> Mapping[str, Any]:
    by_id = {result.id: result for result in report.results}
    results = [by_id[name] for name in cause.results]
    example = by_id[cause.example]
    return {
        "id": cause.id,
        "size": cause.size,
        "what": _short(cause.what, 300),
        "origin": cause.origin,
        "phrase": size_phrase(cause),
        "failed": cause.failed,
        "blocked": cause.blocked,
        "known": report.known_of(cause),
        "clauses": list(_clauses(report, cause.clauses)),
        "example": _example(report, example),
        "blocks": list(_blocks(report, results)),
    }


def _clauses(report: Report, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        clause = report.catalog.clauses.get(name)
        yield name, f"{clause.statement} ({clause.level}; {clause.section})" if clause else ""


def _example(report: Report, result: ReportedResult) -> Mapping[str, Any]:
    location = location_of(report, result)
    place = ""
    if location is not None:
        place = f"{location.under(report.header.root) or location.file}:{location.line}"
    return {
        "result": result,
        "impact": report.catalog.checks[result.check].impact if _is_failure(result) else "",
        "message": _short(result.message),
        "details": _short(result.details),
        "place": place,
        "exact": location is not None and location.exact,
    }


def _blocks(report: Report, results: list[ReportedResult]) -> Iterator[Mapping[str, Any]]:
    """Yield the results of a cause, those of a check and a message together."""
    results = sorted(results, key=lambda one: (one.check, one.message))
    for (check, message), group in groupby(results, key=lambda one: (one.check, one.message)):
        mine = list(group)
        entry = report.catalog.checks[check]
        yield {
            "check": check,
            "verifies": entry.verifies,
            "impact": entry.impact if any(map(_is_failure, mine)) else "",
            "message": _short(message),
            "example": mine[0].example,
            "reproduce": mine[0].reproduce,
            "rows": [_row(report, result) for result in mine],
        }


def _is_failure(result: ReportedResult) -> bool:
    return result.outcome is Outcome.FAILED


def _row(report: Report, result: ReportedResult) -> Mapping[str, Any]:
    known = report.known(result)
    words = result.outcome.words
    return {"result": result, "known": known, "words": f"{words}, known" if known else words}


def _others(report: Report, chapter: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what neither passed nor belongs to a cause."""
    mine = [
        result
        for result in chapter["results"]
        if not (result.went_wrong or result.outcome is Outcome.PASSED)
    ]
    rows = [
        {
            **_row(report, result),
            "clauses": list(_clauses(report, report.catalog.checks[result.check].clauses)),
            "message": _short(result.message),
            "details": _short(result.details),
        }
        for result in mine
    ]
    return {**chapter, "rows": rows}


def _passed(chapter: Mapping[str, Any]) -> Mapping[str, Any]:
    mine = [result for result in chapter["results"] if result.outcome is Outcome.PASSED]
    return {**chapter, "rows": mine}


def _short(text: str, limit: int = MAX_TEXT) -> str:
    return text if len(text) <= limit else f"{text[:limit]} ... ({len(text) - limit} more)"

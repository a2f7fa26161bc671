"""Markdown for the summary of a CI job."""

import re
from collections.abc import Iterator
from itertools import islice

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.structure import Report, ReportedResult
from scikeras_conformance.report.wording import (
    counts_line,
    environment_line,
    headline,
    is_good,
    size_phrase,
    subject_line,
)

__all__ = ["code", "markdown", "plain"]

MAX_SHOWN = 60
"""Causes that are shown with a traceback: the summary of a job may have one mebibyte."""

MAX_CLAUSES = 20

MAX_KNOWN = 500
MAX_KNOWN_BYTES = 200_000
MAX_TEXT_BYTES = 4000
MAX_FINDING = 500


def markdown(report: Report) -> str:
    """Return a run as Markdown; whatever comes from the subject is shown as text."""
    return "\n".join(_lines(report)) + "\n"


def plain(text: str) -> str:
    """Return a text that Markdown and HTML show as it is, on one line."""
    words = " ".join(printable(text).split())
    return re.sub(r"[^\w\s]", lambda match: f"&#{ord(match[0])};", words).replace("_", "&#95;")


def code(text: str) -> str:
    """Return a text as code within a line; there, nobody is mentioned by an at sign."""
    return f"<code>{plain(text)}</code>"


def fenced(text: str) -> str:
    """Return a block of code whose fence is longer than any within it."""
    text = printable(text)
    # The limit of a summary is in bytes, and a character may have four.
    end = text.encode("utf-8")[-MAX_TEXT_BYTES:].decode("utf-8", "ignore")
    if len(end) < len(text):
        text = f"... ({len(text) - len(end)} characters left out)\n{end}"
    # The fence has to be longer than any run of backticks, so long runs are shortened.
    text = re.sub(r"`{40,}", "`" * 40 + "...", text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _lines(report: Report) -> Iterator[str]:
    mark = "\N{WHITE HEAVY CHECK MARK}" if is_good(report) else "\N{WARNING SIGN}"
    yield f"## {mark} Conformance: {plain(headline(report))}"
    yield ""
    yield f"{code(subject_line(report))}, contract {plain(report.header.contract)}, "
    yield f"{plain(environment_line(report))}. {plain(counts_line(report))}."
    if report.header.subject.path is not None:
        yield f"Imported from {code(report.header.subject.path)}."
    if report.footer.refusal is not None:
        yield from ("", fenced(report.footer.refusal))
    if report.footer.missing:
        names = ", ".join(code(name) for name in report.footer.missing[:5])
        yield from ("", f"**No result** for {names}")
    yield from _findings(report)
    yield from _causes(report)
    yield from _table(report)
    errors = [result for result in report.results if result.is_inconclusive]
    for result in errors[:MAX_SHOWN]:
        yield from _error(report, result)
    if len(errors) > MAX_SHOWN:
        yield from ("", f"{len(errors) - MAX_SHOWN} more are left out here.")
    yield from _accepted(report)


def _causes(report: Report) -> Iterator[str]:
    """Yield the causes of what no baseline accepts, each folded."""
    shown = [cause for cause in report.causes if report.known_of(cause) < cause.size]
    if shown:
        yield from ("", f"### Causes: {len(shown)}")
    for cause in shown[:MAX_SHOWN]:
        yield from _cause(report, cause)
    if len(shown) > MAX_SHOWN:
        left = sum(cause.size for cause in shown[MAX_SHOWN:])
        yield ""
        yield f"{len(shown) - MAX_SHOWN} more with {left} results are left out here."


def _cause(report: Report, cause: Cause) -> Iterator[str]:
    example = report.example_of(cause)
    note = report.catalog.checks[example.check]
    count = f"{cause.size} result{'' if cause.size == 1 else 's'}"
    yield ""
    yield f"<details><summary><b>{count}</b>: {plain(cause.what[:MAX_FINDING])}</summary>"
    yield ""
    if cause.origin is not None:
        origin = cause.origin
        place = code(f"{origin.file}:{origin.line}")
        yield from (f"At {place} in {code(origin.function)}:", "", fenced(origin.source), "")
    phrase = size_phrase(cause)
    yield from (f"**{phrase[0].upper()}{phrase[1:]}.**", "")
    for name in cause.clauses[:MAX_CLAUSES]:
        clause = report.catalog.clauses.get(name)
        yield f"**{plain(name)}** {plain(clause.statement) if clause else ''}  "
    if len(cause.clauses) > MAX_CLAUSES:
        yield f"and {len(cause.clauses) - MAX_CLAUSES} more clauses  "
    yield f"**Example**: {code(example.id)}  "
    if cause.failed:
        yield f"**Impact**: {plain(note.impact)}"
    if example.reproduce:
        yield from ("", f"**Reproduce**: {code(example.reproduce)}")
    yield from ("", fenced(example.message))
    if example.details:
        yield from ("", fenced(example.details))
    yield from ("", "</details>")


def _findings(report: Report) -> Iterator[str]:
    gate = report.gate
    if gate is None or not gate.findings:
        return
    yield from ("", "### Against the baseline", "")
    for one in gate.findings[:MAX_SHOWN]:
        yield f"- **{one.concern}** {code(one.id)}: {plain(one.message[:MAX_FINDING])}"
    if len(gate.findings) > MAX_SHOWN:
        yield f"- {len(gate.findings) - MAX_SHOWN} more; the report has them all."


def _accepted(report: Report) -> Iterator[str]:
    gate = report.gate
    if gate is None or not gate.known:
        return
    yield from ("", f"<details><summary>{len(gate.known)} known failures</summary>", "")
    shown = list(_known(gate))
    yield from shown
    if len(gate.known) > len(shown):
        yield f"- {len(gate.known) - len(shown)} more; the report has them all."
    yield from ("", "</details>")


def _known(gate: Gate) -> Iterator[str]:
    """Yield the known failures, as far as there is room for their reasons."""
    room = MAX_KNOWN_BYTES
    for name, known in islice(gate.known.items(), MAX_KNOWN):
        issue = f" ({code(known.issue)})" if known.issue else ""
        line = f"- {code(name)}: {plain(known.reason)}{issue}"
        room -= len(line.encode("utf-8"))
        if room < 0:
            return
        yield line


def _table(report: Report) -> Iterator[str]:
    if not report.results:
        return
    outcomes = list(Outcome)
    yield from (
        "",
        "| chapter | " + " | ".join(outcome.words for outcome in outcomes) + " |",
        "|---" * (len(outcomes) + 1) + "|",
    )
    for chapter in dict.fromkeys(result.chapter for result in report.results):
        mine = [result.outcome for result in report.results if result.chapter == chapter]
        cells = [str(mine.count(outcome)) for outcome in outcomes]
        yield f"| {plain(chapter)} | " + " | ".join(cells) + " |"


def _error(report: Report, result: ReportedResult) -> Iterator[str]:
    words = f"{result.outcome.words} {plain(result.level)} {code(result.id)}"
    yield from ("", f"<details><summary>{words}</summary>", "")
    for name in report.catalog.checks[result.check].clauses:
        clause = report.catalog.clauses.get(name)
        yield f"**{plain(name)}** {plain(clause.statement) if clause else ''}  "
    yield from ("", fenced(result.message))
    if result.details:
        yield from ("", fenced(result.details))
    yield from ("", "</details>")

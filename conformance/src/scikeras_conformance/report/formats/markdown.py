"""Markdown for the summary of a CI job."""

import re
from collections.abc import Iterator
from itertools import islice

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.report.formats.summary import (
    counts_line,
    environment_line,
    headline,
    is_good,
    subject_line,
)
from scikeras_conformance.report.formats.text import printable
from scikeras_conformance.report.record import RunRecord

__all__ = ["code", "markdown", "plain"]

MOST = 60
"""Failures that are shown with their traceback: the summary of a job may have one mebibyte."""

MOST_KNOWN = 500
MOST_OF_KNOWN = 200_000
MOST_OF_A_TEXT = 4000
MOST_OF_A_FINDING = 500


def markdown(record: RunRecord) -> str:
    """Give a run as Markdown; whatever comes from the subject is shown as text."""
    return "\n".join(_lines(record)) + "\n"


def plain(text: str) -> str:
    """Give a text that Markdown and HTML show as it is, on one line."""
    words = " ".join(printable(text).split())
    return re.sub(r"[^\w\s]", lambda match: f"&#{ord(match[0])};", words).replace("_", "&#95;")


def code(text: str) -> str:
    """Give a text as code within a line; there, nobody is mentioned by an at sign."""
    return f"<code>{plain(text)}</code>"


def fenced(text: str) -> str:
    """Give a block of code whose fence is longer than any within it."""
    text = printable(text)
    # What counts for a summary is bytes; a character may have four.
    end = text.encode("utf-8")[-MOST_OF_A_TEXT:].decode("utf-8", "ignore")
    if len(end) < len(text):
        text = f"... ({len(text) - len(end)} characters left out)\n{end}"
    # The fence is longer than what it holds, so that is not long either.
    text = re.sub(r"`{40,}", "`" * 40 + "...", text)
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _lines(record: RunRecord) -> Iterator[str]:
    mark = "\N{WHITE HEAVY CHECK MARK}" if is_good(record) else "\N{WARNING SIGN}"
    yield f"## {mark} Conformance: {plain(headline(record))}"
    yield ""
    yield f"{code(subject_line(record))}, contract {plain(record.contract)}, "
    yield f"{plain(environment_line(record))}. {plain(counts_line(record))}."
    if record.refusal is not None:
        yield from ("", fenced(record.refusal))
    if record.missing:
        yield from ("", f"**No result** for {', '.join(code(name) for name in record.missing[:5])}")
    yield from _gate(record)
    yield from _table(record)
    notable = [
        result
        for result in record.results
        if (result.outcome is Outcome.FAILED or result.says_nothing) and not record.is_known(result)
    ]
    for result in notable[:MOST]:
        yield from _details(record, result)
    if len(notable) > MOST:
        yield from ("", f"{len(notable) - MOST} more are left out here; the report has them all.")


def _gate(record: RunRecord) -> Iterator[str]:
    gate = record.gate
    if gate is None or not record.is_conclusive:
        return
    if gate.findings:
        yield from ("", "### Against the baseline", "")
        for one in gate.findings[:MOST]:
            yield f"- **{one.concern}** {code(one.id)}: {plain(one.message[:MOST_OF_A_FINDING])}"
        if len(gate.findings) > MOST:
            yield f"- {len(gate.findings) - MOST} more; the report has them all."
    if gate.known:
        yield from ("", f"<details><summary>{len(gate.known)} known failures</summary>", "")
        shown = list(_known(gate))
        yield from shown
        if len(gate.known) > len(shown):
            yield f"- {len(gate.known) - len(shown)} more; the report has them all."
        yield from ("", "</details>")


def _known(gate: Gate) -> Iterator[str]:
    """Give the known failures, as far as there is room for what people wrote about them."""
    room = MOST_OF_KNOWN
    for name, known in islice(gate.known.items(), MOST_KNOWN):
        issue = f" ({code(known.issue)})" if known.issue else ""
        line = f"- {code(name)}: {plain(known.reason)}{issue}"
        room -= len(line.encode("utf-8"))
        if room < 0:
            return
        yield line


def _table(record: RunRecord) -> Iterator[str]:
    if not record.results:
        return
    outcomes = list(Outcome)
    yield from (
        "",
        "| chapter | " + " | ".join(outcomes) + " |",
        "|---" * (len(outcomes) + 1) + "|",
    )
    for chapter in dict.fromkeys(result.chapter for result in record.results):
        mine = [result.outcome for result in record.results if result.chapter == chapter]
        cells = [str(mine.count(outcome)) for outcome in outcomes]
        yield f"| {plain(chapter)} | " + " | ".join(cells) + " |"


def _details(record: RunRecord, result: Result) -> Iterator[str]:
    note = record.checks[result.check]
    yield ""
    yield (f"<details><summary>{result.outcome} {plain(result.level)} {code(result.id)}</summary>")
    yield ""
    for name in note.clauses:
        clause = record.clauses.get(name)
        yield f"**{plain(name)}** {plain(clause.statement) if clause else ''}  "
    yield f"**Costs**: {plain(note.impact)}"
    yield from ("", fenced(result.message))
    if result.details:
        yield from ("", fenced(result.details))
    yield from ("", "</details>")

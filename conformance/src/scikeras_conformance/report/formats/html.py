"""One page with everything about a run, to be opened from a file."""

from collections.abc import Iterable, Iterator

from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.formats.page import escape, facts, page, tag
from scikeras_conformance.report.formats.summary import (
    counts_line,
    environment_line,
    headline,
    is_good,
    subject_line,
)
from scikeras_conformance.report.locations import location_of
from scikeras_conformance.report.record import RunRecord

__all__ = ["html"]


def html(record: RunRecord) -> str:
    """Give a run as an HTML page: verdict, baseline, and each result, with filters."""
    title = f"Conformance of {record.subject['spec']}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="banner {_mood(record)}">{escape(headline(record))}</p>',
        facts(_facts(record)),
        *_refusal(record),
        *_gate(record),
        _filters(record),
        *_chapters(record),
    ]
    return page(title, "\n".join(body), script=True)


def _mood(record: RunRecord) -> str:
    if is_good(record):
        return "good"
    return "fair" if record.exit_code == 0 else "bad"


def _facts(record: RunRecord) -> list[tuple[str, str]]:
    pairs = [
        ("subject", subject_line(record)),
        ("environment", environment_line(record)),
        ("contract", f"{record.contract}, profiles: {', '.join(record.profiles) or 'all'}"),
        ("counts", counts_line(record)),
        ("SHOULD counts", "yes" if record.strict else "no"),
        ("configuration", str(record.configuration.get("file") or "command line alone")),
    ]
    return [*pairs, ("started", record.started)] if record.started else pairs


def _refusal(record: RunRecord) -> Iterator[str]:
    if record.refusal is not None:
        yield f"<h2>{escape(record.verdict.capitalize())}</h2><pre>{escape(record.refusal)}</pre>"
    if record.missing:
        names = "".join(f"<li><code>{escape(name)}</code></li>" for name in record.missing)
        yield f"<h2>Planned checks without a result</h2><ul>{names}</ul>"


def _gate(record: RunRecord) -> Iterator[str]:
    gate = record.gate
    if gate is None or not record.is_conclusive:
        return
    yield f"<h2>Baseline</h2><p>{escape(gate.baseline)}: "
    yield f"{len(gate.known)} known failures, {len(gate.dormant)} entries for other conditions, "
    yield f"{len(gate.unselected)} that this run is not about.</p>"
    if gate.findings:
        rows = "".join(
            f"<li>{tag('failed', one.concern)} <code>{escape(one.id)}</code>: "
            f"{escape(one.message)}</li>"
            for one in gate.findings
        )
        yield f"<ul>{rows}</ul>"


def _filters(record: RunRecord) -> str:
    results = record.results
    choices = {
        "chapter": dict.fromkeys(result.chapter for result in results),
        "level": dict.fromkeys(result.level for result in results),
        "outcome": dict.fromkeys(str(result.outcome) for result in results),
    }
    selects = "".join(
        f'<label>{name if name != "outcome" else "result"}<select name="{name}">'
        f'<option value="">all</option>{_options(values)}</select></label>'
        for name, values in choices.items()
    )
    return (
        f'<form id="filters" hidden aria-label="Filter the results">{selects}'
        '<label>text<input name="text" type="search"></label>'
        '<output id="shown" role="status"></output></form>'
    )


def _options(values: Iterable[str]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(value)}</option>' for value in values)


def _chapters(record: RunRecord) -> Iterator[str]:
    titles = {chapter.id: chapter.title for chapter in load_contract().chapters}
    for chapter in dict.fromkeys(result.chapter for result in record.results):
        mine = [result for result in record.results if result.chapter == chapter]
        failed = sum(result.outcome is Outcome.FAILED for result in mine)
        name = escape(chapter)
        title = escape(titles.get(chapter, ""))
        yield f'<section data-chapter="{name}" aria-labelledby="chapter-{name}">'
        yield f'<h2 id="chapter-{name}">{name} {title} '
        yield f'<span class="soft">({len(mine)} results, {failed} failed)</span></h2>'
        yield '<ul class="results">'
        yield from (_result(record, result) for result in mine)
        yield "</ul></section>"


def _result(record: RunRecord, result: Result) -> str:
    outcome = str(result.outcome)
    known = record.is_known(result)
    word = f"{outcome}, known" if known else outcome
    row = (
        f'<span class="row">{tag("known" if known else outcome, word)}'
        f'<span class="tag">{escape(result.level)}</span>'
        f'<span class="name">{escape(result.id)}</span>'
        f'<span class="soft">{result.seconds:.2f} s</span></span>'
    )
    inner = row
    if result.outcome is not Outcome.PASSED:
        parts = "".join(_details(record, result))
        inner = f"<details><summary>{row}</summary>{parts}</details>"
    return (
        f'<li data-chapter="{escape(result.chapter)}" data-level="{escape(result.level)}" '
        f'data-outcome="{escape(outcome)}">{inner}</li>'
    )


def _details(record: RunRecord, result: Result) -> Iterator[str]:
    note = record.checks[result.check]
    for name in note.clauses:
        clause = record.clauses.get(name)
        statement = f"{clause.statement} ({clause.level}; {clause.section})" if clause else ""
        yield f"<p><strong>{escape(name)}</strong> {escape(statement)}</p>"
    if result.outcome is Outcome.FAILED:
        yield f"<p><strong>Why it matters:</strong> {escape(note.impact)}.</p>"
    if record.gate is not None and record.is_known(result):
        known = record.gate.known[result.id]
        issue = f" ({known.issue})" if known.issue else ""
        yield f"<p><strong>Known:</strong> {escape(known.reason + issue)}</p>"
    yield _block("Message", result.message)
    location = location_of(record, result)
    if location is not None and result.outcome is Outcome.FAILED:
        place = location.under(record.root) or location.file
        words = "" if location.exact else " (where the wrapper is defined)"
        yield f"<p>At <code>{escape(place)}:{location.line}</code>{words}</p>"
    yield _block("Traceback", result.details)
    yield _block("Script that reproduces it without the suite", record.scripts.get(result.id, ""))


def _block(title: str, text: str) -> str:
    if not text:
        return ""
    label = escape(title)
    # A block that scrolls has to be reached by the keyboard, and then needs a name.
    return (
        f'<h3>{label}</h3><pre tabindex="0" role="group" aria-label="{label}">{escape(text)}</pre>'
    )

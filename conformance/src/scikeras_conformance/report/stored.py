"""Reads a stored run back, and believes nothing that does not add up."""

import json
import re
from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Any, TypeVar

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict, decide
from scikeras_conformance.contract import Level
from scikeras_conformance.exceptions import DamagedReportError, UsageError
from scikeras_conformance.report.json_report import SCHEMA
from scikeras_conformance.report.record import CheckNote, ClauseNote, RunRecord

__all__ = ["from_dict", "read_report"]

OURS = re.compile(r'\s*\{\s*"schema":\s*"scikeras-conformance/report/')
T = TypeVar("T")

STREAMED = re.compile(r'^\{"id": ', re.MULTILINE)


def read_report(path: Path) -> RunRecord:
    """Read a report that a run has written.

    Parameters
    ----------
    path : Path
        The JSON file.

    Raises
    ------
    UsageError
        If there is no such file.
    DamagedReportError
        If it is cut off, no JSON, of another schema, or contradicts itself.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The report {path} cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise DamagedReportError(f"The report {path} is no text: {error}.") from error
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        if OURS.match(text):
            count = len(STREAMED.findall(text))
            raise DamagedReportError(
                f"The report {path} is cut off: it holds {count} results and has no footer, so "
                "the run did not come to its end. Run it again."
            ) from error
        raise DamagedReportError(f"The report {path} is not JSON: {error}.") from error
    try:
        return from_dict(data)
    except DamagedReportError as error:
        raise DamagedReportError(f"The report {path} {error}") from error


def from_dict(data: Any) -> RunRecord:
    """Make a record out of the data of a report.

    Raises
    ------
    DamagedReportError
        If the data are of another schema, lack something, or contradict themselves.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise DamagedReportError(
            f"is of the schema {found!r}; this version of the suite reads {SCHEMA!r}."
        )
    if "footer" not in data:
        raise DamagedReportError("has no footer: the run did not come to its end. Run it again.")
    try:
        record = _record(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DamagedReportError(f"is damaged: {type(error).__name__}: {error}.") from error
    _audit(record, data["header"], data["footer"])
    return record


def _record(data: Mapping[str, Any]) -> RunRecord:
    header, footer, catalog = data["header"], data["footer"], data["catalog"]
    results, scripts = [], {}
    for entry in data["results"]:
        fields = dict(entry)
        script = _of(str, fields.pop("script"), "script")
        result = _result(fields)
        results.append(result)
        if script:
            scripts[result.id] = script
    counts = dict(footer["counts"])
    counts.pop("complete")
    profiles = tuple(_of(str, name, "profiles") for name in header["profiles"])
    refusal = footer["refusal"]
    return RunRecord(
        contract=_of(str, header["contract"], "contract"),
        subject=_subject(header["subject"]),
        environment=_environment(header["environment"]),
        profiles=() if profiles == ("all",) else profiles,
        catalog_size=_of(int, header["catalog_size"], "catalog_size"),
        counts=Counts(**{name: _of(int, count, name) for name, count in counts.items()}),
        verdict=Verdict(footer["verdict"]),
        strict=_of(bool, header["strict"], "strict"),
        refusal=None if refusal is None else _of(str, refusal, "refusal"),
        missing=tuple(_of(str, name, "missing") for name in footer["missing"]),
        unchecked=tuple(_of(str, name, "unchecked") for name in footer["clauses_without_check"]),
        results=tuple(results),
        scripts=scripts,
        started=_of(str, header["started"], "started"),
        root=_of(str, header["root"], "root"),
        configuration=_of(dict, header["configuration"], "configuration"),
        clauses={
            name: ClauseNote(**_note(note, "statement", "section"))
            for name, note in catalog["clauses"].items()
        },
        checks={
            name: CheckNote(
                **{
                    **_note(note, "verifies", "impact", "profile"),
                    "clauses": tuple(_of(str, one, "clauses") for one in note["clauses"]),
                }
            )
            for name, note in catalog["checks"].items()
        },
        gate=None if footer["gate"] is None else _gate(footer["gate"]),
    )


def _of(kind: type[T], value: Any, name: str) -> T:
    # A bool is an int to Python, and is no count.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{name} is {value!r:.60}, not of type {kind.__name__}")
    return value


def _subject(data: Any) -> dict[str, Any]:
    subject = _of(dict, data, "subject")
    _of(str, subject["spec"], "subject.spec")
    sources = _of(dict, subject.get("sources", {}), "subject.sources")
    for root in _of(list, sources.get("roots", []), "subject.sources.roots"):
        _of(str, root, "subject.sources.roots")
    definitions = _of(dict, sources.get("definitions", {}), "subject.sources.definitions")
    for definition in definitions.values():
        _of(str, definition["file"], "file")
        _of(int, definition["line"], "line")
    return subject


def _environment(data: Any) -> dict[str, Any]:
    environment = _of(dict, data, "environment")
    _of(dict, environment.get("packages", {}), "environment.packages")
    return environment


def _note(note: Any, *texts: str) -> dict[str, Any]:
    for name in texts:
        _of(str, note[name], name)
    # What is neither MUST nor SHOULD would bind nobody.
    Level(note["level"])
    return _of(dict, note, "catalog")


def _gate(data: Any) -> Gate:
    gate = Gate.from_dict(data)
    texts = [gate.baseline, *gate.dormant, *gate.unselected]
    texts += [text for one in gate.findings for text in (one.id, one.message)]
    texts += [text for one in gate.known.values() for text in (one.reason, one.issue)]
    for text in texts:
        _of(str, text, "gate")
    return gate


def _result(fields: dict[str, Any]) -> Result:
    for name in ("id", "check", "wrapper", "case", "level", "message", "details", "example"):
        _of(str, fields[name], name)
    _of(int, fields["tries"], "tries")
    if not 0 <= fields["seconds"] < inf:
        raise ValueError(f"seconds is {fields['seconds']!r:.60}, no time")
    return Result.from_dict(fields)


def _audit(record: RunRecord, header: Mapping[str, Any], footer: Mapping[str, Any]) -> None:
    """Hold what a report says of itself against what it holds."""
    counted = Counts.of(record.counts.planned, record.results)
    ids = [result.id for result in record.results]
    complaints: list[tuple[bool, Callable[[], str]]] = [
        (len(set(ids)) != len(ids), lambda: "it has two results of one name"),
        (
            counted != record.counts,
            lambda: f"the counts is {record.counts}, and it holds {counted}",
        ),
        (
            footer["counts"]["complete"] is not counted.complete,
            lambda: "the counts says that it holds, and does not, or the other way about",
        ),
        (
            len(record.missing) + len(ids) != record.counts.planned
            or bool(set(ids) & set(record.missing)),
            lambda: "the planned checks are not those with a result and those without",
        ),
        (
            header["planned"] != record.counts.planned or header["partial"] is not record.partial,
            lambda: "header and footer are of different runs",
        ),
        (
            any(
                r.check not in record.checks or record.checks[r.check].level != r.level
                for r in record.results
            ),
            lambda: "a result is of no check of its catalog",
        ),
        (
            any(not set(note.clauses) <= record.clauses.keys() for note in record.checks.values()),
            lambda: "a check is about a clause that its catalog does not have",
        ),
        (
            record.verdict is not _verdict(record),
            lambda: f"the verdict is {record.verdict!r}, and the results say {_verdict(record)!r}",
        ),
        (
            footer["exit_code"] != record.exit_code,
            lambda: (
                f"the exit code is {footer['exit_code']}, and has to be {int(record.exit_code)}"
            ),
        ),
        (not _gate_agrees(record, footer), lambda: "the gate does not agree with the results"),
    ]
    for broken, words in complaints:
        if broken:
            raise DamagedReportError(f"contradicts itself: {words()}.")


def _verdict(record: RunRecord) -> Verdict:
    if record.refusal is not None:
        # Without the device that was asked for a run is refused too, and that is not the subject's.
        refused = record.verdict is Verdict.INCOMPLETE
        return Verdict.INCOMPLETE if refused else Verdict.NO_SUBJECT
    return decide(record.counts, record.results, strict=record.strict)


def _gate_agrees(record: RunRecord, footer: Mapping[str, Any]) -> bool:
    gate = record.gate
    if gate is None:
        return True
    failed = {result.id for result in record.results if result.outcome is Outcome.FAILED}
    named = {finding.id for finding in gate.findings}
    return (
        footer["gate"]["met"] is gate.met and set(gate.known) <= failed <= set(gate.known) | named
    )

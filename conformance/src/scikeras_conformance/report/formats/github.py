"""Annotations of GitHub's workflows, at the subject's own lines."""

from collections.abc import Iterator

from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import Level
from scikeras_conformance.report.formats.summary import headline
from scikeras_conformance.report.formats.text import printable
from scikeras_conformance.report.locations import Location, location_of
from scikeras_conformance.report.record import RunRecord

__all__ = ["github"]


def github(record: RunRecord) -> str:
    """Give the failures of a run as workflow commands.

    A broken MUST is an error, a broken SHOULD a warning, and what the baseline knows a notice. The
    last line is the verdict.
    """
    return "\n".join(_commands(record)) + "\n"


def _commands(record: RunRecord) -> Iterator[str]:
    if record.refusal is not None:
        yield _command("error", str(record.verdict), record.refusal)
    for result in record.results:
        if result.says_nothing:
            yield _command("error", f"{result.id}: error of the suite", result.message)
        elif result.outcome is Outcome.FAILED:
            yield _failure(record, result)
    for name in record.missing:
        yield _command("error", name, "The planned check has no result.")
    if record.gate is not None and record.is_conclusive:
        for finding in record.gate.findings:
            title = f"{finding.concern}: {finding.id}"
            yield _command("error", title, finding.message, file=_baseline(record), line=1)
    level = "notice" if record.exit_code == 0 else "error"
    yield _command(level, "conformance", headline(record))


def _baseline(record: RunRecord) -> str:
    assert record.gate is not None
    file = record.gate.baseline
    return Location(file, 1, exact=False).under(record.root) or file


def _failure(record: RunRecord, result: Result) -> str:
    level = "error" if result.level == Level.MUST or record.strict else "warning"
    if record.is_known(result):
        level = "notice"
    impact = record.checks[result.check].impact
    text = f"{result.message}\nThe bug costs: {impact}."
    location = location_of(record, result)
    file = location.under(record.root) if location else None
    return _command(level, result.id, text, file=file or "", line=location.line if location else 0)


def _command(level: str, title: str, text: str, *, file: str = "", line: int = 0) -> str:
    properties = {"file": file, "line": str(line) if file and line else "", "title": title}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {given}::{_data(text)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

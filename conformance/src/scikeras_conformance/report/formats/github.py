"""Annotations of GitHub's workflows, at the subject's own lines."""

from collections.abc import Iterator, Sequence

from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.contract import Level
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.locations import Location, location_of
from scikeras_conformance.report.structure import Report, ReportedResult
from scikeras_conformance.report.wording import headline, size_phrase

__all__ = ["github"]


def github(report: Report) -> str:
    """Return the causes of a run as workflow commands.

    There is one annotation for each cause, since a job shows only the first few: an error if a MUST
    is concerned, a warning for a SHOULD, and a notice if a baseline accepts all of its results. The
    last line is the verdict.
    """
    return "\n".join(_commands(report)) + "\n"


def _commands(report: Report) -> Iterator[str]:
    if report.footer.refusal is not None:
        yield _command("error", str(report.footer.verdict), report.footer.refusal)
    by_id = {result.id: result for result in report.results}
    for cause in report.causes_to_fix:
        yield _cause(report, cause, [by_id[name] for name in cause.results])
    for result in report.results:
        if result.is_inconclusive:
            yield _command("error", f"{result.id}: error of the suite", result.message)
    for name in report.footer.missing:
        yield _command("error", name, "The planned check has no result.")
    if report.gate is not None:
        file = report.gate.baseline
        place = Location(file, 1, exact=False).under(report.header.root) or file
        for finding in report.gate.findings:
            title = f"{finding.concern}: {finding.id}"
            yield _command("error", title, finding.message, file=place, line=1)
    level = "notice" if report.footer.exit_code == 0 else "error"
    yield _command(level, "conformance", headline(report))


def _cause(report: Report, cause: Cause, results: Sequence[ReportedResult]) -> str:
    new = [result for result in results if report.known(result) is None]
    level = "warning" if new else "notice"
    if any(result.level == Level.MUST or report.header.strict for result in new):
        level = "error"
    example = report.example_of(cause)
    impact = f"\nImpact: {report.catalog.checks[example.check].impact}."
    if example.outcome is Outcome.BLOCKED:
        impact = ""
    phrase = size_phrase(cause)
    text = f"{example.message}{impact}\n{phrase[0].upper()}{phrase[1:]}."
    location = location_of(report, example)
    file = location.under(report.header.root) if location else None
    line = location.line if location else 0
    reproduce = f"\nReproduce: {example.reproduce}"
    return _command(level, example.id, text + reproduce, file=file or "", line=line)


def _command(level: str, title: str, text: str, *, file: str = "", line: int = 0) -> str:
    properties = {"file": file, "line": str(line) if file and line else "", "title": title}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {given}::{_data(text)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""Annotations of GitHub's workflows, at the subject's own lines."""

from collections.abc import Iterator

from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.contract import Level
from scikeras_conformance.report.locations import Location, location_of
from scikeras_conformance.report.structure import Report, ReportedResult
from scikeras_conformance.report.wording import headline

__all__ = ["github"]


def github(report: Report) -> str:
    """Return the failures of a run as workflow commands.

    A failure of a MUST is an error, one of a SHOULD a warning, and a known one a notice; the same
    for what is blocked. The last line is the verdict.
    """
    return "\n".join(_commands(report)) + "\n"


def _commands(report: Report) -> Iterator[str]:
    if report.footer.refusal is not None:
        yield _command("error", str(report.footer.verdict), report.footer.refusal)
    for result in report.results:
        if result.is_inconclusive:
            yield _command("error", f"{result.id}: error of the suite", result.message)
        elif result.went_wrong:
            yield _failure(report, result)
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


def _failure(report: Report, result: ReportedResult) -> str:
    level = "error" if result.level == Level.MUST or report.header.strict else "warning"
    if report.known(result) is not None:
        level = "notice"
    impact = f"\nImpact: {report.catalog.checks[result.check].impact}."
    if result.outcome is Outcome.BLOCKED:
        impact = ""
    text = f"{result.message}{impact}\nReproduce: {result.reproduce}"
    location = location_of(report, result)
    file = location.under(report.header.root) if location else None
    return _command(level, result.id, text, file=file or "", line=location.line if location else 0)


def _command(level: str, title: str, text: str, *, file: str = "", line: int = 0) -> str:
    properties = {"file": file, "line": str(line) if file and line else "", "title": title}
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{level} {given}::{_data(text)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

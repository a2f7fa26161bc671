"""Reads the report of a run, and refuses one that is cut off or contradicts itself."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict, decide
from scikeras_conformance.exceptions import DamagedReportError, UsageError
from scikeras_conformance.report.building import exit_code_of
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.structure import SCHEMA, Report, ReportedCounts

__all__ = ["from_dict", "load_report"]

FAMILY = "scikeras-conformance/report/"
OURS = re.compile(rf'\s*\{{\s*"schema":\s*"{FAMILY}')
RESULT = re.compile(r'^\{"id": "(?:[^"\\]|\\.)*", "check": ', re.MULTILINE)
REFUSED = (Verdict.USAGE, Verdict.NO_SUBJECT, Verdict.CANNOT_FIT, Verdict.INCOMPLETE)
"""The verdicts of a run that ended before its checks."""


def load_report(path: str | Path) -> Report:
    """Return the report that ``scikeras-conformance run --report`` has written.

    Parameters
    ----------
    path : str or Path
        The JSON file.

    Returns
    -------
    Report
        Everything that is known about the run.

    Raises
    ------
    UsageError
        If there is no such file.
    DamagedReportError
        If it is cut off, is not JSON, has another schema, or contradicts itself.

    Examples
    --------
    >>> from scikeras_conformance.report.reading import load_report
    >>> report = load_report("docs/peers/reference.json")
    >>> report.footer.verdict
    <Verdict.CONFORMANT: 'conformant'>
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The report {path} cannot be read: {error}.") from error
    except UnicodeDecodeError as error:
        raise DamagedReportError(f"The report {path} is not text: {error}.") from error
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        if OURS.match(text):
            count = len(RESULT.findall(text))
            raise DamagedReportError(
                f"The report {path} is cut off: it holds {count} results and has no footer, so "
                "the run did not come to its end. Run it again."
            ) from error
        raise DamagedReportError(f"The report {path} is not JSON: {error}.") from error
    try:
        return from_dict(data)
    except DamagedReportError as error:
        raise DamagedReportError(f"The report {path} {error}") from error


def from_dict(data: Any) -> Report:
    """Return the report that plain data describe.

    Raises
    ------
    DamagedReportError
        If the data have another schema, lack something, or contradict themselves.
    """
    if not isinstance(data, dict) or "schema" not in data:
        raise DamagedReportError("is not a report of this suite: it has no key 'schema'.")
    schema = data["schema"]
    if schema == f"{FAMILY}1":
        raise DamagedReportError(
            f"is of version 1 ({schema!r}), which only the unreleased version of the suite that "
            f"wrote it can read; this one reads {SCHEMA!r}. Run the suite again."
        )
    if schema != SCHEMA:
        raise DamagedReportError(
            f"is of the schema {schema!r}; this version of the suite reads {SCHEMA!r}."
        )
    if "footer" not in data:
        raise DamagedReportError("has no footer: the run did not come to its end. Run it again.")
    try:
        report = msgspec.convert(data, Report)
    except msgspec.ValidationError as error:
        raise DamagedReportError(f"is damaged: {error}.") from error
    # Defaults are for those who make a report; a file has every key, except in its results.
    plain = json.loads(json.dumps(msgspec.to_builtins(report)))
    if {**plain, "results": ()} != {**data, "results": ()}:
        raise DamagedReportError("is damaged: it lacks keys that every report has.")
    for contradiction in _contradictions(report):
        raise DamagedReportError(f"contradicts itself: {contradiction}.")
    return report


def _contradictions(report: Report) -> Iterator[str]:
    """Compare what a report says about itself with what it holds."""
    header, footer = report.header, report.footer
    ids = [result.id for result in report.results]
    if len(set(ids)) != len(ids):
        yield "it has two results of one name"
    counts = Counts.of(footer.counts.planned, report.results)
    expected = ReportedCounts.of(counts)
    if footer.counts != expected:
        yield f"the counts are {_pairs(footer.counts)}, and it holds {_pairs(expected)}"
    if len(footer.missing) + len(ids) != footer.counts.planned or set(ids) & set(footer.missing):
        yield "the planned checks are not those with a result and those without"
    partial = footer.counts.planned < header.catalog_size
    if header.planned != footer.counts.planned or header.partial is not partial:
        yield "header and footer are of different runs"
    yield from _strangers(report)
    if not _causes_agree(report):
        yield "the causes are not those of the results"
    verdict = _verdict(report, counts)
    if footer.verdict is not verdict:
        yield f"the verdict is {footer.verdict!r}, and the results say {verdict!r}"
    if not _gate_agrees(report):
        yield "the gate does not agree with the results"
    exit_code = exit_code_of(footer.verdict, footer.gate)
    if footer.exit_code is not exit_code:
        yield f"the exit code is {int(footer.exit_code)}, and has to be {int(exit_code)}"


def _strangers(report: Report) -> Iterator[str]:
    """Yield results and checks that do not fit the catalog of the report."""
    catalog = report.catalog
    for result in report.results:
        entry = catalog.checks.get(result.check)
        if entry is None or entry.level != result.level:
            yield f"the result {result.id!r} is of no check of its catalog"
    if any(not set(entry.clauses) <= catalog.clauses.keys() for entry in catalog.checks.values()):
        yield "a check is about a clause that its catalog does not have"


def _causes_agree(report: Report) -> bool:
    """Whether each result that failed or was blocked is in one cause, and no other result is."""
    wrong = {result.id: result for result in report.results if result.went_wrong}
    grouped = [name for cause in report.causes for name in cause.results]
    return sorted(grouped) == sorted(wrong) and all(
        cause.example in cause.results and _outcomes_agree(cause, wrong) for cause in report.causes
    )


def _outcomes_agree(cause: Cause, wrong: Mapping[str, Result]) -> bool:
    found = Counter(wrong[name].outcome for name in cause.results)
    return {Outcome.FAILED: cause.failed, Outcome.BLOCKED: cause.blocked} == {
        outcome: found[outcome] for outcome in (Outcome.FAILED, Outcome.BLOCKED)
    }


def _pairs(counts: ReportedCounts) -> str:
    return ", ".join(f"{name} {value}" for name, value in msgspec.structs.asdict(counts).items())


def _verdict(report: Report, counts: Counts) -> Verdict:
    if report.footer.refusal is not None:
        # A run without the requested device is refused too, which says nothing about the subject.
        refused = report.footer.verdict in REFUSED
        return report.footer.verdict if refused else Verdict.NO_SUBJECT
    return decide(counts, report.results, strict=report.header.strict)


def _gate_agrees(report: Report) -> bool:
    gate = report.footer.gate
    if gate is None:
        return True
    wrong = {result.id for result in report.results if result.went_wrong}
    named = {finding.id for finding in gate.findings}
    known = set(gate.known)
    return gate.met is not bool(gate.findings) and known <= wrong <= known | named

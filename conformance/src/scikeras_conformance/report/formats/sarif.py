"""SARIF 2.1.0, for code scanning: failures at the subject's own lines."""

import json
from pathlib import Path
from typing import Any

from scikeras_conformance import __version__
from scikeras_conformance.baseline import fingerprint
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import Level
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.locations import location_of
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import headline, size_phrase

__all__ = ["sarif"]


def sarif(report: Report) -> str:
    """Return the failures of a run as SARIF, and what is blocked as results of the kind "open".

    Results of one cause stand together, those of the most frequent one first.

    Errors of the suite and missing results are not findings about the subject: they are
    notifications, and make the run an unsuccessful one.
    """
    rules = list(report.catalog.checks)
    by_id = {result.id: result for result in report.results}
    notes = [
        {"level": "error", "message": {"text": f"{result.id}: {result.message}"}}
        for result in report.results
        if result.is_inconclusive
    ]
    notes += [
        {"level": "error", "message": {"text": f"{name}: no result"}}
        for name in report.footer.missing
    ]
    if report.footer.refusal is not None:
        notes.append({"level": "error", "message": {"text": report.footer.refusal}})
    environment = report.header.environment
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "scikeras-conformance",
                "version": (environment and environment.suite) or __version__,
                "rules": [_rule(report, name) for name in rules],
            }
        },
        "invocations": [
            {
                "executionSuccessful": report.is_complete,
                "exitCode": int(report.footer.exit_code),
                "exitCodeDescription": headline(report),
                "toolExecutionNotifications": notes,
            }
        ],
        "results": [
            _result(report, by_id[name], rules, cause)
            for cause in report.causes
            for name in cause.results
        ],
        "properties": {"causes": [_cause(cause) for cause in report.causes]},
    }
    if report.header.root:
        base = Path(report.header.root).as_posix().rstrip("/") + "/"
        run["originalUriBaseIds"] = {"%SRCROOT%": {"uri": _uri(base)}}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=1) + "\n"


def _rule(report: Report, name: str) -> dict[str, Any]:
    check = report.catalog.checks[name]
    clauses = [f"{one}: {report.catalog.clauses[one].statement}" for one in check.clauses]
    return {
        "id": name,
        "shortDescription": {"text": check.verifies},
        "fullDescription": {"text": "\n".join(clauses) or check.verifies},
        "help": {"text": f"Impact: {check.impact}."},
        "defaultConfiguration": {"level": _level(check.level)},
        "properties": {"tags": [check.profile, check.level]},
    }


def _level(level: str) -> str:
    return {str(Level.MUST): "error", str(Level.SHOULD): "warning"}.get(level, "note")


def _cause(cause: Cause) -> dict[str, Any]:
    entry = {"id": cause.id, "text": cause.what, "summary": size_phrase(cause)}
    if cause.origin is not None:
        place = f"{cause.origin.file}:{cause.origin.line}"
        entry |= {"place": place, "source": cause.origin.source}
    return entry | {"clauses": list(cause.clauses), "example": cause.example}


def _result(report: Report, result: Result, rules: list[str], cause: Cause) -> dict[str, Any]:
    kind = fingerprint(result.message)
    entry: dict[str, Any] = {
        "ruleId": result.check,
        "ruleIndex": rules.index(result.check),
        "level": _level(result.level),
        "message": {"text": f"{result.id}: {result.message}"},
        "locations": _locations(report, result),
        "partialFingerprints": {"failure/v1": f"{result.id}#{kind}"},
        "properties": {"cause": cause.id, "summary": size_phrase(cause)},
    }
    if result.outcome is Outcome.BLOCKED:
        # The standard's word for what could not be determined; it has no level.
        entry |= {"kind": "open", "level": "none"}
    known = report.known(result)
    if known is not None:
        text = f"{known.reason} {known.issue}".strip()
        entry["suppressions"] = [{"kind": "external", "justification": text}]
    return entry


def _locations(report: Report, result: Result) -> list[dict[str, Any]]:
    logical = [{"fullyQualifiedName": result.id, "kind": "member"}]
    location = location_of(report, result)
    if location is None:
        return [{"logicalLocations": logical}]
    relative = location.under(report.header.root)
    artifact = (
        {"uri": _quoted(relative), "uriBaseId": "%SRCROOT%"}
        if relative is not None
        else {"uri": _uri(Path(location.file).as_posix())}
    )
    region = {"startLine": max(1, location.line)}
    physical = {"artifactLocation": artifact, "region": region}
    return [{"physicalLocation": physical, "logicalLocations": logical}]


def _uri(path: str) -> str:
    return "file://" + ("" if path.startswith("/") else "/") + _quoted(path)


def _quoted(path: str) -> str:
    from urllib.parse import quote

    try:
        name = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # made up by a subject; no file has such a name
        name = path.encode("utf-8", "replace")
    return quote(name, safe="/:")

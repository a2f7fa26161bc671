"""The verdict as a badge, in the JSON that the endpoint of shields.io reads."""

import json

from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import is_good, offered_clauses

__all__ = ["shields"]

LABEL = "wrapper contract"
COLORS = {"good": "success", "fair": "yellow", "bad": "critical", "none": "inactive"}


def shields(report: Report) -> str:
    """Return the badge."""
    message, mood = _message(report)
    data = {"schemaVersion": 1, "label": LABEL, "message": message, "color": COLORS[mood]}
    return json.dumps(data | {"isError": not report.is_complete}, indent=1) + "\n"


def _message(report: Report) -> tuple[str, str]:
    """Return the verdict in a few words, and a mood; only a whole conformant run is good."""
    if not report.is_complete:
        return str(report.footer.verdict), "none"
    extent = f"{report.footer.counts.passed}/{report.footer.counts.planned}"
    where = ", part" if report.header.partial else ""
    if report.gate is not None and not report.gate.met:
        return f"{extent}{where}, baseline not met", "bad"
    if report.footer.verdict is Verdict.NOT_CONFORMANT:
        known = report.gate is not None
        return f"{extent}{where}{', known failures' if known else ''}", "fair" if known else "bad"
    if is_good(report):
        return f"conformant {report.header.contract}", "good"
    offered, clauses = offered_clauses(report)
    if report.footer.verdict is Verdict.BLOCKED:
        return f"{extent}{where}, {report.footer.counts.blocked} blocked", "none"
    if offered < clauses:
        return f"conformant in {offered} of {clauses} clauses{where}", "fair"
    return f"{extent}{where}", "fair"

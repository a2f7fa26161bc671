"""Compares a run with its baseline: no regression, and no stale entry."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

from scikeras_conformance.baseline.conditions import is_met
from scikeras_conformance.baseline.entries import Baseline, Entry
from scikeras_conformance.baseline.fingerprint import fingerprint
from scikeras_conformance.catalog.results import Outcome, Result

__all__ = ["Concern", "Finding", "Gate", "Known", "concern_about", "judge"]


class Concern(StrEnum):
    """Why a run does not meet its baseline."""

    NEW = "new failure"
    CHANGED = "changed failure"
    STALE = "does not fail any more"
    EXPIRED = "expired"
    NEVER_FAILED = "flaky, but never failed"


class Finding(Struct, frozen=True, forbid_unknown_fields=True):
    """One reason why a run does not meet its baseline."""

    concern: Concern
    id: str
    message: str


class Known(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a failure of a run is accepted."""

    reason: str
    issue: str = ""
    flaky: bool = False


class Gate(Struct, frozen=True, forbid_unknown_fields=True):
    """The comparison of a run with its baseline.

    Parameters
    ----------
    baseline : str
        The file.
    met : bool
        Whether the run agrees with the baseline, which is to say that there are no findings.
    known : dict of str to Known
        The failures that are accepted, by the id of the result.
    findings : tuple of Finding
        Where run and baseline disagree.
    dormant : tuple of str
        Entries whose conditions are not met here.
    unselected : tuple of str
        Entries that the run was not about.
    """

    baseline: str
    met: bool
    known: dict[str, Known] = {}
    findings: tuple[Finding, ...] = ()
    dormant: Annotated[
        tuple[str, ...], Meta(description="Entries whose conditions are not met here.")
    ] = ()
    unselected: Annotated[
        tuple[str, ...], Meta(description="Entries that the run was not about.")
    ] = ()


def judge(
    baseline: Baseline,
    results: Iterable[Result],
    environment: Mapping[str, Any],
    *,
    planned: Iterable[str],
    file: str,
    today: date,
) -> Gate:
    """Compare the results of a run with a baseline.

    Errors of the suite and missing results are not compared: they leave the run without a verdict,
    whatever the baseline says.

    Parameters
    ----------
    baseline : Baseline
        What is known.
    results : iterable of Result
        What happened.
    environment : mapping
        Where, as a report describes it.
    planned : iterable of str
        Ids of what the run was about.
    file : str
        Name of the baseline, for the report.
    today : date
        The day on which an entry may have expired.
    """
    active = baseline.active(environment)
    names = set(planned)
    known: dict[str, Known] = {}
    findings: list[Finding] = []
    for result in results:
        entry = active.get(result.id)
        finding = concern_about(result, entry, today)
        if finding is not None:
            findings.append(_explained(finding, baseline, environment))
        elif entry is not None and result.went_wrong:
            known[result.id] = Known(entry.reason, entry.issue, entry.flaky)
    return Gate(
        baseline=file,
        met=not findings,
        known=known,
        findings=tuple(findings),
        dormant=tuple(
            entry.name for entry in baseline.entries if not is_met(entry.when, environment)
        ),
        unselected=tuple(name for name in active if name not in names),
    )


def _explained(finding: Finding, baseline: Baseline, environment: Mapping[str, Any]) -> Finding:
    """Return a finding that names the entry whose pattern a new failure fits."""
    if finding.concern is not Concern.NEW:
        return finding
    for entry in baseline.entries:
        if entry.matches(finding.id) and is_met(entry.when, environment):
            text = (
                f"It fits {entry.name} ({entry.reason}), but is not among the results that this "
                f"entry accepts: {finding.message}"
            )
            return Finding(finding.concern, finding.id, text)
    return finding


def concern_about(result: Result, entry: Entry | None, today: date) -> Finding | None:
    """Return how a result disagrees with its entry, or with having none; None if it agrees."""
    if result.is_inconclusive:
        return None
    if entry is None or entry.passes:
        new = Finding(Concern.NEW, result.id, result.message)
        return new if result.went_wrong else None
    if not result.went_wrong:
        return _outlived(result, entry)
    kind = fingerprint(result.message)
    expected = entry.pinned[result.id]
    if kind != expected:
        return Finding(
            Concern.CHANGED,
            result.id,
            f"It fails in another way (fingerprint {kind} instead of {expected}): {result.message}",
        )
    if entry.expires is not None and today > entry.expires:
        return Finding(
            Concern.EXPIRED,
            result.id,
            f"It was accepted until {entry.expires.isoformat()} ({entry.reason}). Fix it, or give "
            "the entry another day.",
        )
    return None


def _outlived(result: Result, entry: Entry) -> Finding:
    if entry.flaky and result.outcome is Outcome.PASSED:
        return Finding(
            Concern.NEVER_FAILED,
            result.id,
            f"It passed {result.tries} times out of {result.tries}. Take its entry out of the "
            "baseline; or, if it fails more rarely than that, give the entry more tries.",
        )
    where = (
        f"it out of the results of {entry.name} in" if entry.has_patterns else "its entry out of"
    )
    return Finding(
        Concern.STALE,
        result.id,
        f"The result is: {result.outcome.words} ({entry.reason}). Take {where} the baseline, or "
        "renew it ('scikeras-conformance baseline update').",
    )

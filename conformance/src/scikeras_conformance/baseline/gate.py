"""Holds a run against its baseline: no step back, and no stale excuse."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from scikeras_conformance.baseline.entries import Baseline, Entry
from scikeras_conformance.baseline.fingerprint import fingerprint
from scikeras_conformance.catalog.results import Outcome, Result

__all__ = ["Concern", "Finding", "Gate", "Known", "concern_about", "judge"]


class Concern(StrEnum):
    """Why a gate does not open."""

    NEW = "new failure"
    CHANGED = "changed failure"
    STALE = "does not fail any more"
    EXPIRED = "expired"
    NEVER_FAILED = "flaky, but never failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason why a run does not meet its baseline."""

    concern: Concern
    id: str
    message: str


@dataclass(frozen=True, slots=True)
class Known:
    """Why a failure of a run is accepted."""

    reason: str
    issue: str = ""
    flaky: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """A run against its baseline.

    Parameters
    ----------
    baseline : str
        The file.
    known : mapping of str to Known
        The failures that are accepted, by the id of the result.
    findings : tuple of Finding
        What does not agree; empty for a baseline that is met.
    dormant : tuple of str
        Entries whose conditions do not hold here.
    unselected : tuple of str
        Entries that the run was not about.
    """

    baseline: str
    known: Mapping[str, Known] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    dormant: tuple[str, ...] = ()
    unselected: tuple[str, ...] = ()

    @property
    def met(self) -> bool:
        """Whether nothing stands against the run."""
        return not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Give the gate as plain data."""
        return {
            "baseline": self.baseline,
            "met": self.met,
            "known": {name: asdict(known) for name, known in self.known.items()},
            "findings": [
                {"concern": str(one.concern), "id": one.id, "message": one.message}
                for one in self.findings
            ],
            "dormant": list(self.dormant),
            "unselected": list(self.unselected),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Gate":
        """Make a gate out of what `to_dict` gave."""
        return cls(
            baseline=data["baseline"],
            known={name: Known(**known) for name, known in data["known"].items()},
            findings=tuple(
                Finding(Concern(one["concern"]), one["id"], one["message"])
                for one in data["findings"]
            ),
            dormant=tuple(data["dormant"]),
            unselected=tuple(data["unselected"]),
        )


def judge(
    baseline: Baseline,
    results: Iterable[Result],
    environment: Mapping[str, Any],
    *,
    planned: Iterable[str],
    file: str,
    today: date,
) -> Gate:
    """Hold the results of a run against a baseline.

    Errors of the suite and missing results are none of the gate's business: they leave the run
    without a verdict, whatever the baseline says.

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
            findings.append(finding)
        elif entry is not None and result.outcome is Outcome.FAILED:
            known[result.id] = Known(entry.reason, entry.issue, entry.flaky)
    here = {id(entry) for entry in active.values()}
    return Gate(
        baseline=file,
        known=known,
        findings=tuple(findings),
        dormant=tuple(entry.id for entry in baseline.entries if id(entry) not in here),
        unselected=tuple(name for name in active if name not in names),
    )


def concern_about(result: Result, entry: Entry | None, today: date) -> Finding | None:
    """Say what stands against one result, given the entry for it, if there is one."""
    if result.says_nothing:
        return None
    failed = result.outcome is Outcome.FAILED
    if entry is None:
        return Finding(Concern.NEW, result.id, result.message) if failed else None
    if not failed:
        return _outlived(result, entry)
    kind = fingerprint(result.message)
    if kind != entry.fingerprint:
        return Finding(
            Concern.CHANGED,
            result.id,
            f"It fails in another way (fingerprint {kind} instead of {entry.fingerprint}): "
            f"{result.message}",
        )
    if entry.expires is not None and today > entry.expires:
        return Finding(
            Concern.EXPIRED,
            result.id,
            f"It was accepted until {entry.expires.isoformat()} ({entry.reason}). Mend it, or give "
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
    return Finding(
        Concern.STALE,
        result.id,
        f"The result is: {result.outcome} ({entry.reason}). Take its entry out of the baseline.",
    )

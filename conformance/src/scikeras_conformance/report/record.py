"""Everything that is known at the end of a run, for all views of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import ExitCode, Verdict

__all__ = ["CheckNote", "ClauseNote", "RunRecord"]


@dataclass(frozen=True, slots=True)
class ClauseNote:
    """What a report tells of a clause."""

    statement: str
    level: str
    section: str


@dataclass(frozen=True, slots=True)
class CheckNote:
    """What a report tells of a check, so that it can be read without the suite."""

    verifies: str
    impact: str
    level: str
    profile: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of the suite.

    Parameters
    ----------
    contract : str
        Version of the contract.
    subject : mapping
        Who was judged.
    environment : mapping
        Where.
    profiles : tuple of str
        The profiles that the run is about; empty if it is about all of them.
    catalog_size : int
        Number of planned checks of those profiles.
    counts : Counts
        The count.
    verdict : Verdict
        The verdict.
    strict : bool
        Whether SHOULD checks count.
    refusal : str or None
        Why the subject could not be judged at all.
    missing : tuple of str
        Planned checks that have no result.
    unchecked : tuple of str
        Clauses of the contract that the suite has no check for.
    results : tuple of Result
        In the order of the plan.
    scripts : mapping of str to str
        For each failed result, by its id, a script that reproduces it without the suite.
    started : str
        When the run began, in ISO 8601.
    root : str
        The directory that paths of the subject are shown from: the checkout, or where the run was
        started.
    configuration : mapping
        The configuration file that was used, if any, and settings that no other field has.
    clauses : mapping of str to ClauseNote
        The clauses that the planned checks are about.
    checks : mapping of str to CheckNote
        The planned checks.
    gate : Gate or None
        How the run stands against its baseline, where it has one.
    """

    contract: str
    subject: Mapping[str, Any]
    environment: Mapping[str, Any]
    profiles: tuple[str, ...]
    catalog_size: int
    counts: Counts
    verdict: Verdict
    strict: bool
    refusal: str | None
    missing: tuple[str, ...]
    unchecked: tuple[str, ...]
    results: tuple[Result, ...]
    scripts: Mapping[str, str] = field(default_factory=dict)
    started: str = ""
    root: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    clauses: Mapping[str, ClauseNote] = field(default_factory=dict)
    checks: Mapping[str, CheckNote] = field(default_factory=dict)
    gate: Gate | None = None

    @property
    def partial(self) -> bool:
        """Whether only a part of its profiles was asked for."""
        return self.counts.planned < self.catalog_size

    @property
    def exit_code(self) -> ExitCode:
        """How the run ends: with a baseline it is the gate that says so.

        A run without a verdict about its subject is none that a baseline could say anything of.
        """
        if self.gate is None or not self.is_conclusive:
            return self.verdict.exit_code
        return ExitCode.CONFORMANT if self.gate.met else ExitCode.BASELINE_NOT_MET

    @property
    def failures(self) -> tuple[Result, ...]:
        """The results that failed."""
        return tuple(result for result in self.results if result.outcome is Outcome.FAILED)

    @property
    def is_conclusive(self) -> bool:
        """Whether the run says something about its subject."""
        return self.verdict in {Verdict.CONFORMANT, Verdict.NOT_CONFORMANT}

    def is_known(self, result: Result) -> bool:
        """Whether the baseline accepts a failure."""
        return self.gate is not None and result.id in self.gate.known

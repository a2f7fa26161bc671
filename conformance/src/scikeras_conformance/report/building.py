"""Makes the report of a run out of what the run has gathered."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.check import Check
from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict, decide
from scikeras_conformance.catalog.wrappers import CLASS_NAMES
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.causes import causes_of
from scikeras_conformance.report.reproduction.command import command_for
from scikeras_conformance.report.structure import (
    SCHEMA,
    Catalog,
    CheckEntry,
    ClauseEntry,
    Configuration,
    Environment,
    Footer,
    Header,
    Report,
    ReportedCounts,
    ReportedResult,
    ReportedSubject,
)

__all__ = ["build_report", "catalog_of", "exit_code_of", "reported"]


def build_report(
    *,
    subject: ReportedSubject | Mapping[str, Any],
    environment: Environment | Mapping[str, Any] | None,
    results: Iterable[Result],
    missing: Iterable[str],
    catalog: Catalog,
    catalog_size: int,
    profiles: Iterable[str] = (),
    strict: bool = False,
    refusal: str | None = None,
    refused: Verdict = Verdict.NO_SUBJECT,
    unchecked: Iterable[str] = (),
    started: str = "",
    root: str = "",
    configuration: Configuration | None = None,
    gate: Gate | None = None,
) -> Report:
    """Return the report of a run, at its end or at any time before.

    Parameters
    ----------
    subject : ReportedSubject or mapping
        The implementation under test.
    environment : Environment, mapping or None
        The process that ran the checks; None if no process has run one.
    results : iterable of Result
        The results so far, in the order of the plan.
    missing : iterable of str
        Planned checks that have no result.
    catalog : Catalog
        The planned checks and their clauses.
    catalog_size : int
        Number of checks of the selected profiles.
    profiles : iterable of str, default=()
        The selected profiles; empty for all of them.
    strict : bool, default=False
        Whether SHOULD checks count.
    refusal : str, optional
        Why the run could not go on.
    refused : Verdict, default=Verdict.NO_SUBJECT
        The verdict of a run that was refused.
    unchecked : iterable of str, default=()
        Clauses of the contract that the suite has no check for.
    started : str, default=""
        When the run began, in ISO 8601.
    root : str, default=""
        The directory that paths of the subject are shown from.
    configuration : Configuration, optional
        Settings that no other parameter has.
    gate : Gate, optional
        The comparison with the baseline.
    """
    header = Header(
        contract=load_contract().version,
        started=started,
        subject=msgspec.convert(subject, ReportedSubject),
        environment=msgspec.convert(environment, Environment) if environment else None,
        root=root,
        configuration=configuration or Configuration(),
        profiles=tuple(profiles) or ("all",),
        planned=0,
        catalog_size=catalog_size,
        partial=False,
        strict=strict,
    )
    results, missing = tuple(results), tuple(missing)
    counts = Counts.of(len(results) + len(missing), results)
    verdict = decide(counts, results, strict=strict) if refusal is None else refused
    return Report(
        schema=SCHEMA,
        header=msgspec.structs.replace(
            header, planned=counts.planned, partial=counts.planned < catalog_size
        ),
        causes=causes_of(results, _class_names(header.subject)),
        catalog=catalog,
        results=tuple(reported(result, header) for result in results),
        footer=Footer(
            verdict=verdict,
            exit_code=exit_code_of(verdict, gate),
            counts=ReportedCounts.of(counts),
            refusal=refusal,
            missing=missing,
            unavailable={
                result.id: result.message
                for result in results
                if result.outcome is Outcome.UNAVAILABLE
            },
            clauses_without_check=tuple(unchecked),
            clauses_excluded={
                clause.id: clause.excluded
                for clause in load_contract().clauses.values()
                if clause.excluded
            },
            gate=gate,
        ),
    )


def _class_names(subject: ReportedSubject) -> set[str]:
    paths = subject.wrappers.values()
    return {path.rpartition(".")[2] for path in paths} | set(CLASS_NAMES.values())


def catalog_of(checks: Iterable[Check]) -> Catalog:
    """Return what a report says of its checks and their clauses."""
    by_id = {check.id: check for check in checks}
    about = {name for check in by_id.values() for name in check.clauses}
    return Catalog(
        clauses={
            name: ClauseEntry(clause.statement, clause.level, clause.section)
            for name, clause in load_contract().clauses.items()
            if name in about
        },
        checks={
            name: CheckEntry(
                check.verifies, check.impact, check.level, str(check.profile), check.clauses
            )
            for name, check in by_id.items()
        },
    )


def reported(result: Result, header: Header) -> ReportedResult:
    """Return a result as the report has it: with the command that runs again what went wrong."""
    fields = msgspec.structs.asdict(result)
    if result.went_wrong:
        subject, estimators = header.subject, header.configuration.estimators
        fields["reproduce"] = command_for(
            result, subject.spec, estimators, subject.not_offered, subject.builder_protocol
        )
    return ReportedResult(**fields)


def exit_code_of(verdict: Verdict, gate: Gate | None) -> ExitCode:
    """Return how a run ends: with a baseline, the gate decides.

    A baseline says nothing about a run that is incomplete.
    """
    if gate is None or not verdict.is_complete:
        return verdict.exit_code
    return ExitCode.CONFORMANT if gate.met else ExitCode.BASELINE_NOT_MET

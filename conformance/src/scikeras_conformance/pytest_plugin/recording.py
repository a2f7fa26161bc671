"""Makes the record of a run out of what its session has gathered."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.plan import PlannedCheck, unchecked_clauses
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict, decide
from scikeras_conformance.contract import load_contract
from scikeras_conformance.pytest_plugin.run import Run
from scikeras_conformance.report.locations import root_of
from scikeras_conformance.report.record import CheckNote, ClauseNote, RunRecord
from scikeras_conformance.report.script import script_for
from scikeras_conformance.runner.seeding import SEED

__all__ = ["Recorder"]


class Recorder:
    """Makes records of a run, at its end and on the way.

    Parameters
    ----------
    run : Run
        The run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._root = str(root_of(Path.cwd()))
        self._scripts: dict[str, str] = {}

    def record(
        self,
        planned: Mapping[str, PlannedCheck],
        results: tuple[Result, ...],
        facts: Mapping[str, Any],
        *,
        refusal: str | None,
        refused: Verdict,
        gate: Gate | None,
    ) -> RunRecord:
        """Return the record of the run so far.

        Parameters
        ----------
        planned : mapping of str to PlannedCheck
            What the session was to run, in the order of the catalog.
        results : tuple of Result
            What came of it, in the same order.
        facts : mapping
            Who the subject is and where it ran, if a process has told.
        refusal : str or None
            Why the subject could not be judged at all.
        refused : Verdict
            The verdict of a run with a refusal.
        gate : Gate or None
            How the run compares with its baseline.
        """
        options = self._run.options
        counts = Counts.of(len(planned), results)
        verdict = decide(counts, results, strict=options.strict)
        found = {result.id for result in results}
        return RunRecord(
            contract=load_contract().version,
            subject=facts.get("subject", {"spec": options.subject}),
            environment=facts.get("environment", {}),
            profiles=self._run.plan.selection.profiles,
            catalog_size=self._run.plan.extent,
            counts=counts,
            verdict=verdict if refusal is None else refused,
            strict=options.strict,
            refusal=refusal,
            missing=tuple(name for name in planned if name not in found),
            unchecked=unchecked_clauses(self._run.plan.catalog),
            results=results,
            scripts=self._scripts_of(results),
            started=self._started,
            root=self._root,
            configuration={
                "file": None if options.config_file is None else str(options.config_file),
                "time_limit": options.time_limit,
                "estimators": list(options.estimators),
            },
            gate=gate,
            **_notes(planned.values()),
        )

    def _scripts_of(self, results: Iterable[Result]) -> Mapping[str, str]:
        options = self._run.options
        for result in results:
            if result.outcome is Outcome.FAILED and result.id not in self._scripts:
                self._scripts[result.id] = script_for(
                    self._run.plan.everything[result.id],
                    options.subject,
                    seed=SEED,
                    example=result.example,
                    estimators=options.estimators,
                )
        return self._scripts


def _notes(planned: Iterable[PlannedCheck]) -> dict[str, Any]:
    """Return what a report tells of its clauses and checks."""
    checks = {item.check.id: item.check for item in planned}
    clauses = load_contract().clauses
    about = {name for check in checks.values() for name in check.clauses}
    return {
        "clauses": {
            name: ClauseNote(clause.statement, str(clause.level), clause.section)
            for name, clause in clauses.items()
            if name in about
        },
        "checks": {
            name: CheckNote(
                check.verifies, check.impact, str(check.level), str(check.profile), check.clauses
            )
            for name, check in checks.items()
        },
    }

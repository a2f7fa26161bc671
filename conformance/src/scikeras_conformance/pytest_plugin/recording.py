"""Makes the report of a run out of what its session has gathered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scikeras_conformance.baseline import Gate
from scikeras_conformance.catalog.plan import PlannedCheck, unchecked_clauses
from scikeras_conformance.catalog.results import Result
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.pytest_plugin.run import Run
from scikeras_conformance.report.building import build_report, catalog_of
from scikeras_conformance.report.locations import root_of
from scikeras_conformance.report.reproduction.script import script_for
from scikeras_conformance.report.structure import Configuration, Report
from scikeras_conformance.runner.seeding import SEED

__all__ = ["Recorder"]


class Recorder:
    """Makes reports of a run, at its end and on the way.

    Parameters
    ----------
    run : Run
        The run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._root = str(root_of(Path.cwd()))

    def report(
        self,
        planned: Mapping[str, PlannedCheck],
        results: tuple[Result, ...],
        facts: Mapping[str, Any],
        *,
        refusal: str | None,
        refused: Verdict,
        gate: Gate | None,
    ) -> Report:
        """Return the report of the run so far.

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
        options, selection = self._run.options, self._run.plan.selection
        found = {result.id for result in results}
        return build_report(
            subject=facts.get("subject", {"spec": options.subject}),
            environment=facts.get("environment"),
            results=results,
            missing=(name for name in planned if name not in found),
            catalog=catalog_of(item.check for item in planned.values()),
            catalog_size=self._run.plan.extent,
            profiles=selection.profiles,
            strict=options.strict,
            refusal=refusal,
            refused=refused,
            unchecked=unchecked_clauses(self._run.plan.catalog),
            started=self._started,
            root=self._root,
            configuration=Configuration(
                file=None if options.config_file is None else str(options.config_file),
                time_limit=options.time_limit,
                estimators=tuple(options.estimators),
                chapters=selection.chapters,
                checks=selection.checks,
                wrappers=selection.wrappers,
            ),
            gate=gate,
        )

    def script_of(self, result: Result) -> str:
        """Return the script that reproduces a failure without the suite."""
        options = self._run.options
        return script_for(
            self._run.plan.everything[result.id],
            options.subject,
            seed=SEED,
            example=result.example,
            estimators=options.estimators,
            not_offered=options.not_offered,
            builder_protocol=options.builder_protocol,
        )

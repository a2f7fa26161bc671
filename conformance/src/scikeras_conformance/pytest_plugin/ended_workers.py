"""The workers of a run, as the process that started them knows them: how each one ended."""

import tempfile
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.pytest_plugin.items import id_of_planned
from scikeras_conformance.pytest_plugin.run import Run
from scikeras_conformance.pytest_plugin.stuck_workers import Watchdog
from scikeras_conformance.pytest_plugin.worker import POST_MORTEM
from scikeras_conformance.runner import post_mortem
from scikeras_conformance.runner.basic_use import STAGE as BASIC_USE

__all__ = ["Workers"]

FIRST_FITS = 12
"""Three wrappers and four builder protocols, each with a time limit of its own."""

MAX_STILLBORN = 3
"""Workers that end before they have found the checks; xdist would start others for ever."""


class Workers:
    """Starts the watchdog with the first worker, and reads what workers leave behind.

    Parameters
    ----------
    run : Run
        The run.

    Attributes
    ----------
    begun : set of object
        The workers that have imported the subject.
    """

    def __init__(self, run: Run) -> None:
        self.begun: set[Any] = set()
        self._run = run
        self._died: set[str] = set()
        self._collected: set[Any] = set()
        self._stillborn = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        before = FIRST_FITS if run.starts_with_smoke else 0
        self._watchdog = Watchdog(run.options.time_limit, self._tries, before)

    def add(self, node: Any) -> None:
        """Watch a worker that is about to start."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="scikeras-conformance-")
            self._watchdog.start()
        node.workerinput[POST_MORTEM] = str(self._file_of(node))
        self._watchdog.watch(node)

    def end(self) -> None:
        """End the processes of all workers."""
        self._watchdog.stop()
        self._watchdog.end_all()

    def close(self) -> None:
        """Stop watching, and drop what the workers left behind."""
        self._watchdog.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def may_collect(self, node: Any) -> None:
        """Take note that a worker has found the checks."""
        self._collected.add(node)

    def why_none_starts(self, node: Any) -> str | None:
        """Return why no worker comes to its first check, once several have ended before it."""
        if node in self._collected:
            return None
        self._stillborn += 1
        if self._stillborn < MAX_STILLBORN:
            return None
        end = self._end_of(node, post_mortem.read(self._file_of(node)))
        return f"No worker could be started: {self._stillborn} ended at once; the last {end}."

    def died_before(self, nodeid: str) -> bool:
        """Return whether a process ended during an item before, and take note that one did."""
        known = nodeid in self._died
        self._died.add(nodeid)
        return known

    def why_none_began(self, node: Any) -> str:
        """Return why a worker could not even begin its first check."""
        death = post_mortem.read(self._file_of(node))
        stage = death.stage or "imported the subject"
        end = self._end_of(node, death)
        where = f" ({place})" if (place := _innermost(death.details)) else ""
        return (
            f"The subject {self._run.options.subject!r} cannot be judged: the process that "
            f"{stage} ended while it did so: it {end}{where}."
        )

    def why_it_cannot_be_used(self, node: Any) -> str | None:
        """Return why no check can come to anything: the process ended during basic use."""
        death = post_mortem.read(self._file_of(node))
        if death.stage != BASIC_USE:
            return None
        return (
            f"The subject {self._run.options.subject!r} cannot be judged: the process that "
            f"{death.stage} ended while it did so, and again when that was tried once more: it "
            f"{self._end_of(node, death)}."
        )

    def result_of_a_death(self, planned: PlannedCheck, node: Any) -> Result:
        """Return the result of a check that ended its process twice.

        It is blocked: nobody saw whether the promise of the check was broken.
        """
        death = post_mortem.read(self._file_of(node))
        end = self._end_of(node, death)
        return Result(
            id=planned.id,
            check=planned.check.id,
            wrapper=str(planned.wrapper),
            case=planned.case,
            clauses=planned.check.clauses,
            level=str(planned.check.level),
            outcome=Outcome.BLOCKED,
            message="could not be checked: the process ended during the check, and again when it "
            f"was run once more: it {end}",
            details=death.details,
            step="the check",
        )

    def _end_of(self, node: Any, death: post_mortem.Death) -> str:
        """Return how a worker ended, in words that continue "it"."""
        if death.timed_out:
            limit = self._run.options.time_limit
            return f"did not come to an end within {limit:g} s and could not be stopped"
        if death.reason:
            return f"crashed: {death.reason}"
        return self._watchdog.reason_of(node) or "exited, or was killed"

    def _file_of(self, node: Any) -> Path:
        assert self._folder is not None
        return Path(self._folder.name, f"{node.gateway.id}.txt")

    def _tries(self, nodeid: str) -> int:
        # What holds here is known in the workers only; too much patience does no harm.
        name = id_of_planned(nodeid)
        entries = () if self._run.baseline is None else self._run.baseline.entries
        flaky = [entry.tries for entry in entries if entry.flaky and entry.id == name]
        return max(flaky, default=1)


def _innermost(details: str) -> str:
    return " ".join(details.rpartition("\n")[2].split())

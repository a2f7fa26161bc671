"""Collects the results of one pytest session, with or without xdist, and gives the verdict."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.checks import CATALOGUE
from scikeras_conformance.contract import load_contract
from scikeras_conformance.environment import describe_environment
from scikeras_conformance.exceptions import ReportError
from scikeras_conformance.plan import PlannedCheck, Selection, make_plan, unchecked_clauses
from scikeras_conformance.reporting.json_report import check_writable, write_report
from scikeras_conformance.reporting.record import RunRecord
from scikeras_conformance.reporting.terminal import render
from scikeras_conformance.results import Census, ExitCode, Result, Verdict, decide
from scikeras_conformance.subject import check_spec, load_subject

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

__all__ = ["Controller", "Worker", "selection_of"]

FACTS = "conformance_facts"


def selection_of(config: pytest.Config) -> Selection:
    """Give the part of the catalogue that the command line asks for."""
    return Selection(
        chapters=tuple(config.getoption("conformance_chapter")),
        checks=tuple(config.getoption("conformance_check")),
        wrappers=tuple(config.getoption("conformance_wrapper")),
    )


def _facts(config: pytest.Config) -> dict[str, Any]:
    """Say who the subject is and where it ran; only the process that ran it can tell."""
    identity = load_subject(config.getoption("subject")).identity
    return {
        "subject": {
            "spec": identity.spec,
            "distribution": identity.distribution,
            "version": identity.version,
            "wrappers": dict(identity.wrappers),
        },
        "environment": describe_environment(),
    }


class Worker:
    """What an xdist worker adds: at its end it tells the controller the facts of its process."""

    def __init__(self, config: pytest.Config) -> None:
        self.config: Any = config
        self._ran = False

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Notice that the subject was loaded and used."""
        self._ran |= hasattr(report, "conformance_result")

    def pytest_sessionfinish(self) -> None:
        """Send the facts."""
        if self._ran:
            self.config.workeroutput[FACTS] = _facts(self.config)


class Controller:
    """Gathers plan, results and facts, and ends the session with the verdict."""

    NAME = "scikeras_conformance_controller"

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: dict[str, Result] = {}
        self.planned: dict[str, PlannedCheck] = {}
        self.refusal: str | None = None
        self.facts: dict[str, Any] = {}
        self.distributed = False
        self.record: RunRecord | None = None
        self.report_error: ReportError | None = None
        self._session: pytest.Session | None = None
        check_spec(config.getoption("subject"))
        make_plan(CATALOGUE, selection_of(config))
        self._catalogue = {item.id: item for item in make_plan(CATALOGUE, Selection())}
        path = config.getoption("conformance_report")
        # A subject may change the directory of the process.
        self.path = Path(path).absolute() if path else None
        if self.path is not None:
            check_writable(self.path)

    # -- what is planned ------------------------------------------------------------------------

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session, to be able to stop it."""
        self._session = session

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take over the plan of a run in one process."""
        self._plan(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Take over the plan of a distributed run; xdist makes sure that all nodes agree."""
        del node
        self.distributed = True
        self._plan(ids)

    def _plan(self, nodeids: Iterable[str]) -> None:
        for nodeid in nodeids:
            parameters = nodeid.partition("[")[2].removesuffix("]")
            if parameters in self._catalogue:
                self.planned[parameters] = self._catalogue[parameters]

    # -- what happens ---------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep a result; stop the run where there is nothing to judge."""
        data = getattr(report, "conformance_result", None)
        if data is not None:
            result = Result.from_dict(data)
            self.results[result.id] = result
        refusal = getattr(report, "conformance_refusal", None)
        if refusal is not None and self.refusal is None:
            self.refusal = refusal
            if self._session is not None:
                self._session.shouldstop = "the subject cannot be judged"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over the facts of a worker."""
        del error
        self.facts = getattr(node, "workeroutput", {}).get(FACTS) or self.facts

    # -- what comes of it -----------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give the verdict, write the report, set the exit code."""
        if self.config.getoption("collectonly"):
            return
        if self.results and not self.distributed:
            self.facts = _facts(self.config)
        self.record = self._make_record()
        if self.path is not None:
            try:
                write_report(self.record, self.path)
            except ReportError as error:
                self.report_error = error
        if self.exit_code is not ExitCode.CONFORMANT:
            session.exitstatus = int(self.exit_code)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that goes with what happened."""
        if self.record is None or self.report_error is not None:
            return ExitCode.INCOMPLETE
        return self.record.verdict.exit_code

    def _make_record(self) -> RunRecord:
        order = [name for name in self._catalogue if name in self.planned]
        results = tuple(self.results[name] for name in order if name in self.results)
        census = Census.of(len(order), results)
        strict = bool(self.config.getoption("conformance_strict"))
        verdict = decide(census, results, strict=strict)
        if self.refusal is not None:
            verdict = Verdict.NO_SUBJECT
        return RunRecord(
            contract=load_contract().version,
            subject=self.facts.get("subject", {"spec": self.config.getoption("subject")}),
            environment=self.facts.get("environment", {}),
            catalogue_size=len(self._catalogue),
            census=census,
            verdict=verdict,
            strict=strict,
            refusal=self.refusal,
            missing=tuple(name for name in order if name not in self.results),
            unchecked=unchecked_clauses(CATALOGUE),
            results=results,
        )

    def pytest_terminal_summary(self, terminalreporter: "TerminalReporter") -> None:
        """Print the summary by chapter."""
        if self.record is None:
            return
        terminalreporter.section("conformance")
        for line in render(self.record, CATALOGUE):
            terminalreporter.write_line(line.text, **line.markup)
        if self.report_error is not None:
            terminalreporter.write_line(str(self.report_error), red=True)

"""Collects the results of one pytest session, with or without xdist, and gives the verdict."""

import os
import signal
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.baseline import Baseline, Gate, judge, load_for
from scikeras_conformance.catalog.plan import PlannedCheck, Selection, make_plan, unchecked_clauses
from scikeras_conformance.catalog.results import ExitCode, Outcome, Result, Verdict
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.config.file import parse_builder
from scikeras_conformance.exceptions import BaselineError, ConformanceError, ReportError
from scikeras_conformance.report.building import build_report, catalog_of
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.locations import root_of, sources_of
from scikeras_conformance.report.outputs import Outputs
from scikeras_conformance.report.printable import printable
from scikeras_conformance.report.reproduction.script import script_for
from scikeras_conformance.report.structure import Configuration, Report
from scikeras_conformance.runner.environment import describe_environment
from scikeras_conformance.runner.seeding import SEED
from scikeras_conformance.subject.estimator_factories import places_of
from scikeras_conformance.subject.loading import check_spec, load_subject

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

__all__ = ["FACTS", "Controller", "Worker", "baseline_of", "facts_of", "selection_of"]

FACTS = "conformance_facts"


def selection_of(config: pytest.Config) -> Selection:
    """Give the part of the catalog that the command line asks for."""
    return Selection.asked_for(
        chapters=config.getoption("conformance_chapter"),
        checks=config.getoption("conformance_check"),
        wrappers=config.getoption("conformance_wrapper"),
        profiles=config.getoption("conformance_profile"),
    )


def baseline_of(config: pytest.Config) -> tuple[str, Baseline] | None:
    """Read the baseline that the run is held against, if it is held against one."""
    file = config.getoption("conformance_baseline")
    if not file:
        return None
    known = (item.id for item in make_plan(CATALOG, Selection()))
    return file, load_for(Path(file), config.getoption("conformance_subject"), known)


@cache
def facts_of(config: pytest.Config) -> dict[str, Any]:
    """Say who the subject is and where it ran; only the process that ran it can tell."""
    subject = load_subject(config.getoption("conformance_subject"))
    identity = subject.identity
    return {
        "subject": {
            "spec": identity.spec,
            "distribution": identity.distribution,
            "version": identity.version,
            "wrappers": dict(identity.wrappers),
            "sources": sources_of(subject),
        },
        "environment": {
            **describe_environment(),
            "device_asked_for": config.getoption("conformance_device"),
        },
    }


def _parameters(nodeid: str) -> str:
    """Give the id of the planned check out of that of its pytest item."""
    return nodeid.partition("[")[2].removesuffix("]")


def _result_of_a_death(planned: PlannedCheck) -> Result:
    return Result(
        id=planned.id,
        check=planned.check.id,
        wrapper=str(planned.wrapper),
        case=planned.case,
        clauses=planned.check.clauses,
        level=str(planned.check.level),
        outcome=Outcome.FAILED,
        message="The process ended during this check, and again when it was run once more: the "
        "subject ended it or crashed, or it hung and could not be stopped.",
    )


class Worker:
    """What an xdist worker adds: at its end it tells the controller the facts of its process.

    It leads a process group, so that what the subject forked ends when it does.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config: Any = config
        self._ran = False
        self._process = os.getpid()
        self._leads = hasattr(os, "setpgid")
        if self._leads:
            os.setpgid(0, 0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Notice that the subject was loaded and used."""
        self._ran |= hasattr(report, "conformance_result")

    def pytest_sessionfinish(self) -> None:
        """Send the facts."""
        if self._ran:
            self.config.workeroutput[FACTS] = facts_of(self.config)

    def pytest_unconfigure(self) -> None:
        """End the processes that the subject left behind."""
        if self._leads and os.getpid() == self._process:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)


class Controller:
    """Gathers plan, results and facts, and ends the session with the verdict."""

    NAME = "scikeras_conformance_controller"

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: dict[str, Result] = {}
        self.planned: dict[str, PlannedCheck] = {}
        self.refusal: str | None = None
        self._refused = Verdict.NO_SUBJECT
        self.facts: dict[str, Any] = {}
        self.distributed = False
        self.report: Report | None = None
        self.report_error: ConformanceError | None = None
        self._session: pytest.Session | None = None
        self._begun: set[str] = set()
        self._died: set[str] = set()
        check_spec(config.getoption("conformance_subject"))
        places_of(map(parse_builder, config.getoption("conformance_builder")))
        selection = selection_of(config)
        make_plan(CATALOG, selection)
        self._whole = len(make_plan(CATALOG, Selection(profiles=selection.profiles)))
        self._catalog = {item.id: item for item in make_plan(CATALOG, Selection())}
        self._baseline = baseline_of(config)
        self._started = datetime.now(UTC).isoformat(timespec="seconds")
        self._root = str(root_of(Path.cwd()))
        # A subject may change the directory of the process, so paths are made absolute now.
        self._outputs = Outputs(
            report=config.getoption("conformance_report"),
            scripts=config.getoption("conformance_scripts"),
            exports=config.getoption("conformance_to"),
            baseline=config.getoption("conformance_baseline"),
        )

    # -- what is planned ------------------------------------------------------------------------

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session, to be able to stop it; from now on there is a report without end."""
        self._session = session
        if not self.config.getoption("collectonly"):
            self._try(self._outputs.open)

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
            parameters = _parameters(nodeid)
            if parameters in self._catalog:
                self.planned[parameters] = self._catalog[parameters]

    # -- what happens ---------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep a result; stop the run where there is nothing to judge."""
        if report.when == "setup" and report.passed:
            self._begun.add(report.nodeid)
        self.facts = getattr(report, FACTS, None) or self.facts
        data = getattr(report, "conformance_result", None)
        if data is not None:
            self._take(Result.from_dict(data))
        refusal = getattr(report, "conformance_refusal", None)
        if refusal is not None:
            self._refuse(*refusal)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, sched: Any) -> None:
        """Take a dead worker for what it is: the check that killed it twice is a failed one.

        The first time may have been the machine (out of memory, a signal from outside).
        """
        if crashitem not in self._begun:
            spec = self.config.getoption("conformance_subject")
            self._refuse(
                f"The subject {spec!r} cannot be judged: the process that imported it ended while "
                "it did so."
            )
        elif crashitem not in self._died:
            self._died.add(crashitem)
            sched.mark_test_pending(crashitem)
        else:
            self._take(_result_of_a_death(self._catalog[_parameters(crashitem)]))

    def _take(self, result: Result) -> None:
        self.results[result.id] = result
        if self.facts and self._outputs.streams:
            self._try(self._outputs.stream, self._make_report, self.results.values())

    def _try(self, write: Callable[..., None], *arguments: Any) -> None:
        """Write, and remember that it went wrong: the run goes on, and does not end well."""
        try:
            write(*arguments)
        except ReportError as error:
            self.report_error = error

    def _refuse(self, why: str, verdict: str = Verdict.NO_SUBJECT) -> None:
        """Stop the run: there is nothing to judge, or no device to judge it on."""
        if self.refusal is None:
            self.refusal, self._refused = why, Verdict(verdict)
            # xdist takes orders of its own.
            for session in (self._session, self.config.pluginmanager.get_plugin("dsession")):
                if session is not None:
                    session.shouldstop = "the subject cannot be judged"

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
            self.facts = facts_of(self.config)
        self.report = self._make_report()
        self._try(self._outputs.write, self.report, self._script_of)
        if self.exit_code is not ExitCode.CONFORMANT:
            session.exitstatus = int(self.exit_code)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that goes with what happened."""
        if self.report is None or self.report_error is not None:
            return ExitCode.INCOMPLETE
        return self.report.footer.exit_code

    def _make_report(self) -> Report:
        order = [name for name in self._catalog if name in self.planned]
        results = tuple(self.results[name] for name in order if name in self.results)
        gate = self._gate(order, results)
        return build_report(
            subject=self.facts.get(
                "subject", {"spec": self.config.getoption("conformance_subject")}
            ),
            environment=self.facts.get("environment"),
            results=results,
            missing=(name for name in order if name not in self.results),
            catalog=catalog_of(item.check for item in self.planned.values()),
            catalog_size=self._whole,
            profiles=selection_of(self.config).profiles,
            strict=bool(self.config.getoption("conformance_strict")),
            refusal=self.refusal,
            refused=self._refused,
            unchecked=unchecked_clauses(CATALOG),
            started=self._started,
            root=self._root,
            configuration=Configuration(
                file=self.config.getoption("conformance_config_file"),
                time_limit=self.config.getoption("conformance_time_limit"),
                estimators=tuple(self.config.getoption("conformance_builder")),
            ),
            gate=gate,
        )

    def _script_of(self, result: Result) -> str:
        return script_for(
            self._catalog[result.id],
            self.config.getoption("conformance_subject"),
            seed=SEED,
            example=result.example,
            estimators=self.config.getoption("conformance_builder"),
        )

    def _gate(self, order: Iterable[str], results: Iterable[Result]) -> Gate | None:
        # Without the facts of a process that ran a check, no condition can be judged.
        if self._baseline is None or "environment" not in self.facts:
            return None
        file, baseline = self._baseline
        environment = self.facts["environment"]
        today = datetime.now(UTC).date()
        try:
            return judge(baseline, results, environment, planned=order, file=file, today=today)
        except BaselineError as error:
            # Only here, where the run took place, can two entries turn out to hold at once.
            self._refuse(str(error), Verdict.INCOMPLETE)
            return None

    def pytest_terminal_summary(self, terminalreporter: "TerminalReporter") -> None:
        """Print the summary by chapter."""
        if self.report is None:
            return
        terminalreporter.section("conformance")
        for line in render(self.report):
            terminalreporter.write_line(printable(line.text), **line.markup)
        if self.report_error is not None:
            terminalreporter.write_line(str(self.report_error), red=True)
        for text in self._outputs.to_terminal(self.report):
            terminalreporter.write_line(text)

"""Collects the results of one pytest session, with or without xdist, and decides the verdict."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.baseline import Gate, judge
from scikeras_conformance.catalog.booking import booked
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Result
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.exceptions import BaselineError, ConformanceError, ReportError
from scikeras_conformance.pytest_plugin.ended_workers import Workers
from scikeras_conformance.pytest_plugin.invocation import invocation_of
from scikeras_conformance.pytest_plugin.items import id_of_planned
from scikeras_conformance.pytest_plugin.options import collects_only, send_options
from scikeras_conformance.pytest_plugin.recording import Recorder
from scikeras_conformance.pytest_plugin.run import Run
from scikeras_conformance.pytest_plugin.worker import FACTS
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.outputs import Outputs
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import ending

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from scikeras_conformance.catalog.plan import PlannedCheck

__all__ = ["Controller"]


class Controller:
    """The plugin object that gathers plan, results and facts, and ends the session.

    Parameters
    ----------
    config : pytest.Config
        Of the process that the user started.
    run : Run
        The run, as this process knows it.
    """

    def __init__(self, config: pytest.Config, run: Run) -> None:
        self.config = config
        self.run = run
        self.results: dict[str, Result] = {}
        self.planned: dict[str, PlannedCheck] = {}
        self.refusal: str | None = None
        self.facts: dict[str, Any] = {}
        self.distributed = False
        self.report: Report | None = None
        self.report_error: ConformanceError | None = None
        self._refused = Verdict.NO_SUBJECT
        self._recorder = Recorder(run)
        self._invocation = invocation_of(config)
        self._session: pytest.Session | None = None
        self._workers = Workers(run)
        options = run.options
        self._outputs = Outputs(
            options.report,
            options.scripts,
            options.exports,
            baseline=options.baseline,
            config_file=options.config_file,
        )

    # -- what is planned ------------------------------------------------------------------------

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Keep the session, to be able to stop it; from now on there is a report without end."""
        self._session = session
        if not collects_only(self.config):
            self._try(self._outputs.open)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send the options to a worker."""
        send_options(self.run.options, node.workerinput)
        self._workers.add(node)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take over the plan of a run in one process."""
        self._plan(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Take over the plan of a distributed run; xdist makes sure that all nodes agree."""
        self._workers.may_collect(node)
        self.distributed = True
        self._plan(ids)

    def _plan(self, nodeids: Iterable[str]) -> None:
        collected = {id_of_planned(nodeid) for nodeid in nodeids} | self.planned.keys()
        self.planned = {
            name: planned for name, planned in self.run.plan.everything.items() if name in collected
        }

    # -- what happens ---------------------------------------------------------------------------

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep a result; stop the run where there is nothing to judge."""
        if report.when == "setup" and report.passed:
            self._workers.begun.add(getattr(report, "node", None))
        self.facts = getattr(report, FACTS, None) or self.facts
        data = getattr(report, "conformance_result", None)
        if data is not None:
            self._take(Result.from_dict(data))
        refusal = getattr(report, "conformance_refusal", None)
        if refusal is not None:
            self._refuse(*refusal)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: Any, sched: Any) -> None:
        """Run a check whose process ended once more; the second time is its result.

        The first time may have been the machine (out of memory, a signal from outside).
        """
        planned = self.run.plan.everything[id_of_planned(crashitem)]
        if planned.id in self.results:
            return  # its process ended after it had its result
        if report.node not in self._workers.begun:
            self._refuse(self._workers.why_none_began(report.node))
        elif not self._workers.died_before(crashitem):
            sched.mark_test_pending(crashitem)
        elif (why := self._workers.why_it_cannot_be_used(report.node)) is not None:
            self._refuse(why, Verdict.CANNOT_FIT)
        else:
            self._take(self._workers.result_of_a_death(planned, report.node))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over the facts of a worker; end the run if none can be started."""
        self.facts = getattr(node, "workeroutput", {}).get(FACTS) or self.facts
        why = self._workers.why_none_starts(node) if error else None
        if why is not None:
            self._refuse(why, Verdict.INCOMPLETE)
            pytest.exit("no worker can be started", ExitCode.INCOMPLETE)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """End the workers at once when the user stops the run: they take no notice of Ctrl-C."""
        if excinfo.type is KeyboardInterrupt:
            self._refuse("The run was interrupted by the user.", Verdict.INCOMPLETE)
            self._workers.end()

    def _take(self, result: Result) -> None:
        self.results[result.id] = result
        if self.facts and self._outputs.streams:
            self._try(self._outputs.stream, self._make_report, self.results.values())

    def _try(self, write: Callable[..., None], *arguments: Any) -> None:
        """Write, and remember if it failed: the run goes on, and does not end well."""
        try:
            write(*arguments)
        except ReportError as error:
            self.report_error = error

    def _refuse(self, why: str, verdict: str = Verdict.NO_SUBJECT) -> None:
        """Stop the run: there is nothing to judge, or no device to judge it on."""
        if self.refusal is None:
            self.refusal, self._refused = why, Verdict(verdict)
            # xdist has a session of its own.
            for session in (self._session, self.config.pluginmanager.get_plugin("dsession")):
                if session is not None:
                    session.shouldstop = "the subject cannot be judged"

    # -- what comes of it -----------------------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Decide the verdict, write the report, set the exit code."""
        self._workers.close()
        if collects_only(self.config):
            return
        if self.results and not self.distributed:
            self.facts = self.run.facts
        self.report = self._make_report()
        self._try(self._outputs.write, self.report, self._recorder.script_of)
        if self.report_error is not None:
            # Whatever else can be written or shown calls the run what its exit code calls it.
            self._refuse(str(self.report_error), Verdict.INCOMPLETE)
            self.report = self._make_report()
            self._try(self._outputs.write, self.report, self._recorder.script_of)
        if self.exit_code is not ExitCode.CONFORMANT:
            session.exitstatus = int(self.exit_code)

    def pytest_unconfigure(self) -> None:
        """Let the command line know how the run ended."""
        if self._invocation is not None:
            self._invocation.exit_code = self.exit_code
            self._invocation.ending = self.ending

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of what happened."""
        if self.report is None or self.report_error is not None:
            return ExitCode.INCOMPLETE
        return self.report.footer.exit_code

    @property
    def ending(self) -> str:
        """The last line about the run, which says the same as the exit code."""
        if self.report is None:
            return ""
        problem = "" if self.report_error is None else str(self.report_error)
        return ending(self.report, problem)

    def _make_report(self) -> Report:
        results = booked(self.results[name] for name in self.planned if name in self.results)
        gate = self._gate(results)
        return self._recorder.report(
            self.planned,
            results,
            self.facts,
            refusal=self.refusal,
            refused=self._refused,
            gate=gate,
        )

    def _gate(self, results: Iterable[Result]) -> Gate | None:
        # Without the facts of a process that ran a check, no condition can be judged.
        baseline = self.run.baseline
        if baseline is None or "environment" not in self.facts:
            return None
        file, today = str(self.run.options.baseline), datetime.now(UTC).date()
        environment = self.facts["environment"]
        try:
            return judge(
                baseline, results, environment, planned=self.planned, file=file, today=today
            )
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
        for text in self._outputs.to_terminal(self.report):
            terminalreporter.write_line(text)

"""The pytest plugin: the hooks by which pytest knows the suite.

The plugin is loaded into every pytest run of an environment that has the suite installed, so it
imports nothing heavy and does nothing unless there is a subject.
"""

from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.exceptions import ConformanceError
from scikeras_conformance.pytest_plugin.options import (
    add_options,
    expand_short_name,
    options_of,
    progress_of,
)
from scikeras_conformance.runner.device import prepare_device

if TYPE_CHECKING:
    from collections.abc import Generator

    from scikeras_conformance.config.run_options import RunOptions
    from scikeras_conformance.pytest_plugin.run import Run
    from scikeras_conformance.subject.loading import Subject

__all__: list[str] = []

PLANNED = "planned_check"
"""The parameter of the collected test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite, in a group of their own."""
    add_options(parser.getgroup("scikeras-conformance", "conformance of Keras wrappers"))


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Understand the short name of the subject."""
    expand_short_name(parser, args)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and start collecting results where there is a subject."""
    config.addinivalue_line(
        "markers",
        "conformance(chapter, clause, level, profile, wrapper): a check of the wrapper contract",
    )
    try:
        options = options_of(config)
        if options is None:
            return
        # Before anything imports Keras: in this process, and in the workers that it starts.
        prepare_device(options.device)
        _start(config, options)
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error


def _start(config: pytest.Config, options: "RunOptions") -> None:
    from scikeras_conformance.pytest_plugin.invocation import invocation_of
    from scikeras_conformance.pytest_plugin.progress import Progress
    from scikeras_conformance.pytest_plugin.run import Run
    from scikeras_conformance.pytest_plugin.session import Controller
    from scikeras_conformance.pytest_plugin.worker import Worker

    invocation = invocation_of(config)
    is_worker = hasattr(config, "workerinput")
    plan = None if invocation is None else invocation.plan
    run = Run(options, plan, owns_process=is_worker)
    run.attach(config)
    if is_worker:
        config.pluginmanager.register(Worker(config, run))
        return
    controller = Controller(config, run)
    config.pluginmanager.register(controller)
    mode = progress_of(config)
    if mode is not None:
        config.pluginmanager.register(Progress(controller, config.get_terminal_writer, mode))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item for each planned check."""
    if PLANNED not in metafunc.fixturenames:
        return
    from scikeras_conformance.catalog.order import in_order_of_workers
    from scikeras_conformance.pytest_plugin.items import parameters

    run = _run_of(metafunc.config)
    worker: dict[str, Any] | None = getattr(metafunc.config, "workerinput", None)
    plan = run.plan if worker is None else in_order_of_workers(run.plan, worker["workercount"])
    metafunc.parametrize(PLANNED, parameters(plan))


@pytest.fixture(scope="session")
def conformance_subject(pytestconfig: pytest.Config) -> "Subject":
    """Import the implementation under test, once in each process."""
    try:
        return _run_of(pytestconfig).subject
    except ConformanceError as error:
        # pytest shows causes too, and asks each for its text: a subject's may not come to an end.
        raise error from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> "Generator[None, pytest.TestReport, pytest.TestReport]":
    """Attach the result to pytest's report, which travels from a worker to the controller."""
    report = yield
    if PLANNED in getattr(item, "fixturenames", ()):
        from scikeras_conformance.pytest_plugin.items import complete_report

        complete_report(item, call, report, _run_of(item.config))
    return report


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Show results by what they mean for the subject."""
    if hasattr(report, "conformance_refusal"):
        # The reason stands once in the summary, not once for each item.
        return "", "", ""
    status = getattr(report, "conformance_status", None)
    return None if status is None or report.when != "call" else tuple(status)


def _run_of(config: pytest.Config) -> "Run":
    from scikeras_conformance.pytest_plugin.run import run_of

    run = run_of(config)
    if run is None:
        raise pytest.UsageError(
            "The conformance checks need an implementation to judge: give --conformance-subject, "
            "for example --conformance-subject scikeras_reference."
        )
    return run

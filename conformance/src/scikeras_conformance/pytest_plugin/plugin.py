"""The pytest plugin: options, one item for each planned check, outcomes.

The plugin is loaded into every pytest run of an environment that has the suite installed, so it
imports nothing heavy and does nothing unless ``--conformance-subject`` is given.
"""

from typing import TYPE_CHECKING, Any

import pytest

from scikeras_conformance.config.options import RUN_OPTIONS
from scikeras_conformance.runner.device import ask_for

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from scikeras_conformance.catalog.plan import PlannedCheck
    from scikeras_conformance.subject.loading import Subject

__all__ = ["SuiteError", "mark_of", "run_item"]

RESULT = pytest.StashKey[Any]()
FACTS = pytest.StashKey[Any]()
TRIES = pytest.StashKey[Any]()
PLANNED = "planned_check"
SHORT = "--subject"
MOST_OUTPUT = 10_000


class SuiteError(Exception):
    """A check failed in the suite's own code; it says nothing about the subject."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite, in a group of their own."""
    group = parser.getgroup("scikeras-conformance", "conformance of Keras wrappers")
    group.addoption(
        "--conformance-subject",
        metavar="SUBJECT",
        help="implementation to judge: module, module:adapter, or "
        "base=module:Name,classifier=module:Name,regressor=module:Name",
    )
    for option in RUN_OPTIONS:
        arguments = option.arguments()
        if option.name == "time-limit":
            arguments["type"] = float
        group.addoption(f"--conformance-{option.name}", **arguments)
    group.addoption(
        "--conformance-config-file",
        metavar="FILE",
        help="the configuration that these options were read from, for the report",
    )
    group.addoption(
        "--conformance-strict",
        action="store_true",
        help="let failures of SHOULD checks count as failures",
    )
    group.addoption(
        "--conformance-progress",
        metavar="MODE",
        choices=["live", "log", "none"],
        help="show a line of progress instead of a letter for each check",
    )


@pytest.hookimpl(trylast=True)
def pytest_load_initial_conftests(parser: pytest.Parser, args: list[str]) -> None:
    """Read ``--subject`` as short for ``--conformance-subject``, unless somebody else has it.

    It is no option of the plugin's own: that would stop the tests of every project that has one of
    that name.
    """
    if SHORT not in parser.parse_known_and_unknown_args([SHORT, "value"])[1]:
        return
    end = args.index("--") if "--" in args else len(args)
    args[:end] = [
        "--conformance-subject" + argument.removeprefix(SHORT)
        if argument == SHORT or argument.startswith(f"{SHORT}=")
        else argument
        for argument in args[:end]
    ]


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and start collecting results where a subject is given."""
    config.addinivalue_line(
        "markers",
        "conformance(chapter, clause, level, profile, wrapper): a check of the wrapper contract",
    )
    if config.getoption("conformance_subject") is None:
        return
    # Before anything imports Keras: in this process, and in the workers that it starts.
    ask_for(config.getoption("conformance_device"))
    from scikeras_conformance.exceptions import ConformanceError
    from scikeras_conformance.pytest_plugin.session import Controller, Worker

    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Worker(config))
        return
    try:
        controller = Controller(config)
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(controller, Controller.NAME)
    mode = config.getoption("conformance_progress")
    if mode is not None:
        from scikeras_conformance.pytest_plugin.progress import Progress

        config.pluginmanager.register(Progress(controller, config.get_terminal_writer, mode))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Lay out one item for each planned check."""
    if PLANNED not in metafunc.fixturenames:
        return
    if metafunc.config.getoption("conformance_subject") is None:
        raise pytest.UsageError(
            "The conformance checks need an implementation to judge: give --conformance-subject, "
            "for example --conformance-subject scikeras_reference."
        )
    from scikeras_conformance.catalog.plan import make_plan
    from scikeras_conformance.checks import CATALOG
    from scikeras_conformance.pytest_plugin.session import selection_of

    plan = make_plan(CATALOG, selection_of(metafunc.config))
    metafunc.parametrize(
        PLANNED, [pytest.param(item, id=item.id, marks=mark_of(item)) for item in plan]
    )


def mark_of(item: "PlannedCheck") -> pytest.MarkDecorator:
    """Give the marker that a planned check has as a pytest item."""
    return pytest.mark.conformance(
        chapter=item.check.chapter,
        clause=item.check.clauses[0],
        level=str(item.check.level),
        profile=str(item.check.profile),
        wrapper=str(item.wrapper),
    )


@pytest.fixture(scope="session")
def conformance_subject(pytestconfig: pytest.Config) -> "Subject":
    """Import the implementation under test, once in each process."""
    import keras  # noqa: F401 - a backend takes its time, which is none of the subject's

    from scikeras_conformance.exceptions import SubjectImportError
    from scikeras_conformance.runner.device import require_device
    from scikeras_conformance.runner.time_limit import TimeUp, time_limit
    from scikeras_conformance.subject.loading import load_subject

    require_device(pytestconfig.getoption("conformance_device"))
    spec = pytestconfig.getoption("conformance_subject")
    try:
        with time_limit(pytestconfig.getoption("conformance_time_limit")):
            return load_subject(spec, pytestconfig.getoption("conformance_builder"))
    except TimeUp as stop:
        raise SubjectImportError(f"The import of the subject {spec!r} {stop}.") from stop


def run_item(item: pytest.Item, planned: "PlannedCheck", subject: "Subject") -> None:
    """Execute a planned check as a pytest item.

    A broken SHOULD is an expected failure unless ``--conformance-strict`` is given: it is
    reported, and does not turn the run red.
    """
    from scikeras_conformance.catalog.results import Outcome
    from scikeras_conformance.contract import Level
    from scikeras_conformance.runner.execute import execute

    result = execute(
        planned,
        subject,
        limit=item.config.getoption("conformance_time_limit"),
        # The process of a user's own test run is not ours to end.
        kill=hasattr(item.config, "workerinput"),
        tries=_tries(item.config).get(planned.id, 1),
    )
    item.stash[RESULT] = result
    if result.outcome is Outcome.NOT_APPLICABLE:
        pytest.skip(result.message)
    if result.outcome is Outcome.ERRORED:
        raise SuiteError(result.details)
    if result.outcome is Outcome.UNAVAILABLE:
        pytest.fail(result.message, pytrace=False)
    if result.outcome is Outcome.FAILED:
        if result.level != Level.MUST and not item.config.getoption("conformance_strict"):
            pytest.xfail(f"{result.level}: {result.message}")
        pytest.fail(f"{planned.id}: {result.message}\n\n{result.details}", pytrace=False)


def _tries(config: pytest.Config) -> "Mapping[str, int]":
    """Give how often each failure that the baseline calls flaky is tried."""
    if TRIES not in config.stash:
        from scikeras_conformance.exceptions import BaselineError
        from scikeras_conformance.pytest_plugin.session import baseline_of, facts_of

        named = baseline_of(config)
        try:
            active = named[1].active(facts_of(config)["environment"]) if named else {}
        except BaselineError:  # the controller meets it too, and ends the run with it
            active = {}
        config.stash[TRIES] = {name: one.tries for name, one in active.items() if one.flaky}
    tries: Mapping[str, int] = config.stash[TRIES]
    return tries


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> "Generator[None, pytest.TestReport, pytest.TestReport]":
    """Attach the result to pytest's report, which travels from a worker to the controller."""
    report: Any = yield
    if _is_check(item):
        # What a subject prints is kept to a length that can be read and sent.
        report.sections = [(name, _shortened(text)) for name, text in report.sections]
    if call.when == "call" and RESULT in item.stash:
        result = item.stash[RESULT]
        report.conformance_result = result.to_dict()
        if FACTS not in item.config.stash:
            from scikeras_conformance.pytest_plugin.session import facts_of

            # The first result of a process brings along who was judged, and where.
            item.config.stash[FACTS] = report.conformance_facts = facts_of(item.config)
    elif call.when == "setup" and call.excinfo is not None and _is_check(item):
        from scikeras_conformance.catalog.results import Verdict
        from scikeras_conformance.exceptions import ConformanceError, SubjectError

        if isinstance(error := call.excinfo.value, ConformanceError):
            no_subject = isinstance(error, SubjectError)
            verdict = Verdict.NO_SUBJECT if no_subject else Verdict.INCOMPLETE
            report.conformance_refusal = (str(error), str(verdict))
    return report  # type: ignore[no-any-return]


def _shortened(text: str) -> str:
    if len(text) <= MOST_OUTPUT:
        return text
    return f"... ({len(text) - MOST_OUTPUT} characters left out)\n{text[-MOST_OUTPUT:]}"


def _is_check(item: pytest.Item) -> bool:
    return PLANNED in getattr(item, "fixturenames", ())


def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Show errors of the suite as errors, and broken SHOULDs as what they are."""
    if hasattr(report, "conformance_refusal"):
        # The reason stands once in the summary, not once for each item.
        return "", "", ""
    result = getattr(report, "conformance_result", None)
    if result is None or report.when != "call":
        return None
    if result["outcome"] == "errored":
        return "error", "E", "ERROR"
    if result["outcome"] == "not_applicable":
        return "not applicable", "n", "NOT APPLICABLE"
    if result["outcome"] == "unavailable":
        return "cannot be judged here", "U", "CANNOT BE JUDGED HERE"
    if result["outcome"] == "failed" and report.skipped:
        return "should failed", "f", f"{result['level']} FAILED"
    return None

"""The pytest plugin, as the suite of a fork uses it."""

import json

import pytest

from scikeras_conformance.catalog.plan import Plan, make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG

pytest_plugins = ["pytester"]

ALL_CHECKS = ["--pyargs", "scikeras_conformance", "-p", "no:cacheprovider"]
TOY = ["--conformance-subject", "toy_subject"]


@pytest.fixture
def pytester(pytester, toy_on_path, loaded_suite):
    """Run pytest on the toy subject, in this process; its workers have processes of their own."""
    return pytester


N_CLS = len(make_plan(CATALOG, Selection(chapters=("CLS",))))


def select(*names):
    return [part for name in names for part in ("--conformance-check", name)]


def test_one_item_for_each_planned_check(pytester):
    """Check, wrapper and case make one pytest item each."""
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *TOY, *select("CLS-1", "CLS-3"), "-v")
    done.assert_outcomes(passed=5)
    done.stdout.fnmatch_lines_random(["*test_conforms?CLS-3.model-comes-first:base?*"])
    assert 0 == done.ret


@pytest.mark.process
@pytest.mark.exhaustive
def test_one_item_for_each_planned_check_of_two_workers(pytester):
    """Workers of xdist share the same items, whose names come from the same plan."""
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, *TOY, *select("CLS-1", "CLS-3"), "-n", "2", "-v"
    )
    done.assert_outcomes(passed=5)
    done.stdout.fnmatch_lines_random(["*test_conforms?CLS-3.model-comes-first:base?*"])
    assert 0 == done.ret


def test_a_process_makes_one_plan(pytester, monkeypatch):
    """What is collected, counted and reported comes from the same plan."""
    made = []
    monkeypatch.setattr(Plan, "__init__", counted(made, Plan.__init__))
    done = pytester.runpytest_inprocess(
        *ALL_CHECKS, *TOY, *select("CLS-1"), "--conformance-report", "report.json"
    )
    done.assert_outcomes(passed=2)
    assert 1 == len(made)


def counted(calls, function):
    def call(*args, **kwargs):
        calls.append(args)
        return function(*args, **kwargs)

    return call


def test_without_a_subject_nothing_passes(pytester):
    """Forgetting --conformance-subject is an error, not an empty green run."""
    done = pytester.runpytest_inprocess(*ALL_CHECKS)
    assert 0 != done.ret
    done.stdout.fnmatch_lines(["*give --conformance-subject*"])


def test_an_option_of_somebody_else_called_subject(pytester):
    """The suite may be installed where a project has such an option of its own, of any meaning."""
    pytester.makeconftest(
        "def pytest_addoption(parser):\n"
        "    parser.addoption('--subject')\n"
        "    parser.addoption('--mail-subject', dest='mail_subject')\n"
    )
    pytester.makepyfile(
        "def test_it(pytestconfig): assert 'x' == pytestconfig.getoption('subject')"
    )
    pytester.runpytest_inprocess("--subject", "x").assert_outcomes(passed=1)


@pytest.mark.parametrize("way", ["separate", "joined", "addopts"])
def test_the_option_has_a_short_name(pytester, way):
    """--subject says the same, in each way in which pytest takes options."""
    given = {"separate": ["--subject", "toy_subject"], "joined": ["--subject=toy_subject"]}
    if way == "addopts":
        pytester.makeini("[pytest]\naddopts = --subject toy_subject")
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *given.get(way, ()), *select("CLS-1"))
    done.assert_outcomes(passed=2)


def test_other_projects_are_left_alone(pytester):
    """Without --conformance-subject the plugin changes nothing in the test run of somebody else."""
    pytester.makepyfile("def test_fine(): pass")
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1)
    done.stdout.no_fnmatch_line("*verdict*")
    assert 0 == done.ret


def test_items_can_be_selected_by_name_and_marker(pytester):
    """-k and -m work as on any other test, and the rest is not missed."""
    arguments = [*ALL_CHECKS, *TOY, "--conformance-chapter", "CLS"]
    done = pytester.runpytest_inprocess(*arguments, "-k", "model-comes-first and base")
    done.assert_outcomes(passed=1, deselected=N_CLS - 1)
    marker = "conformance(clause='CLS-1')"
    done = pytester.runpytest_inprocess(*arguments, "-m", marker)
    done.assert_outcomes(passed=2, deselected=N_CLS - 2)
    assert 0 == done.ret


def test_failures_have_their_message_and_exit_code(pytester):
    """A broken MUST is a failed test with what was wrong and where."""
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *TOY, *select("CLS-2"))
    done.assert_outcomes(failed=3)
    done.stdout.fnmatch_lines(["*CLS-2.fit-and-predict:base: fit(...) raised AttributeError*"])
    assert 1 == done.ret


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--conformance-strict"], 1)])
def test_a_broken_should_is_shown_apart(pytester, strict, code):
    """A SHOULD that fails does not turn the run red, unless it is asked for."""
    (record,) = (one for one in CATALOG if one.id == "CLS-9.not-a-model")
    function = record.function
    object.__setattr__(record, "function", lambda context: context.fail("a tuple is no model"))
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *TOY, *select(record.id), *strict)
    object.__setattr__(record, "function", function)
    done.stdout.fnmatch_lines(["*cause of 9 failed results", "*breaks CLS-9 (SHOULD)"])
    assert code == done.ret


BROKEN = (
    ("CLS-1.extends-base", "lambda context: 1 / 0", "errored", 2),
    # The check is not conditional, so there is always something to check.
    ("CLS-3.model-comes-first", "lambda context: context.not_applicable('no')", "errored", 3),
    ("CLS-2.fit-and-predict", "lambda context: context.unavailable('no GPU')", "unavailable", 3),
)
"""A check, what it does instead of its work, and what comes of it on how many wrappers."""

BROKEN_CHECKS = f"""
import pytest
from scikeras_conformance import checks

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    for check in checks.CATALOG:
        for name, code, *_ in {BROKEN!r}:
            if check.id == name:
                object.__setattr__(check, "function", eval(code))
"""


@pytest.fixture
def restored_checks():
    """Undo what a run within this process did to the checks."""
    names = {name for name, *_ in BROKEN}
    before = [(check, check.function) for check in CATALOG if check.id in names]
    yield
    for check, function in before:
        object.__setattr__(check, "function", function)


@pytest.mark.usefixtures("restored_checks")
@pytest.mark.parametrize(("name", "code", "outcome", "wrappers"), BROKEN)
def test_what_was_not_checked_is_never_a_pass(pytester, name, code, outcome, wrappers):
    """An error of the suite, or a check that cannot be made, leaves no verdict."""
    pytester.makeconftest(BROKEN_CHECKS)
    done = pytester.runpytest_inprocess(
        *ALL_CHECKS, *TOY, *select(name), "--conformance-report", "report.json"
    )
    assert 3 == done.ret
    footer = json.loads((pytester.path / "report.json").read_text())["footer"]
    assert ("incomplete", wrappers) == (footer["verdict"], footer["counts"][outcome])


@pytest.mark.process
def test_what_workers_did_not_check_is_never_a_pass(pytester):
    """Each keeps its outcome on the way from a worker."""
    pytester.makeconftest(BROKEN_CHECKS)
    names = [name for name, *_ in BROKEN]
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, *TOY, *select(*names), "-n", "2", "--conformance-report", "report.json"
    )
    assert 3 == done.ret
    footer = json.loads((pytester.path / "report.json").read_text())["footer"]
    assert "incomplete" == footer["verdict"]
    assert (5, 3) == (footer["counts"]["errored"], footer["counts"]["unavailable"])


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (None, "cannot be imported"),
        ("", "is incomplete"),
        ("import sys; sys.exit(0)", "cannot be imported: SystemExit"),
        ("raise RuntimeError('no')", "cannot be imported: RuntimeError: no"),
        ("import time; time.sleep(600)", "was stopped after 0.5 s"),
    ],
)
def test_subjects_that_cannot_be_judged(pytester, body, complaint):
    """The run ends at once, with a code of its own and the reason, and the report has it too."""
    if body is not None:
        pytester.makepyfile(odd=body)
        pytester.syspathinsert()
    done = pytester.runpytest_inprocess(
        *ALL_CHECKS, "--conformance-subject", "odd", "--conformance-chapter", "CLS",
        "--conformance-time-limit", "0.5", "--conformance-report", "report.json", "--tb=no", "-rN",
    )  # fmt: skip
    assert 4 == done.ret
    assert 1 == done.stdout.str().count(complaint)
    assert "passed" not in done.stdout.str()
    report = json.loads((pytester.path / "report.json").read_text())
    assert "no subject" == report["footer"]["verdict"]
    assert complaint in report["footer"]["refusal"]
    assert [] == report["results"]


def test_a_lost_result_is_noticed(pytester):
    """A planned check that never reported makes the run incomplete."""
    pytester.makeconftest(
        "import pytest\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    return True if 'regressor' in item.name else None\n"
    )
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *TOY, *select("CLS-1"))
    assert 3 == done.ret
    done.stdout.fnmatch_lines(
        ["No result for 1 planned checks: CLS-1.extends-base:regressor", "*verdict: INCOMPLETE*"]
    )


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ([*TOY, *select("NOPE")], "No check matches 'NOPE'"),
        (["--conformance-subject", "toy_subject.py"], "not its file"),
        (
            [*TOY, "--conformance-report", "no/r.json"],
            "there is no directory",
        ),
    ],
)
def test_options_that_are_not_valid(pytester, option, complaint):
    """They are usage errors of pytest, before anything is collected."""
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *option)
    assert pytest.ExitCode.USAGE_ERROR == done.ret
    done.stderr.fnmatch_lines([f"*{complaint}*"])


def test_collecting_alone_gives_no_verdict(pytester):
    """--collect-only lists the items and ends well."""
    done = pytester.runpytest_inprocess(*ALL_CHECKS, *TOY, *select("CLS-1"), "--collect-only", "-q")
    assert 0 == done.ret
    done.stdout.no_fnmatch_line("*verdict*")


@pytest.mark.exhaustive
@pytest.mark.process
def test_filters_of_the_project_do_not_change_a_verdict(pytester):
    """A project that turns warnings into errors gets the same results, also of what warns."""
    pytester.makepyfile(
        warning_subject="import warnings\nwarnings.warn('old', DeprecationWarning)\n"
        "from toy_subject import *\n"
    )
    pytester.syspathinsert()
    # In a process of its own: what Keras warns of, it warns of when it is imported.
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "warning_subject", *select("CLS-1", "CLS-3"),
        "-W", "error",
    )  # fmt: skip
    done.assert_outcomes(passed=5)

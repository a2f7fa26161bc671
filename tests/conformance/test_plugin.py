"""The pytest plugin, as the suite of a fork uses it."""

import json

import pytest

from scikeras_conformance.catalog.plan import Selection, make_plan
from scikeras_conformance.checks import CATALOG

pytest_plugins = ["pytester"]

ALL_CHECKS = ["--pyargs", "scikeras_conformance", "-p", "no:cacheprovider"]


@pytest.fixture
def pytester(pytester, toy_on_path):
    """Run pytest on the toy subject, in a process of its own."""
    return pytester


N_CLS = len(make_plan(CATALOG, Selection(chapters=("CLS",))))


def select(*names):
    return [part for name in names for part in ("--conformance-check", name)]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_item_for_each_planned_check(pytester, workers):
    """Check, wrapper and case make one pytest item each, with and without xdist."""
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS,
        "--conformance-subject",
        "toy_subject",
        *select("CLS-1", "CLS-3"),
        "-n",
        workers,
        "-v",
    )
    done.assert_outcomes(passed=5)
    done.stdout.fnmatch_lines_random(["*test_conforms?CLS-3.model-comes-first:base?*"])
    assert 0 == done.ret


def test_without_a_subject_nothing_passes(pytester):
    """Forgetting --conformance-subject is an error, not an empty green run."""
    done = pytester.runpytest_subprocess(*ALL_CHECKS)
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
    done = pytester.runpytest_subprocess(*ALL_CHECKS, *given.get(way, ()), *select("CLS-1"))
    done.assert_outcomes(passed=2)


def test_other_projects_are_left_alone(pytester):
    """Without --conformance-subject the plugin changes nothing in the test run of somebody else."""
    pytester.makepyfile("def test_fine(): pass")
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=1)
    done.stdout.no_fnmatch_line("*verdict*")
    assert 0 == done.ret


def test_items_can_be_selected_by_name_and_marker(pytester):
    """-k and -m work as on any other test, and the rest is not missed."""
    arguments = [
        *ALL_CHECKS,
        "--conformance-subject",
        "toy_subject",
        "--conformance-chapter",
        "CLS",
    ]
    done = pytester.runpytest_subprocess(*arguments, "-k", "model-comes-first and base")
    done.assert_outcomes(passed=1, deselected=N_CLS - 1)
    marker = "conformance(clause='CLS-1')"
    done = pytester.runpytest_subprocess(*arguments, "-m", marker)
    done.assert_outcomes(passed=2, deselected=N_CLS - 2)
    assert 0 == done.ret


def test_filters_of_the_project_do_not_change_a_verdict(pytester):
    """A project that turns warnings into errors gets the same results."""
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "toy_subject", *select("CLS-3"), "-W", "error"
    )
    done.assert_outcomes(passed=3)


def test_failures_have_their_message_and_exit_code(pytester):
    """A broken MUST is a failed test with what was wrong and where."""
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "toy_subject", *select("CLS-2")
    )
    done.assert_outcomes(failed=3)
    done.stdout.fnmatch_lines(["*CLS-2.fit-and-predict:base: fit(...) raised AttributeError*"])
    assert 1 == done.ret


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--conformance-strict"], 1)])
def test_a_broken_should_is_shown_apart(pytester, strict, code):
    """A SHOULD that fails does not turn the run red, unless it is asked for."""
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "toy_subject", *select("CLS-9"), *strict
    )
    done.stdout.fnmatch_lines(["FAILED SHOULD CLS-9.not-a-model", "*9 SHOULD failed*"])
    assert code == done.ret


BROKEN_CHECK = """
import pytest
from scikeras_conformance import checks

@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    for check in checks.CATALOG:
        if check.id == "CLS-1.extends-base":
            object.__setattr__(check, "function", {function})
"""


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        ("lambda context: 1 / 0", "errored"),
        ("lambda context: context.unavailable('no GPU')", "unavailable"),
    ],
)
@pytest.mark.parametrize("workers", ["0", "2"])
def test_errors_and_skips_are_never_passes(pytester, function, outcome, workers):
    """An error of the suite, a skipped MUST, or a check that cannot be made leave no verdict."""
    pytester.makeconftest(BROKEN_CHECK.format(function=function))
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "toy_subject", *select("CLS-1"), "-n", workers,
        "--conformance-report", "report.json",
    )  # fmt: skip
    assert 3 == done.ret
    footer = json.loads((pytester.path / "report.json").read_text())["footer"]
    assert ("incomplete", 2) == (footer["verdict"], footer["counts"][outcome])


def test_a_lost_result_is_noticed(pytester):
    """A planned check that never reported makes the run incomplete."""
    pytester.makeconftest(
        "import pytest\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    return True if 'regressor' in item.name else None\n"
    )
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "toy_subject", *select("CLS-1")
    )
    assert 3 == done.ret
    done.stdout.fnmatch_lines(
        ["No result for 1 planned checks: CLS-1.extends-base:regressor", "*verdict: INCOMPLETE*"]
    )


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        (["--conformance-subject", "toy_subject", *select("NOPE")], "No check matches 'NOPE'"),
        (["--conformance-subject", "toy_subject.py"], "not its file"),
        (
            ["--conformance-subject", "toy_subject", "--conformance-report", "no/r.json"],
            "there is no directory",
        ),
    ],
)
def test_options_that_make_no_sense(pytester, option, complaint):
    """They are usage errors of pytest, before anything is collected."""
    done = pytester.runpytest_subprocess(*ALL_CHECKS, *option)
    assert pytest.ExitCode.USAGE_ERROR == done.ret
    done.stderr.fnmatch_lines([f"*{complaint}*"])


def test_collecting_alone_gives_no_verdict(pytester):
    """--collect-only lists the items and ends well."""
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS,
        "--conformance-subject",
        "toy_subject",
        *select("CLS-1"),
        "--collect-only",
        "-q",
    )
    assert 0 == done.ret
    done.stdout.no_fnmatch_line("*verdict*")


def test_a_subject_that_warns_on_import(pytester):
    """A project that turns warnings into errors can judge it all the same."""
    pytester.makepyfile(
        warning_subject="import warnings\nwarnings.warn('old', DeprecationWarning)\n"
        "from toy_subject import *\n"
    )
    pytester.syspathinsert()
    done = pytester.runpytest_subprocess(
        *ALL_CHECKS, "--conformance-subject", "warning_subject", *select("CLS-1"), "-W", "error"
    )
    done.assert_outcomes(passed=2)

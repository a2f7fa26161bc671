"""Command line, action, pytest plugin and the two lines say the same of one subject."""

import json

import pytest

from scikeras_conformance.pytest_plugin.items import id_of_planned
from test_github_action import Runner

pytest_plugins = ["pytester"]

CHECKS = ["CLS-1", "CLS-2", "CLS-9", "INIT-8.like-a-first-call", "API-7.same-seed"]
ABSENT = ["initialize"]
OUTCOMES = {"passed", "failed", "blocked", "not_offered"}
"""What becomes of these checks: some promises are SHOULD, and some cases need what is absent."""

CONFIG = f"subject = 'toy_subject'\nchecks = {CHECKS!r}\nnot-offered = {ABSENT!r}\nworkers = 1\n"
TWO_LINES = f"""
from scikeras_conformance import conformance_tests
test_contract = conformance_tests("toy_subject", checks={CHECKS!r}, not_offered={ABSENT!r})
"""


def _options():
    given = [("subject", "toy_subject"), *(("check", name) for name in CHECKS)]
    given += [("not-offered", name) for name in ABSENT]
    return [part for name, value in given for part in (f"--conformance-{name}", value)]


@pytest.fixture
def pytester(pytester, toy_on_path, loaded_suite):
    return pytester


def items(pytester, *arguments):
    """Return how each item of a run in this process ended, and what it said."""
    run = pytester.inline_run("-p", "no:cacheprovider", *arguments)
    return {
        id_of_planned(one.nodeid): (
            one.outcome,
            getattr(one, "wasxfail", None),
            "" if one.passed or hasattr(one, "wasxfail") else one.longreprtext.splitlines()[0],
        )
        for one in run.getreports("pytest_runtest_logreport")
        if one.when == "call"
    }


def plugin(pytester):
    """Run the collected suite, and return its items and its report."""
    found = items(
        pytester, "--pyargs", "scikeras_conformance", *_options(), "--conformance-report", "r.json"
    )
    return found, json.loads((pytester.path / "r.json").read_text())


def test_two_lines_say_what_the_plugin_says(pytester):
    """Each item ends in the same way, with the same words, whatever the outcome is."""
    found, report = plugin(pytester)
    assert OUTCOMES == {result["outcome"] for result in report["results"]}
    assert found.keys() == {result["id"] for result in report["results"]}
    pytester.makepyfile(test_wrappers=TWO_LINES)
    assert found == items(pytester, "test_wrappers.py")


def without_times(report):
    """Return the results, the causes and the end of a report, without how long anything took."""
    results = [
        {name: value for name, value in result.items() if name not in {"seconds", "details"}}
        for result in report["results"]
    ]
    return results, report["causes"], report["footer"]["verdict"], report["footer"]["exit_code"]


@pytest.mark.exhaustive
@pytest.mark.process
def test_the_action_says_what_the_plugin_says(pytester, tmp_path):
    """It is the command line that the action runs, in a process of its own."""
    _, report = plugin(pytester)
    runner = Runner(tmp_path)
    (tmp_path / "work" / "scikeras-conformance.toml").write_text(CONFIG)
    done = runner.step("gate.sh", BACKEND="jax")
    assert report["footer"]["exit_code"] == done.code, done.out
    of_the_action = json.loads(runner.report("report.json").read_text())
    assert without_times(report) == without_times(of_the_action)

"""The contract as a part of a project's own tests."""

import pytest

from scikeras_conformance import conformance_tests
from scikeras_conformance.baseline import Baseline, Entry, fingerprint
from scikeras_conformance.baseline.writing import dump
from scikeras_conformance.exceptions import BaselineError, UsageError

pytest_plugins = ["pytester"]

NO_FIT = "fit(...) raised AttributeError: fit"
FITS = [f"CLS-2.fit-and-predict:{name}" for name in ("base", "classifier", "regressor")]
TWO_LINES = """
from scikeras_conformance import conformance_tests
test_contract = conformance_tests("toy_subject", {arguments})
"""


@pytest.fixture
def pytester(pytester, toy_on_path, loaded_suite):
    return pytester


def run(pytester, arguments, *options):
    pytester.makepyfile(test_wrappers=TWO_LINES.format(arguments=arguments))
    workers = "-n" in options
    return (pytester.runpytest_subprocess if workers else pytester.runpytest_inprocess)(*options)


def test_two_lines_are_enough(pytester):
    """One item for each check, with a name; a broken MUST is red, a broken SHOULD is not."""
    done = run(pytester, "checks=['CLS-1', 'CLS-2', 'CLS-9']", "-v", "--junitxml=j.xml")
    done.assert_outcomes(passed=2, failed=3, xfailed=9)
    done.stdout.fnmatch_lines(
        ["*test_wrappers.py::test_contract?CLS-2.fit-and-predict:base? FAIL*"]
    )
    done.stdout.fnmatch_lines([f"*CLS-2.fit-and-predict:base: {NO_FIT}*"])
    assert 'failures="3"' in (pytester.path / "j.xml").read_text()


@pytest.mark.exhaustive
@pytest.mark.process
def test_items_are_selected_run_again_and_spread_like_any_other(pytester):
    """-k, -m for level, chapter and profile, --lf and -n."""
    arguments = "checks=['CLS-1', 'CLS-2', 'INIT-2'], wrappers=['classifier']"
    done = run(pytester, arguments, "-n", "2", "-k", "CLS", "--strict-markers")
    done.assert_outcomes(passed=1, failed=1)
    done = pytester.runpytest_inprocess("--lf", "-p", "no:randomly")
    done.assert_outcomes(failed=1)
    marker = "conformance(chapter='CLS') and conformance(level='MUST', profile='documented')"
    done = pytester.runpytest_inprocess("-m", marker, "--collect-only", "-q")
    done.stdout.fnmatch_lines(["*CLS-1.extends-base:classifier*", "*2/*tests collected*"])


def test_checks_of_nothing_that_is_offered_are_red(pytester):
    """As on the command line, what judges nothing does not pass; one that is offered is enough."""
    absent = "not_offered=['routed-parameters']"
    run(pytester, f"checks=['ROUTE-1'], {absent}").assert_outcomes(failed=3)
    both = run(pytester, f"checks=['ROUTE-1', 'CLS-1'], {absent}")
    assert 3 == both.parseoutcomes()["skipped"]
    assert "failed" not in both.parseoutcomes()


def test_a_baseline_in_the_own_tests(pytester):
    """What is known is expected, what passes now is red."""
    entries = [Entry(name, fingerprint(NO_FIT), "", "old") for name in FITS[:2]]
    stale = Entry("CLS-1.extends-base:classifier", "f", "", "older")
    (pytester.path / "b.toml").write_text(dump(Baseline("toy_subject", (*entries, stale))))
    done = run(pytester, "checks=['CLS-1', 'CLS-2'], baseline='b.toml'", "-rx")
    done.assert_outcomes(passed=1, failed=2, xfailed=2)
    done.stdout.fnmatch_lines_random(
        ["*does not fail any more: CLS-1.*", "*new failure: CLS-2.fit-and-predict:regressor*"]
    )


SETTING = """
import keras
import toy_subject


class BaseWrapper(toy_subject.BaseWrapper):
    def __init__(self, *args, **params):
        keras.config.set_epsilon(1e-9)
        super().__init__(*args, **params)


class KerasClassifier(BaseWrapper):
    pass


class KerasRegressor(BaseWrapper):
    pass
"""
"""A toy that changes a setting of Keras, which its other promises do not mention."""


def test_settings_that_change_are_seen_here_too(pytester):
    """An item during which a setting changed is red where the check about settings is selected."""
    pytester.makepyfile(setting=SETTING)
    about = "HYG-2.settings-anywhere"
    for checks, passed in (["INIT-2"], True), (["INIT-2", about], False):
        arguments = f"checks={checks!r}, wrappers=['classifier']"
        text = TWO_LINES.format(arguments=arguments).replace("toy_subject", "setting")
        pytester.makepyfile(test_wrappers=text)
        done = pytester.runpytest_inprocess("-k", "INIT-2")
        outcomes = done.parseoutcomes()
        assert ("passed" in outcomes, "failed" in outcomes) == (passed, not passed)
    done.stdout.fnmatch_lines([f"*{about}:classifier: settings of Keras were changed while*"])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"subject": "a.py"}, UsageError, "not its file"),
        ({"subject": "a", "checks": ["INIT-1.free-param"]}, UsageError, "Did you mean"),
        ({"subject": "a", "checks": ["INIT-1"], "chapters": ["TGT"]}, UsageError, "in common"),
        ({"subject": "a", "baseline": "none.toml"}, BaselineError, "cannot be read"),
        (
            {"subject": "a", "chapters": "CLS"},
            UsageError,
            r"chapters takes a list, such as \['CLS'\]",
        ),
        ({"subject": int}, UsageError, "Expected `str`"),
        ({"subject": "a", "time_limit": "10"}, UsageError, "Expected `float`"),
        ({"subject": "a", "time_limit": -1}, UsageError, "Expected `float` >= 0"),
    ],
)
def test_usage_errors_are_errors_of_collection(arguments, error, words):
    """A module that selects nothing is not an empty green one."""
    with pytest.raises(error, match=words):
        conformance_tests(**arguments)

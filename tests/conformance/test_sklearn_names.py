"""The listed names of scikit-learn's checks, and the outcomes of those that do not run."""

import os
import sys
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
import sklearn
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.estimator_checks import estimator_checks_generator

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.checks._support import frames, sklearn_checks, sklearn_names
from scikeras_conformance.checks._support.sklearn_checks import case_names, expected_names
from scikeras_conformance.checks.sklearn_rules import feature_names
from scikeras_conformance.cli import run as cli
from scikeras_conformance.exceptions import Unavailable
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import Subject

# The number of checks of each version for an estimator with all tags that the contract requires.
NUMBERS = {(1, 7): (68, 60), (1, 8): (68, 60), (1, 9): (69, 61)}
ODD = (
    "check_nonsquare_error",
    "check_fit_non_negative",
    "check_classifier_not_supporting_multiclass",
)


class Quiet(BaseEstimator):
    """An estimator that does nothing, with the tags that the contract requires."""

    def __init__(self, model=None, class_weight=None, **params):
        self.model = model
        self.class_weight = class_weight

    def fit(self, X, y, sample_weight=None):
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        return tags


class QuietClassifier(ClassifierMixin, Quiet):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class QuietRegressor(RegressorMixin, Quiet):
    pass


class Unrecognized(QuietClassifier):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = None
        return tags


class UnrecognizedAndDense(Unrecognized):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags


class Uncommon(QuietClassifier):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.no_validation = True
        return tags


def judge(cls, check, case="", estimator=None):
    classes = {Wrapper.CLASSIFIER: cls, Wrapper.REGRESSOR: cls, Wrapper.BASE: cls}
    makes = dict.fromkeys(classes, lambda kind, name: estimator) if estimator is not None else {}
    subject = Subject("quiet", classes, lambda cls, *a, **k: cls(*a, **k), makes)
    record = next(one for one in CATALOG if one.id == check)
    return execute(PlannedCheck(record, record.wrappers[0], case), subject)


@pytest.mark.parametrize(("kind", "cls"), [("classifier", QuietClassifier), ("regressor", QuietRegressor)])  # fmt: skip
def test_the_lists_match_the_installed_version(kind, cls):
    """A version that adds a check fails this test, not a user's run."""
    pairs = estimator_checks_generator(cls(), legacy=True, mark=None)
    expected = expected_names(kind, sklearn_checks.installed_version())
    assert {name for name in expected if name not in ODD} == set(
        case_names(check for _, check in pairs)
    )


@pytest.mark.parametrize("version", NUMBERS)
def test_numbers_by_version(version):
    """The versions differ as their release notes say."""
    found = [len(set(expected_names(kind, version)) - set(ODD)) for kind in ("classifier", "regressor")]  # fmt: skip
    assert list(NUMBERS[version]) == found


def test_the_lists_are_consistent():
    """Every table is about listed checks, and no check is in two lists."""
    names = sklearn_names
    lists = (
        *names.COMMON_CHECKS,
        *names.CLASSIFIER_CHECKS,
        *names.MULTILABEL_CHECKS,
        *names.REGRESSOR_CHECKS,
    )
    assert len(set(lists)) == len(lists)
    for table in (names.SINCE, names.UNTIL, names.TAGS, names.METHODS):
        assert set(table) <= set(lists)
    outside = {"check_dataframe_column_names_consistency"}
    assert outside == set(names.NEEDS) - set(lists)
    assert names.NEWEST == max(NUMBERS)


@pytest.mark.skipif(sklearn_checks.installed_version() < (1, 9), reason="it has that check")
def test_a_check_of_another_version_is_not_applicable():
    """It is neither a pass nor a failure, and the message names the installed version."""
    result = judge(QuietClassifier, "SKL-1.classifier", "check_estimator_cloneable-again")
    assert Outcome.NOT_APPLICABLE == result.outcome
    assert f"scikit-learn {sklearn.__version__[:3]}" in result.message


def test_a_tag_makes_a_check_not_applicable():
    """Scikit-learn has it for a tag only, which the subject does not have."""
    case = "check_sample_weight_equivalence_on_sparse_data"
    result = judge(Uncommon, "SKL-1.classifier", case)
    assert Outcome.NOT_APPLICABLE == result.outcome
    assert "input_tags.sparse" in result.message


def test_a_tag_that_is_no_excuse():
    """A subject that switches a check off by a tag outside the contract fails it."""
    result = judge(Uncommon, "SKL-1.classifier", "check_fit1d")
    assert Outcome.FAILED == result.outcome
    assert "did not run" in result.message
    counts = judge(Uncommon, "SKL-1.counts")
    assert Outcome.FAILED == counts.outcome
    assert "check_fit1d" in counts.message


@pytest.mark.parametrize(
    ("check", "case"),
    [
        ("SKL-1.classifier", "check_classifiers_train"),
        ("SKL-1.multilabel", "check_classifier_multioutput"),
        ("SKL-1.counts", ""),
    ],
)
def test_a_subject_that_is_not_recognized_fails_what_is_left_out(check, case):
    """Fewer checks are no better result, and the message says why there are fewer."""
    result = judge(Unrecognized, check, case)
    assert Outcome.FAILED == result.outcome
    assert (
        "does not recognize the subject as a classifier, so its checks of classifiers are left out"
        in result.message
    )


def test_an_input_tag_counts_for_every_type_of_estimator():
    """A check that scikit-learn leaves out for dense estimators is not a failure of the type."""
    case = "check_sample_weight_equivalence_on_sparse_data"
    result = judge(UnrecognizedAndDense, "SKL-1.classifier", case)
    assert Outcome.NOT_APPLICABLE == result.outcome
    assert "input_tags.sparse" in result.message


def test_names_are_required_where_scikit_learn_reads_them():
    """Some versions do not read names of all data frames; a wrapper need not either."""
    pandas = pytest.importorskip("pandas")
    assert feature_names._names_are_read(pandas.DataFrame({"a": [1.0, 2.0]}))
    assert not feature_names._names_are_read(np.ones((2, 1)))


def test_a_check_that_the_suite_does_not_know(monkeypatch):
    """The check is unavailable: the suite is too old, which is not the subject's fault."""
    monkeypatch.setattr(sklearn_checks, "COMMON_CHECKS", sklearn_names.COMMON_CHECKS[1:])
    result = judge(QuietClassifier, "SKL-1.counts")
    assert Outcome.UNAVAILABLE == result.outcome
    assert "does not know: check_estimator_cloneable" in result.message


def test_a_newer_version_without_a_check(monkeypatch):
    """A check that scikit-learn has removed is not a failure of the subject."""
    monkeypatch.setattr(sklearn_checks, "NEWEST", (1, 0))
    more = (*sklearn_names.COMMON_CHECKS, "check_of_old")
    monkeypatch.setattr(sklearn_checks, "COMMON_CHECKS", more)
    for check, case in (("SKL-1.counts", ""), ("SKL-1.classifier", "check_of_old")):
        result = judge(QuietClassifier, check, case)
        assert Outcome.UNAVAILABLE == result.outcome
        assert "has no check_of_old any more" in result.message


def test_a_check_that_is_skipped_is_a_failure():
    """A subject whose tag makes scikit-learn skip a check fails it."""

    class Erratic(QuietClassifier):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.non_deterministic = True
            return tags

    result = judge(Erratic, "SKL-1.classifier", "check_pipeline_consistency")
    assert Outcome.FAILED == result.outcome
    assert "scikit-learn skipped it: Erratic is non deterministic" in result.message


@pytest.mark.parametrize(
    ("case", "remedy"),
    [
        (sklearn_names.ARRAY_API, "SCIPY_ARRAY_API=1"),
        ("check_sample_weights_pandas_series", "python -m pip install"),
    ],
)
def test_what_cannot_be_judged_here(case, remedy, monkeypatch):
    """Scikit-learn would skip the check; the suite says what is missing."""
    if case in sklearn_names.SINCE and sklearn_checks.installed_version() < (1, 9):
        pytest.skip("scikit-learn has no such check")
    monkeypatch.delenv("SCIPY_ARRAY_API", raising=False)
    monkeypatch.setattr(sklearn_checks, "find_spec", lambda name: None)
    result = judge(QuietClassifier, "SKL-1.classifier", case)
    assert Outcome.UNAVAILABLE == result.outcome
    assert result.message.startswith("Cannot be judged here: ")
    assert remedy in result.message


def test_estimators_of_an_adapter_have_to_be_of_the_subject():
    """An adapter that returns an estimator of another class blocks: it is not the wrapper's fault."""
    result = judge(QuietClassifier, "SKL-1.classifier", "check_fit1d", QuietRegressor())
    assert Outcome.BLOCKED == result.outcome
    assert "a QuietRegressor, not a QuietClassifier" in result.message


def test_only_conditional_checks_may_be_not_applicable():
    """In any other check it is an error of the suite."""
    record = next(one for one in CATALOG if one.id == "SKL-1.counts")
    changed = type(record)(
        **{name: getattr(record, name) for name in record.__slots__ if name != "function"},
        function=lambda context: context.not_applicable("just so"),
    )
    result = execute(PlannedCheck(changed, Wrapper.CLASSIFIER, ""), Subject("quiet", {}, print))
    assert Outcome.ERRORED == result.outcome
    assert "SKL-1.counts is not declared conditional" in result.message


@pytest.mark.parametrize("case", ["pandas", "polars"])
def test_frames_that_are_not_installed(case, monkeypatch):
    """Without the library the check is unavailable, and the message says what is missing."""
    monkeypatch.setattr(frames, "find_spec", lambda name: None)
    result = judge(QuietClassifier, "SKL-5.frames", case)
    assert Outcome.UNAVAILABLE == result.outcome
    assert f"Cannot be judged here: {case} is not installed." in result.message


def test_the_command_line_sets_what_scipy_reads(monkeypatch):
    """It is there before pytest imports anything, and workers inherit it."""
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(sys, "path", list(sys.path))
    seen = []
    monkeypatch.setattr(pytest, "main", lambda *_, **__: seen.append(dict(os.environ)))
    monkeypatch.setattr(cli, "_pytest_arguments", lambda invocation: [])
    cli._run_pytest(SimpleNamespace(exit_code=0, ending=""))
    assert "1" == seen[0]["SCIPY_ARRAY_API"]


@pytest.mark.process
def test_names_are_read_without_scikit_learn():
    """The plan of a run does not depend on what is installed."""
    import subprocess

    code = (
        "import sys; import scikeras_conformance.checks as c;"
        "print(any(n in sys.modules for n in ('sklearn', 'numpy', 'keras')), len(c.CATALOG))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"False {len(CATALOG)}" == done.stdout.strip()


@pytest.mark.parametrize(
    "name", [name for name, need in sklearn_names.NEEDS.items() if need == "64 bits"]
)
def test_what_needs_64_bits_cannot_be_judged_without_them(name, monkeypatch):
    """JAX computes in 32 bits unless it is told otherwise, and no wrapper can change that."""
    monkeypatch.setattr(sklearn_checks.doubles, "computes_in_float64", lambda: False)
    context = mock.Mock(unavailable=mock.Mock(side_effect=Unavailable))
    with pytest.raises(Unavailable):
        sklearn_checks.require_prerequisites(context, name)
    assert "JAX_ENABLE_X64" in context.unavailable.call_args.args[0]

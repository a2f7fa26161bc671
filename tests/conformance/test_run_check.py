"""One check at a time, as in a REPL."""

import pytest

from scikeras_conformance import run_check
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.exceptions import SubjectImportError, UsageError

FIT = "CLS-2.fit-and-predict"
FIRST = "CLS-3.model-comes-first"


@pytest.fixture
def toy(toy_on_path):
    import toy_subject

    return toy_subject


def test_a_class_and_a_check(toy):
    """The results of a check are there without pytest, with a line for each and its message."""
    results = run_check(FIRST, toy.BaseWrapper, wrapper="base")
    assert f"passed MUST {FIRST}:base" == repr(results)
    assert results.passed
    (result,) = run_check(FIT, toy.BaseWrapper, wrapper="base")
    assert (Outcome.FAILED, f"{FIT}:base") == (result.outcome, result.id)
    shown = repr(run_check(FIT, toy.BaseWrapper, wrapper="base")).splitlines()
    assert [f"failed MUST {FIT}:base", "    fit(...) raised AttributeError: fit"] == shown


def test_results_are_no_truth_value(toy):
    """``assert run_check(...)`` would pass whatever failed, so it is an error."""
    with pytest.raises(TypeError, match="use .passed"):
        assert run_check(FIT, toy.BaseWrapper, wrapper="base")


@pytest.mark.parametrize("name", [FIRST, "CLS-3", "*model-comes*"])
def test_a_check_is_named_in_three_ways(name, toy):
    """By its id, by a clause that has one check, and by a pattern."""
    assert FIRST == run_check(name, toy.BaseWrapper, wrapper="base")[0].check


def test_the_kind_of_a_class_is_found():
    """scikit-learn tells what a class is."""
    from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor

    kinds = [run_check(FIRST, c)[0].wrapper for c in (BaseWrapper, KerasClassifier, KerasRegressor)]
    assert ["base", "classifier", "regressor"] == kinds


def test_the_kind_of_a_class_can_be_given(toy):
    """A class whose constructor does not work is nothing that scikit-learn can tell."""

    class Needy(toy.KerasRegressor):
        def __init__(self, model):
            super().__init__(model)

    with pytest.raises(UsageError, match="cannot tell what Needy is .*wrapper="):
        run_check(FIRST, Needy)
    assert "regressor" == run_check(FIRST, Needy, wrapper="regressor")[0].wrapper


def test_all_cases_or_one(toy):
    """Without a case each is run."""
    everything = run_check("CLS-9.not-a-model", toy.BaseWrapper, wrapper="base")
    assert len(everything) > 1
    case = everything[1].case
    assert [case] == [
        r.case for r in run_check("CLS-9", toy.BaseWrapper, wrapper="base", case=case)
    ]


def test_a_check_that_compares_wrappers_needs_the_others(toy):
    """Without them it is unavailable and says what is missing, with them it is judged."""
    arguments = ("CLS-1", toy.KerasClassifier)
    (result,) = run_check(*arguments, wrapper="classifier")
    assert Outcome.UNAVAILABLE == result.outcome
    assert "give it as base=..." in result.message
    assert run_check(*arguments, wrapper="classifier", base=toy.BaseWrapper).passed


def test_a_subject_by_name(toy):
    """It is checked with each wrapper that the check is for, or with one of them."""
    assert ["base", "classifier", "regressor"] == [
        result.wrapper for result in run_check(FIRST, "toy_subject:Adapter")
    ]
    (result,) = run_check(FIRST, "toy_subject", wrapper="classifier")
    assert "classifier" == result.wrapper
    with pytest.raises(SubjectImportError):
        run_check(FIRST, "no_such_module")


@pytest.mark.parametrize(
    ("check", "options", "words"),
    [
        (
            "INIT-5b.callbacks-untouch",
            {"wrapper": "base"},
            "Did you mean 'INIT-5b.callbacks-untouched'",
        ),
        ("INIT-5", {"wrapper": "base"}, r"stands for \d+ checks; give one of: INIT-5\."),
        ("CLS-1", {"wrapper": "base"}, "is not for the base wrapper, but for: classifier, regress"),
        (FIRST, {"wrapper": "clasifier"}, "Did you mean 'classifier'"),
        ("CLS-9", {"wrapper": "base", "case": "nothing"}, "has no case 'nothing'"),
    ],
)
def test_names_that_are_not_known(check, options, words, toy):
    """A slip is an error with the nearest name, and runs nothing."""
    with pytest.raises(UsageError, match=words):
        run_check(check, toy.BaseWrapper, **options)


def test_a_check_is_named():
    """The function of a check, or a number, is not taken for its name."""
    with pytest.raises(UsageError, match="The check is 3; give its id"):
        run_check(3, int, wrapper="base")


@pytest.mark.parametrize(
    ("subject", "options", "words"),
    [
        (3, {}, "give a class"),
        (lambda: None, {}, "give a class"),
        (int, {"wrapper": "base", "regressor": 3}, "The regressor wrapper is 3; give a class"),
        (int, {"wrapper": "base", "time_limit": "10"}, "time_limit is '10'; give seconds"),
        (int, {"wrapper": "base", "time_limit": -1}, "time_limit is -1; give seconds"),
        ("toy_subject", {"base": int}, "brings its own wrappers"),
    ],
)
def test_subjects_that_are_not_understood(subject, options, words, toy):
    """Neither an estimator nor a mixture of names and classes is guessed at."""
    with pytest.raises(UsageError, match=words):
        run_check(FIRST, subject, **options)

"""A wrapper with defects of its own is not accused of others, which the checks did not see."""

from dataclasses import replace

import pytest

from published_wrapper import Adapter, Classifier, OwnLoop
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.checks._support.call_sequences.driving import execute_sequence
from scikeras_conformance.checks._support.contract_model.calls import Call, Sequence
from scikeras_conformance.checks._support.contract_model.tasks import Task
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import Subject, load_subject

PLAN = make_plan(CATALOG, Selection()).everything


class ReturnsItself(Classifier):
    """The same with a `fit` that returns the estimator."""

    def fit(self, X, y):
        super().fit(X, y)
        return self


class WithOwnLoop(Adapter):
    KerasClassifier = OwnLoop

    @staticmethod
    def construct(cls, *args, **params):  # noqa: PLW0211 - the class to construct
        known = ("model", "epochs", "batch_size")
        return cls(*args, **{name: params[name] for name in params if name in known})


class WithOtherParameters(Adapter):
    """It has no parameters of `Model.fit`, and needs none for scikit-learn's checks."""

    @staticmethod
    def construct(cls, *args, **params):  # noqa: PLW0211 - the class to construct
        return cls(*args, **{name: params[name] for name in params if name == "model"})


@pytest.fixture(scope="module")
def subject():
    return load_subject(f"{__name__}:WithOtherParameters")


def judge(subject, check, case=""):
    return execute(PLAN[":".join(filter(None, [check, "classifier", case]))], subject)


@pytest.fixture(scope="module")
def own_loop():
    return load_subject(f"{__name__}:WithOwnLoop")


@pytest.mark.parametrize(
    ("check", "case"), [("INIT-11.other-data", ""), ("SER-3.selection", "cross_val_predict")]
)
def test_labels_that_never_come_back_are_no_defect_of_later_fits_and_folds(subject, check, case):
    """Whether those work cannot be told, and the cause is that of the labels."""
    result = judge(subject, check, case)
    assert Outcome.BLOCKED == result.outcome
    assert "CLS-4.labels-come-back" == result.follows


@pytest.mark.parametrize("case", ["ragged", "objects"])
def test_what_keras_refuses_before_it_trains_is_refused(subject, case):
    """The call of `Model.fit` is not yet training."""
    assert Outcome.PASSED == judge(subject, "TGT-7.unknown-refused", case).outcome


def test_training_that_had_started_is_seen(subject):
    """An error that comes so late breaks the clauses about early ones."""
    for check, case in (
        ("TGT-7.unknown-refused", "three-dimensions"),
        ("HYG-5.bad-input", "no-targets"),
    ):
        result = judge(subject, check, case)
        assert Outcome.FAILED == result.outcome
        assert "after training had started" in result.message


def test_a_method_without_weights_does_not_refuse_bad_weights(subject):
    """It refuses all of them, so nothing was shown."""
    result = judge(subject, "HYG-5.bad-input", "fewer-weights")
    assert Outcome.BLOCKED == result.outcome
    assert "sample_weight" in result.message


@pytest.mark.parametrize("check", ["SKL-2.multiclass", "SKL-2.required-target"])
def test_tags_that_come_with_the_type_are_missing_for_the_reason_of_the_type(subject, check):
    """No tag forbids three classes where there are no tags of classifiers at all."""
    result = judge(subject, check)
    assert Outcome.FAILED == result.outcome
    assert "does not allow" not in result.message
    assert "CLS-5.estimator-type" == result.follows


@pytest.mark.parametrize(
    ("case", "follows"),
    [
        ("check_sample_weights_list", "API-6.sample-weight"),
        ("check_supervised_y_2d", "CLS-5.estimator-type"),
    ],
)
def test_checks_are_left_out_for_the_reason_that_is_theirs(subject, case, follows):
    """Weights are not read from a `fit` without them, whatever the type of the estimator is."""
    result = judge(subject, "SKL-1.classifier", case)
    assert Outcome.FAILED == result.outcome
    assert follows == result.follows


TWICE = Sequence(Task("binary", "sigmoid"), (Call("fit"), Call("fit"), Call("predict")))


def facts_of(cls, sequence=TWICE):
    """Return the clauses that differ after some calls, and those that were compared."""
    subject = Subject("published", {Wrapper.CLASSIFIER: cls}, not_offered={*Adapter.not_offered})
    context = CheckContext(subject, Wrapper.CLASSIFIER)
    executed = execute_sequence(context, sequence)
    return {one.clause: one.words for one in executed.differences}, executed.compared


def test_a_fit_that_returns_something_else_says_nothing_of_a_second_one():
    """It is the clause of the first fit; a model that is not there is no model of an earlier fit."""
    different, _ = facts_of(Classifier)
    assert "what it returned" in different["CLS-2"]
    assert "INIT-11" not in different


def test_a_list_of_one_input_is_that_input():
    """Keras takes it as such, so the features arrive as they were given."""
    different, compared = facts_of(ReturnsItself)
    assert "DATA-7" in compared
    assert not {"DATA-7", "CLS-2"} & different.keys()


@pytest.mark.parametrize(
    "sequence",
    [
        Sequence(TWICE.task, (Call("fit", given=(("epochs", 2),)),)),
        replace(TWICE, validation="keyword"),
        replace(TWICE, params=(("batch_size", -1),)),
    ],
)
def test_arguments_that_a_loop_ignores_are_no_defect_of_the_history(sequence):
    """It has an entry for each epoch that there was, and no other promise is about the argument."""
    different, _ = facts_of(OwnLoop, sequence)
    assert not {"API-1", "INIT-11"} & different.keys()


def test_a_history_is_still_compared_where_it_can_be_told():
    """A loop of its own excuses nothing."""

    class Forgets(OwnLoop):
        def fit(self, X, y, **kwargs):
            super().fit(X, y, **kwargs)
            self.history_ = {}
            return self

    assert "API-1" in facts_of(Forgets)[0]


@pytest.mark.parametrize(
    ("check", "case"),
    [
        ("SKL-4.score-request", "not-requested"),
        ("SKL-5.memory-mapped", "sample_weight"),
        ("TGT-12.metrics", "one-unit-BinaryAccuracy"),
    ],
)
def test_weights_and_metrics_that_are_ignored_everywhere(own_loop, check, case):
    """That neither containers nor requests nor a metric's target are right cannot be told."""
    assert Outcome.BLOCKED == judge(own_loop, check, case).outcome


def test_scikit_learns_check_of_names_needs_an_estimator_that_can_be_fitted(own_loop):
    """The suite's builder asks for meta, which these wrappers do not offer: it says what helps."""
    for check, case in (("SKL-3.scikit-learn", ""), ("SKL-1.classifier", "check_fit1d")):
        result = judge(own_loop, check, case)
        assert Outcome.BLOCKED == result.outcome
        assert "sklearn_estimator" in result.message

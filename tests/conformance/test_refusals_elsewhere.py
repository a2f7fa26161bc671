"""What a subject refuses that a check is not about, does not block the check."""

import pytest

from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import Subject
from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor


class Refusing(KerasClassifier):
    """A classifier without a score, a decision function, and balanced weights in parts."""

    def score(self, X, y, sample_weight=None):
        raise NotImplementedError("there is no score")

    def decision_function(self, X):
        raise NotImplementedError("there is no decision function")

    def partial_fit(self, X, y, **kwargs):
        if self.class_weight == "balanced":
            raise ValueError("class_weight='balanced' is not for parts of the data")
        return super().partial_fit(X, y, **kwargs)


SUBJECT = Subject(
    "refusing",
    {
        Wrapper.BASE: BaseWrapper,
        Wrapper.CLASSIFIER: Refusing,
        Wrapper.REGRESSOR: KerasRegressor,
    },
)


@pytest.mark.parametrize(
    ("check", "case"),
    [
        ("INIT-8.initialize-does-not-train", ""),
        ("INIT-11.like-a-first-fit", "predictions"),
        ("BUILD-9.called-once", "fit"),
        ("DATA-3.results-kept", ""),
        ("ROUTE-15.prefixes-apart", "optimizer"),
        ("API-11.other-methods", "predict"),
        ("SKL-5.like-arrays", "nested-lists"),
        ("HYG-1.read-only", "float32"),
        ("HYG-1.unchanged", "float32"),
        ("HYG-6.nothing-printed", "named"),
        ("HYG-6.later-calls", "warm"),
    ],
)
def test_a_refused_method_blocks_no_check_of_another_clause(check, case):
    """The chapter SCORE says that there is no score; the other checks see what they are about."""
    (planned,) = (
        planned
        for planned in make_plan(CATALOG, Selection(checks=[check]))
        if planned.wrapper is Wrapper.CLASSIFIER and planned.case == case
    )
    result = execute(planned, SUBJECT)
    assert (Outcome.PASSED, "") == (result.outcome, result.message)


class WithoutKeywords(KerasClassifier):
    """A classifier whose predict takes nothing but the data."""

    def predict(self, X):
        return super().predict(X)


def test_a_keyword_that_is_never_taken_breaks_no_clause_about_its_value():
    """API-11 says that predict takes a batch size; what -1 stands for could not be seen."""
    classes = {**SUBJECT.classes, Wrapper.CLASSIFIER: WithoutKeywords}
    results = {
        planned.case: execute(planned, Subject("without", classes))
        for planned in make_plan(CATALOG, Selection(checks=["API-8.all-rows"]))
        if planned.wrapper is Wrapper.CLASSIFIER and planned.case in {"predict", "predict-keyword"}
    }
    assert Outcome.PASSED is results["predict"].outcome, results["predict"].message
    assert Outcome.BLOCKED is results["predict-keyword"].outcome
    assert "unexpected keyword argument 'batch_size'" in results["predict-keyword"].message

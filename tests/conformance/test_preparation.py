"""What checks make sure of before they look at their clause."""

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.preparation import (
    accepted,
    own_parameters,
    require_compile_prefix,
    require_free_parameters,
    require_probabilities_exist,
    try_once,
)
from scikeras_conformance.exceptions import Blocked, Nonconformance, NotApplicable
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.subject.loading import Subject


def context_of(cls):
    return CheckContext(Subject("toy", dict.fromkeys(Wrapper, cls)), Wrapper.REGRESSOR)


@pytest.fixture
def estimator_class():
    class Estimator:
        def __init__(self, model=None, epochs=1, fit__shuffle=True):
            self.params = {"model": model, "epochs": epochs}

        def get_params(self, deep=True):
            return self.params

        def fit(self, X, y):
            raise ZeroDivisionError("no rows")

    return Estimator


def test_only_parameters_of_the_wrapper_are_accepted(estimator_class):
    """A check that gives several parameters for convenience asks for none that is not there."""
    context = context_of(estimator_class)
    given = {"epochs": 2, "loss": "hinge", "fit__shuffle": False, "optimizer__learning_rate": 0.1}
    assert {"epochs": 2, "fit__shuffle": False} == accepted(context, **given)
    assert ["model", "epochs"] == own_parameters(context)


def test_an_argument_of_the_builder_is_no_parameter_of_the_wrapper():
    """A wrapper that takes any keyword passes unknown ones to the builder, which would fail."""

    class TakesAnything:
        def __init__(self, model=None, **more):
            self.params = {"model": model}

        def get_params(self, deep=True):
            return self.params

    assert {} == accepted(context_of(TakesAnything), random_state=1)


def test_what_many_checks_need_is_tried_once(estimator_class):
    """Every check that needs it is blocked by the same failure, and none of them breaks."""
    context, attempts = context_of(estimator_class), []

    def attempt():
        attempts.append(None)
        context.observe.fit(estimator_class(), [], [])

    for _ in range(2):
        with pytest.raises(Blocked, match="raised ZeroDivisionError: no rows"):
            try_once(context, attempt, "rows")
    assert [None] == attempts
    try_once(context, lambda: None, "something else")


def test_another_class_is_tried_again(estimator_class):
    """What blocks one class says nothing about another."""

    class Other(estimator_class):
        pass

    def attempt():
        raise ZeroDivisionError

    with pytest.raises(Blocked):
        try_once(context_of(estimator_class), attempt, "rows")
    try_once(context_of(Other), lambda: None, "rows")


def test_what_a_wrapper_need_not_have_makes_a_check_not_applicable(estimator_class):
    """The contract leaves predict_proba and compile__ open: their absence breaks no MUST."""
    context = context_of(estimator_class)
    for requirement in (require_probabilities_exist, require_compile_prefix):
        with pytest.raises(NotApplicable):
            requirement(context)
    estimator_class.predict_proba = None
    estimator_class.prefixes_ = {"compile__"}
    require_probabilities_exist(context)
    require_compile_prefix(context)


def test_a_keyword_for_the_builder_that_is_no_parameter_blocks(estimator_class):
    """INIT-1 is about that; checks of such parameters are behind it."""
    with pytest.raises(Blocked) as caught:
        require_free_parameters(context_of(estimator_class))
    assert not isinstance(caught.value, Nonconformance)

"""Guards: whose fault an exception is."""

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import Nonconformance, NotApplicable
from scikeras_conformance.runner.context import CheckContext, describe
from scikeras_conformance.subject.loading import Subject


class Estimator:
    def __init__(self, model=None, **params):
        self.params = {"model": model, **params}

    def get_params(self, deep=True):
        return self.params

    def fit(self, X, y):
        raise ZeroDivisionError("no rows")


@pytest.fixture
def context():
    classes = dict.fromkeys(Wrapper, Estimator)
    return CheckContext(
        Subject("toy", classes, lambda cls, *a, **k: cls(*a, **k)), Wrapper.CLASSIFIER
    )


def test_an_exception_of_the_subject_is_a_failure(context):
    """The message says what was done and what was raised."""
    with pytest.raises(Nonconformance, match=r"fit\(\.\.\.\) raised ZeroDivisionError: no rows"):
        context.fit(context.make(), [], [])


def test_a_subject_that_exits_is_a_failure(context):
    """A subject cannot end the run."""
    with pytest.raises(Nonconformance, match="leaving raised SystemExit"), context.doing("leaving"):
        raise SystemExit(0)


def test_an_interrupt_is_nobodys_failure(context):
    """Control-C ends the run."""
    with pytest.raises(KeyboardInterrupt), context.doing("waiting"):
        raise KeyboardInterrupt


def test_a_missing_method_is_a_failure(context):
    """An implementation without a method fails the checks that need it."""
    with pytest.raises(Nonconformance, match="no attribute 'predict'"):
        context.predict(context.make(), [])


def test_outcomes_pass_through_guards(context):
    """A nested verdict is not wrapped into another one."""
    with pytest.raises(Nonconformance, match="^inner$"), context.doing("outer"):
        context.fail("inner")
    with pytest.raises(NotApplicable, match="^reason$"), context.refusing("outer", ValueError):
        context.not_applicable("reason")
    with pytest.raises(Nonconformance, match="^inner$"), context.refusing("outer", AssertionError):
        context.fail("inner")


def test_require(context):
    """A condition that does not hold is a failure with its message."""
    context.require([1], "not reached")
    with pytest.raises(Nonconformance, match="^said so$"):
        context.require([], "said so")


@pytest.mark.parametrize(
    ("raised", "complaint"),
    [
        (None, "raised nothing; expected ValueError or KeyError"),
        (TypeError("x"), "raised TypeError: x; expected ValueError or KeyError"),
        (ValueError("about loss"), "names none of: optimizer"),
    ],
)
def test_refusals_that_are_wrong(context, raised, complaint):
    """No error, another error and an error that names nothing are three different failures."""
    with (
        pytest.raises(Nonconformance, match=complaint),
        context.refusing("it", ValueError, KeyError, naming="optimizer"),
    ):
        if raised is not None:
            raise raised


def test_refusals_that_are_right(context):
    """The right error with one of the right words passes, whatever the case."""
    with context.refusing("it", ValueError, naming=("optimizer", "loss")):
        raise ValueError("No LOSS given")


def test_long_messages_are_cut():
    """A subject that prints megabytes into an error does not fill the report."""
    text = describe(ValueError("x" * 10_000 + "\n"))
    assert text.startswith("ValueError: xxx")
    assert text.endswith(" ...")
    assert len(text) < 400

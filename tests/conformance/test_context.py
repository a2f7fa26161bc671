"""Guards: whose fault an exception is."""

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import Blocked, Nonconformance, NotApplicable
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


RAISED = r"fit\(\.\.\.\) raised ZeroDivisionError: no rows"


def test_an_exception_in_what_the_clause_is_about_breaks_it(context):
    """The message says what was done and what was raised."""
    with pytest.raises(Nonconformance, match=f"^{RAISED}"):
        context.observe.fit(context.make(), [], [])


def test_an_exception_in_the_preparation_blocks(context):
    """Nothing of the clause was seen; step and problem are named, and the exception is the cause."""
    with pytest.raises(Blocked, match=f"^could not be checked: {RAISED}") as caught:
        context.fit(context.make(), [], [])
    assert ("fit(...)", "raised ZeroDivisionError: no rows") == caught.value.args
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_the_outermost_block_decides(context):
    """A helper is preparation in one check, and what the clause is about in another."""
    with pytest.raises(Nonconformance), context.doing("all of it"):
        context.fit(context.make(), [], [])
    with pytest.raises(Nonconformance), context.doing("outer"), context.preparing("inner"):
        raise ZeroDivisionError
    with pytest.raises(Blocked), context.preparing("all of it"):
        context.observe.fit(context.make(), [], [])
    with pytest.raises(Blocked), context.preparing("outer"), context.doing("inner"):
        raise ZeroDivisionError
    with pytest.raises(Blocked), context.preparing("outer"), context.refusing("it", ValueError):
        pass
    with pytest.raises(Blocked):
        context.fit(context.make(), [], [])


def test_a_builder_may_observe_within_a_preparation(context):
    """The fit is preparation; what the builder does under its own guard is not."""

    def build():
        with context.doing("compiling"):
            raise ZeroDivisionError

    estimator = context.make(build)
    estimator.fit = build
    with pytest.raises(Nonconformance, match="compiling raised ZeroDivisionError"):
        context.call(estimator, "fit")


def test_a_step_that_fails_without_raising(context):
    """It is broken or blocked by the same rule."""
    with pytest.raises(Blocked, match="^could not be checked: the process ended$"):
        context.stop("the process", "ended")
    with pytest.raises(Nonconformance, match="^the process ended$"):
        context.observe.stop("the process", "ended")
    with pytest.raises(Nonconformance, match="^it: the process ended$"), context.doing("it"):
        context.stop("the process", "ended")


def test_a_message_says_what_was_tried(context):
    """What a block is for stands before the step in it that failed, and is not said twice."""
    with pytest.raises(Nonconformance, match=f"^fit with a partial: {RAISED}"):  # noqa: SIM117
        with context.doing("fit with a partial"):
            context.fit(context.make(), [], [])
    with pytest.raises(Nonconformance, match="^it raised ValueError$"), context.doing("it"):
        raise ValueError


def test_functions_of_the_suite_are_not_named():
    """A builder is defined within a check; a user is told about the builder, not the check."""

    def build(meta):
        del meta

    with pytest.raises(TypeError) as caught:
        build()
    assert "TypeError: build() missing 1 required positional argument: 'meta'" == describe(
        caught.value
    )


def test_an_attribute_is_broken_where_the_clause_is_about_it(context):
    """Elsewhere its absence says nothing about the clause."""
    with pytest.raises(Blocked, match="reading the attribute history_ raised AttributeError"):
        context.attribute(context.make(), "history_")
    with pytest.raises(Nonconformance, match="reading the attribute history_"):
        context.observe.attribute(context.make(), "history_")


def test_a_subject_that_exits_is_a_failure(context):
    """A subject cannot end the run."""
    with pytest.raises(Nonconformance, match="leaving raised SystemExit"), context.doing("leaving"):
        raise SystemExit(0)


def test_an_interrupt_of_the_subject_is_its_failure(context):
    """Only a signal is the user's Ctrl-C; see test_isolation."""
    with pytest.raises(Nonconformance, match="raised KeyboardInterrupt"), context.doing("waiting"):
        raise KeyboardInterrupt


def test_a_missing_method_blocks_or_breaks(context):
    """An implementation without a method breaks the clauses about it, and blocks all others."""
    with pytest.raises(Blocked, match="no attribute 'predict'"):
        context.predict(context.make(), [])
    with pytest.raises(Nonconformance, match="no attribute 'predict'"):
        context.observe.predict(context.make(), [])


def test_outcomes_pass_through_guards(context):
    """A nested verdict is not wrapped into another one."""
    with pytest.raises(Nonconformance, match="^inner$"), context.doing("outer"):
        context.fail("inner")
    with pytest.raises(NotApplicable, match="^reason$"), context.refusing("outer", ValueError):
        context.not_applicable("reason")
    with pytest.raises(Nonconformance, match="^inner$"), context.refusing("outer", AssertionError):
        context.fail("inner")
    with pytest.raises(Nonconformance, match="^inner$"), context.preparing("outer"):
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

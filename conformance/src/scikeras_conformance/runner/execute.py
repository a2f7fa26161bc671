"""Runs one planned check, and makes a result of whatever happens."""

import os
import time
import traceback
import warnings
from typing import NamedTuple

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.printable import (
    MAX_DETAILS,
    MAX_MESSAGE,
    bounded,
    describe,
    printable,
)
from scikeras_conformance.catalog.results import Origin, Outcome, Result
from scikeras_conformance.exceptions import (
    Blocked,
    Nonconformance,
    NotApplicable,
    TimeUp,
    Unavailable,
)
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.definitions import definition_for
from scikeras_conformance.runner.global_settings import restored_settings
from scikeras_conformance.runner.interruption import is_from_outside, noticing_interrupts
from scikeras_conformance.runner.origin import origin_of
from scikeras_conformance.runner.process_state import restored_process_state
from scikeras_conformance.runner.seeding import seed_everything
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT, grace_of, time_limit
from scikeras_conformance.runner.tracebacks import short_traceback
from scikeras_conformance.subject.loading import Subject

__all__ = ["execute"]


class _Ending(NamedTuple):
    """How a check ended; the fields are those of a result."""

    outcome: Outcome
    message: str = ""
    details: str = ""
    example: str = ""
    step: str = ""
    exception: str = ""
    origin: Origin | None = None
    follows: str = ""


def execute(
    planned: PlannedCheck,
    subject: Subject,
    *,
    limit: float = DEFAULT_LIMIT,
    kill: bool = False,
    tries: int = 1,
    examples: int | None = None,
) -> Result:
    """Run a check, unless it needs what the subject does not offer.

    Every check starts from the same seed of every global generator, and with warnings ignored:
    neither the order of checks nor the warning filters of the environment change a verdict.

    Parameters
    ----------
    planned : PlannedCheck
        The check, the wrapper and the case.
    subject : Subject
        The implementation under test.
    limit : float, default=120
        Seconds that the check may take; zero means without end.
    kill : bool, default=False
        Whether to end the process if the check cannot be stopped in another way.
    tries : int, default=1
        How often it is run, as long as it passes.
    examples : int, optional
        How many random examples a property tries, if not as many as it says itself.
    """
    start = time.perf_counter()
    process = os.getpid()
    count = 1
    context = CheckContext(subject, planned.wrapper, planned.case, examples)
    with (
        noticing_interrupts(),
        restored_settings(subject.packages) as changes,
        restored_process_state(),
    ):
        ending = _not_offered(planned, subject) or _run(planned, context, limit, kill=kill)
        while ending.outcome is Outcome.PASSED and count < tries:
            count += 1
            ending = _run(planned, context, limit, kill=kill)
    if os.getpid() != process:
        # A child that the subject forked came back here; it has nothing to report.
        os._exit(1)
    return Result(
        id=planned.id,
        check=planned.check.id,
        wrapper=str(planned.wrapper),
        case=planned.case,
        clauses=planned.check.clauses,
        level=str(planned.check.level),
        seconds=round(time.perf_counter() - start, 4),
        tries=count,
        outcome=ending.outcome,
        message=bounded(ending.message, MAX_MESSAGE),
        details=bounded(ending.details, MAX_DETAILS),
        # Half of a value is none.
        example=printable(ending.example) if len(ending.example) <= MAX_MESSAGE else "",
        step=bounded(ending.step, MAX_MESSAGE),
        exception=bounded(ending.exception, MAX_MESSAGE),
        origin=ending.origin,
        follows=ending.follows,
        changed=tuple(bounded(change, MAX_MESSAGE) for change in changes),
    )


def _not_offered(planned: PlannedCheck, subject: Subject) -> _Ending | None:
    """Return how a check ends that needs what the subject does not offer; None for any other."""
    lacking = sorted(planned.needs & subject.not_offered)
    if not lacking:
        return None
    words = " and ".join(f"{capability.words} ({capability})" for capability in lacking)
    return _Ending(Outcome.NOT_OFFERED, f"The subject does not offer {words}.")


def _run(planned: PlannedCheck, context: CheckContext, limit: float, *, kill: bool) -> _Ending:
    try:
        with time_limit(limit, kill=kill), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seed_everything()
            planned.check.function(context)
    except BaseException as error:
        if is_from_outside(error) and not isinstance(error, TimeUp):
            raise
        return _ending_by(error, planned, context.subject, limit, kill=kill)
    return _Ending(Outcome.PASSED)


def _ending_by(
    error: BaseException, planned: PlannedCheck, subject: Subject, limit: float, *, kill: bool
) -> _Ending:
    """Return the ending that an exception stands for, whatever happens when it is described."""
    try:
        with time_limit(grace_of(limit) if limit > 0 else 0, kill=kill):
            return _described(error, planned, subject)
    except BaseException as another:
        if is_from_outside(another) and not isinstance(another, TimeUp):
            raise
        name, place = type(error).__name__, _frames(error)
        message = f"the check ended with {name}, which cannot be described"
        if isinstance(error, Nonconformance):
            return _Ending(Outcome.FAILED, message, place, exception=name)
        step, block = "the check", f"could not be checked: {message}"
        return _Ending(Outcome.BLOCKED, block, place, step=step, exception=name)


def _described(error: BaseException, planned: PlannedCheck, subject: Subject) -> _Ending:
    match error:
        case Unavailable():
            return _Ending(Outcome.UNAVAILABLE, f"Cannot be judged here: {error}")
        case NotApplicable() if planned.check.conditional:
            return _Ending(Outcome.NOT_APPLICABLE, str(error))
        case NotApplicable():
            message = (
                f"The suite failed: {planned.check.id} is not declared conditional, and was not "
                f"applicable: {error}"
            )
            return _Ending(Outcome.ERRORED, message)
        case Nonconformance():
            return _Ending(
                Outcome.FAILED,
                _message(error),
                short_traceback(error, subject),
                error.example,
                exception=_cause(error),
                origin=_origin(error, planned, subject),
                follows=_root(error, planned) or planned.check.presupposes,
            )
        case Blocked():
            return _Ending(
                Outcome.BLOCKED,
                _message(error),
                short_traceback(error, subject),
                step=error.step,
                exception=_cause(error),
                origin=_origin(error, planned, subject),
                follows=_root(error, planned),
            )
        case TimeUp():
            step = "the check"
            message = f"could not be checked: {step} did not come to an end: it {error}"
            # How the text of what was raised before is made is not known, and may not end either.
            return _Ending(Outcome.BLOCKED, message, _frames(error), step=step)
        case _:
            # Whatever escapes a guard was not the subject's doing, so it is the suite's own error.
            message = f"The suite failed: {describe(error)}"
            return _Ending(Outcome.ERRORED, message, short_traceback(error, subject))


def _message(outcome: Nonconformance | Blocked) -> str:
    # Hypothesis adds its smallest counter-example as a note.
    return "\n".join([str(outcome), *getattr(outcome, "__notes__", [])])


def _root(outcome: Nonconformance | Blocked, planned: PlannedCheck) -> str:
    # A check may use a step that says so in its own clause.
    return "" if outcome.follows == planned.check.id else outcome.follows


def _cause(outcome: Nonconformance | Blocked) -> str:
    return "" if outcome.__cause__ is None else describe(outcome.__cause__)


def _origin(
    outcome: Nonconformance | Blocked, planned: PlannedCheck, subject: Subject
) -> Origin | None:
    try:
        if outcome.__cause__ is not None:
            return origin_of(outcome.__cause__, subject)
        return definition_for(str(outcome), subject.public_class(planned.wrapper), subject)
    # A subject may raise wherever its classes are looked at; the result stands without a place.
    except Exception:
        return None


def _frames(error: BaseException) -> str:
    """Return where an exception came from, without asking it for its text."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{type(error).__name__}\n"

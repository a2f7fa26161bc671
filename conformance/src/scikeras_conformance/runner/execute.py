"""Runs one planned check, and makes a result of whatever happens."""

import os
import time
import traceback
import warnings
from typing import NamedTuple

from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.exceptions import Blocked, Nonconformance, NotApplicable, Unavailable
from scikeras_conformance.runner import global_settings
from scikeras_conformance.runner.context import CheckContext, describe
from scikeras_conformance.runner.seeding import seed_everything
from scikeras_conformance.runner.time_limit import DEFAULT_LIMIT, TimeUp, time_limit
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


def execute(
    planned: PlannedCheck,
    subject: Subject,
    *,
    limit: float = DEFAULT_LIMIT,
    kill: bool = False,
    tries: int = 1,
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
    """
    start = time.perf_counter()
    process = os.getpid()
    count = 1
    ending = _not_offered(planned, subject) or _run(planned, subject, limit, kill=kill)
    while ending.outcome is Outcome.PASSED and count < tries:
        count += 1
        ending = _run(planned, subject, limit, kill=kill)
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
        **ending._asdict(),
    )


def _not_offered(planned: PlannedCheck, subject: Subject) -> _Ending | None:
    """Return how a check ends that needs what the subject does not offer; None for any other."""
    lacking = sorted(planned.needs & subject.not_offered)
    if not lacking:
        return None
    words = " and ".join(f"{capability.words} ({capability})" for capability in lacking)
    return _Ending(Outcome.NOT_OFFERED, f"The subject does not offer {words}.")


def _run(planned: PlannedCheck, subject: Subject, limit: float, *, kill: bool) -> _Ending:
    global_settings.at_start()
    try:
        with time_limit(limit, kill=kill), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seed_everything()
            planned.check.function(CheckContext(subject, planned.wrapper, planned.case))
    except Unavailable as reason:
        return _Ending(Outcome.UNAVAILABLE, f"Cannot be judged here: {reason}")
    except NotApplicable as reason:
        if planned.check.conditional:
            return _Ending(Outcome.NOT_APPLICABLE, str(reason))
        message = (
            f"The suite failed: {planned.check.id} is not declared conditional, and was not "
            f"applicable: {reason}"
        )
        return _Ending(Outcome.ERRORED, message)
    except Nonconformance as failure:
        return _Ending(
            Outcome.FAILED,
            _message(failure),
            _details(failure),
            failure.example,
            exception=_cause(failure),
        )
    except Blocked as block:
        return _Ending(
            Outcome.BLOCKED,
            _message(block),
            _details(block),
            step=block.step,
            exception=_cause(block),
        )
    except TimeUp as stop:
        message = f"The check did not come to an end: it {stop}"
        return _Ending(Outcome.FAILED, message, _details(stop))
    # Whatever escapes a guard was not the subject's doing, so it is the suite's own error.
    except (Exception, SystemExit) as error:
        return _Ending(Outcome.ERRORED, f"The suite failed: {describe(error)}", _details(error))
    return _Ending(Outcome.PASSED)


def _message(outcome: Nonconformance | Blocked) -> str:
    # Hypothesis adds its smallest counter-example as a note.
    return "\n".join([str(outcome), *getattr(outcome, "__notes__", [])])


def _cause(outcome: Nonconformance | Blocked) -> str:
    return "" if outcome.__cause__ is None else describe(outcome.__cause__)


def _details(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))

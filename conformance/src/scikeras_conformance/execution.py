"""Runs one planned check and turns whatever happens into a result."""

import time
import traceback
import warnings

from scikeras_conformance.exceptions import Nonconformance, NotApplicable
from scikeras_conformance.plan import PlannedCheck
from scikeras_conformance.results import Outcome, Result
from scikeras_conformance.subject import Subject
from scikeras_conformance.trial import Trial

__all__ = ["SEED", "execute"]

SEED = 20_231


def execute(planned: PlannedCheck, subject: Subject) -> Result:
    """Run a check.

    Every check starts from the same seed of every global generator, and with warnings ignored:
    neither the order of checks nor the warning filters of the environment change a verdict.

    Parameters
    ----------
    planned : PlannedCheck
        The check, the wrapper and the case.
    subject : Subject
        The implementation under test.
    """
    import keras

    start = time.perf_counter()
    outcome, message, details = Outcome.PASSED, "", ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            keras.utils.set_random_seed(SEED)
            planned.check.function(Trial(subject, planned.wrapper, planned.case))
    except NotApplicable as reason:
        outcome, message = Outcome.SKIPPED, str(reason)
    except Nonconformance as failure:
        outcome, message, details = Outcome.FAILED, _message(failure), _details(failure)
    # Whatever escapes a guard was not the subject's doing, so it is the suite's own error.
    except (Exception, SystemExit) as error:
        outcome, details = Outcome.ERRORED, _details(error)
        message = f"The suite failed: {type(error).__name__}: {error}"
    return Result(
        id=planned.id,
        check=planned.check.id,
        wrapper=str(planned.wrapper),
        case=planned.case,
        clauses=planned.check.clauses,
        level=str(planned.check.level),
        outcome=outcome,
        message=message,
        details=details,
        seconds=round(time.perf_counter() - start, 4),
    )


def _message(failure: Nonconformance) -> str:
    # Hypothesis adds its smallest counter-example as a note.
    return "\n".join([str(failure), *getattr(failure, "__notes__", [])])


def _details(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))

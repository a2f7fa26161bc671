"""SER: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "SER-1.after-any-calls",
    verifies="pickle and deepcopy keep parameters, model, optimizer, history and predictions, "
    "after any calls",
    impact="a stored estimator differs from the one that was tested",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def ser_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "SER-1")

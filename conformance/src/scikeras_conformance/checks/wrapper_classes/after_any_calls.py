"""CLS: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "CLS-2.after-any-calls",
    verifies="fit returns the estimator and trains its model once, after any calls",
    impact="a fit that follows other calls trains nothing, or breaks a chain of calls",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="CLS-2.fit-and-predict",
)
def cls_2_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "CLS-2")

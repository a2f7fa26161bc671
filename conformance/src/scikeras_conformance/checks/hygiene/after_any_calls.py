"""HYG: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "HYG-2.after-any-calls",
    verifies="with a seed no call changes the generators of Python and NumPy, after any calls",
    impact="random numbers of the program around it are no longer random",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS, Capability.RANDOM_STATE],
    shares=Shares.CALLS,
)
def hyg_2_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "HYG-2")


@check(
    "HYG-1.after-any-calls",
    verifies="no call writes to X, y or sample_weight, after any calls",
    impact="data that are used twice differ the second time",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def hyg_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "HYG-1")

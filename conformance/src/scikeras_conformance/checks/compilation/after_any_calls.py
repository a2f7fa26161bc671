"""COMP: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "COMP-1.after-any-calls",
    verifies="a model that the builder compiled is never compiled again, after any calls",
    impact="a training that goes on loses the state of its optimizer",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def comp_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "COMP-1")


@check(
    "COMP-3.after-any-calls",
    verifies="an uncompiled model is compiled once for each fit, with the optimizer that is set by "
    "then, after any calls",
    impact="a search over optimizers compares the first one with itself",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def comp_3_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "COMP-3")

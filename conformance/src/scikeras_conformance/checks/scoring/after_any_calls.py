"""SCORE: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "SCORE-1.after-any-calls",
    verifies="score is accuracy or R-squared of the predictions, after any calls",
    impact="a search chooses by another number",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def score_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "SCORE-1")

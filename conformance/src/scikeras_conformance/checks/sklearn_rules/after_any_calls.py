"""SKL: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "SKL-3.after-any-calls",
    verifies="n_features_in_ and feature_names_in_ are those of the data of the last fit, after "
    "any calls",
    impact="columns are checked against names of earlier data",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="SKL-3.n-features",
    shares=Shares.CALLS,
)
def skl_3_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "SKL-3")

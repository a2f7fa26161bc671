"""SKL: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.checks._support.frames import import_library
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


@check(
    "SKL-5.after-any-calls",
    verifies="a data frame with series as y and as weights leads to what arrays lead to, in any "
    "call",
    impact="later training, or a score, joins rows by their index, and takes those of another row",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="SKL-5.frames",
    shares=Shares.CALLS,
)
def skl_5_after_any_calls(context: CheckContext) -> None:
    import_library(context, "pandas")
    require_after_any_calls(context, "SKL-5")

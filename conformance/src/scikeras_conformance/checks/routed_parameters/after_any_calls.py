"""ROUTE: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "ROUTE-4.after-any-calls",
    verifies="predict__batch_size reaches Model.predict from every predicting method, after any "
    "calls",
    impact="prediction runs out of memory in one method only",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def route_4_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "ROUTE-4")


@check(
    "ROUTE-11.after-any-calls",
    verifies="fit__batch_size and fit__epochs override the plain parameters in fit, after any "
    "calls",
    impact="a search over routed parameters tries other values than it reports",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def route_11_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "ROUTE-11")

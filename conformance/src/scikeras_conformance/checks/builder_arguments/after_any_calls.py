"""BUILD: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "BUILD-1.after-any-calls",
    verifies="the builder receives the free parameters as they are now, after any calls",
    impact="a model is built for values that were set earlier",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def build_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "BUILD-1")


@check(
    "BUILD-4.after-any-calls",
    verifies="meta has the attributes of the data of this fit, after any calls",
    impact="a model is built for the classes or features of earlier data",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="BUILD-3.special-arguments",
    shares=Shares.CALLS,
)
def build_4_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "BUILD-4")


@check(
    "BUILD-9.after-any-calls",
    verifies="a fit or initialize calls the builder once, after any calls",
    impact="random numbers and time are spent on models that nobody trains",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def build_9_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "BUILD-9")

"""DATA: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "DATA-2.after-any-calls",
    verifies="what the feature encoder returns is what the model trains on, validates with and "
    "predicts from, after any calls",
    impact="a second call, or validation, sees raw features",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def data_2_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "DATA-2")


@check(
    "DATA-3.after-any-calls",
    verifies="what the target encoder returns is what the model trains on and validates with, and "
    "predictions are decoded, after any calls",
    impact="a second call, or validation, sees raw targets, and predictions are on another scale",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def data_3_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "DATA-3")


@check(
    "DATA-4.after-any-calls",
    verifies="encoders are fitted in fit and initialize only, after any calls",
    impact="a later call changes the meaning of the features that the model was trained on",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def data_4_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "DATA-4")


@check(
    "DATA-7.after-any-calls",
    verifies="X reaches the model with its values unchanged, in training and prediction, after any "
    "calls",
    impact="the model is trained on other rows or numbers than the user gave",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def data_7_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "DATA-7")

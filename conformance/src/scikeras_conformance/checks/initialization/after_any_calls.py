"""INIT: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "INIT-4.after-any-calls",
    verifies="clone returns an unfitted copy with the same parameters, after any calls",
    impact="folds of a search start with what an earlier fit left behind",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def init_4_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-4")


@check(
    "INIT-5.after-any-calls",
    verifies="no call changes a parameter, after any calls",
    impact="results depend on the calls before, and clones differ from what the user wrote",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def init_5_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-5")


@check(
    "INIT-6.after-any-calls",
    verifies="only calls that fit create public attributes, after any calls",
    impact="leftovers of one call are carried into clones and pickles",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def init_6_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-6")


@check(
    "INIT-8.after-any-calls",
    verifies="initialize does not train, and predictions are those of the new model, after any "
    "calls",
    impact="a pretrained model is changed, or an earlier one answers",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="INIT-8.initialize-does-not-train",
    shares=Shares.CALLS,
)
def init_8_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-8")


@check(
    "INIT-9.after-any-calls",
    verifies="predicting methods raise NotFittedError while there is no model, after any calls",
    impact="a clone of a fitted estimator answers with a model that is not its own",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def init_9_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-9")


@check(
    "INIT-10.after-any-calls",
    verifies="set_params sets what it is given and nothing else, after any calls",
    impact="a search tries values that never take effect",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def init_10_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-10")


@check(
    "INIT-11.after-any-calls",
    verifies="a second fit trains a new model and returns the estimator, whatever was called "
    "before",
    impact="folds and repeated fits go on with weights of other data",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="INIT-11.new-model",
    shares=Shares.CALLS,
)
def init_11_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "INIT-11")

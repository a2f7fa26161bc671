"""API: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import ESTIMATORS, Shares, Wrapper, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "API-1.after-any-calls",
    verifies="history_ has an entry for each epoch since the last fit, after any calls",
    impact="learning curves belong to another training",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="API-1.entries",
    shares=Shares.CALLS,
)
def api_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-1")


@check(
    "API-2.after-any-calls",
    verifies="current_epoch counts the epochs since the last fit, after any calls",
    impact="schedules by epoch start at a wrong place",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="API-2.current-epoch",
    shares=Shares.CALLS,
)
def api_2_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-2")


@check(
    "API-3.after-any-calls",
    verifies="partial_fit trains the existing model for one epoch more, after any calls",
    impact="training in portions forgets the portions before",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="API-3.one-epoch",
    shares=Shares.CALLS,
)
def api_3_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-3")


@check(
    "API-4.after-any-calls",
    verifies="a warm fit goes on with the existing model, optimizer and encoders, after any calls",
    impact="a long training starts over, or meets encoders of other data",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_4_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-4")


@check(
    "API-5.after-any-calls",
    verifies="class_weight weighs the rows for training and no others, after any calls",
    impact="rare classes are ignored in a later call, or validation is weighted",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_5_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-5")


@check(
    "API-6.after-any-calls",
    verifies="sample_weight reaches the rows that it was given for, and score, after any calls",
    impact="a later call ignores the weights, or mixes them up",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_6_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-6")


@check(
    "API-8.after-any-calls",
    verifies="batch_size is that of the parameter in fit and predict, and -1 all rows of the call, "
    "after any calls",
    impact="a later call trains with the number of rows of an earlier one",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_8_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-8")


@check(
    "API-9.after-any-calls",
    verifies="validation rows reach every training, none are trained on and none are lost, after "
    "any calls",
    impact="val_loss is missing in a later call, or is that of rows that were trained on",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_9_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-9")


@check(
    "API-10.after-any-calls",
    verifies="callbacks see each training, epoch and prediction, after any calls",
    impact="early stopping and logs work in the first call only",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_10_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-10")


@check(
    "API-11.after-any-calls",
    verifies="keyword arguments of fit and predict count for that call only, after any calls",
    impact="a later call still trains with an argument of an earlier one",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_11_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-11")


@check(
    "API-12.after-any-calls",
    verifies="initialized_ is true if and only if there is a model, after any calls",
    impact="a pipeline cannot tell whether to initialize",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    presupposes="API-12.initialized",
    shares=Shares.CALLS,
)
def api_12_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-12")


@check(
    "API-13.after-any-calls",
    verifies="other features raise a ValueError in partial_fit and in predictions, after any calls",
    impact="a model is trained on, or predicts from, columns that it was not built for",
    wrappers=ESTIMATORS,
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def api_13_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "API-13")

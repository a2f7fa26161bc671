"""TGT: the clauses that hold after any sequence of calls."""

from scikeras_conformance.catalog.check import Shares, Wrapper, check
from scikeras_conformance.checks._support.call_sequences.family import require_after_any_calls
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@check(
    "TGT-1.after-any-calls",
    verifies="binary targets are predicted and described rightly, after any calls",
    impact="predictions are labels of earlier data",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.BUILDERS],
    presupposes="TGT-1.binary",
    shares=Shares.CALLS,
)
def tgt_1_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "TGT-1")


@check(
    "TGT-2.after-any-calls",
    verifies="multiclass targets are predicted and described rightly, after any calls",
    impact="predictions are labels of earlier data",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.BUILDERS],
    presupposes="TGT-2.multiclass",
    shares=Shares.CALLS,
)
def tgt_2_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "TGT-2")


@check(
    "TGT-3.after-any-calls",
    verifies="multilabel indicators are predicted and described rightly, after any calls",
    impact="predictions are labels of earlier data",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.BUILDERS],
    presupposes="TGT-3.multilabel",
    shares=Shares.CALLS,
)
def tgt_3_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "TGT-3")


@check(
    "TGT-4.after-any-calls",
    verifies="one continuous target is predicted and described rightly, after any calls",
    impact="predictions have the shape or the scale of earlier data",
    wrappers=[Wrapper.REGRESSOR],
    needs=[Capability.BUILDERS],
    presupposes="TGT-4.continuous",
    shares=Shares.CALLS,
)
def tgt_4_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "TGT-4")


@check(
    "TGT-5.after-any-calls",
    verifies="several continuous targets are predicted and described rightly, after any calls",
    impact="predictions have the shape or the scale of earlier data",
    wrappers=[Wrapper.REGRESSOR],
    needs=[Capability.BUILDERS],
    presupposes="TGT-5.continuous-multioutput",
    shares=Shares.CALLS,
)
def tgt_5_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "TGT-5")


@check(
    "TGT-10.after-any-calls",
    verifies="predict_proba has a row for each sample and a column for each class in order, after "
    "any calls",
    impact="rankings are by the probability of another class",
    wrappers=[Wrapper.CLASSIFIER],
    conditional=True,
    needs=[Capability.BUILDERS],
    presupposes="TGT-10.probabilities",
    shares=Shares.CALLS,
)
def tgt_10_after_any_calls(context: CheckContext) -> None:
    require_probabilities_exist(context)
    require_after_any_calls(context, "TGT-10")


@check(
    "TGT-11.after-any-calls",
    verifies="the loss receives the target in its own form, in training and of all rows, after any "
    "calls",
    impact="a second call trains on class numbers where the loss reads something else",
    wrappers=[Wrapper.CLASSIFIER],
    needs=[Capability.BUILDERS],
    shares=Shares.CALLS,
)
def tgt_11_after_any_calls(context: CheckContext) -> None:
    require_after_any_calls(context, "TGT-11")

"""What a subject offers of the things that sequences of calls consist of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import Any

from scikeras_conformance.checks._support.contract_model.calls import (
    COPIES,
    SPLIT,
    Call,
    Sequence,
)
from scikeras_conformance.checks._support.helper_models import helper_builder
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

__all__ = ["Offers", "offers_of"]


@dataclass(frozen=True, slots=True)
class Offers:
    """What a wrapper offers.

    Parameters
    ----------
    params : frozenset of str
        The parameters that it takes.
    methods : frozenset of str
        The methods that it has, and copies, which are always there.
    frames : bool
        Whether there are data frames.
    encoders : bool
        Whether a subclass may have encoders.
    compiles : bool
        Whether the wrapper compiles models.
    """

    params: frozenset[str]
    methods: frozenset[str]
    frames: bool
    encoders: bool
    compiles: bool

    def within(self, sequence: Sequence) -> Sequence:
        """Return a sequence without what is not offered."""
        needs = {"split": {"validation_split"}, "": set()}
        needed = needs.get(sequence.validation, {"fit__validation_data"})
        if sequence.validation.endswith("keyword"):
            needed = set()
        return replace(
            sequence,
            calls=tuple(self._calls(sequence.calls)),
            params=tuple(pair for pair in sequence.params if pair[0] in self.params),
            validation=sequence.validation if needed <= self.params else "",
            frame=sequence.frame and self.frames,
            encoders=sequence.encoders and self.encoders,
            uncompiled=sequence.uncompiled and self.compiles,
        )

    def _calls(self, calls: Iterable[Call]) -> Iterable[Call]:
        for call in calls:
            if call.method not in self.methods:
                continue
            if call.method != "set_params":
                yield call
                continue
            given = tuple(pair for pair in call.given if pair[0] in self.params)
            if given:
                yield replace(call, given=given)


def offers_of(context: CheckContext) -> Offers:
    """Find out what a wrapper offers.

    Parameters
    ----------
    context : CheckContext
        The context of the wrapper.
    """
    not_offered = context.subject.not_offered
    X, y, *_ = doubles.dataset(context.wrapper)
    candidates: dict[str, Any] = {
        "batch_size": 5,
        "epochs": 2,
        "warm_start": True,
        "optimizer": "adam",
        "loss": "mean_squared_error",
        "class_weight": "balanced",
        "validation_split": SPLIT,
        "fit__validation_data": (X, y),
        "fit__batch_size": 5,
        "fit__epochs": 2,
        "random_state": 7,
        "predict__batch_size": 5,
    }
    if Capability.CALLBACK_CLASSES not in not_offered:
        candidates["callbacks"] = [doubles.TracingCallback]
    params = {*accepted(context, **candidates)}
    build = helper_builder(context)
    estimator = context.make(build)
    if "width" in context.params(_with_width(context, build, estimator)):
        params.add("width")
    methods = {"fit", "predict", "set_params", *COPIES}
    optional = {"initialize": Capability.INITIALIZE, "partial_fit": Capability.PARTIAL_FIT}
    for name in ("initialize", "partial_fit", "predict_proba", "decision_function", "score"):
        if hasattr(context.cls, name) and optional.get(name) not in not_offered:
            methods.add(name)
    return Offers(
        frozenset(params),
        frozenset(methods),
        frames=find_spec("pandas") is not None,
        encoders=Capability.ENCODERS not in not_offered,
        compiles={"optimizer", "loss"} <= params,
    )


def _with_width(context: CheckContext, build: Any, otherwise: Any) -> Any:
    try:
        return context.subject.construct(context.cls, build, width="wide")
    except (Exception, SystemExit):
        return otherwise

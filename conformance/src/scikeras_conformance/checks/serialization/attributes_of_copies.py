"""SER-1: copies have the fitted attributes of the original."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.fit_outcomes import ATTRIBUTES
from scikeras_conformance.checks._support.helper_models import importable_builder
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.serialization import COPY_METHODS, copy_of
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "SER-1.attributes",
    verifies="a pickled or copied estimator has the attributes and the parameters of the original, "
    "also a copy of a copy",
    impact="a loaded model refuses the data that it was trained on, or describes other data",
    wrappers=ESTIMATORS,
    cases=list(COPY_METHODS),
)
def attributes(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    given = accepted(
        context,
        batch_size=50,
        predict__batch_size=70,
        fit__epochs=2,
        random_state=np.random.RandomState(3),
    )
    builder = importable_builder(context, doubles.COMPILED)
    estimator = context.make(builder, optimizer_name="momentum", **given)
    context.fit(estimator, X.astype(np.float64), y)
    before = _facts(context, estimator)
    copied = estimator
    for words in ("the copy", "the copy of the copy"):
        copied = copy_of(context, copied, context.case)
        found = _facts(context, copied)
        for name, value in before.items():
            what = f"{name} of {words}"
            context.require(name in found, f"{words} lacks {name}, which is {show(value)}")
            context.require(
                same(found[name], value), f"{what} is {show(found[name])}, not {show(value)}"
            )


def _facts(context: CheckContext, estimator: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: getattr(estimator, name)
        for name in (*ATTRIBUTES, "current_epoch", "initialized_")
        if hasattr(estimator, name)
    }
    plain = (int, float, str, bool, type(None))
    params = context.params(estimator)
    found |= {name: value for name, value in params.items() if isinstance(value, plain)}
    if isinstance(params.get("random_state"), np.random.RandomState):
        found["random_state"] = repr(params["random_state"].get_state())
    return found

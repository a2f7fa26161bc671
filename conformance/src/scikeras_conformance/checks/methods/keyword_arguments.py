"""API-11: keyword arguments of ``fit``, ``partial_fit`` and ``predict`` hold for one call."""

from collections.abc import Callable
from typing import Any, NamedTuple

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.many_rows import ROWS, many_rows
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.recorded_training import (
    counting_batches,
    recorded_history,
)
from scikeras_conformance.checks._support.training import learner, recorder
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


class Override(NamedTuple):
    """Parameters, keyword arguments, and what differs between calls with them and without."""

    params: dict[str, Any]
    keywords: dict[str, Any]
    counted: str
    with_keywords: int
    without: int


CALLBACKS = "callbacks"
FIT = {
    "epochs": Override({"epochs": 1}, {"epochs": 3}, "epochs", 3, 1),
    "routed-epochs": Override({"fit__epochs": 2}, {"epochs": 3}, "epochs", 3, 2),
    "batch_size": Override({"batch_size": ROWS}, {"batch_size": 16}, "batches", 3, 1),
    "routed-batch_size": Override({"fit__batch_size": 24}, {"batch_size": 16}, "batches", 3, 2),
    CALLBACKS: Override({}, {}, "calls of the callback", 1, 0),
    "validation_split": Override({}, {"validation_split": 0.5}, "validations", 1, 0),
}
PARTIAL_FIT = {
    name: FIT[name] for name in ("batch_size", "routed-batch_size", CALLBACKS, "validation_split")
}
PREDICT = {
    "batch_size": Override({"batch_size": ROWS}, {"batch_size": 16}, "batches", 3, 1),
    "routed-batch_size": Override({"predict__batch_size": 24}, {"batch_size": 16}, "batches", 3, 2),
    CALLBACKS: Override({}, {}, "calls of the callback", 1, 0),
}


def _require_same_params(context: CheckContext, estimator: Any, before: dict[str, Any]) -> None:
    after = context.params(estimator)
    changed = [name for name in before if name not in after or after[name] is not before[name]]
    context.require(not changed, f"the call changed the parameters {', '.join(map(str, changed))}")


def _prepared(
    context: CheckContext, method: str, override: Override, event: Callable[[], int]
) -> tuple[Any, Callable[[dict[str, Any]], int]]:
    """Return an estimator, and a function that calls a method and counts what it does."""
    X, y = many_rows(context)
    build, batches = counting_batches(learner(context))
    estimator = context.make(build, **override.params)
    if method == "predict":
        context.fit(estimator, X, y)
    data = (X,) if method == "predict" else (X, y)

    def total() -> int:
        if override.counted == "batches":
            return batches.predicted if method == "predict" else batches.trained
        return event()

    def count(given: dict[str, Any]) -> int:
        before = total()
        context.call(estimator, method, *data, **given)
        if override.counted in {"epochs", "validations"}:
            name = {"epochs": "loss", "validations": "val_loss"}[override.counted]
            return len(recorded_history(context, estimator).get(name, []))
        return total() - before

    return estimator, count


def _require_override(context: CheckContext, method: str, override: Override) -> None:
    """Require that keyword arguments hold for one call, and change no parameter."""
    callback, record = recorder()
    keywords = {CALLBACKS: [callback()]} if context.case == CALLBACKS else override.keywords
    event = "predict" if method == "predict" else "train"

    def without_keywords() -> None:
        _, count = _prepared(context, method, override, lambda: 0)
        found = count({})
        if found != override.without:
            context.stop(f"{method}()", f"had {found} {override.counted}, not {override.without}")

    with provided(without_keywords):
        estimator, count = _prepared(context, method, override, lambda: record.count(event))
        before = context.params(estimator)
        once = keywords, override.with_keywords
        for given, number in (once, ({}, override.without), once):
            what = f"{method}({', '.join(given)})"
            with context.doing(what):
                found = count(given)
            context.require(found == number, f"{what} had {found} {override.counted}, not {number}")
            _require_same_params(context, estimator, before)


@check(
    "API-11.fit",
    verifies="keyword arguments of fit override parameters for that call only",
    impact="an argument of one call is ignored, or changes all later fits and clones",
    wrappers=ESTIMATORS,
    cases=[*FIT, "nothing-written"],
)
def fit_overrides(context: CheckContext) -> None:
    if context.case != "nothing-written":
        _require_override(context, "fit", FIT[context.case])
        return
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(learner(context))
    before = doubles.snapshot(context.params(estimator))
    context.call(estimator, "fit", X, y, epochs=2)
    touched = doubles.changed_paths(before, doubles.snapshot(context.params(estimator)))
    context.require(not touched, f"fit(epochs) changed the parameters at {', '.join(touched[:5])}")


@check(
    "API-11.partial-fit",
    verifies="keyword arguments of partial_fit override parameters for that call only",
    impact="one large batch cannot be trained on in smaller ones, or changes all later calls",
    wrappers=ESTIMATORS,
    cases=PARTIAL_FIT,
    needs=[Capability.PARTIAL_FIT],
)
def partial_fit_overrides(context: CheckContext) -> None:
    _require_override(context, "partial_fit", PARTIAL_FIT[context.case])


@check(
    "API-11.predict",
    verifies="keyword arguments of predict override parameters for that call only",
    impact="an argument of one call is ignored, or changes all later ones",
    wrappers=ESTIMATORS,
    cases=PREDICT,
)
def predict_overrides(context: CheckContext) -> None:
    _require_override(context, "predict", PREDICT[context.case])

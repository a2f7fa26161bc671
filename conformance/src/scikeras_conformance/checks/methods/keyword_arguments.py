"""API-11: keyword arguments of ``fit`` and ``predict`` hold for one call."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.many_rows import ROWS, many_rows
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.checks._support.training import (
    read_history,
    recorder,
)
from scikeras_conformance.runner.context import CheckContext


def _params(context: CheckContext, estimator: Any) -> dict[str, Any]:
    with context.doing("reading the parameters"):
        return dict(estimator.get_params(deep=False))


def _require_same_params(context: CheckContext, estimator: Any, before: dict[str, Any]) -> None:
    after = _params(context, estimator)
    changed = [name for name in before if name not in after or after[name] is not before[name]]
    context.require(not changed, f"the call changed the parameters {', '.join(map(str, changed))}")


def _require_nothing_written(context: CheckContext, X: Any, y: Any) -> None:
    """Require that nothing inside the parameters has changed."""
    estimator = context.make(doubles.builder(context.wrapper), batch_size=ROWS)
    before = doubles.snapshot(_params(context, estimator))
    context.call(estimator, "fit", X, y, epochs=2)
    touched = doubles.changed_paths(before, doubles.snapshot(_params(context, estimator)))
    context.require(not touched, f"fit(epochs) changed the parameters at {', '.join(touched[:5])}")


# Parameters, keyword arguments, the counted event, and the counts with and without them.
OVERRIDES: dict[str, tuple[dict[str, Any], dict[str, Any], str, tuple[int, int]]] = {
    "epochs": ({"epochs": 1}, {"epochs": 3}, "epoch", (3, 1)),
    "routed-epochs": ({"fit__epochs": 2}, {"epochs": 3}, "epoch", (3, 2)),
    "batch_size": ({"batch_size": ROWS}, {"batch_size": 16}, "train-batch", (3, 1)),
}


@check(
    "API-11.fit",
    verifies="keyword arguments of fit override parameters for that call only",
    impact="an argument of one call is ignored, or changes all later fits and clones",
    wrappers=ESTIMATORS,
    cases=[*OVERRIDES, "callbacks", "validation_split", "nothing-written"],
)
def fit_overrides(context: CheckContext) -> None:
    X, y = many_rows(context)
    if context.case == "nothing-written":
        _require_nothing_written(context, X, y)
        return
    callback, record = recorder()
    params, keywords, event, counts = OVERRIDES.get(context.case, ({}, {}, "train", (1, 0)))
    if context.case == "callbacks":
        keywords = {"callbacks": [callback()]}
    else:
        params = {**params, "callbacks": callback}
    if context.case == "validation_split":
        keywords, counts = {"validation_split": 0.5}, (1, 1)
    estimator = context.make(doubles.builder(context.wrapper), **params)
    before = _params(context, estimator)
    for given, count in zip((keywords, {}), counts, strict=True):
        record.events.clear()
        context.call(estimator, "fit", X, y, **given)
        what = f"fit({', '.join(given)})"
        found = record.count(event)
        context.require(found == count, f"{what} had {found} events of {event}, not {count}")
        _require_same_params(context, estimator, before)
        if context.case == "validation_split":
            validated = "val_loss" in read_history(context, estimator)
            context.require(validated == bool(given), f"{what}: val_loss in history_: {validated}")


@check(
    "API-11.predict",
    verifies="keyword arguments of predict override parameters for that call only",
    impact="an argument of one call is ignored, or changes all later ones",
    wrappers=ESTIMATORS,
    cases=["batch_size", "routed-batch_size", "callbacks"],
)
def predict_overrides(context: CheckContext) -> None:
    X, y = many_rows(context)
    callback, record = recorder()
    params: dict[str, Any] = {"batch_size": ROWS, "callbacks": callback}
    keywords: dict[str, Any] = {"batch_size": 16}
    event, counts = "predict-batch", (3, 1)
    if context.case == "routed-batch_size":
        params["predict__batch_size"] = 24
        counts = (3, 2)
    if context.case == "callbacks":
        params, keywords = {}, {"callbacks": [callback()]}
        event, counts = "predict", (1, 0)
    estimator = context.make(doubles.builder(context.wrapper), **params)
    context.initialize(estimator, X, y)
    before = _params(context, estimator)
    for given, count in zip((keywords, {}), counts, strict=True):
        record.events.clear()
        context.call(estimator, "predict", X, **given)
        found = record.count(event)
        what = f"predict({', '.join(given)})"
        context.require(found == count, f"{what} had {found} events of {event}, not {count}")
        _require_same_params(context, estimator, before)

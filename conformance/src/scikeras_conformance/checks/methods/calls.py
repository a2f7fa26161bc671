"""Chapter API, second part: batches, callbacks, and what one call may override."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.training import (
    learner,
    optimizer_steps,
    read_history,
    recorder,
)
from scikeras_conformance.runner.context import CheckContext, show

# -- API-8 --------------------------------------------------------------------------------------

# More than Keras takes for a batch where nothing is said.
ROWS = 48


def _many_rows(context: CheckContext) -> tuple[Any, Any]:
    X, y, *_ = doubles.dataset(context.wrapper)
    return np.resize(X, (ROWS, X.shape[1])), np.resize(y, ROWS)


BATCHES: dict[str, tuple[str, dict[str, int], int]] = {
    "fit": ("fit", {"batch_size": -1}, 1),
    "partial_fit": ("partial_fit", {"batch_size": -1}, 1),
    "routed-fit": ("fit", {"fit__batch_size": -1}, 1),
    "predict": ("predict", {"batch_size": -1}, 1),
    "routed-predict": ("predict", {"predict__batch_size": -1}, 1),
    "fit-by-sixteen": ("fit", {"batch_size": 16}, 3),
    "predict-by-sixteen": ("predict", {"batch_size": 16}, 3),
}


@check(
    "API-8.all-rows",
    verifies="batch_size=-1 makes one batch of all rows, in fit and in predict; other sizes are as "
    "they say",
    impact="training by full batches depends on the number of rows, or Keras fails with -1",
    wrappers=ESTIMATORS,
    cases=BATCHES,
)
def all_rows(context: CheckContext) -> None:
    X, y = _many_rows(context)
    method, settings, batches = BATCHES[context.case]
    callback, record = recorder()
    estimator = context.make(learner(context), callbacks=callback, **settings)
    context.call(estimator, "fit" if method == "predict" else method, X, y)
    found = optimizer_steps(context, estimator)
    if method == "predict":
        context.predict(estimator, X)
        found = record.count("predict-batch")
    context.require(
        found == batches,
        f"{method} of {ROWS} rows with {settings} should make {batches} batches; it made {found}",
    )


# -- API-10 -------------------------------------------------------------------------------------


@check(
    "API-10.events",
    verifies="callbacks are told of fit and of predict, whether given as classes or instances",
    impact="early stopping, checkpoints and logs do nothing",
    cases=["class", "instance", "list-of-classes", "list-of-instances"],
)
def callback_events(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, record = recorder()
    given = callback if "class" in context.case else callback()
    estimator = context.make(
        doubles.builder(context.wrapper),
        callbacks=[given] if context.case.startswith("list") else given,
        epochs=2,
    )
    context.fit(estimator, X, y)
    counts = record.count("train"), record.count("epoch")
    context.require(
        counts == (1, 2), f"fit told the callback of {counts[0]} starts and {counts[1]} epochs"
    )
    context.predict(estimator, X)
    context.require(record.count("predict") == 1, f"the callback saw {show(record.events)}")
    context.require(record.count("train") == 1, "predict told the callback of a training")


@check(
    "API-10.new-for-each-fit",
    verifies="a callback class gives a new callback for each fit",
    impact="what a callback counted in one fit is there in the next: early stopping stops at once",
    wrappers=ESTIMATORS,
    cases=["class", "list", "warm-start"],
)
def new_callbacks(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, record = recorder()
    estimator = context.make(
        doubles.builder(context.wrapper),
        callbacks=[callback] if context.case == "list" else callback,
        warm_start=context.case == "warm-start",
    )
    for _ in range(2):
        context.fit(estimator, X, y)
    context.require(
        len(record.trained) == 2, f"two fits told {len(record.trained)} callbacks of a training"
    )
    context.require(
        record.trained[0] is not record.trained[1], "both fits had the same callback object"
    )


@check(
    "API-10.instance-kept-clean",
    verifies="what a callback counts in fit and predict is not counted in the instance that was given",
    impact="the folds of a search share one callback, and early stopping of one stops the others",
    also=["INIT-5"],
)
def instance_kept_clean(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    class Counting(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.epochs = self.questions = 0

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            self.epochs += 1

        def on_predict_end(self, logs: Any = None) -> None:
            del logs
            self.questions += 1

    given = Counting()
    estimator = context.make(doubles.builder(context.wrapper), callbacks=[given])
    context.fit(estimator, X, y)
    context.predict(estimator, X)
    counted = given.epochs, given.questions
    context.require(
        counted == (0, 0),
        f"the callback that was given has counted {counted[0]} epochs, {counted[1]} questions",
    )


# -- API-11 -------------------------------------------------------------------------------------


def _params(context: CheckContext, estimator: Any) -> dict[str, Any]:
    with context.doing("reading the parameters"):
        return dict(estimator.get_params(deep=False))


def _require_same_params(context: CheckContext, estimator: Any, before: dict[str, Any]) -> None:
    after = _params(context, estimator)
    changed = [name for name in before if name not in after or after[name] is not before[name]]
    context.require(not changed, f"the call changed the parameters {', '.join(map(str, changed))}")


def _require_nothing_written(context: CheckContext, X: Any, y: Any) -> None:
    """Ask that the parameters are the same inside too, where a wrapper may collect settings."""
    estimator = context.make(doubles.builder(context.wrapper), batch_size=ROWS)
    before = doubles.snapshot(_params(context, estimator))
    context.call(estimator, "fit", X, y, epochs=2)
    touched = doubles.changes(before, doubles.snapshot(_params(context, estimator)))
    context.require(not touched, f"fit(epochs) changed the parameters at {', '.join(touched[:5])}")


# Parameters, keyword arguments, what the callbacks count, and how often, with and without.
OVERRIDES: dict[str, tuple[dict[str, Any], dict[str, Any], str, tuple[int, int]]] = {
    "epochs": ({"epochs": 1}, {"epochs": 3}, "epoch", (3, 1)),
    "routed-epochs": ({"fit__epochs": 2}, {"epochs": 3}, "epoch", (3, 2)),
    "batch_size": ({"batch_size": ROWS}, {"batch_size": 16}, "train-batch", (3, 1)),
}


@check(
    "API-11.fit",
    verifies="keyword arguments of fit override parameters, for that call only",
    impact="an argument of one call is ignored, or changes all later fits and clones",
    wrappers=ESTIMATORS,
    cases=[*OVERRIDES, "callbacks", "validation_split", "nothing-written"],
)
def fit_overrides(context: CheckContext) -> None:
    X, y = _many_rows(context)
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
    verifies="keyword arguments of predict override parameters, for that call only",
    impact="an argument of one call is ignored, or changes all later ones",
    wrappers=ESTIMATORS,
    cases=["batch_size", "routed-batch_size", "callbacks"],
)
def predict_overrides(context: CheckContext) -> None:
    X, y = _many_rows(context)
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

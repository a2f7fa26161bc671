"""API-10: callbacks."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.checks._support.training import learner, recorder
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "API-10.events",
    verifies="callbacks given as classes or instances are called in fit and in predict",
    impact="early stopping, checkpoints and logs have no effect",
    cases=[
        "class",
        "instance",
        "list-of-classes",
        "list-of-instances",
        "dict-of-classes",
        "dict-of-instances",
        "two-of-one-class",
        "after-initialize",
    ],
    case_needs={
        **dict.fromkeys(
            ["class", "list-of-classes", "dict-of-classes"], Capability.CALLBACK_CLASSES
        ),
        "after-initialize": Capability.INITIALIZE,
    },
)
def callback_events(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, record = recorder()
    if context.case == "after-initialize":
        with provided(plain_use(context, "initialize", "predict")):
            estimator = context.observe.make(learner(context), callbacks=[callback()])
            context.observe.initialize(estimator, X, y)
            context.observe.predict(estimator, X)
        found = record.count("predict")
        context.require(
            found == 1, f"predict after initialize called the callback {found} times, not once"
        )
        return
    given: Any = callback if "class" in context.case else callback()
    if context.case.startswith("list"):
        given = [given]
    if context.case.startswith("two"):
        given = [callback(), callback()]
    number = 2 if context.case.startswith("two") else 1
    if context.case.startswith("dict"):
        given = {"one": given}
    with provided(plain_use(context, "fit", "predict")):
        estimator = context.observe.make(learner(context), callbacks=given)
        context.observe.fit(estimator, X, y)
        counts = record.count("train"), record.count("epoch")
        context.require(
            counts == (number, number),
            f"fit called the callback for {counts[0]} starts and {counts[1]} epochs, not {number} "
            f"and {number}",
        )
        context.observe.predict(estimator, X)
    seen = record.count("predict")
    context.require(seen == number, f"the callback saw {show(record.events)}")
    again = record.count("train") != number
    context.require(not again, "predict called the callback for training")


@check(
    "API-10.events-of-other-methods",
    verifies="predict_proba and score call callbacks as predict does",
    impact="predictions are logged or timed by one method, and not by the others",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["predict_proba", "score"],
    conditional=True,
)
def events_of_other_methods(context: CheckContext) -> None:
    if context.case == "predict_proba":
        require_probabilities_exist(context)
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, record = recorder()
    estimator = context.make(learner(context), callbacks=[callback()])
    context.fit(estimator, X, y)
    data = (X, y) if context.case == "score" else (X,)
    with provided(plain_use(context, "fit", context.case)):
        context.observe.call(estimator, context.case, *data)
    found = record.count("predict")
    context.require(found, f"{context.case} did not call the callback: {show(record.events)}")


@check(
    "API-10.new-for-each-fit",
    verifies="a callback class is instantiated anew for each fit",
    impact="the state of a callback carries over to the next fit, and early stopping stops at once",
    wrappers=ESTIMATORS,
    cases=["class", "list", "dict", "warm-start"],
    needs=[Capability.CALLBACK_CLASSES],
)
def new_callbacks(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, record = recorder()
    params: dict[str, Any] = {"warm_start": True} if context.case == "warm-start" else {}
    given = {"list": [callback], "dict": {"one": callback}}.get(context.case, callback)
    with provided(plain_use(context, "fit", "fit", **params)):
        estimator = context.observe.make(learner(context), callbacks=given, **params)
        for _ in range(2):
            context.observe.fit(estimator, X, y)
    context.require(
        len(record.trained) == 2, f"two fits called {len(record.trained)} callbacks for training"
    )
    context.require(
        record.trained[0] is not record.trained[1], "both fits used the same callback object"
    )


@check(
    "API-10.instance-kept-clean",
    verifies="the state of a callback instance given as a parameter is not changed by fit and "
    "predict",
    impact="the folds of a search share one callback, and early stopping in one stops the others",
    also=["INIT-5b"],
    level=Level.SHOULD,
    presupposes="INIT-5b.callbacks-untouched",
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
    estimator = context.make(learner(context), callbacks=[given])
    context.fit(estimator, X, y)
    context.predict(estimator, X)
    counted = given.epochs, given.questions
    context.require(
        counted == (0, 0),
        f"the given callback has counted {counted[0]} epochs and {counted[1]} predictions",
    )

"""API-11: values that a keyword argument replaces for one call."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.contract_model.facts import KERAS_BATCH_SIZE
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.modules import doubles, keras
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted, score_works
from scikeras_conformance.checks._support.training import learner, recorder
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "API-11.callbacks-replaced",
    verifies="callbacks of a call replace those of the parameter, for that call only",
    impact="a callback that was to be left out for one call stops the training",
    wrappers=ESTIMATORS,
    cases=["fit", "partial_fit", "predict"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
)
def callbacks_replaced(context: CheckContext) -> None:
    method = context.case
    X, y, *_ = doubles.dataset(context.wrapper)
    (always, of_parameter), (once, of_call) = recorder(), recorder()
    event = "predict" if method == "predict" else "train"
    data = (X,) if method == "predict" else (X, y)
    with provided(plain_use(context, "fit", method)):
        estimator = context.make(learner(context), callbacks=[always()])
        context.fit(estimator, X, y)
        if method == "predict":
            context.call(estimator, method, *data)
            if not of_parameter.count(event):
                problem = "did not call the callback of the parameter, which API-10 is about"
                context.stop(method, problem, follows="API-10.events")
        calls: tuple[tuple[str, dict[str, Any], tuple[int, int]], ...] = (
            ("callbacks=[callback]", {"callbacks": [once()]}, (0, 1)),
            ("", {}, (1, 0)),
            ("callbacks=[]", {"callbacks": []}, (0, 0)),
        )
        for words, given, counts in calls:
            before = of_parameter.count(event), of_call.count(event)
            context.observe.call(estimator, method, *data, **given)
            found = of_parameter.count(event) - before[0], of_call.count(event) - before[1]
            context.require(
                found == counts,
                f"{method}({words}) called the callback of the parameter {found[0]} times and "
                f"that of the call {found[1]} times, not {counts[0]} and {counts[1]}",
            )


@check(
    "API-11.callback-of-a-call",
    verifies="a callback given to a call is the very object that gets its events",
    impact="what a callback collects during a call, such as a history, is lost",
    wrappers=ESTIMATORS,
    cases=["fit", "partial_fit", "predict"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
    # The clause leaves open whether a copy gets the events.
    level=Level.SHOULD,
)
def callback_of_a_call(context: CheckContext) -> None:
    method = context.case

    class Collecting(keras.callbacks.Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.begun: tuple[str, ...] = ()  # which a copy does not share

        def on_train_begin(self, logs: object = None) -> None:
            del logs
            self.begun += ("train",)

        def on_predict_begin(self, logs: object = None) -> None:
            del logs
            self.begun += ("predict",)

    X, y, *_ = doubles.dataset(context.wrapper)
    data = (X,) if method == "predict" else (X, y)
    with provided(plain_use(context, "fit", method)):
        estimator = context.make(learner(context))
        if method == "predict":
            context.fit(estimator, X, y)
        callback = Collecting()
        context.observe.call(estimator, method, *data, callbacks=[callback])
    count = callback.begun.count("predict" if method == "predict" else "train")
    context.require(
        count == 1,
        f"{method}(callbacks=[callback]) began {count} times for that callback, not once",
    )


FIT_VALUES: dict[str, tuple[Any, Any]] = {
    "shuffle": (True, False),
    "validation_split": (0.25, 0.0),
    "verbose": (1, 0),
    "batch_size": (8, None),
    "epochs": (1, 2),
}


@check(
    "API-11.any-value",
    verifies="a keyword argument of fit replaces the parameter also if it is False, zero or None",
    impact="a setting cannot be switched off for one call",
    wrappers=ESTIMATORS,
    cases=[f"{way}{name}" for name in FIT_VALUES for way in ("", "routed-")],
    conditional=True,
)
def any_value(context: CheckContext) -> None:
    name = context.case.removeprefix("routed-")
    parameter = f"fit__{name}" if context.case.startswith("routed-") else name
    old, new = FIT_VALUES[name]
    given = accepted(context, **{parameter: old})
    if not given:
        context.not_applicable(f"the wrapper has no parameter {parameter}")
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(lambda: stub_model(context), **given)
    for keywords, value in (({name: new}, new), ({}, old), ({name: new}, new)):
        context.observe.call(estimator, "fit", X, y, **keywords)
        calls = context.recording_model(estimator).log.fits
        if not calls:
            context.stop("fit", "did not call Model.fit, where its arguments could be seen")
        if name == "validation_split" and calls[-1].get("validation_data") is not None:
            context.require(value, f"fit({show(keywords)}) with {parameter}={old} held rows out")
            continue
        defaults = {"shuffle": True, "validation_split": 0.0, "batch_size": None, "epochs": 1}
        found = calls[-1].get(name, defaults.get(name))
        # What is nothing, and the size that Keras takes then, may be passed on either way.
        either = {"batch_size": (None, KERAS_BATCH_SIZE), "validation_split": (None, 0, 0.0)}.get(
            name, ()
        )
        context.require(
            same(found, value) or (found in either and value in either),
            f"fit({show(keywords)}) with {parameter}={show(old)} passed on {name}={show(found)}, "
            f"not {show(value)}",
        )


OTHERS: dict[str, tuple[str, ...]] = {
    "fit": ("predict", "predict_proba", "score", "partial_fit", "fit"),
    "partial_fit": ("predict", "fit", "partial_fit"),
    "predict": ("predict_proba", "score", "predict"),
}
"""By method: those that are called after it, without its keyword argument."""

OF_CALLBACKS = "callbacks-of-"
"""The start of cases in which the keyword argument is a callback, and not the batch size."""


@check(
    "API-11.other-methods",
    verifies="a keyword argument of one method does not count in later calls of the others",
    impact="a score is computed, or training goes on, with the settings of one earlier call",
    wrappers=ESTIMATORS,
    cases=[f"{what}{method}" for what in ("", OF_CALLBACKS) for method in OTHERS],
    case_needs={
        "partial_fit": Capability.PARTIAL_FIT,
        f"{OF_CALLBACKS}partial_fit": Capability.PARTIAL_FIT,
    },
)
def other_methods(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    last = context.case.removeprefix(OF_CALLBACKS)

    def passed(name: str, *first: str, **keywords: Any) -> dict[str, Any]:
        """Return an argument of later methods, after calls of which the last has keywords."""
        estimator = context.make(lambda: stub_model(context))
        for position, method in enumerate(first):
            given = keywords if position == len(first) - 1 else {}
            _call(context, estimator, method, X, y, **given)
        found = {}
        for method in OTHERS[last]:
            if hasattr(context.cls, method) and (method != "score" or score_works(context)):
                before = context.recording_model(estimator)
                seen = len(before.log.fits), len(before.log.predicts)
                _call(context, estimator, method, X, y)
                model = context.recording_model(estimator)
                now = len(model.log.fits), len(model.log.predicts)
                calls = model.log.fits if method.endswith("fit") else model.log.predicts
                if not calls or (model is before and now == seen):
                    context.stop(method, "did not call the method of the model that has batches")
                found[method] = calls[-1].get(name)
        return found

    first = ("fit", "predict") if last == "predict" else (last,)
    if context.case != last:
        once, _ = recorder()
        for method, given in passed("callbacks", *first, callbacks=[once()]).items():
            context.require(
                not any(isinstance(one, once) for one in _flat(given)),
                f"{method} after {last}(..., callbacks=[callback]) passed on that callback too",
            )
        return
    usual, found = passed("batch_size", *first), passed("batch_size", *first, batch_size=3)
    for method, size in found.items():
        context.require(
            same(size, usual[method]),
            f"{method} after {context.case}(..., batch_size=3) passed on batch_size={show(size)}, "
            f"and {show(usual[method])} after {context.case}(...)",
        )


def _flat(callbacks: Any) -> list[Any]:
    """Return the callbacks that Keras was given: None, one, a list or a list of Keras's own."""
    return list(doubles.leaves(getattr(callbacks, "callbacks", callbacks)))


def _call(context: CheckContext, estimator: Any, method: str, X: Any, y: Any, **given: Any) -> None:
    data = (X,) if method.startswith("predict") else (X, y)
    context.call(estimator, method, *data, **given)

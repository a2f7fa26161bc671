"""API-4 and API-12: training that continues with an existing model."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import doubles, np, sklearn_base
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.training import (
    learner,
    require_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "API-4.warm-start",
    verifies="with warm_start, fit continues from the current weights, and without it does not",
    impact="a long training silently starts over, or a fold continues from the previous one",
    wrappers=ESTIMATORS,
    cases=["first-fit", "second-fit", "switched-on", "switched-off", "set-weights", "after-a-stop"],
)
def warm_start(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build = learner(context)
    expected, epochs = build(), 1
    with provided(plain_use(context)):
        estimator = context.observe.make(build, warm_start=context.case != "switched-on")
        if context.case == "set-weights":
            # As for a pretrained model.
            weights = [one + 0.25 for one in expected.get_weights()]
            expected.set_weights(weights)
            context.fit(estimator, X, y)
            model = context.model(estimator)
            with context.preparing("setting the weights of model_"):
                model.set_weights(weights)
        elif context.case != "first-fit":
            context.fit(estimator, X, y)
            on = context.case != "switched-off"
            context.call(estimator, "set_params", warm_start=on)
            epochs = 2 if on else 1
            if context.case == "after-a-stop":
                # As callbacks leave it that have stopped a fit.
                context.model(estimator).stop_training = True
        context.observe.fit(estimator, X, y)
    train(expected, X, helper_target(context, y), epochs=epochs)
    require_weights(
        context, estimator, expected, f"those of {epochs} epochs from the initial weights"
    )


@check(
    "API-4.goes-on",
    verifies="with warm_start, a second fit goes on with the state of the optimizer, does not call "
    "the builder, and refuses data of another shape",
    impact="momentum is lost between two parts of a training, or a model meets data that it was "
    "not built for",
    wrappers=ESTIMATORS,
    cases=["optimizer-state", "builder", "other-shape"],
)
def goes_on(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    learning = learner(context, momentum=0.9)
    calls: list[int] = []

    def build() -> Any:
        calls.append(1)
        return learning()

    with provided(plain_use(context)):
        estimator = context.observe.make(build, warm_start=True)
        context.observe.fit(estimator, X, y)
    if context.case == "other-shape":
        with context.refusing("a warm fit with another number of features", ValueError):
            estimator.fit(np.hstack([X, X[:, :1]]), y)
        return
    context.observe.fit(estimator, X, y)
    context.require(
        len(calls) == 1, f"the builder was called {len(calls)} times in two fits with warm_start"
    )
    if context.case == "optimizer-state":
        expected = train(learning(), X, helper_target(context, y), epochs=2)
        require_weights(context, estimator, expected, "those of 2 epochs with the same optimizer")


@check(
    "API-12.initialized",
    verifies="initialized_ is true if and only if there is a model",
    impact="a pipeline cannot tell whether to initialize, and trains an untrained copy",
    cases=["unfitted", "initialize", "fit", "partial_fit", "clone", "failed-fit"],
)
def initialized(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def fail() -> Any:
        msg = "the builder of this check raises"
        raise RuntimeError(msg)

    estimator = context.make(fail if context.case == "failed-fit" else learner(context))
    if context.case in {"initialize", "fit", "partial_fit"}:
        context.call(estimator, context.case, X, y)
    if context.case == "clone":
        context.fit(estimator, X, y)
        with context.preparing("cloning"):
            estimator = sklearn_base.clone(estimator)
    if context.case == "failed-fit":
        with suppress(Exception):  # that it raises is not what this clause is about
            estimator.fit(X, y)
    expected = context.case in {"initialize", "fit", "partial_fit"}
    found = context.observe.attribute(estimator, "initialized_")
    context.require(
        isinstance(found, (bool, np.bool_)) and bool(found) is expected,
        f"initialized_ should be {expected}; it is {show(found)}",
    )

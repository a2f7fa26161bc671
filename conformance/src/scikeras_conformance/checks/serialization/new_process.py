"""SER-2: an estimator that is unpickled in a new process."""

import pickle
from typing import Any

from scikeras_conformance.catalog.check import Shares, check
from scikeras_conformance.checks._support.helper_models import helper_target, importable_builder
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.serialization import (
    load_and_predict,
    pickle_of,
    require_same_bits,
)
from scikeras_conformance.checks._support.training import (
    read_history,
    same_weights,
    train,
)
from scikeras_conformance.checks._support.worker_process import run_in_worker_process
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

EPOCHS = 2


def _trained(context: CheckContext, optimizer: str, **params: Any) -> tuple[Any, Any, Any]:
    """Return an estimator whose training depends on nothing but its state, and its data.

    All rows make one batch, so that seeds and shuffling have no effect.
    """
    X, y, *_ = doubles.dataset(context.wrapper)
    build = importable_builder(context, doubles.COMPILED)
    estimator = context.make(build, optimizer_name=optimizer, **params)
    context.fit(estimator, X, y)
    return estimator, X, y


def load_and_train(data: bytes, X: Any, y: Any, times: int) -> dict[str, Any]:
    """Unpickle an estimator and train its model further; runs in a worker process."""
    estimator = pickle.loads(data)  # noqa: S301 - from the process that asks
    for _ in range(times):
        estimator.model_.train_on_batch(X, y)
    return {
        "weights": estimator.model_.get_weights(),
        "steps": int(estimator.model_.optimizer.iterations),
    }


def load_and_continue(data: bytes, X: Any, y: Any) -> dict[str, Any]:
    """Unpickle an estimator and train it for one epoch; runs in a worker process."""
    estimator = pickle.loads(data)  # noqa: S301 - from the process that asks
    before = int(estimator.current_epoch)
    estimator.partial_fit(X, y)
    return {
        "before": before,
        "epoch": int(estimator.current_epoch),
        "history": {k: [float(v) for v in values] for k, values in estimator.history_.items()},
        "weights": estimator.model_.get_weights(),
    }


@check(
    "SER-2.same-bits",
    verifies="a fitted estimator loaded in a new process predicts exactly the same",
    impact="a model predicts differently in production than in validation, or is lost",
    cases=["momentum", "adam", "statistics"],
    shares=Shares.PROCESSES,
)
def same_bits(context: CheckContext) -> None:
    if context.case == "statistics":
        # Weights that no gradient changes, but training does.
        estimator, X, _ = _trained(context, "momentum", statistics=True)
    else:
        estimator, X, _ = _trained(context, context.case)
    methods = ["predict"]
    if context.is_classifier and hasattr(estimator, "predict_proba"):
        methods.append("predict_proba")
    predicted = [context.call(estimator, method, X) for method in methods]
    what = "predicting in a new process"
    found = run_in_worker_process(
        context, what, load_and_predict, pickle_of(context, estimator), X, *methods
    )
    for method, predictions, expected in zip(methods, found, predicted, strict=True):
        require_same_bits(context, predictions, expected, f"{method} in a new process")


@check(
    "SER-2.optimizer",
    verifies="an estimator loaded in a new process continues training with the same optimizer "
    "state",
    impact="resumed training loses its momentum, and the loss jumps",
    cases=["momentum", "adam"],
    shares=Shares.PROCESSES,
)
def optimizer(context: CheckContext) -> None:
    estimator, X, y = _trained(context, context.case)
    what = "training model_ further in a new process"
    found = run_in_worker_process(
        context,
        what,
        load_and_train,
        pickle_of(context, estimator),
        X,
        helper_target(context, y),
        2,
    )
    expected = context.model(estimator)
    with context.preparing("training model_ further by Model.train_on_batch"):
        train(expected, X, helper_target(context, y), epochs=2)
        steps = int(expected.optimizer.iterations)
    context.require(
        found["steps"] == steps,
        f"the optimizer should have made {steps} steps; it reports {found['steps']}",
    )
    context.require(
        same_weights(found["weights"], expected.get_weights()),
        f"{what} gave the weights {show(found['weights'][:1])}, training here gives "
        f"{show(expected.get_weights()[:1])}",
    )


@check(
    "SER-2.epoch",
    verifies="an estimator loaded in a new process continues to count its epochs, and keeps "
    "its history",
    impact="the history of a training is lost, or a learning rate schedule starts over",
    needs=[Capability.PARTIAL_FIT],
    shares=Shares.PROCESSES,
)
def epoch(context: CheckContext) -> None:
    estimator, X, y = _trained(context, "momentum", epochs=EPOCHS)
    data = pickle_of(context, estimator)
    # What is not there in this process is no loss.
    context.attribute(estimator, "current_epoch")
    context.call(estimator, "partial_fit", X, y)
    with context.preparing("reading history_"):
        expected = read_history(context, estimator)
    what = "partial_fit in a new process"
    found = run_in_worker_process(context, what, load_and_continue, data, X, y)
    epochs = (found["before"], found["epoch"])
    context.require(
        epochs == (EPOCHS, EPOCHS + 1),
        f"current_epoch should be {EPOCHS} and then {EPOCHS + 1}; it is {epochs}",
    )
    history = found["history"]
    context.require(
        same_weights(found["weights"], context.model(estimator).get_weights()),
        f"{what} gave other weights than here: {show(found['weights'][:1])}",
    )
    context.require(
        list(history) == list(expected),
        f"history_ should hold {list(expected)}; it holds {list(history)}",
    )
    for name, values in expected.items():
        context.require(
            len(values) == len(history[name]) and np.allclose(values, history[name], rtol=1e-4),
            f"{name} in history_ should be {show(values)}; it is {show(history[name])}",
        )

"""SER-2: an estimator that is unpickled in a new process."""

import pickle
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.serialization import (
    ALL_ROWS,
    load_and_predict,
    pickle_of,
    require_same_bits,
)
from scikeras_conformance.checks._support.training import read_history, same_weights
from scikeras_conformance.checks._support.worker_process import run_in_worker_process
from scikeras_conformance.runner.context import CheckContext, show

EPOCHS = 3


def _trained(context: CheckContext, optimizer: str) -> tuple[Any, Any, Any]:
    """Return an estimator whose training depends on nothing but its state, and its data."""
    X, y, *_ = doubles.dataset(context.wrapper)
    build = doubles.COMPILED[context.wrapper]
    # All rows in one batch, so that seeds and shuffling have no effect.
    estimator = context.make(
        build, optimizer_name=optimizer, batch_size=ALL_ROWS, epochs=EPOCHS, verbose=0
    )
    context.fit(estimator, X, y)
    return estimator, X, y


def load_and_continue(data: bytes, X: Any, y: Any, times: int) -> dict[str, Any]:
    """Unpickle an estimator and continue training; runs in a worker process."""
    estimator = pickle.loads(data)  # noqa: S301 - from the process that asks
    before = int(estimator.current_epoch)
    for _ in range(times):
        estimator.partial_fit(X, y)
    return {
        "before": before,
        "epoch": int(estimator.current_epoch),
        "history": {k: [float(v) for v in values] for k, values in estimator.history_.items()},
        "weights": estimator.model_.get_weights(),
        "steps": int(estimator.model_.optimizer.iterations),
    }


@check(
    "SER-2.same-bits",
    verifies="a fitted estimator loaded in a new process predicts exactly the same",
    impact="a model predicts differently in production than in validation, or is lost",
    cases=["momentum", "adam"],
)
def same_bits(context: CheckContext) -> None:
    estimator, X, _ = _trained(context, context.case)
    methods = ["predict", *(["predict_proba"] if context.is_classifier else [])]
    what = "predicting in a new process"
    found = run_in_worker_process(
        context, what, load_and_predict, pickle_of(context, estimator), X, *methods
    )
    for method, predictions in zip(methods, found, strict=True):
        expected = context.call(estimator, method, X)
        require_same_bits(context, predictions, expected, f"{method} in a new process")


@check(
    "SER-2.optimizer",
    verifies="an estimator loaded in a new process continues training with the same optimizer "
    "state",
    impact="resumed training loses its momentum, and the loss jumps",
    cases=["momentum", "adam"],
)
def optimizer(context: CheckContext) -> None:
    estimator, X, y = _trained(context, context.case)
    what = "training in a fresh process"
    found = run_in_worker_process(
        context, what, load_and_continue, pickle_of(context, estimator), X, y, 2
    )
    for _ in range(2):
        context.call(estimator, "partial_fit", X, y)
    expected = context.model(estimator)
    with context.doing("reading the number of steps of the optimizer of model_"):
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
)
def epoch(context: CheckContext) -> None:
    estimator, X, y = _trained(context, "momentum")
    what = "training in a fresh process"
    found = run_in_worker_process(
        context, what, load_and_continue, pickle_of(context, estimator), X, y, 1
    )
    epochs = (found["before"], found["epoch"])
    context.require(
        epochs == (EPOCHS, EPOCHS + 1),
        f"current_epoch should be {EPOCHS} and then {EPOCHS + 1}; it is {epochs}",
    )
    context.call(estimator, "partial_fit", X, y)
    expected, history = read_history(context, estimator), found["history"]
    context.require(
        list(history) == list(expected),
        f"history_ should hold {list(expected)}; it holds {list(history)}",
    )
    for name, values in expected.items():
        context.require(
            len(values) == len(history[name]) and np.allclose(values, history[name], rtol=1e-4),
            f"{name} in history_ should be {show(values)}; it is {show(history[name])}",
        )

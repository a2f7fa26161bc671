"""SER-4: custom losses, metrics, layers and models."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, sklearn_base
from scikeras_conformance.checks._support.serialization import (
    ALL_ROWS,
    copy_of,
    load_and_predict,
    pickle_of,
    pickle_round_trip,
    require_same_bits,
)
from scikeras_conformance.checks._support.training import read_history, require_weights
from scikeras_conformance.checks._support.worker_process import run_in_worker_process
from scikeras_conformance.runner.context import CheckContext

# The custom objects belong to the model: one wrapper is enough.
REGRESSOR = [Wrapper.REGRESSOR]

OWN = (
    *("loss", "registered-loss", "function", "metric", "registered-metric"),
    *("layer", "registered-layer", "model", "registered-model"),
)
# Keras restores the compile state of such a class only if the class defines how.
OWN_COMPILE = ("own-compile", "own-compile-argument")


def _fitted(context: CheckContext, case: str) -> tuple[Any, Any, Any]:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.CUSTOM[case], batch_size=ALL_ROWS, epochs=2, verbose=0)
    context.fit(estimator, X, y)
    return estimator, X, y


@check(
    "SER-4.pickle",
    verifies="a fitted estimator with custom losses, metrics, layers or models can be pickled",
    impact="users who write their own layer cannot store the trained model",
    wrappers=REGRESSOR,
    cases=[*OWN, *OWN_COMPILE],
)
def custom_pickle(context: CheckContext) -> None:
    estimator, X, y = _fitted(context, context.case)
    expected = context.predict(estimator, X)
    other = copy_of(context, estimator, "pickle")
    require_same_bits(context, context.predict(other, X), expected, "predict of the copy")
    for one in (estimator, other):
        context.call(one, "partial_fit", X, y)
    weights = context.model(estimator).get_weights()
    require_weights(context, other, weights, "those of the original after further training")
    names = set(read_history(context, estimator))
    found = set(read_history(context, other))
    context.require(
        found == names, f"the history of the copy has {sorted(found)}, not {sorted(names)}"
    )


@check(
    "SER-4.clone",
    verifies="an estimator with custom losses, metrics, layers or models can be cloned",
    impact="cross-validation fails for users who write their own loss",
    wrappers=REGRESSOR,
    cases=[*OWN, "own-compile", "loss-instance"],
)
def custom_clone(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case == "loss-instance":
        estimator = context.make(
            doubles.UNTRAINED[context.wrapper],
            loss=doubles.ScaledLoss(3.0),
            optimizer="sgd",
            batch_size=ALL_ROWS,
            verbose=0,
        )
        context.fit(estimator, X, y)
    else:
        estimator, X, y = _fitted(context, context.case)
    with context.doing("clone(...)"):
        other = sklearn_base.clone(estimator)
    context.fit(other, X, y)
    weights = context.model(estimator).get_weights()
    require_weights(context, other, weights, "those of the original")


@check(
    "SER-4.forgetful",
    verifies="an optimizer whose get_config lacks an argument keeps the argument, or raises an "
    "error",
    impact="a setting silently returns to its default in every copy of the estimator",
    wrappers=REGRESSOR,
    cases=["fit", "clone", "pickle"],
)
def incomplete_config(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(
        doubles.UNTRAINED[context.wrapper],
        optimizer=doubles.OptimizerWithIncompleteConfig(floor=0.5),
        loss="mean_squared_error",
        verbose=0,
    )
    with context.doing(f"{context.case} with an optimizer whose get_config lacks an argument"):
        try:
            if context.case == "fit":
                found = estimator.fit(X, y).model_.optimizer.floor
            else:
                copy = sklearn_base.clone if context.case == "clone" else pickle_round_trip
                found = copy(estimator).get_params()["optimizer"].floor
        except (TypeError, ValueError):
            return
    context.require(found == 0.5, f"the argument that was 0.5 is {found} after {context.case}")


@check(
    "SER-4.fresh-process",
    verifies="custom losses, metrics, layers and models are restored in a new process",
    impact="a stored model can only be loaded by the script that made it",
    wrappers=REGRESSOR,
    cases=OWN,
)
def custom_in_new_process(context: CheckContext) -> None:
    estimator, X, _ = _fitted(context, context.case)
    expected = context.predict(estimator, X)
    what = "predicting in a new process"
    (found,) = run_in_worker_process(
        context, what, load_and_predict, pickle_of(context, estimator), X, "predict"
    )
    require_same_bits(context, found, expected, "predict in a new process")

"""SER-4: custom losses, metrics, layers and models."""

import warnings
from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import Shares, Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.modules import doubles, keras, sklearn_base
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.serialization import (
    copy_of,
    load_and_predict,
    pickle_of,
    pickle_round_trip,
    require_same_bits,
    require_weights_of_copy,
    train_models,
)
from scikeras_conformance.checks._support.worker_process import run_in_worker_process
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

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
    with provided(plain_use(context)):
        estimator = context.observe.make(doubles.CUSTOM[case])
        context.observe.fit(estimator, X, y)
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
    found = context.observe.predict(other, X)
    require_same_bits(context, found, expected, "predict of the copy")
    if not _can_train_a_copy_of_keras(context.model(estimator)):
        return
    train_models(context, [estimator, other], X, y)
    weights = context.model(estimator).get_weights()
    what = "those of the original after further training"
    require_weights_of_copy(context, other, weights, what)
    names, names_of_copy = (_logged(context, one, X, y) for one in (estimator, other))
    context.require(
        names_of_copy == names, f"the model of the copy logs {names_of_copy}, not {names}"
    )


def _can_train_a_copy_of_keras(model: Any) -> bool:
    """Return whether Keras's own copy can be trained; the wrapper is not to blame if not."""
    if type(model).compile is keras.Model.compile:
        return True
    cls = type(model)
    with keras.saving.custom_object_scope({cls.__name__: cls}), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # "compiled" may be true of a copy that has no optimizer.
        return getattr(pickle_round_trip(model), "optimizer", None) is not None


def _logged(context: CheckContext, estimator: Any, X: Any, y: Any) -> list[str]:
    """Return the names of the loss and the metrics that a model logs in training."""
    with context.doing("training model_ further by Model.train_on_batch"):
        return sorted(
            context.model(estimator).train_on_batch(X, helper_target(context, y), return_dict=True)
        )


@check(
    "SER-4.clone",
    verifies="an estimator with custom losses, metrics, layers or models can be cloned",
    impact="cross-validation fails for users who write their own loss",
    wrappers=REGRESSOR,
    cases=[*OWN, "own-compile", "uncompiled-loss"],
)
def custom_clone(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    if context.case == "uncompiled-loss":
        settings = {"loss": doubles.ScaledLoss(3.0), "optimizer": "sgd"}
        plain = {**settings, "loss": "mean_squared_error"}
        with provided(_fit_uncompiled(context, **plain)):
            estimator = context.observe.make(doubles.UNTRAINED[context.wrapper], **settings)
            context.observe.fit(estimator, X, y)
    else:
        estimator, X, y = _fitted(context, context.case)
    with context.doing("clone(...)"):
        other = sklearn_base.clone(estimator)
    context.observe.fit(other, X, y)
    weights = context.model(estimator).get_weights()
    require_weights_of_copy(context, other, weights, "those of the original")


def _fit_uncompiled(context: CheckContext, **params: Any) -> Callable[[], None]:
    """Return a function that fits a model that the wrapper compiles with parameters of its own."""

    def works() -> None:
        X, y, *_ = doubles.dataset(context.wrapper)
        context.fit(context.make(doubles.UNTRAINED[context.wrapper], **params), X, y)

    return works


@check(
    "SER-4.forgetful",
    verifies="an optimizer whose get_config lacks an argument keeps the argument, or raises an "
    "error",
    impact="a setting silently returns to its default in every copy of the estimator",
    wrappers=REGRESSOR,
    cases=["fit", "clone", "pickle"],
    needs=[Capability.COMPILATION_PARAMETERS],
)
def incomplete_config(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(
        doubles.UNTRAINED[context.wrapper],
        optimizer=doubles.OptimizerWithIncompleteConfig(floor=0.5),
        loss="mean_squared_error",
    )

    def with_another_optimizer() -> None:
        plain = {"optimizer": keras.optimizers.SGD(), "loss": "mean_squared_error"}
        _fit_uncompiled(context, **plain)()

    what = f"{context.case} with an optimizer whose get_config lacks an argument"
    with provided(with_another_optimizer), context.doing(what):
        try:
            if context.case == "fit":
                estimator.fit(X, y)
                optimizer = context.model(estimator).optimizer
            else:
                copy = sklearn_base.clone if context.case == "clone" else pickle_round_trip
                optimizer = copy(estimator).get_params()["optimizer"]
        except (TypeError, ValueError):
            return
    found = getattr(optimizer, "floor", None)
    context.require(
        found == 0.5,
        f"after {context.case} the optimizer is {show(optimizer)}, and its argument that was 0.5 "
        f"is {found}",
    )


@check(
    "SER-4.fresh-process",
    verifies="custom losses, metrics, layers and models are restored in a new process",
    impact="a stored model can only be loaded by the script that made it",
    wrappers=REGRESSOR,
    cases=OWN,
    shares=Shares.PROCESSES,
)
def custom_in_new_process(context: CheckContext) -> None:
    estimator, X, _ = _fitted(context, context.case)
    expected = context.predict(estimator, X)
    what = "predicting in a new process"
    (found,) = run_in_worker_process(
        context, what, load_and_predict, pickle_of(context, estimator), X, "predict"
    )
    require_same_bits(context, found, expected, "predict in a new process")

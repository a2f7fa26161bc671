"""INIT-11: a second call of ``fit`` starts from the beginning."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.encoders import Plan, subclass
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_loss,
    helper_model,
    loss_of_classes,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.predictions import as_array, require_values, same
from scikeras_conformance.checks._support.state import fitted_names
from scikeras_conformance.checks._support.training import same_weights
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked, Nonconformance
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "INIT-11.new-model",
    verifies="a second fit calls the builder again and starts from new weights",
    impact="a cross-validation loop trains one model over all folds, and the scores are too good",
    needs=[Capability.BUILDERS],
)
def new_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    calls: list[None] = []

    def build() -> Any:
        calls.append(None)
        return compiled_helper(context, off=0.5, rate=0.1)

    estimator = context.make(build)
    context.fit(estimator, X, y)
    first, before = context.model(estimator), len(calls)
    weights = first.get_weights()
    with context.doing("a second fit with the same data"):
        context.fit(estimator, X, y)
    second = context.model(estimator)
    context.require(len(calls) > before, "the second fit did not call the builder")
    context.require(first is not second, "model_ is still the model of the first fit")
    context.require(
        same_weights(weights, second.get_weights(), tolerance=1e-6),
        "the same fit from the same weights gave another result the second time",
    )
    with context.preparing("reading the number of steps of the optimizers"):
        steps = int(second.optimizer.iterations), int(first.optimizer.iterations)
    context.require(
        steps[0] == steps[1], f"the optimizer has made {steps[0]} steps, not {steps[1]}"
    )


def _fitted_again(context: CheckContext, estimator: Any) -> tuple[Any, list[Any], int, Any]:
    """Return the model of a fit, its weights and steps, and the model of a second fit."""
    X, y, *_ = doubles.dataset(context.wrapper)
    first = context.model(estimator)
    weights = first.get_weights()
    with context.preparing("reading the number of steps of the optimizer"):
        steps = int(first.optimizer.iterations)
    with context.doing("a second fit with the same data"):
        context.fit(estimator, X, y)
    return first, weights, steps, context.model(estimator)


@check(
    "INIT-11.given-model",
    verifies="a second fit of an estimator that was given a keras.Model starts from the weights of "
    "that model, unless the first one has trained it in place",
    impact="each fold goes on with the model of the fold before, and the scores are too good",
    cases=["compiled", "uncompiled"],
    case_needs={"uncompiled": Capability.COMPILATION_PARAMETERS},
    conditional=True,
)
def given_model(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    helper = helper_model(context)
    # Of this class, Keras's own copies are compiled.
    model = doubles.make_model(helper.data, helper.activation, value=0.5, cls=doubles.EagerModel)
    settings: dict[str, Any] = {"optimizer": doubles.sgd(0.1, momentum=0.5), "loss": helper.loss}
    if context.case == "compiled":
        model.compile(**settings)
        settings = {}
    start = model.get_weights()
    try:
        estimator = context.make(model, **settings)
        context.fit(estimator, X, y)
    except Blocked as blocked:
        context.not_applicable(f"CLS-7 is about whether a keras.Model is accepted: {blocked}")
    if not same_weights(start, model.get_weights(), tolerance=0.0):
        context.not_applicable("fit trains the model itself, which INIT-5b is about")
    first, weights, steps, second = _fitted_again(context, estimator)
    context.require(first is not second, "model_ is still the model of the first fit")
    found = second.get_weights()
    context.require(
        same_weights(weights, found, tolerance=1e-6),
        f"the same fit of the same keras.Model gave {show(found[:1])} the second time, not "
        f"{show(weights[:1])}",
    )
    with context.doing("reading the number of steps of the optimizer"):
        later = int(second.optimizer.iterations)
    context.require(
        later == steps, f"the optimizer of the second fit has made {later} steps, not {steps}"
    )


OPTIMIZERS = {"name": "rmsprop", "class": "RMSprop"}
"""By case: the name of an optimizer of Keras, whose state changes with each step."""


@check(
    "INIT-11.new-optimizer",
    verifies="a second fit compiles with a new optimizer, if a name or a class was given",
    impact="each fold starts with the moments that an earlier one has left, and at its step",
    cases=OPTIMIZERS,
    needs=[Capability.BUILDERS, Capability.COMPILATION_PARAMETERS],
)
def new_optimizer(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    name = OPTIMIZERS[context.case]
    optimizer = getattr(keras.optimizers, name) if context.case == "class" else name
    estimator = context.make(
        lambda: uncompiled_helper(context, off=0.5), optimizer=optimizer, loss=helper_loss(context)
    )
    context.fit(estimator, X, y)
    first, weights, steps, second = _fitted_again(context, estimator)
    if first is second:
        context.stop("fit", "went on with the first model", follows="INIT-11.new-model")
    context.require(
        first.optimizer is not second.optimizer,
        "the model of the second fit has the optimizer of the first one",
    )
    with context.preparing("reading the number of steps of the optimizer"):
        later = int(second.optimizer.iterations)
    context.require(
        later == steps, f"the optimizer of the second fit has made {later} steps, not {steps}"
    )
    context.require(
        same_weights(weights, second.get_weights(), tolerance=1e-6),
        "the same fit from the same weights gave another result the second time",
    )


@check(
    "INIT-11.other-data",
    verifies="a second fit accepts data with other columns and other classes",
    impact="an estimator remembers the data of its first fit, and refuses or mislabels the next",
    needs=[Capability.BUILDERS],
)
def other_data(context: CheckContext) -> None:
    activation = "softmax" if context.is_classifier else "linear"
    loss = loss_of_classes(context)
    if context.is_classifier:
        first = doubles.classes_dataset([0, 1, 2])
        second = doubles.classes_dataset(["a", "b", "c", "d"])
        # Some of the classes of the previous fit, and no others.
        others = [second, doubles.classes_dataset(["a", "b", "c"])]
    else:
        first = doubles.continuous_dataset()
        others = [_with_another_column(doubles.continuous_dataset(n)) for n in (1, 2)]
    current = [first]

    def build() -> Any:
        return oracle_builder(current[0], activation, loss, trains=False)()

    def fitted(data: Any) -> Any:
        current[0] = data
        estimator = context.make(build)
        context.fit(estimator, data.X, data.y)
        _require_right_alone(context, context.predict(estimator, data.X), data.y)
        return estimator

    # Each data set is fitted by an estimator that has seen no other.
    fitted(others[0])
    if not context.is_classifier and not _can_be_fitted(fitted, others[1]):
        del others[1]  # a regressor need not take several targets here: TGT-5 is about that
    estimator = fitted(first)
    for data in others:
        current[0] = data
        what = f"after fit on data of shape {data.X.shape}, predict"
        with context.doing(f"fit on data of shape {data.X.shape} after a fit on other data"):
            context.fit(estimator, data.X, data.y)
        with context.doing(what):
            predicted = context.predict(estimator, data.X)
        require_values(context, predicted, data.y, what)
        if context.is_classifier:
            classes = as_array(context, context.attribute(estimator, "classes_"), "classes_")
            context.require(
                classes.tolist() == np.unique(data.y).tolist(),
                f"after fit on the labels {np.unique(data.y)} classes_ is {show(classes)}",
            )


def _require_right_alone(context: CheckContext, predicted: Any, y: Any) -> None:
    """Block the check if even an estimator that has seen no other data predicts wrongly."""
    try:
        require_values(context, predicted, y, "predict after a first fit")
    except Nonconformance as wrong:
        labels = "CLS-4.labels-come-back" if context.is_classifier else ""
        context.stop("a first fit", f"led to wrong predictions: {wrong}", follows=labels)


def _can_be_fitted(fit: Callable[[Any], Any], data: Any) -> bool:
    try:
        fit(data)
    except Blocked:
        return False
    return True


def _with_another_column(data: Any) -> Any:
    X, kernel = (
        np.hstack([data.X, data.X[:, :1] * 0]),
        np.vstack([data.kernel, data.kernel[:1] * 0]),
    )
    return data._replace(X=X, kernel=kernel)


@check(
    "INIT-11.metadata",
    verifies="metadata of an encoder from the first fit is gone after a second fit that does "
    "not report it",
    impact="the builder sizes its layers by the data of an earlier fit",
    wrappers=ESTIMATORS,
    also=["DATA-5"],
    needs=[Capability.ENCODERS, Capability.BUILDER_ARGUMENTS],
)
def metadata_of_first_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    metas: list[Any] = []

    def build(meta: Any = None) -> Any:
        metas.append(meta)
        return stub_model(context)

    plan = Plan(metadata={"n_words_": 7, "kind_": "text"})
    cls, _ = subclass(context, feature=plan)
    estimator = context.make_of(cls, build)
    context.fit(estimator, X, y)
    context.attribute(estimator, "n_words_")
    plan.metadata = {"kind_": "numbers"}
    context.fit(estimator, X, y)
    kind = context.attribute(estimator, "kind_")
    context.require(same(kind, "numbers"), f"kind_ should be 'numbers'; it is {show(kind)}")
    context.require(
        "n_words_" not in fitted_names(estimator), "n_words_ is left from the first fit"
    )
    meta = metas[-1] if metas else None
    if not isinstance(meta, dict):
        context.stop(
            "passing meta to a builder that names it",
            "did not happen",
            follows="BUILD-3.special-arguments",
        )
    context.require("n_words_" not in meta, "meta holds n_words_ of the first fit")

"""INIT-5: training leaves the parameters as the user gave them."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.compilation import require_output_names
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_builder,
    helper_loss,
    helper_loss_class,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.preparation import (
    accepted,
    counted_to,
    require_compile_prefix,
    require_probabilities_exist,
)
from scikeras_conformance.checks._support.recording_builder import require_special_argument
from scikeras_conformance.checks._support.state import own_names, score_if_possible
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext


def _estimator_with(context: CheckContext, layout: Any, **given: Any) -> Any:
    """Make an estimator with those of some parameters that the wrapper has."""
    settings = accepted(context, **given)
    compiles = {"optimizer", "loss"} <= settings.keys()

    def build(layout: Any) -> Any:
        del layout
        if compiles:
            return uncompiled_helper(context, off=0.5)
        return compiled_helper(context, off=0.5, rate=0.1, momentum=0.5)

    return context.make(build, layout=layout, **settings)


def _busy_estimator(context: CheckContext) -> Any:
    """Make an estimator with parameters of every kind that a wrapper might change."""
    return _estimator_with(
        context,
        {"units": [1, 2], "weights": np.arange(3.0)},
        optimizer=doubles.sgd(0.1, momentum=0.5),
        loss=helper_loss_class(context)(),
        metrics=["mae", keras.metrics.MeanSquaredError()],
        fit__epochs=1,
        epochs=2,
    )


def _settings_of_training(context: CheckContext) -> Any:
    """Make an estimator with settings that a wrapper resolves for each call of Keras."""
    given: dict[str, Any] = {
        "batch_size": -1,
        "random_state": None,
        "fit__shuffle": False,
        "predict__batch_size": None,
        "callbacks": [keras.callbacks.TerminateOnNaN],
        # A list, in which a wrapper might put what it makes of the data.
        "fit__validation_data": list(doubles.dataset(context.wrapper)[:2]),
    }
    if context.is_classifier:
        given["class_weight"] = "balanced"
    settings = accepted(context, **given)
    if not _is_usable(context, settings):
        # Other clauses are about those that do not work, or not together.
        usable: dict[str, Any] = {}
        for name, value in settings.items():
            if _is_usable(context, {**usable, name: value}):
                usable[name] = value
        settings = usable
    return _estimator_with(context, {"units": [1]}, **settings)


def _is_usable(context: CheckContext, settings: dict[str, Any]) -> bool:
    X, y, *_ = doubles.dataset(context.wrapper)
    try:
        context.fit(context.make(helper_builder(context), **settings), X, y)
    except Blocked:
        return False
    return True


def _names_and_classes(context: CheckContext) -> Any:
    """Make an estimator with nested names and classes, which a wrapper might replace in place."""
    return _estimator_with(
        context,
        {"names": ["a"]},
        optimizer="sgd",
        loss={"out": helper_loss(context)},
        metrics={"out": ["mae", keras.metrics.MeanSquaredError]},
        callbacks={"one": keras.callbacks.TerminateOnNaN},
        fit__callbacks=[],
        random_state=np.random.RandomState(1),
    )


@check(
    "INIT-5.parameters-untouched",
    verifies="no method changes a parameter or anything inside it",
    impact="the parameters of a fitted estimator are not those the user wrote, and results "
    "depend on earlier calls",
    cases=[
        *("initialize", "fit", "predict", "score", "initialize-names", "fit-names"),
        *("initialize-settings", "fit-settings", "partial_fit-settings"),
        *("predict-settings", "score-settings"),
    ],
)
def parameters_untouched(context: CheckContext) -> None:
    method, _, kind = context.case.partition("-")
    X, y, *_ = doubles.dataset(context.wrapper)
    makers = {"": _busy_estimator, "names": _names_and_classes, "settings": _settings_of_training}
    estimator = makers[kind](context)
    if method in {"predict", "score"}:
        context.fit(estimator, X, y)
    before = doubles.snapshot(context.params(estimator))
    if method == "score" and context.wrapper is Wrapper.BASE:
        score_if_possible(estimator, X, y)
    else:
        context.call(estimator, method, *((X,) if method == "predict" else (X, y)))
    touched = doubles.changed_paths(before, doubles.snapshot(context.params(estimator)))
    context.require(not touched, f"{method} changed the parameters at {', '.join(touched[:5])}")


@check(
    "INIT-5.proba-leaves-parameters",
    verifies="predict_proba changes no parameter or anything inside it, and creates no attribute",
    impact="a call of predict_proba changes what the next clone or fit does",
    wrappers=[Wrapper.CLASSIFIER],
    also=["INIT-6"],
    cases=["objects", "settings"],
    conditional=True,
)
def proba_leaves_parameters(context: CheckContext) -> None:
    require_probabilities_exist(context)
    X, y, *_ = doubles.dataset(context.wrapper)
    make = _settings_of_training if context.case == "settings" else _busy_estimator
    estimator = make(context)
    context.fit(estimator, X, y)
    before, names = doubles.snapshot(context.params(estimator)), own_names(estimator)
    context.call(estimator, "predict_proba", X)
    touched = doubles.changed_paths(before, doubles.snapshot(context.params(estimator)))
    context.require(
        not touched, f"predict_proba changed the parameters at {', '.join(touched[:5])}"
    )
    created = sorted(own_names(estimator) - names)
    context.require(not created, f"predict_proba created the attributes {', '.join(created)}")


@check(
    "INIT-5b.model-instance-untouched",
    verifies="fit does not train a model given as a parameter in place, and clones do not share it",
    impact="every fold of a search continues to train the model of the previous fold, and its "
    "data leak into the score",
    wrappers=ESTIMATORS,
    also=["CLS-7"],
)
def model_instance_untouched(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    model = compiled_helper(context, off=0.5, rate=0.1)
    before = model.get_weights()
    estimator = context.make(model)
    # CLS-7 is about whether a model is accepted; one that is not accepted is not changed.
    with suppress(Exception):
        estimator.fit(X, y)
    context.require(
        all(map(np.array_equal, before, model.get_weights())),
        "fit trained the model given as a parameter in place",
    )


def _instance(context: CheckContext, kind: str, *, built: bool) -> Any:
    if kind == "optimizer":
        optimizer = doubles.sgd(0.1, momentum=0.9)
        if built:
            optimizer.build([keras.Variable(np.ones((2, 2)))])
        return optimizer
    if kind == "loss":
        return helper_loss_class(context)()
    metric = keras.metrics.MeanSquaredError()
    if built:
        metric.update_state(np.ones((2, 1)), np.zeros((2, 1)))
    return [metric] if kind == "metrics" else metric


NESTED = (
    *("list-in-list", "value-of-dict", "list-in-dict"),
    *("weighted-value-of-dict", "weighted-list"),
)
"""Where an instance of a metric may be, beside a plain list."""


def _nested(kind: str, metric: Any) -> Any:
    nested = {
        "list-in-list": [[metric]],
        "list-in-dict": {"out": [metric]},
        "weighted-list": [metric],
    }
    return nested.get(kind, {"out": metric})


@check(
    "INIT-5.instances-not-trained",
    verifies="fit does not change the state of optimizers, losses and metrics given as instances",
    impact="momentum and metrics leak from one fit into the next, and a second fit fails with "
    "'Unknown variable'",
    wrappers=ESTIMATORS,
    cases=["optimizer", "built-optimizer", "loss", "metrics", "used-metrics", *NESTED],
    needs=[Capability.COMPILATION_PARAMETERS],
    conditional=True,
)
def instances_not_trained(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    settings: dict[str, Any] = {
        "optimizer": keras.optimizers.SGD,
        "loss": helper_loss(context),
    }
    if context.case in NESTED:
        name = "metrics"
        if context.case.startswith("weighted"):
            require_compile_prefix(context)
            name = "compile__weighted_metrics"
        if "dict" in context.case:
            require_output_names(context)
        instance = _instance(context, "metric", built=False)
        settings[name] = _nested(context.case, instance)
    else:
        name = context.case.rpartition("-")[2]
        instance = settings[name] = _instance(context, name, built="-" in context.case)
    estimator = context.make(lambda: uncompiled_helper(context, off=0.5), **settings)
    before = doubles.snapshot(instance)
    # An optimizer that is built for one model is refused by another if it is not copied.
    with counted_to("INIT-5.parameters-untouched", provided=lambda: name != context.case):
        context.fit(estimator, X, y)
    touched = doubles.changed_paths(before, doubles.snapshot(instance))
    context.require(not touched, f"fit changed the given {name} at {', '.join(touched)}")
    with context.doing(f"a second fit with the same {name} instance"):
        context.fit(estimator, X, y)


@check(
    "INIT-5.optimizer-of-the-builder",
    verifies="an optimizer given as an instance is not trained by a builder that compiles with "
    "compile_kwargs",
    impact="a second fit goes on with the moments of the first, or fails with 'Unknown variable'",
    wrappers=ESTIMATORS,
    needs=[Capability.COMPILATION_PARAMETERS],
)
def optimizer_of_the_builder(context: CheckContext) -> None:
    require_special_argument(context, "compile_kwargs")
    X, y, *_ = doubles.dataset(context.wrapper)
    optimizer = doubles.sgd(0.1, momentum=0.9)
    before = doubles.snapshot(optimizer)

    def build(compile_kwargs: Any) -> Any:
        model = uncompiled_helper(context, off=0.5)
        given = compile_kwargs["optimizer"]
        model.compile(optimizer=given, loss=helper_loss(context), run_eagerly=True)
        return model

    estimator = context.make(build, optimizer=optimizer)
    context.call(estimator, "fit", X, y)
    touched = doubles.changed_paths(before, doubles.snapshot(optimizer))
    context.require(not touched, f"fit changed the given optimizer at {', '.join(touched)}")


@check(
    "INIT-5b.callbacks-untouched",
    verifies="fit does not change callbacks given as instances",
    impact="a callback keeps a reference to the last model: memory grows, pickling fails, and "
    "early stopping in one fold stops the next",
)
def callbacks_untouched(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    estimator = context.make(helper_builder(context), callbacks=[callback])
    before = doubles.snapshot(vars(callback))
    context.fit(estimator, X, y)
    touched = doubles.changed_paths(before, doubles.snapshot(vars(callback)))
    context.require(not touched, f"fit changed the given callback: {', '.join(touched)}")


@check(
    "INIT-5.clones-share-nothing",
    verifies="two clones with the same instances as parameters are trained independently",
    impact="parallel and sequential searches give different results, and folds affect each other",
)
def clones_share_nothing(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = _busy_estimator(context)
    with context.preparing("cloning"):
        first, second = sklearn_base.clone(estimator), sklearn_base.clone(estimator)
    context.fit(first, X, y)
    weights = context.model(first).get_weights()
    with context.doing("fitting the second of two clones, after the first"):
        context.fit(second, X, y)
    models = [context.model(one) for one in (first, second)]
    context.require(models[0] is not models[1], "both clones hold the same model")
    for name in ("optimizer", "loss"):
        one, other = (getattr(model, name, None) for model in models)
        # A name or a function has no state that could be shared.
        has_state = isinstance(one, (keras.optimizers.Optimizer, keras.losses.Loss))
        context.require(
            not has_state or one is not other, f"the models of both clones hold the same {name}"
        )
    context.require(
        all(map(np.array_equal, weights, models[0].get_weights())),
        "fitting the second clone changed the weights of the first",
    )

"""COMP-4, COMP-6, COMP-7 and COMP-8: models that the wrapper compiles."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.compilation import (
    calls_of_compile,
    config_of,
    fitted_model,
)
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_layer,
    helper_loss,
    helper_loss_class,
    helper_target,
    uncompiled_helper,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import (
    accepted,
    require_compile_prefix,
    require_it_compiles,
)
from scikeras_conformance.checks._support.recorded_training import counting_starts
from scikeras_conformance.checks._support.training import (
    require_weights,
    same_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "COMP-4.same-as-compiling-in-the-builder",
    verifies="compiling with model.compile(**compile_kwargs) in the builder gives the same "
    "training",
    impact="moving the call of compile into the builder changes the results",
    also=["BUILD-5"],
    cases=["adam", "adamw", "dropout"],
)
def same_as_compiling_in_the_builder(context: CheckContext) -> None:
    def leaving() -> Any:
        if context.case == "dropout":
            return _drawing_model(context)
        return uncompiled_helper(context, off=0.5)

    settings: dict[str, Any] = {
        "optimizer": "adamw" if context.case == "adamw" else "adam",
        "loss": helper_loss_class(context),
        "metrics": ["mae"],
        **accepted(context, optimizer__learning_rate=0.05, epochs=3, random_state=1),
    }
    if context.case == "adamw":
        settings |= accepted(context, optimizer__weight_decay=0.25)
    keras.utils.set_random_seed(11)
    second = fitted_model(context, leaving, **settings)
    keras.utils.set_random_seed(11)
    first = _compiled_in_the_builder(context, leaving, **settings)
    for name in ("optimizer", "loss"):
        configs = [config_of(getattr(model, name)) for model in (first, second)]
        context.require(configs[0] == configs[1], f"{name}: {configs[0]} and {configs[1]}")
    names = [sorted(metric.name for metric in model.metrics) for model in (first, second)]
    context.require(names[0] == names[1], f"metrics: {names[0]} and {names[1]}")
    context.require(
        same_weights(first.get_weights(), second.get_weights(), tolerance=1e-6),
        "the weights after training differ",
    )
    untrained = leaving().get_weights()
    context.require(
        not all(map(np.array_equal, untrained, first.get_weights())), "nothing was trained"
    )


def _drawing_model(context: CheckContext) -> Any:
    """Make an uncompiled model that draws random numbers in training, always the same ones."""
    width = doubles.dataset(context.wrapper).n_features
    layers = [keras.Input((width,)), keras.layers.Dropout(0.5, seed=7), helper_layer(context)]
    model = keras.Sequential(layers)
    model.set_weights([np.full_like(weights, 0.5) for weights in model.get_weights()])
    return model


def _compiled_in_the_builder(
    context: CheckContext, leaving: Callable[[], Any], **settings: Any
) -> Any:
    """Return the fitted model of a builder that compiles it with compile_kwargs."""

    def compiling(compile_kwargs: Any = None) -> Any:
        if compile_kwargs is None:
            context.stop(
                "passing compile_kwargs to a builder that names it",
                "did not happen",
                follows="BUILD-3.special-arguments",
            )
        model = leaving()
        with context.doing("model.compile(**compile_kwargs) in the builder"):
            model.compile(**compile_kwargs)
        return model

    return fitted_model(context, compiling, **settings)


@check(
    "COMP-4.weighted",
    verifies="rows with weights are trained on as Keras does with the same loss, in whatever form "
    "the wrapper is given it",
    impact="weights of rows count for a loss that is a name, and not for a function",
    wrappers=ESTIMATORS,
    cases=["function", "name", "class", "instance"],
    also=["API-6"],
)
def weighted_rows(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    cls, weights = helper_loss_class(context), np.linspace(0.25, 2.0, len(y))
    given: Any = {
        "name": helper_loss(context),
        "class": cls,
        "instance": cls(),
        "function": getattr(keras.losses, helper_loss(context)),
    }[context.case]

    def build() -> Any:
        return uncompiled_helper(context, off=0.5)

    def weighted(loss: Any) -> Any:
        estimator = context.make(build, loss=loss, optimizer=doubles.sgd(0.1))
        context.call(estimator, "fit", X, y, sample_weight=weights)
        return estimator

    def unweighted() -> None:
        estimator = context.make(build, loss=given, optimizer=doubles.sgd(0.1))
        context.fit(estimator, X, y)
        by_keras = train(_compiled(build, context), X, helper_target(context, y))
        if not same_weights(context.model(estimator).get_weights(), by_keras.get_weights()):
            context.stop(
                "fit without weights", "does not train as Keras does", follows="COMP-5.loss"
            )

    require_it_compiles(context)
    with (
        provided(unweighted),
        context.doing(f"a weighted fit with a loss in the form: {context.case}"),
    ):
        estimator = weighted(given)
    expected = _compiled(build, context)
    train(expected, X, helper_target(context, y), sample_weight=weights)
    with provided(unweighted):
        what = "those of Keras with the same loss and weights"
        require_weights(context, estimator, expected, what)


def _compiled(build: Callable[[], Any], context: CheckContext) -> Any:
    """Return a model that is compiled as the wrapper of `weighted_rows` is to compile it."""
    model = build()
    model.compile(doubles.sgd(0.1), loss=helper_loss(context))
    return model


@check(
    "COMP-4.same-with-compile-prefix",
    verifies="parameters routed with compile__ are in compile_kwargs too",
    impact="a builder that compiles the model itself trains without loss weights",
    wrappers=[Wrapper.REGRESSOR],
    also=["BUILD-5"],
    conditional=True,
)
def same_with_compile_prefix(context: CheckContext) -> None:
    require_compile_prefix(context)
    settings: dict[str, Any] = {
        "optimizer": "sgd",
        "loss": "mean_squared_error",
        "compile__loss_weights": [0.125],
    }

    def leaving() -> Any:
        return uncompiled_helper(context, off=0.5)

    expected = fitted_model(context, leaving, **settings).get_weights()
    found = _compiled_in_the_builder(context, leaving, **settings).get_weights()
    context.require(
        same_weights(expected, found, tolerance=1e-6),
        f"the weights after training are {show(found)} if the builder compiles, and else "
        f"{show(expected)}",
    )


@check(
    "COMP-6.optimizer-none",
    verifies="with optimizer=None, compile_kwargs holds None for the optimizer",
    impact="a builder that chooses an optimizer itself cannot see that none was given",
)
def optimizer_none(context: CheckContext) -> None:
    seen: list[Any] = []

    def build(compile_kwargs: Any = None) -> Any:
        if compile_kwargs is None:
            context.stop(
                "passing compile_kwargs to a builder that names it",
                "did not happen",
                follows="BUILD-3.special-arguments",
            )
        seen.append(compile_kwargs.get("optimizer", "no entry"))
        return compiled_helper(context)

    require_it_compiles(context)
    with context.doing("fit with optimizer=None"):
        fitted_model(context, build, optimizer=None, loss=helper_loss(context))
    context.require(
        seen == [None], f"compile_kwargs['optimizer'] should be None; it is {show(seen)}"
    )


@check(
    "COMP-7.missing",
    verifies="an uncompiled model without a loss or an optimizer raises a ValueError that says "
    "which is missing",
    impact="Keras fails during training with an unrelated error",
    cases=["loss", "optimizer"],
)
def missing(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    settings: dict[str, Any] = {"loss": helper_loss(context), "optimizer": "sgd"}
    require_it_compiles(context)
    build, starts = counting_starts(lambda: uncompiled_helper(context))
    estimator = context.make(build, **{**settings, context.case: None})
    with context.refusing(
        f"fit of an uncompiled model with {context.case}=None", ValueError, naming=context.case
    ):
        estimator.fit(X, y)
    context.require(not starts, "the error was raised only after training had started")


@check(
    "COMP-3.run-eagerly",
    verifies="run_eagerly, if it is a parameter, reaches Model.compile",
    impact="a debugger never stops in the training step",
    wrappers=ESTIMATORS,
    cases=["True", "False"],
    conditional=True,
)
def run_eagerly(context: CheckContext) -> None:
    wanted = context.case == "True"
    own = accepted(context, run_eagerly=wanted)
    if not own:
        context.not_applicable("the wrapper has no parameter run_eagerly")
    settings = {"optimizer": "sgd", "loss": helper_loss(context)}
    require_it_compiles(context)
    model = fitted_model(context, lambda: uncompiled_helper(context), **settings, **own)
    calls = calls_of_compile(context, model)
    context.require(calls, "the model was not compiled")
    found = calls[-1].get("run_eagerly", False)
    context.require(found is wanted, f"Model.compile received run_eagerly={show(found)}")


COMPILE_ARGUMENTS: dict[str, Any] = {
    "loss_weights": [0.5],
    "weighted_metrics": ["mean_squared_error"],
    "jit_compile": False,
    "steps_per_execution": 2,
    "run_eagerly": True,
    "auto_scale_loss": False,
}


@check(
    "COMP-8.compile-prefix",
    verifies="compile__X reaches Model.compile as X",
    impact="arguments of compile that are not parameters of the wrapper cannot be set or searched",
    wrappers=ESTIMATORS,
    cases=COMPILE_ARGUMENTS,
)
def compile_prefix(context: CheckContext) -> None:
    expected = COMPILE_ARGUMENTS[context.case]
    settings = {"optimizer": "sgd", "loss": helper_loss(context)}
    require_it_compiles(context)
    settings[f"compile__{context.case}"] = expected
    with context.doing(f"fit with compile__{context.case}={expected!r}"):
        model = fitted_model(context, lambda: uncompiled_helper(context), **settings)
    calls = calls_of_compile(context, model)
    context.require(calls, "the model was not compiled")
    call = calls[-1]
    context.require(context.case in call, f"Model.compile did not receive {context.case}")
    found = call[context.case]
    if context.case == "weighted_metrics":
        # A metric may be passed on as the given name, or as the object it stands for.
        found = [getattr(metric, "name", getattr(metric, "__name__", metric)) for metric in found]
    right = type(found) is type(expected) and found == expected
    context.require(right, f"Model.compile received {context.case}={show(found)}, not {expected!r}")

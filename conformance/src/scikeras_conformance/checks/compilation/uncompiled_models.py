"""COMP-4, COMP-6, COMP-7 and COMP-8: models that the wrapper compiles."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.compilation import config_of, fitted_model, loss_class
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.checks._support.training import loss_name, same_weights
from scikeras_conformance.runner.context import CheckContext, show


@check(
    "COMP-4.same-as-compiling-in-the-builder",
    verifies="compiling with model.compile(**compile_kwargs) in the builder gives the same "
    "training",
    impact="moving the call of compile into the builder changes the results",
    also=["BUILD-5"],
)
def same_as_compiling_in_the_builder(context: CheckContext) -> None:
    def leaving() -> Any:
        return doubles.uncompiled(context.wrapper, off=0.5)

    settings = {
        "optimizer": "adam",
        "optimizer__learning_rate": 0.05,
        "loss": loss_class(context),
        "metrics": ["mae"],
        "epochs": 3,
    }
    # A wrapper without this parameter would pass it to the builder.
    if "random_state" in context.params(context.make(leaving)):
        settings["random_state"] = 1
    models = []
    for build in (_compiling_builder(context), leaving):
        keras.utils.set_random_seed(11)
        models.append(fitted_model(context, build, **settings))
    first, second = models
    for name in ("optimizer", "loss"):
        configs = [config_of(getattr(model, name)) for model in models]
        context.require(configs[0] == configs[1], f"{name}: {configs[0]} and {configs[1]}")
    names = [sorted(metric.name for metric in model.metrics) for model in models]
    context.require(names[0] == names[1], f"metrics: {names[0]} and {names[1]}")
    context.require(
        all(
            np.allclose(a, b, atol=1e-6)
            for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
        ),
        "the weights after training differ",
    )
    untrained = doubles.uncompiled(context.wrapper, off=0.5).get_weights()
    context.require(
        not all(map(np.array_equal, untrained, first.get_weights())), "nothing was trained"
    )


def _compiling_builder(context: CheckContext) -> Any:
    """Return a builder that compiles the model with compile_kwargs."""

    def compiling(compile_kwargs: dict[str, Any]) -> Any:
        model = doubles.uncompiled(context.wrapper, off=0.5)
        model.compile(**compile_kwargs)
        return model

    return compiling


@check(
    "COMP-4.same-with-compile-prefix",
    verifies="parameters routed with compile__ are in compile_kwargs too",
    impact="a builder that compiles the model itself trains without loss weights",
    wrappers=[Wrapper.REGRESSOR],
    also=["BUILD-5"],
)
def same_with_compile_prefix(context: CheckContext) -> None:
    if not has_compile_prefix(context):
        return
    X, y, *_ = doubles.dataset(context.wrapper)

    settings = {
        "optimizer": "sgd",
        "loss": "mean_squared_error",
        "compile__loss_weights": [0.125],
        "batch_size": len(y),
    }
    estimator = context.make(lambda: doubles.uncompiled(context.wrapper, off=0.5), **settings)
    context.fit(estimator, X, y)
    expected = context.model(estimator).get_weights()
    found = fitted_model(context, _compiling_builder(context), **settings).get_weights()
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

    def build(compile_kwargs: dict[str, Any]) -> Any:
        seen.append(compile_kwargs.get("optimizer", "no entry"))
        return doubles.model_for(context.wrapper)

    fitted_model(context, build, optimizer=None, loss=loss_name(context))
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
    settings = {"loss": loss_name(context), "optimizer": "sgd", context.case: None}
    made: list[Any] = []

    def build() -> Any:
        made.append(doubles.uncompiled(context.wrapper))
        return made[-1]

    estimator = context.make(build, **settings)
    with context.refusing(
        f"fit of an uncompiled model with {context.case}=None", ValueError, naming=context.case
    ):
        estimator.fit(X, y)
    trained = [model for model in made if model.log.fits]
    context.require(not trained, "the error was raised only after Model.fit was called")


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
    model = fitted_model(
        context,
        lambda: doubles.uncompiled(context.wrapper),
        optimizer="sgd",
        loss=loss_name(context),
        **{f"compile__{context.case}": expected},
    )
    context.require(model.log.compiles, "the model was not compiled")
    call = model.log.compiles[-1]
    context.require(context.case in call, f"Model.compile did not receive {context.case}")
    found = call[context.case]
    if context.case == "weighted_metrics":
        # A metric may be passed on as the given name, or as the object it stands for.
        found = [getattr(metric, "name", getattr(metric, "__name__", metric)) for metric in found]
    right = type(found) is type(expected) and found == expected
    context.require(right, f"Model.compile received {context.case}={show(found)}, not {expected!r}")

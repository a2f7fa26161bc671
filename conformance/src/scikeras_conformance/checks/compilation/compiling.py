"""Chapter COMP: who compiles the model, and out of what."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.checks._support.training import loss_name, same_weights
from scikeras_conformance.runner.context import CheckContext, show


def _loss_class(context: CheckContext) -> Any:
    losses = keras.losses
    return losses.BinaryCrossentropy if context.is_classifier else losses.MeanSquaredError


def fitted_model(context: CheckContext, build: Any, **params: Any) -> Any:
    """Fit an estimator on the plainest data and give its ``model_``."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, **params)
    context.fit(estimator, X, y)
    return context.recording_model(estimator)


# -- COMP-1, COMP-2 -----------------------------------------------------------------------------


@check(
    "COMP-1.compiled-is-kept",
    verifies="optimizer, loss and metric objects on model_ are those that the builder compiled in",
    impact="the learning rate, loss or metrics that the user wrote are silently replaced",
    cases=["fit", "initialize"],
)
def compiled_is_kept(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    optimizer = keras.optimizers.Adam(0.0)
    loss = _loss_class(context)()
    metric = keras.metrics.MeanAbsoluteError(name="given")

    def build() -> Any:
        model = doubles.uncompiled(context.wrapper)
        model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
        return model

    estimator = context.make(build)
    context.call(estimator, context.case, X, y)
    model = context.recording_model(estimator)
    calls = model.log.compiles
    context.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    context.require(model.optimizer is optimizer, "the optimizer was replaced")
    context.require(model.loss is loss, "the loss was replaced")
    if context.case == "fit":
        held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
        context.require(any(one is metric for one in held), "the metric was replaced")


CONTRADICTIONS = ("optimizer", "routed-optimizer", "loss", "metrics", "compile-arguments")


@check(
    "COMP-2.parameters-ignored",
    verifies="compilation parameters of the constructor do not touch a compiled model",
    impact="a default of the wrapper overrides what the builder decided",
    wrappers=ESTIMATORS,
    cases=CONTRADICTIONS,
)
def parameters_ignored(context: CheckContext) -> None:
    if context.case == "compile-arguments" and not has_compile_prefix(context):
        return
    other = "hinge" if context.is_classifier else "mean_absolute_error"
    contradictions: dict[str, dict[str, Any]] = {
        "optimizer": {"optimizer": "adam"},
        "routed-optimizer": {"optimizer": "sgd", "optimizer__learning_rate": 0.75},
        "loss": {"loss": other},
        "metrics": {"metrics": ["mean_absolute_error"]},
        "compile-arguments": {"compile__loss_weights": [0.5]},
    }
    optimizer = keras.optimizers.SGD(0.0)
    loss = _loss_class(context)()

    def build() -> Any:
        model = doubles.uncompiled(context.wrapper)
        model.compile(optimizer=optimizer, loss=loss)
        return model

    model = fitted_model(context, build, **contradictions[context.case])
    context.require(len(model.log.compiles) == 1, "the model was compiled again")
    # One of its own for initialize: an optimizer serves one model.
    prepared = context.make(doubles.builder(context.wrapper), **contradictions[context.case])
    context.initialize(prepared, *doubles.dataset(context.wrapper)[:2])
    compiles = context.recording_model(prepared).log.compiles
    context.require(len(compiles) == 1, "initialize compiled the model again")
    context.require(model.optimizer is optimizer, "the optimizer was replaced")
    context.require(model.loss is loss, "the loss was replaced")
    context.require(float(optimizer.learning_rate) == 0.0, "the learning rate was changed")


@check(
    "COMP-2.settings-ignored",
    verifies="how a compiled model runs is left to the builder",
    impact="a model that the builder compiled to be debugged, with run_eagerly, is run as a graph",
    wrappers=ESTIMATORS,
)
def settings_ignored(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)

    def build() -> Any:
        model = doubles.plain_model_for(context.wrapper)
        model.compile(optimizer="sgd", loss=loss_name(context), run_eagerly=True)
        return model

    settings: dict[str, Any] = {}
    if has_compile_prefix(context):
        settings = {"compile__run_eagerly": False, "compile__steps_per_execution": 2}
    if "run_eagerly" in context.params(context.make(build)):
        settings["run_eagerly"] = False
    estimator = context.make(build, **settings)
    context.initialize(estimator, X, y)
    model = context.model(estimator)
    found = (model.run_eagerly, model.steps_per_execution)
    context.require(
        found == (True, 1),
        "(run_eagerly, steps_per_execution) should be (True, 1), as the builder compiled the "
        f"model; with {', '.join(settings)} it is {found}",
    )


@check(
    "COMP-2.target-follows-compiled-loss",
    verifies="a loss parameter that contradicts a compiled model does not change its targets",
    impact="fit fails with a shape mismatch, or trains on targets that the loss misreads",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["one-hot-given", "sparse-given"],
    also=["TGT-2"],
)
def target_follows_compiled_loss(context: CheckContext) -> None:
    data = doubles.classes_dataset([0, 1, 2])
    losses = ["categorical_crossentropy", "sparse_categorical_crossentropy"]
    given, compiled = losses if context.case == "one-hot-given" else losses[::-1]

    def build() -> Any:
        model = doubles.make_model(data, "softmax")
        model.compile(optimizer=doubles.zero_rate(), loss=compiled)
        return model

    estimator = context.make(build, loss=given)
    context.fit(estimator, data.X, data.y)
    context.require(
        np.array_equal(context.predict(estimator, data.X), data.y), "the predictions are wrong"
    )


# -- COMP-3, COMP-4 -----------------------------------------------------------------------------


@check(
    "COMP-3.compiled-with-parameters",
    verifies="an uncompiled model is compiled once, with instances made of the parameters",
    impact="the model trains with other settings than the ones that were searched over",
    wrappers=ESTIMATORS,
    cases=["names", "classes", "instances", "names-by-output"],
)
def compiled_with_parameters(context: CheckContext) -> None:
    made: dict[str, dict[str, Any]] = {
        "names": {"optimizer": "adam", "loss": loss_name(context), "metrics": ["mae"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": _loss_class(context),
            "metrics": [keras.metrics.MeanAbsoluteError],
        },
        "instances": {
            "optimizer": keras.optimizers.Adam(),
            "loss": _loss_class(context)(),
            "metrics": [keras.metrics.MeanAbsoluteError()],
        },
        "names-by-output": {
            "optimizer": "adam",
            "loss": {"out": loss_name(context)},
            "metrics": {"out": ["mae"]},
        },
    }
    model = fitted_model(context, lambda: doubles.uncompiled(context.wrapper), **made[context.case])
    calls = model.log.compiles
    context.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    _require_instances(context, calls[0], "Model.compile")
    context.require(
        isinstance(model.optimizer, keras.optimizers.Adam),
        f"the optimizer should be Adam; it is {type(model.optimizer).__name__}",
    )


def _require_instances(context: CheckContext, arguments: dict[str, Any], where: str) -> None:
    """Ask for an optimizer, a loss and one metric that are objects, not names or classes."""
    optimizer, loss = arguments.get("optimizer"), arguments.get("loss")
    context.require(
        isinstance(optimizer, keras.optimizers.Optimizer),
        f"the optimizer in {where} is {show(optimizer)}, not an instance",
    )
    losses = list(doubles.leaves(loss))
    context.require(
        losses and all(map(_is_object, losses)),
        f"the loss in {where} is {show(loss)}, neither instance nor function",
    )
    for metric in doubles.leaves(arguments.get("metrics") or []):
        context.require(
            _is_object(metric),
            f"a metric in {where} is {show(metric)}, neither instance nor function",
        )


def _is_object(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


@check(
    "COMP-4.same-as-compiling-in-the-builder",
    verifies="compiling by the wrapper and by model.compile(**compile_kwargs) give the same training",
    impact="moving the compile call into the builder changes results",
    also=["BUILD-5"],
)
def same_as_compiling_in_the_builder(context: CheckContext) -> None:
    def leaving() -> Any:
        return doubles.uncompiled(context.wrapper, off=0.5)

    settings = {
        "optimizer": "adam",
        "optimizer__learning_rate": 0.05,
        "loss": _loss_class(context),
        "metrics": ["mae"],
        "epochs": 3,
    }
    # To a wrapper that has no such parameter it would be one for the builder.
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
    """Give a builder that compiles with all that it is given for it."""

    def compiling(compile_kwargs: dict[str, Any]) -> Any:
        model = doubles.uncompiled(context.wrapper, off=0.5)
        model.compile(**compile_kwargs)
        return model

    return compiling


def config_of(value: Any) -> str:
    """Give the settings of an optimizer or a loss as a text that can be compared."""
    # Keras numbers the names of optimizers through the life of a process.
    config = {key: entry for key, entry in value.get_config().items() if key != "name"}
    return f"{type(value).__name__} {config}"


@check(
    "COMP-4.same-with-compile-prefix",
    verifies="what compile__ brings to Model.compile is in compile_kwargs too",
    impact="a builder that compiles for itself trains without the weights of the losses",
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


# -- COMP-6 to COMP-8 ---------------------------------------------------------------------------


@check(
    "COMP-6.optimizer-none",
    verifies="with optimizer=None the builder finds None in compile_kwargs",
    impact="a builder with logic of its own never learns that no optimizer was chosen",
)
def optimizer_none(context: CheckContext) -> None:
    seen: list[Any] = []

    def build(compile_kwargs: dict[str, Any]) -> Any:
        seen.append(compile_kwargs.get("optimizer", "no entry"))
        return doubles.model_for(context.wrapper)

    fitted_model(context, build, optimizer=None, loss=loss_name(context))
    context.require(seen == [None], f"the builder should find None; it found {show(seen)}")


@check(
    "COMP-7.missing",
    verifies="an uncompiled model without loss or optimizer is refused by a ValueError that names it",
    impact="Keras fails in the middle of training with an error about something else",
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
    context.require(not trained, "the error came only after Model.fit was called")


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
    impact="settings of compile that are no parameter of the wrapper cannot be made or searched",
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
    context.require(context.case in call, f"Model.compile did not get {context.case}")
    found = call[context.case]
    if context.case == "weighted_metrics":
        # A metric may arrive as the name that was given, or as the object that it stands for.
        found = [getattr(metric, "name", getattr(metric, "__name__", metric)) for metric in found]
    right = type(found) is type(expected) and found == expected
    context.require(right, f"Model.compile got {context.case}={show(found)}, not {expected!r}")

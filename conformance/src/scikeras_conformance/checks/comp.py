"""Chapter COMP: who compiles the model, and out of what."""

from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.checks._state import has_compile_prefix
from scikeras_conformance.checks._training import loss_name, same_weights
from scikeras_conformance.trial import Trial, show


def _loss_class(trial: Trial) -> Any:
    losses = keras.losses
    return losses.BinaryCrossentropy if trial.is_classifier else losses.MeanSquaredError


def fitted_model(trial: Trial, build: Any, **params: Any) -> Any:
    """Fit an estimator on the plainest data and give its ``model_``."""
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(build, **params)
    trial.fit(estimator, X, y)
    return trial.probe(estimator)


# -- COMP-1, COMP-2 -----------------------------------------------------------------------------


@check(
    "COMP-1.compiled-is-kept",
    shows="optimizer, loss and metric objects on model_ are those that the builder compiled in",
    costs="the learning rate, loss or metrics that the user wrote are silently replaced",
    cases=["fit", "initialize"],
)
def compiled_is_kept(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    optimizer = keras.optimizers.Adam(0.0)
    loss = _loss_class(trial)()
    metric = keras.metrics.MeanAbsoluteError(name="given")

    def build() -> Any:
        model = probes.uncompiled(trial.wrapper)
        model.compile(optimizer=optimizer, loss=loss, metrics=[metric])
        return model

    estimator = trial.make(build)
    trial.call(estimator, trial.case, X, y)
    model = trial.probe(estimator)
    calls = model.log.compiles
    trial.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    trial.require(model.optimizer is optimizer, "the optimizer was replaced")
    trial.require(model.loss is loss, "the loss was replaced")
    if trial.case == "fit":
        held = [one for holder in model.metrics for one in getattr(holder, "metrics", [holder])]
        trial.require(any(one is metric for one in held), "the metric was replaced")


CONTRADICTIONS = ("optimizer", "routed-optimizer", "loss", "metrics", "compile-arguments")


@check(
    "COMP-2.parameters-ignored",
    shows="compilation parameters of the constructor do not touch a compiled model",
    costs="a default of the wrapper overrides what the builder decided",
    wrappers=ESTIMATORS,
    cases=CONTRADICTIONS,
)
def parameters_ignored(trial: Trial) -> None:
    if trial.case == "compile-arguments" and not has_compile_prefix(trial):
        return
    other = "hinge" if trial.is_classifier else "mean_absolute_error"
    contradictions: dict[str, dict[str, Any]] = {
        "optimizer": {"optimizer": "adam"},
        "routed-optimizer": {"optimizer": "sgd", "optimizer__learning_rate": 0.75},
        "loss": {"loss": other},
        "metrics": {"metrics": ["mean_absolute_error"]},
        "compile-arguments": {"compile__loss_weights": [0.5]},
    }
    optimizer = keras.optimizers.SGD(0.0)
    loss = _loss_class(trial)()

    def build() -> Any:
        model = probes.uncompiled(trial.wrapper)
        model.compile(optimizer=optimizer, loss=loss)
        return model

    model = fitted_model(trial, build, **contradictions[trial.case])
    trial.require(len(model.log.compiles) == 1, "the model was compiled again")
    # One of its own for initialize: an optimizer serves one model.
    prepared = trial.make(probes.builder(trial.wrapper), **contradictions[trial.case])
    trial.initialize(prepared, *probes.dataset(trial.wrapper)[:2])
    compiles = trial.probe(prepared).log.compiles
    trial.require(len(compiles) == 1, "initialize compiled the model again")
    trial.require(model.optimizer is optimizer, "the optimizer was replaced")
    trial.require(model.loss is loss, "the loss was replaced")
    trial.require(float(optimizer.learning_rate) == 0.0, "the learning rate was changed")


@check(
    "COMP-2.settings-ignored",
    shows="how a compiled model runs is left to the builder",
    costs="a model that the builder compiled to be debugged, with run_eagerly, is run as a graph",
    wrappers=ESTIMATORS,
)
def settings_ignored(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)

    def build() -> Any:
        model = probes.plain_model_for(trial.wrapper)
        model.compile(optimizer="sgd", loss=loss_name(trial), run_eagerly=True)
        return model

    settings: dict[str, Any] = {}
    if has_compile_prefix(trial):
        settings = {"compile__run_eagerly": False, "compile__steps_per_execution": 2}
    if "run_eagerly" in trial.params(trial.make(build)):
        settings["run_eagerly"] = False
    estimator = trial.make(build, **settings)
    trial.initialize(estimator, X, y)
    model = trial.model(estimator)
    found = (model.run_eagerly, model.steps_per_execution)
    trial.require(
        found == (True, 1),
        "(run_eagerly, steps_per_execution) should be (True, 1), as the builder compiled the "
        f"model; with {', '.join(settings)} it is {found}",
    )


@check(
    "COMP-2.target-follows-compiled-loss",
    shows="a loss parameter that contradicts a compiled model does not change its targets",
    costs="fit fails with a shape mismatch, or trains on targets that the loss misreads",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["one-hot-given", "sparse-given"],
    also=["TGT-2"],
)
def target_follows_compiled_loss(trial: Trial) -> None:
    data = probes.classes_dataset([0, 1, 2])
    losses = ["categorical_crossentropy", "sparse_categorical_crossentropy"]
    given, compiled = losses if trial.case == "one-hot-given" else losses[::-1]

    def build() -> Any:
        model = probes.make_model(data, "softmax")
        model.compile(optimizer=probes.zero_rate(), loss=compiled)
        return model

    estimator = trial.make(build, loss=given)
    trial.fit(estimator, data.X, data.y)
    trial.require(
        np.array_equal(trial.predict(estimator, data.X), data.y), "the predictions are wrong"
    )


# -- COMP-3, COMP-4 -----------------------------------------------------------------------------


@check(
    "COMP-3.compiled-with-parameters",
    shows="an uncompiled model is compiled once, with instances made of the parameters",
    costs="the model trains with other settings than the ones that were searched over",
    wrappers=ESTIMATORS,
    cases=["names", "classes", "instances", "names-by-output"],
)
def compiled_with_parameters(trial: Trial) -> None:
    made: dict[str, dict[str, Any]] = {
        "names": {"optimizer": "adam", "loss": loss_name(trial), "metrics": ["mae"]},
        "classes": {
            "optimizer": keras.optimizers.Adam,
            "loss": _loss_class(trial),
            "metrics": [keras.metrics.MeanAbsoluteError],
        },
        "instances": {
            "optimizer": keras.optimizers.Adam(),
            "loss": _loss_class(trial)(),
            "metrics": [keras.metrics.MeanAbsoluteError()],
        },
        "names-by-output": {
            "optimizer": "adam",
            "loss": {"out": loss_name(trial)},
            "metrics": {"out": ["mae"]},
        },
    }
    model = fitted_model(trial, lambda: probes.uncompiled(trial.wrapper), **made[trial.case])
    calls = model.log.compiles
    trial.require(len(calls) == 1, f"the model was compiled {len(calls)} times")
    _require_instances(trial, calls[0], "Model.compile")
    trial.require(
        isinstance(model.optimizer, keras.optimizers.Adam),
        f"the optimizer should be Adam; it is {type(model.optimizer).__name__}",
    )


def _require_instances(trial: Trial, arguments: dict[str, Any], where: str) -> None:
    """Ask for an optimizer, a loss and one metric that are objects, not names or classes."""
    optimizer, loss = arguments.get("optimizer"), arguments.get("loss")
    trial.require(
        isinstance(optimizer, keras.optimizers.Optimizer),
        f"the optimizer in {where} is {show(optimizer)}, not an instance",
    )
    losses = list(probes.leaves(loss))
    trial.require(
        losses and all(map(_is_object, losses)),
        f"the loss in {where} is {show(loss)}, neither instance nor function",
    )
    for metric in probes.leaves(arguments.get("metrics") or []):
        trial.require(
            _is_object(metric),
            f"a metric in {where} is {show(metric)}, neither instance nor function",
        )


def _is_object(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


@check(
    "COMP-4.same-as-compiling-in-the-builder",
    shows="compiling by the wrapper and by model.compile(**compile_kwargs) give the same training",
    costs="moving the compile call into the builder changes results",
    also=["BUILD-5"],
)
def same_as_compiling_in_the_builder(trial: Trial) -> None:
    def leaving() -> Any:
        return probes.uncompiled(trial.wrapper, off=0.5)

    settings = {
        "optimizer": "adam",
        "optimizer__learning_rate": 0.05,
        "loss": _loss_class(trial),
        "metrics": ["mae"],
        "epochs": 3,
    }
    # To a wrapper that has no such parameter it would be one for the builder.
    if "random_state" in trial.params(trial.make(leaving)):
        settings["random_state"] = 1
    models = []
    for build in (_compiling_builder(trial), leaving):
        keras.utils.set_random_seed(11)
        models.append(fitted_model(trial, build, **settings))
    first, second = models
    for name in ("optimizer", "loss"):
        configs = [config_of(getattr(model, name)) for model in models]
        trial.require(configs[0] == configs[1], f"{name}: {configs[0]} and {configs[1]}")
    names = [sorted(metric.name for metric in model.metrics) for model in models]
    trial.require(names[0] == names[1], f"metrics: {names[0]} and {names[1]}")
    trial.require(
        all(
            np.allclose(a, b, atol=1e-6)
            for a, b in zip(first.get_weights(), second.get_weights(), strict=True)
        ),
        "the weights after training differ",
    )
    untrained = probes.uncompiled(trial.wrapper, off=0.5).get_weights()
    trial.require(
        not all(map(np.array_equal, untrained, first.get_weights())), "nothing was trained"
    )


def _compiling_builder(trial: Trial) -> Any:
    """Give a builder that compiles with all that it is given for it."""

    def compiling(compile_kwargs: dict[str, Any]) -> Any:
        model = probes.uncompiled(trial.wrapper, off=0.5)
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
    shows="what compile__ brings to Model.compile is in compile_kwargs too",
    costs="a builder that compiles for itself trains without the weights of the losses",
    wrappers=[Wrapper.REGRESSOR],
    also=["BUILD-5"],
)
def same_with_compile_prefix(trial: Trial) -> None:
    if not has_compile_prefix(trial):
        return
    X, y, *_ = probes.dataset(trial.wrapper)

    settings = {
        "optimizer": "sgd",
        "loss": "mean_squared_error",
        "compile__loss_weights": [0.125],
        "batch_size": len(y),
    }
    estimator = trial.make(lambda: probes.uncompiled(trial.wrapper, off=0.5), **settings)
    trial.fit(estimator, X, y)
    expected = trial.model(estimator).get_weights()
    found = fitted_model(trial, _compiling_builder(trial), **settings).get_weights()
    trial.require(
        same_weights(expected, found, tolerance=1e-6),
        f"the weights after training are {show(found)} if the builder compiles, and else "
        f"{show(expected)}",
    )


# -- COMP-6 to COMP-8 ---------------------------------------------------------------------------


@check(
    "COMP-6.optimizer-none",
    shows="with optimizer=None the builder finds None in compile_kwargs",
    costs="a builder with logic of its own never learns that no optimizer was chosen",
)
def optimizer_none(trial: Trial) -> None:
    seen: list[Any] = []

    def build(compile_kwargs: dict[str, Any]) -> Any:
        seen.append(compile_kwargs.get("optimizer", "no entry"))
        return probes.model_for(trial.wrapper)

    fitted_model(trial, build, optimizer=None, loss=loss_name(trial))
    trial.require(seen == [None], f"the builder should find None; it found {show(seen)}")


@check(
    "COMP-7.missing",
    shows="an uncompiled model without loss or optimizer is refused by a ValueError that names it",
    costs="Keras fails in the middle of training with an error about something else",
    cases=["loss", "optimizer"],
)
def missing(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    settings = {"loss": loss_name(trial), "optimizer": "sgd", trial.case: None}
    made: list[Any] = []

    def build() -> Any:
        made.append(probes.uncompiled(trial.wrapper))
        return made[-1]

    estimator = trial.make(build, **settings)
    with trial.refusing(
        f"fit of an uncompiled model with {trial.case}=None", ValueError, naming=trial.case
    ):
        estimator.fit(X, y)
    trained = [model for model in made if model.log.fits]
    trial.require(not trained, "the error came only after Model.fit was called")


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
    shows="compile__X reaches Model.compile as X",
    costs="settings of compile that are no parameter of the wrapper cannot be made or searched",
    wrappers=ESTIMATORS,
    cases=COMPILE_ARGUMENTS,
)
def compile_prefix(trial: Trial) -> None:
    expected = COMPILE_ARGUMENTS[trial.case]
    model = fitted_model(
        trial,
        lambda: probes.uncompiled(trial.wrapper),
        optimizer="sgd",
        loss=loss_name(trial),
        **{f"compile__{trial.case}": expected},
    )
    trial.require(model.log.compiles, "the model was not compiled")
    call = model.log.compiles[-1]
    trial.require(trial.case in call, f"Model.compile did not get {trial.case}")
    found = call[trial.case]
    if trial.case == "weighted_metrics":
        # A metric may arrive as the name that was given, or as the object that it stands for.
        found = [getattr(metric, "name", getattr(metric, "__name__", metric)) for metric in found]
    right = type(found) is type(expected) and found == expected
    trial.require(right, f"Model.compile got {trial.case}={show(found)}, not {expected!r}")

"""Chapter COMP: who compiles the model, and out of what."""

from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.trial import Trial, show


def _loss_name(trial: Trial) -> str:
    return "binary_crossentropy" if trial.is_classifier else "mean_squared_error"


def _loss_class(trial: Trial) -> Any:
    losses = keras.losses
    return losses.BinaryCrossentropy if trial.is_classifier else losses.MeanSquaredError


def _fitted(trial: Trial, build: Any, **params: Any) -> Any:
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

    model = _fitted(trial, build, **contradictions[trial.case])
    trial.require(len(model.log.compiles) == 1, "the model was compiled again")
    trial.require(model.optimizer is optimizer, "the optimizer was replaced")
    trial.require(model.loss is loss, "the loss was replaced")
    trial.require(float(optimizer.learning_rate) == 0.0, "the learning rate was changed")


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
    cases=["names", "classes", "instances"],
)
def compiled_with_parameters(trial: Trial) -> None:
    made: dict[str, dict[str, Any]] = {
        "names": {"optimizer": "adam", "loss": _loss_name(trial), "metrics": ["mae"]},
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
    }
    model = _fitted(trial, lambda: probes.uncompiled(trial.wrapper), **made[trial.case])
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
    trial.require(
        _is_object(loss), f"the loss in {where} is {show(loss)}, neither instance nor function"
    )
    for metric in arguments.get("metrics") or []:
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
    def compiling(compile_kwargs: dict[str, Any]) -> Any:
        model = probes.uncompiled(trial.wrapper, off=0.5)
        model.compile(**compile_kwargs)
        return model

    def leaving() -> Any:
        return probes.uncompiled(trial.wrapper, off=0.5)

    settings = {
        "optimizer": "adam",
        "optimizer__learning_rate": 0.05,
        "loss": _loss_class(trial),
        "metrics": ["mae"],
        "epochs": 3,
        "random_state": 1,
    }
    models = []
    for build in (compiling, leaving):
        keras.utils.set_random_seed(11)
        models.append(_fitted(trial, build, **settings))
    first, second = models
    for name in ("optimizer", "loss"):
        configs = [_config(getattr(model, name)) for model in models]
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


def _config(value: Any) -> str:
    # Keras numbers the names of optimizers through the life of a process.
    config = {key: entry for key, entry in value.get_config().items() if key != "name"}
    return f"{type(value).__name__} {config}"


# -- COMP-5 -------------------------------------------------------------------------------------


@check(
    "COMP-5.optimizer",
    shows="the optimizer may be a name, a class or an instance",
    costs="a spelling that the documentation shows fails, or is replaced by a default",
    cases=["name", "class", "instance"],
)
def optimizer_spellings(trial: Trial) -> None:
    given = {
        "name": "adagrad",
        "class": keras.optimizers.Adagrad,
        "instance": keras.optimizers.Adagrad(0.25, initial_accumulator_value=0.5, epsilon=0.125),
    }[trial.case]
    model = _fitted(
        trial, lambda: probes.uncompiled(trial.wrapper), optimizer=given, loss=_loss_name(trial)
    )
    trial.require(
        isinstance(model.optimizer, keras.optimizers.Adagrad),
        f"the optimizer should be Adagrad; it is {type(model.optimizer).__name__}",
    )
    if trial.case == "instance":
        expected, found = _config(given), _config(model.optimizer)
        trial.require(found == expected, f"the optimizer should be {expected}; it is {found}")


def _three_times(y_true: Any, y_pred: Any) -> Any:
    """Give a loss that is three wherever it is asked, and can be told from any other."""
    return 3.0 + 0.0 * keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)


def _with_settings(trial: Trial) -> Any:
    """Give a loss whose settings are far from its defaults."""
    if trial.is_classifier:
        return keras.losses.BinaryCrossentropy(label_smoothing=0.5)
    return keras.losses.MeanSquaredError(reduction="sum")


@check(
    "COMP-5.loss",
    shows="the loss may be a name, class, instance or function, or a list or dict of them",
    costs="a spelling that the documentation shows fails, or another loss is trained on",
    wrappers=ESTIMATORS,
    cases=[
        "name",
        "class",
        "instance",
        "instance-with-settings",
        "function",
        "list",
        "list-of-classes",
        "dict",
    ],
)
def loss_spellings(trial: Trial) -> None:
    recording, made = probes.recording_class(keras.losses.MeanAbsoluteError)
    given: Any = {
        "name": "mean_absolute_error",
        "class": recording,
        "instance": keras.losses.MeanAbsoluteError(),
        "instance-with-settings": _with_settings(trial),
        "function": _three_times,
        "list": ["mean_absolute_error"],
        "list-of-classes": [recording],
        "dict": {"out": "mean_absolute_error"},
    }[trial.case]
    model = _fitted(
        trial,
        lambda: probes.uncompiled(trial.wrapper, off=0.5),
        optimizer="sgd",
        optimizer__learning_rate=0.0,
        loss=given,
    )
    X, y, *_ = probes.dataset(trial.wrapper)
    answers = keras.ops.convert_to_numpy(model(X))
    column = y.reshape(-1, 1).astype(answers.dtype)
    # Asked of the model itself, so that it does not matter how the wrapper trains.
    with trial.doing("computing the loss that model_ was compiled with"):
        found = float(model.compute_loss(x=X, y=column, y_pred=model(X)))
    expected = float(np.mean(np.abs(column - answers)))
    if trial.case == "function":
        expected = 3.0
    elif trial.case == "instance-with-settings":
        expected = float(_with_settings(trial)(column, answers))
    trial.require(
        np.isclose(found, expected, rtol=1e-4, atol=1e-4),
        f"the loss should be {expected}; it is {found}",
    )
    if given is recording or trial.case == "list-of-classes":
        trial.require(made, "the loss class was never instantiated")


METRICS = (
    "one-name",
    "one-class",
    "one-instance",
    "one-function",
    "names",
    "classes",
    "instances",
    "functions",
    "nested",
    "dict",
    "dict-of-lists",
)


@check(
    "COMP-5.metrics",
    shows="metrics may be one, a list, a dict or nested lists, of names, classes, instances or "
    "functions",
    costs="a spelling that the documentation shows fails, or is missing from the history",
    wrappers=ESTIMATORS,
    cases=METRICS,
)
def metric_spellings(trial: Trial) -> None:
    metrics = keras.metrics
    given: Any = {
        "one-name": "mean_absolute_error",
        "one-class": metrics.MeanAbsoluteError,
        "one-instance": metrics.MeanAbsoluteError(),
        "one-function": metrics.mean_absolute_error,
        "names": ["mean_absolute_error"],
        "classes": [metrics.MeanAbsoluteError],
        "instances": [metrics.MeanAbsoluteError(name="given_mean_absolute_error")],
        "functions": [metrics.mean_absolute_error],
        "nested": [["mean_absolute_error", metrics.MeanSquaredError]],
        "dict": {"out": "mean_absolute_error"},
        "dict-of-lists": {"out": [metrics.MeanAbsoluteError, "mean_squared_error"]},
    }[trial.case]
    model = _fitted(
        trial,
        lambda: probes.uncompiled(trial.wrapper, off=0.5),
        optimizer="sgd",
        optimizer__learning_rate=0.0,
        loss=_loss_name(trial),
        metrics=given,
    )
    with trial.doing("reading the metrics of model_"):
        found = [
            metric.name
            for holder in model.metrics
            for metric in getattr(holder, "metrics", None) or [holder]
        ]
    names = ["given_" * (trial.case == "instances") + "mean_absolute_error"]
    if trial.case in {"nested", "dict-of-lists"}:
        names.append("mean_squared_error")
    missing = [name for name in names if not any(name in one for one in found)]
    trial.require(not missing, f"{', '.join(missing)} not among the metrics {found}")


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

    _fitted(trial, build, optimizer=None, loss=_loss_name(trial))
    trial.require(seen == [None], f"the builder should find None; it found {show(seen)}")


@check(
    "COMP-7.missing",
    shows="an uncompiled model without loss or optimizer is refused by a ValueError that names it",
    costs="Keras fails in the middle of training with an error about something else",
    cases=["loss", "optimizer"],
)
def missing(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    settings = {"loss": _loss_name(trial), "optimizer": "sgd", trial.case: None}
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
    model = _fitted(
        trial,
        lambda: probes.uncompiled(trial.wrapper),
        optimizer="sgd",
        loss=_loss_name(trial),
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

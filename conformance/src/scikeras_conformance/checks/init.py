"""Chapter INIT: what the constructor stores, and what later calls leave alone."""

from contextlib import suppress
from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._answers import require_answers, same
from scikeras_conformance.checks._modules import keras, np, probes, sklearn_base
from scikeras_conformance.checks._properties import holds_for_all
from scikeras_conformance.trial import Trial, show

KINDS = ("list", "dict", "tuple", "array", "class", "instance", "function", "without-equality")
PREFIXES = ("model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score")


def _require_stored(trial: Trial, estimator: Any, given: dict[str, Any]) -> None:
    params = trial.params(estimator)
    lost = [name for name in given if name not in params]
    trial.require(not lost, f"get_params() does not list {', '.join(lost)}")
    changed = [name for name, value in given.items() if params[name] is not value]
    trial.require(not changed, f"get_params() holds another object for {', '.join(changed)}")
    for name, value in given.items():
        with trial.doing(f"reading the attribute {name}"):
            stored = getattr(estimator, name)
        trial.require(stored is value, f"the attribute {name} is another object than the argument")


# -- INIT-1 -------------------------------------------------------------------------------------


@check(
    "INIT-1.named-parameters",
    shows="each named parameter is stored as the very object that was given",
    costs="clone raises, or a search tunes a copy while the original is what trains",
    cases=KINDS,
)
def named_parameters(trial: Trial) -> None:
    build = probes.builder(trial.wrapper)
    names = list(trial.params(trial.make(build)))
    trial.require("model" in names, "get_params() does not list 'model'")
    for name in names:
        given = {"model": build, name: probes.odd_objects(trial.case)}
        _require_stored(trial, trial.make(**given), given)


@check(
    "INIT-1.free-parameters",
    shows="each keyword argument for the builder is stored as the very object that was given",
    costs="clone raises for builders with arguments, so no search over them runs",
    cases=KINDS,
)
def free_parameters(trial: Trial) -> None:
    given = {name: probes.odd_objects(trial.case) for name in ("units", "kwargs", "args")}
    _require_stored(trial, trial.make(probes.builder(trial.wrapper), **given), given)


@check(
    "INIT-1.routed-parameters",
    shows="each parameter with a routing prefix is stored as the very object that was given",
    costs="optimizer__learning_rate and its like cannot be cloned or tuned",
    cases=KINDS,
)
def routed_parameters(trial: Trial) -> None:
    given = {f"{prefix}__x": probes.odd_objects(trial.case) for prefix in PREFIXES}
    given["loss__1__x"] = probes.odd_objects(trial.case)
    given["callbacks__0"] = probes.odd_objects(trial.case)
    _require_stored(trial, trial.make(probes.builder(trial.wrapper), **given), given)


@check(
    "INIT-1.any-parameters",
    shows="whatever names and values are given, all are stored, together, by identity",
    costs="some names or values, falsy ones for instance, are dropped or replaced",
)
def any_parameters(trial: Trial) -> None:
    build = probes.builder(trial.wrapper)

    def stores(given: dict[str, Any]) -> None:
        estimator = trial.make(build, **given)
        _require_stored(trial, estimator, given)
        with trial.doing("cloning"):
            copy = sklearn_base.clone(estimator)
        trial.require(
            trial.params(copy).keys() == trial.params(estimator).keys(),
            "a clone has other parameters",
        )

    holds_for_all(stores)


# -- INIT-2, INIT-3 -----------------------------------------------------------------------------


@check(
    "INIT-2.calls-nothing",
    shows="neither the builder nor any class given as parameter is called by the constructor",
    costs="building starts before the data is known, and again for every clone of a search",
)
def calls_nothing(trial: Trial) -> None:
    called: list[str] = []

    def build() -> Any:
        called.append("model")
        return probes.model_for(trial.wrapper)

    given: dict[str, Any] = {"model": build, "units": lambda: called.append("units")}
    logs: dict[str, list[Any]] = {}
    for name, parent in {
        "optimizer": keras.optimizers.SGD,
        "loss": keras.losses.MeanSquaredError,
        "metrics": keras.metrics.MeanSquaredError,
        "callbacks": keras.callbacks.Callback,
    }.items():
        given[name], logs[name] = probes.recording_class(parent)
    given["fit__callbacks"], logs["fit__callbacks"] = [given["callbacks"]], []
    trial.make(**given)
    called += [name for name, log in logs.items() if log]
    trial.require(not called, f"the constructor called what it was given as {', '.join(called)}")


@check(
    "INIT-3.no-fitted-attributes",
    shows="a new estimator has no attribute of a fitted one",
    costs="scikit-learn takes the unfitted estimator for a fitted one and fails later",
)
def no_fitted_attributes(trial: Trial) -> None:
    estimator = trial.make(probes.builder(trial.wrapper), units=3, optimizer__learning_rate=0.1)
    found = _fitted_names(estimator)
    trial.require(not found, f"the constructor created {', '.join(found)}")


def _own_names(estimator: Any) -> set[str]:
    return {name for name in getattr(estimator, "__dict__", {}) if not name.startswith("_")}


def _fitted_names(estimator: Any) -> list[str]:
    return sorted(name for name in _own_names(estimator) if name.endswith("_"))


# -- INIT-4 -------------------------------------------------------------------------------------


def _parameters_for_cloning() -> dict[str, Any]:
    return {
        "units": 3,
        "names": ["a", "b"],
        "optimizer": keras.optimizers.SGD,
        "optimizer__learning_rate": 0.25,
        "metrics": ["mse"],
        "epochs": 2,
    }


@check(
    "INIT-4.clone",
    shows="a clone has equal parameters and nothing of a fit, before and after fit",
    costs="searches and ensembles drop settings, or start from a fitted model",
    cases=["before-fit", "after-fit", "subclass-after-fit"],
)
def clone(trial: Trial) -> None:
    wrapper = trial.wrapper

    class Subclass(trial.cls):  # type: ignore[name-defined, misc]
        pass

    def build(units: int, names: list[str]) -> Any:
        del units, names
        return probes.model_for(wrapper)

    cls = Subclass if trial.case.startswith("subclass") else trial.cls
    estimator = trial.make_of(cls, build, **_parameters_for_cloning())
    X, y, *_ = probes.dataset(wrapper)
    if trial.case.endswith("after-fit"):
        trial.fit(estimator, X, y)
    with trial.doing(f"clone {trial.case.removeprefix('subclass-').replace('-', ' ')}"):
        copy = sklearn_base.clone(estimator)
    trial.require(type(copy) is cls, f"the clone is a {type(copy).__name__}")
    before, after = trial.params(estimator), trial.params(copy)
    lost = object()
    names = [*before, *(name for name in after if name not in before)]
    differing = [n for n in names if not same(before.get(n, lost), after.get(n, lost))]
    trial.require(not differing, f"the clone has other values for {', '.join(differing)}")
    found = _fitted_names(copy)
    trial.require(not found, f"the clone has fitted attributes: {', '.join(found)}")
    _require_not_fitted(trial, copy, "predict", X)


@check(
    "INIT-4.clone-of-instances",
    shows="wrappers of optimizer, loss, metric and callback instances can be cloned and fitted",
    costs="GridSearchCV fails on the second fold once an instance is among the parameters",
)
def clone_of_instances(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(
        lambda: probes.uncompiled(trial.wrapper),
        optimizer=keras.optimizers.SGD(0.0),
        loss=keras.losses.MeanSquaredError(),
        metrics=[keras.metrics.MeanSquaredError()],
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    trial.fit(estimator, X, y)
    with trial.doing("cloning a fitted wrapper of instances"):
        copy = sklearn_base.clone(estimator)
    trial.fit(copy, X, y)


# -- INIT-5 -------------------------------------------------------------------------------------


def _busy_estimator(trial: Trial) -> Any:
    """Make an estimator with parameters of every kind that a wrapper might touch."""

    def build(layout: Any) -> Any:
        del layout
        return probes.uncompiled(trial.wrapper, off=0.5)

    return trial.make(
        build,
        layout={"units": [1, 2], "weights": np.arange(3.0)},
        optimizer=keras.optimizers.SGD(0.1, momentum=0.5),
        loss=keras.losses.MeanSquaredError(),
        metrics=["mae", keras.metrics.MeanSquaredError()],
        fit__epochs=1,
        epochs=2,
    )


@check(
    "INIT-5.parameters-untouched",
    shows="no call changes a parameter or anything inside it",
    costs="a fitted estimator cannot be cloned into what the user wrote, and results depend on "
    "which calls were made before",
    cases=["initialize", "fit", "predict", "score"],
)
def parameters_untouched(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = _busy_estimator(trial)
    if trial.case in {"predict", "score"}:
        trial.fit(estimator, X, y)
    before = probes.snapshot(trial.params(estimator))
    if trial.case == "score" and trial.wrapper is Wrapper.BASE:
        _score_of_base(estimator, X, y)
    else:
        trial.call(estimator, trial.case, *((X,) if trial.case == "predict" else (X, y)))
    touched = probes.changes(before, probes.snapshot(trial.params(estimator)))
    trial.require(not touched, f"{trial.case} changed the parameters at {', '.join(touched[:5])}")


@check(
    "INIT-5.proba-leaves-parameters",
    shows="predict_proba changes no parameter or anything inside it, and creates no attribute",
    costs="asking for probabilities changes what the next clone or fit does",
    wrappers=[Wrapper.CLASSIFIER],
    also=["INIT-6"],
)
def proba_leaves_parameters(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = _busy_estimator(trial)
    trial.fit(estimator, X, y)
    before, names = probes.snapshot(trial.params(estimator)), _own_names(estimator)
    trial.call(estimator, "predict_proba", X)
    touched = probes.changes(before, probes.snapshot(trial.params(estimator)))
    trial.require(not touched, f"predict_proba changed the parameters at {', '.join(touched[:5])}")
    created = sorted(_own_names(estimator) - names)
    trial.require(not created, f"predict_proba created the attributes {', '.join(created)}")


@check(
    "INIT-5.model-instance-untouched",
    shows="a model given as parameter is not trained in place, and clones do not share it",
    costs="every fold of a search goes on training the model of the fold before it, and its score "
    "leaks into the next",
    wrappers=ESTIMATORS,
    also=["CLS-7"],
)
def model_instance_untouched(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    model = probes.model_for(trial.wrapper, off=0.5, rate=0.1)
    before = model.get_weights()
    estimator = trial.make(model)
    # Whether a model is accepted at all is the matter of CLS-7; one that is refused is untouched.
    with suppress(Exception):
        estimator.fit(X, y)
    trial.require(
        all(map(np.array_equal, before, model.get_weights())),
        "fit trained the very model that was given as parameter",
    )


def _score_of_base(estimator: Any, X: Any, y: Any) -> None:
    # SCORE-4 lets the base wrapper refuse to score; what counts here is what it leaves behind.
    with suppress(Exception):
        estimator.score(X, y)


def _instance(kind: str, *, built: bool) -> Any:
    if kind == "optimizer":
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
        if built:
            optimizer.build([keras.Variable(np.ones((2, 2)))])
        return optimizer
    if kind == "loss":
        return keras.losses.MeanSquaredError()
    metric = keras.metrics.MeanSquaredError()
    if built:
        metric.update_state(np.ones((2, 1)), np.zeros((2, 1)))
    return [metric] if kind == "metrics" else metric


@check(
    "INIT-5.instances-not-trained",
    shows="optimizers, losses and metrics given as instances keep their state through fit",
    costs="momentum and metrics of one fit leak into the next, and a second fit fails with "
    "'Unknown variable'",
    wrappers=ESTIMATORS,
    cases=["optimizer", "built-optimizer", "loss", "metrics", "used-metrics"],
)
def instances_not_trained(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    name = trial.case.rpartition("-")[2]
    instance = _instance(name, built="-" in trial.case)
    settings = {"optimizer": keras.optimizers.SGD, "loss": "mean_squared_error"}
    settings[name] = instance
    estimator = trial.make(lambda: probes.uncompiled(trial.wrapper, off=0.5), **settings)
    before = probes.snapshot(instance)
    trial.fit(estimator, X, y)
    touched = probes.changes(before, probes.snapshot(instance))
    trial.require(not touched, f"fit changed the {name} that was given, at {', '.join(touched)}")
    trial.fit(estimator, X, y)


@check(
    "INIT-5.callbacks-untouched",
    shows="callbacks given as instances are left as they were",
    costs="a callback holds on to the model of the last fit: memory grows, pickling fails, and an "
    "EarlyStopping of one fold stops the next",
)
def callbacks_untouched(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    callback = keras.callbacks.EarlyStopping(monitor="loss", patience=3)
    estimator = trial.make(probes.builder(trial.wrapper), callbacks=[callback])
    before = probes.snapshot(vars(callback))
    trial.fit(estimator, X, y)
    touched = probes.changes(before, probes.snapshot(vars(callback)))
    trial.require(not touched, f"fit changed the callback that was given: {', '.join(touched)}")


@check(
    "INIT-5.clones-share-nothing",
    shows="two clones with the same instances as parameters train apart",
    costs="parallel and sequential searches give different results, and folds disturb each other",
)
def clones_share_nothing(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = _busy_estimator(trial)
    with trial.doing("cloning"):
        first, second = sklearn_base.clone(estimator), sklearn_base.clone(estimator)
    trial.fit(first, X, y)
    weights = trial.model(first).get_weights()
    trial.fit(second, X, y)
    models = [trial.model(one) for one in (first, second)]
    trial.require(models[0] is not models[1], "both clones hold the same model")
    for name in ("optimizer", "loss"):
        shared = getattr(models[0], name) is getattr(models[1], name)
        trial.require(not shared, f"the models of both clones hold the same {name}")
    trial.require(
        all(map(np.array_equal, weights, models[0].get_weights())),
        "fitting the second clone changed the weights of the first",
    )


# -- INIT-6 to INIT-9 ---------------------------------------------------------------------------


@check(
    "INIT-6.attributes-created",
    shows="initialize and fit create attributes that end in one underscore, other calls none",
    costs="it cannot be told what a user set and what a fit made, and clone or pickle carry "
    "leftovers along",
    cases=["initialize", "fit", "predict", "score"],
)
def attributes_created(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.builder(trial.wrapper))
    may_create = trial.case in {"initialize", "fit"}
    if not may_create:
        trial.fit(estimator, X, y)
    before = _own_names(estimator)
    if trial.case == "score" and trial.wrapper is Wrapper.BASE:
        _score_of_base(estimator, X, y)
    else:
        trial.call(estimator, trial.case, *((X,) if trial.case == "predict" else (X, y)))
    created = _own_names(estimator) - before
    wrong = sorted(
        name for name in created if not may_create or not name.endswith("_") or name.endswith("__")
    )
    trial.require(not wrong, f"{trial.case} created the attributes {', '.join(wrong)}")
    if may_create:
        trial.require("model_" in dir(estimator), f"{trial.case} did not create model_")


@check(
    "INIT-7.model-is-a-keras-model",
    shows="model_ is a keras.Model",
    costs="saving, summaries and everything else that Keras offers is out of reach",
    cases=["initialize", "fit"],
)
def model_is_a_keras_model(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.builder(trial.wrapper))
    trial.call(estimator, trial.case, X, y)
    trial.model(estimator)


@check(
    "INIT-8.initialize-does-not-train",
    shows="after initialize the weights are the builder's, predict works, nothing was trained",
    costs="a pre-trained model is spoiled before its first use",
)
def initialize_does_not_train(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    made: list[Any] = []

    def build(off: float = 0.0) -> Any:
        model = probes.model_for(trial.wrapper, off=off, rate=0.5)
        made.append(model.get_weights())
        return model

    estimator = trial.make(build, off=0.5)
    returned = trial.initialize(estimator, X, y)
    trial.require(returned is estimator, f"initialize returned {show(returned)}")
    trial.require(made, "initialize did not call the builder")
    model = trial.model(estimator)
    trial.require(
        all(map(np.array_equal, made[-1], model.get_weights())),
        "the weights are not those that the builder made",
    )
    trial.require(not getattr(model, "log", None) or not model.log.fits, "Model.fit was called")
    # A model that is right from the start has to answer right, without any training.
    estimator = trial.make(build)
    trial.initialize(estimator, X, y)
    require_answers(trial, trial.predict(estimator, X), y, "predict after initialize")


@check(
    "INIT-9.not-fitted",
    shows="methods that need a model raise NotFittedError before there is one",
    costs="check_is_fitted and everything built on it cannot tell an unfitted estimator",
    cases=["predict", "score"],
)
def not_fitted(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.builder(trial.wrapper))
    if trial.case == "score" and trial.wrapper is Wrapper.BASE:
        from sklearn.exceptions import NotFittedError

        with trial.refusing("score before fit", NotFittedError, NotImplementedError):
            estimator.score(X, y)
        return
    _require_not_fitted(trial, estimator, trial.case, *((X, y) if trial.case == "score" else (X,)))


@check(
    "INIT-9.not-fitted-proba",
    shows="predict_proba raises NotFittedError before there is a model",
    costs="calibration and voting fail with an error about a missing attribute",
    wrappers=[Wrapper.CLASSIFIER],
)
def not_fitted_proba(trial: Trial) -> None:
    X, *_ = probes.dataset(trial.wrapper)
    _require_not_fitted(trial, trial.make(probes.builder(trial.wrapper)), "predict_proba", X)


def _require_not_fitted(trial: Trial, estimator: Any, method: str, *args: Any) -> None:
    from sklearn.exceptions import NotFittedError

    with trial.refusing(f"{method} before fit", NotFittedError):
        getattr(estimator, method)(*args)


# -- INIT-10 ------------------------------------------------------------------------------------


@check(
    "INIT-10.round-trip",
    shows="set_params(**get_params()) changes nothing",
    costs="copying settings from one estimator to another loses or converts some of them",
)
def round_trip(trial: Trial) -> None:
    estimator = trial.make(
        probes.builder(trial.wrapper), units=[1], optimizer__learning_rate=np.float32(0.5)
    )
    before = trial.params(estimator)
    returned = trial.call(estimator, "set_params", **before)
    trial.require(returned is estimator, f"set_params returned {show(returned)}")
    after = trial.params(estimator)
    trial.require(before.keys() == after.keys(), "other parameters are listed afterwards")
    changed = [name for name in before if before[name] is not after[name]]
    trial.require(not changed, f"the values of {', '.join(changed)} are other objects afterwards")


@check(
    "INIT-10.settable",
    shows="each parameter that get_params lists can be set, and routed ones not given before",
    costs="a search over such a parameter fails at the first candidate",
)
def settable(trial: Trial) -> None:
    def fresh() -> Any:
        return trial.make(probes.builder(trial.wrapper), units=1, fit__shuffle=True)

    names = list(trial.params(fresh()))
    for name in [*names, *(f"{prefix}__x" for prefix in PREFIXES), "loss__1__x", "callbacks__0__x"]:
        estimator, value = fresh(), object()
        with trial.doing(f"set_params({name}=...)"):
            estimator.set_params(**{name: value})
        _require_stored(trial, estimator, {name: value})


@check(
    "INIT-10.set-before-fit",
    shows="what set_params sets is what the next fit uses",
    costs="every candidate of a search is the same model",
    cases=["before-fit", "between-fits"],
)
def set_before_fit(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    seen: list[int] = []

    def build(units: int) -> Any:
        seen.append(units)
        return probes.uncompiled(trial.wrapper)

    estimator = trial.make(build, units=1, optimizer="sgd", loss="mean_squared_error")
    if trial.case == "between-fits":
        trial.fit(estimator, X, y)
    trial.call(estimator, "set_params", units=5, optimizer__learning_rate=0.125)
    trial.fit(estimator, X, y)
    trial.require(seen[-1:] == [5], f"the builder should receive 5; it received {seen}")
    with trial.doing("reading the learning rate of model_"):
        rate = float(trial.model(estimator).optimizer.learning_rate)
    trial.require(rate == 0.125, f"the learning rate should be 0.125; it is {rate}")


@check(
    "INIT-10.unknown",
    shows="an unknown name is refused by a ValueError that names it",
    costs="a misspelt parameter in a grid is silently ignored, and all candidates are equal",
    cases=["plain", "prefix"],
)
def unknown(trial: Trial) -> None:
    name = {"plain": "batchsize", "prefix": "optimzer__learning_rate"}[trial.case]
    estimator = trial.make(probes.builder(trial.wrapper))
    with trial.refusing(f"set_params({name}=1)", ValueError, naming=name.partition("__")[0]):
        estimator.set_params(**{name: 1})
    trial.require(name not in trial.params(estimator), f"{name} was stored nevertheless")


# -- INIT-11 ------------------------------------------------------------------------------------


@check(
    "INIT-11.new-model",
    shows="a second fit calls the builder again and starts from its weights",
    costs="cross-validation by hand trains one model over all folds, and scores are too good",
)
def new_model(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    calls: list[None] = []

    def build() -> Any:
        calls.append(None)
        return probes.model_for(trial.wrapper, off=0.5, rate=0.1)

    estimator = trial.make(build)
    trial.fit(estimator, X, y)
    first = trial.model(estimator)
    weights = first.get_weights()
    trial.fit(estimator, X, y)
    second = trial.model(estimator)
    trial.require(len(calls) == 2, f"the builder was called {len(calls)} times for two fits")
    trial.require(first is not second, "model_ is still the model of the first fit")
    trial.require(
        all(
            np.allclose(a, b, atol=1e-6) for a, b in zip(weights, second.get_weights(), strict=True)
        ),
        "the same fit from the same weights came out differently the second time",
    )
    steps = int(second.optimizer.iterations), int(first.optimizer.iterations)
    trial.require(steps[0] == steps[1], f"the optimizer has made {steps[0]} steps, not {steps[1]}")


@check(
    "INIT-11.other-data",
    shows="a second fit takes data with other columns, and other classes",
    costs="an estimator remembers the data of its first fit and refuses or mislabels the next",
)
def other_data(trial: Trial) -> None:
    def build(meta: dict[str, Any]) -> Any:
        data = first if meta["n_features_in_"] == first.n_features else second
        model = probes.make_model(data, "softmax" if trial.is_classifier else "linear")
        loss = "sparse_categorical_crossentropy" if trial.is_classifier else "mean_squared_error"
        model.compile(optimizer=probes.zero_rate(), loss=loss)
        return model

    if trial.is_classifier:
        first = probes.classes_dataset([0, 1, 2])
        second = probes.classes_dataset(["a", "b", "c", "d"])
    else:
        first = probes.continuous_dataset(1)
        second = probes.continuous_dataset(2)
        second = second._replace(
            X=np.hstack([second.X, second.X[:, :1] * 0]),
            kernel=np.vstack([second.kernel, second.kernel[:1] * 0]),
        )
    estimator = trial.make(build)
    for data in (first, second):
        trial.fit(estimator, data.X, data.y)
        what = f"after fit on data of shape {data.X.shape}, predict"
        require_answers(trial, trial.predict(estimator, data.X), data.y, what)

"""Chapter INIT, first half: what the constructor stores, and how it is read, set and cloned."""

from typing import TYPE_CHECKING, Any

from scikeras_conformance.catalogue import check
from scikeras_conformance.checks._answers import same
from scikeras_conformance.checks._modules import keras, np, probes, sklearn_base
from scikeras_conformance.checks._properties import holds_for_all
from scikeras_conformance.checks._state import fitted_names, require_not_fitted
from scikeras_conformance.contract import Level
from scikeras_conformance.trial import Trial, show

if TYPE_CHECKING:
    from collections.abc import Callable

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


@check(
    "INIT-1.taken-names",
    shows="a keyword with the name of a method or an attribute is stored, or refused",
    costs="a builder's argument is accepted, shows another value, and is lost in every clone",
    cases=["method", "property", "class-attribute"],
)
def taken_names(trial: Trial) -> None:
    name = {"method": "score", "property": "initialized_", "class-attribute": "prefixes_"}[
        trial.case
    ]
    given = {name: object()}
    build = probes.builder(trial.wrapper)
    with trial.doing(f"constructing with the keyword {name}"):
        try:
            estimator = trial.subject.construct(trial.cls, build, **given)
        except (TypeError, ValueError, AttributeError):
            return
    _require_stored(trial, estimator, given)


# -- INIT-2, INIT-3 -----------------------------------------------------------------------------


@check(
    "INIT-2.calls-nothing",
    shows="neither the builder nor any class given as parameter is called by the constructor",
    costs="building starts before the data is known, and again for every clone of a search",
    cases=["single", "list", "dict", "nested"],
)
def calls_nothing(trial: Trial) -> None:
    nests: dict[str, Callable[[Any], Any]] = {
        "single": lambda cls: cls,
        "list": lambda cls: [cls],
        "dict": lambda cls: {"out": cls},
        "nested": lambda cls: {"out": [cls]},
    }
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
        recording, logs[name] = probes.recording_class(parent)
        nest = nests["single" if name == "optimizer" else trial.case]
        given[name] = nest(recording)
        # What stands for a positional argument, or for callbacks of one method, is a class too.
        given[f"{name}__0"] = recording
        if name == "callbacks":
            given["fit__callbacks"] = nest(recording)
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
    found = fitted_names(estimator)
    trial.require(not found, f"the constructor created {', '.join(found)}")


# -- INIT-4 -------------------------------------------------------------------------------------


def _parameters_for_cloning(case: str) -> dict[str, Any]:
    shared = {"units": 3, "names": ["a", "b"], "epochs": 2}
    if case == "few-parameters":
        # What a wrapper has that knows nothing of compiling, and keeps these in dicts of its own.
        return shared
    return {
        **shared,
        "optimizer": keras.optimizers.SGD,
        "optimizer__learning_rate": 0.25,
        "metrics": ["mse"],
    }


@check(
    "INIT-4.clone",
    shows="a clone has equal parameters and nothing of a fit, before and after fit",
    costs="searches and ensembles drop settings, or start from a fitted model",
    cases=["before-fit", "after-fit", "subclass-after-fit", "few-parameters"],
)
def clone(trial: Trial) -> None:
    wrapper = trial.wrapper

    class Subclass(trial.cls):  # type: ignore[name-defined, misc]
        pass

    def build(units: int, names: list[str]) -> Any:
        del units, names
        return probes.model_for(wrapper)

    cls = Subclass if trial.case.startswith("subclass") else trial.cls
    estimator = trial.make_of(cls, build, **_parameters_for_cloning(trial.case))
    X, y, *_ = probes.dataset(wrapper)
    if trial.case.endswith("after-fit"):
        trial.fit(estimator, X, y)
    with trial.doing(f"clone ({trial.case})"):
        copy = sklearn_base.clone(estimator)
    trial.require(type(copy) is cls, f"the clone is a {type(copy).__name__}")
    before, after = trial.params(estimator), trial.params(copy)
    lost = object()
    names = [*before, *(name for name in after if name not in before)]
    differing = [n for n in names if not same(before.get(n, lost), after.get(n, lost))]
    trial.require(not differing, f"the clone has other values for {', '.join(differing)}")
    found = fitted_names(copy)
    trial.require(not found, f"the clone has fitted attributes: {', '.join(found)}")
    require_not_fitted(trial, copy, "predict", X)


@check(
    "INIT-4.every-parameter",
    shows="a clone has the value of each parameter that get_params lists, whatever it is",
    costs="one parameter falls back to its default in every fold of a search, without a word",
    cases=["itself", "subclass"],
)
def every_parameter(trial: Trial) -> None:
    class Subclass(trial.cls):  # type: ignore[name-defined, misc]
        pass

    cls = Subclass if trial.case == "subclass" else trial.cls
    build = probes.builder(trial.wrapper)
    names = [name for name in trial.params(trial.make(build)) if name != "model"]
    # Each has a value of its own, of which nothing but that it is stored can be asked.
    given = {name: f"the value of {name}" for name in [*names, *(f"{p}__x" for p in PREFIXES)]}
    estimator = trial.make_of(cls, build, **given)
    with trial.doing("clone"):
        params = trial.params(sklearn_base.clone(estimator))
    differing = [name for name, value in given.items() if not same(params.get(name), value)]
    trial.require(not differing, f"the clone has other values for {', '.join(differing)}")


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
    later = {"units": 5, "optimizer__learning_rate": 0.125, "fit__epochs": 2}
    trial.call(estimator, "set_params", **later)
    trial.fit(estimator, X, y)
    trial.require(seen[-1:] == [5], f"the builder should receive 5; it received {seen}")
    with trial.doing("reading the learning rate of model_"):
        rate = float(trial.model(estimator).optimizer.learning_rate)
    trial.require(rate == 0.125, f"the learning rate should be 0.125; it is {rate}")
    for call in trial.probe(estimator).log.fits:
        epochs = call.get("epochs")
        trial.require(same(epochs, 2), f"Model.fit should get epochs=2; it got {show(epochs)}")


@check(
    "INIT-10.unknown",
    shows="an unknown name is refused by a ValueError that names it",
    costs="a misspelt parameter in a grid is silently ignored, and all candidates are equal",
    cases=["plain", "prefix", "method", "attribute"],
)
def unknown(trial: Trial) -> None:
    name = {
        "plain": "batchsize",
        "prefix": "optimzer__learning_rate",
        # There is an attribute of that name, and it is no parameter.
        "method": "predict",
        "attribute": "prefixes_",
    }[trial.case]
    estimator = trial.make(probes.builder(trial.wrapper))
    with trial.refusing(f"set_params({name}=1)", ValueError, naming=name.partition("__")[0]):
        estimator.set_params(**{name: 1})
    trial.require(name not in trial.params(estimator), f"{name} was stored nevertheless")


@check(
    "INIT-10.nested",
    shows="parameters of an estimator among the parameters are listed and can be set, alone and "
    "together with it; unknown ones are refused, and then nothing is changed",
    costs="a search over a scaler that the builder is given fails, or tunes nothing",
    level=Level.SHOULD,
)
def nested(trial: Trial) -> None:
    from sklearn.preprocessing import StandardScaler

    inner, other = StandardScaler(), StandardScaler()
    estimator = trial.make(probes.builder(trial.wrapper), scaler=inner)

    def require_listed(value: Any) -> None:
        listed = trial.call(estimator, "get_params")
        trial.require(
            "scaler__with_mean" in listed and listed["scaler__with_mean"] is value,
            f"get_params() should list scaler__with_mean={value}; it lists "
            f"{show(listed.get('scaler__with_mean', 'nothing of the kind'))}",
        )

    require_listed(True)
    flat = trial.params(estimator)
    trial.require("scaler__with_mean" not in flat, "get_params(deep=False) lists what is inside")
    trial.call(estimator, "set_params", scaler__with_mean=False)
    require_listed(False)
    trial.call(estimator, "set_params", scaler=other, scaler__with_mean=False)
    require_listed(False)
    _require_stored(trial, estimator, {"scaler": other})
    trial.require(other.with_mean is False, "scaler__with_mean was set on another object")
    with trial.refusing("set_params(scaler__mean=1)", ValueError, naming="mean"):
        estimator.set_params(scaler__mean=1)
    with trial.refusing("set_params(units__mean=1)", ValueError, naming="units"):
        estimator.set_params(units__mean=1)
    require_listed(False)
    with trial.doing("cloning"):
        copy = sklearn_base.clone(estimator)
    trial.require(
        trial.params(copy).keys() == flat.keys(), "a clone has other parameters than the original"
    )


@check(
    "INIT-10.closed-subclass",
    shows="a routed parameter can be set on a subclass whose constructor does not take it, is "
    "listed then, and a clone has it too",
    costs="a search over the learning rate of an estimator class trains every candidate alike",
    also=["CLS-6", "INIT-4"],
    level=Level.SHOULD,
)
def closed_subclass(trial: Trial) -> None:
    wrapper = trial.wrapper

    class Closed(trial.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3) -> None:
            super().__init__(optimizer="sgd", loss="mean_squared_error")
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            return probes.uncompiled(wrapper)

    estimator = trial.make_of(Closed, hidden=4)
    trial.call(estimator, "set_params", optimizer__learning_rate=0.125)
    with trial.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    X, y, *_ = probes.dataset(wrapper)
    for one, what in ((estimator, "the estimator"), (copy, "its clone")):
        listed = trial.params(one).get("optimizer__learning_rate", "nothing of the kind")
        trial.require(same(listed, 0.125), f"get_params() of {what} lists {show(listed)}")
        trial.fit(one, X, y)
        with trial.doing("reading the learning rate of model_"):
            rate = float(trial.model(one).optimizer.learning_rate)
        trial.require(rate == 0.125, f"{what} should learn at a rate of 0.125; it is {rate}")

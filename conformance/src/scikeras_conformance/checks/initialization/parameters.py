"""Chapter INIT, first half: what the constructor stores, and how it is read, set and cloned."""

from typing import TYPE_CHECKING, Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.properties import holds_for_all
from scikeras_conformance.checks._support.state import fitted_names, require_not_fitted
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("list", "dict", "tuple", "array", "class", "instance", "function", "without-equality")
PREFIXES = ("model", "fit", "predict", "callbacks", "optimizer", "loss", "metrics", "score")


def _require_stored(context: CheckContext, estimator: Any, given: dict[str, Any]) -> None:
    params = context.params(estimator)
    lost = [name for name in given if name not in params]
    context.require(not lost, f"get_params() does not list {', '.join(lost)}")
    changed = [name for name, value in given.items() if params[name] is not value]
    context.require(not changed, f"get_params() holds another object for {', '.join(changed)}")
    for name, value in given.items():
        with context.doing(f"reading the attribute {name}"):
            stored = getattr(estimator, name)
        context.require(
            stored is value, f"the attribute {name} is another object than the argument"
        )


# -- INIT-1 -------------------------------------------------------------------------------------


@check(
    "INIT-1.named-parameters",
    verifies="each named parameter is stored as the very object that was given",
    impact="clone raises, or a search tunes a copy while the original is what trains",
    cases=KINDS,
)
def named_parameters(context: CheckContext) -> None:
    build = doubles.builder(context.wrapper)
    names = list(context.params(context.make(build)))
    context.require("model" in names, "get_params() does not list 'model'")
    for name in names:
        given = {"model": build, name: doubles.odd_objects(context.case)}
        _require_stored(context, context.make(**given), given)


@check(
    "INIT-1.free-parameters",
    verifies="each keyword argument for the builder is stored as the very object that was given",
    impact="clone raises for builders with arguments, so no search over them runs",
    cases=KINDS,
)
def free_parameters(context: CheckContext) -> None:
    given = {name: doubles.odd_objects(context.case) for name in ("units", "kwargs", "args")}
    _require_stored(context, context.make(doubles.builder(context.wrapper), **given), given)


@check(
    "INIT-1.routed-parameters",
    verifies="each parameter with a routing prefix is stored as the very object that was given",
    impact="optimizer__learning_rate and its like cannot be cloned or tuned",
    cases=KINDS,
)
def routed_parameters(context: CheckContext) -> None:
    given = {f"{prefix}__x": doubles.odd_objects(context.case) for prefix in PREFIXES}
    given["loss__1__x"] = doubles.odd_objects(context.case)
    given["callbacks__0"] = doubles.odd_objects(context.case)
    _require_stored(context, context.make(doubles.builder(context.wrapper), **given), given)


@check(
    "INIT-1.any-parameters",
    verifies="whatever names and values are given, all are stored, together, by identity",
    impact="some names or values, falsy ones for instance, are dropped or replaced",
)
def any_parameters(context: CheckContext) -> None:
    build = doubles.builder(context.wrapper)

    def stores(given: dict[str, Any]) -> None:
        estimator = context.make(build, **given)
        _require_stored(context, estimator, given)
        with context.doing("cloning"):
            copy = sklearn_base.clone(estimator)
        context.require(
            context.params(copy).keys() == context.params(estimator).keys(),
            "a clone has other parameters",
        )

    holds_for_all(stores)


@check(
    "INIT-1.taken-names",
    verifies="a keyword with the name of a method or an attribute is stored, or refused",
    impact="a builder's argument is accepted, shows another value, and is lost in every clone",
    cases=["method", "property", "class-attribute"],
)
def taken_names(context: CheckContext) -> None:
    name = {"method": "score", "property": "initialized_", "class-attribute": "prefixes_"}[
        context.case
    ]
    given = {name: object()}
    build = doubles.builder(context.wrapper)
    with context.doing(f"constructing with the keyword {name}"):
        try:
            estimator = context.subject.construct(context.cls, build, **given)
        except (TypeError, ValueError, AttributeError):
            return
    _require_stored(context, estimator, given)


# -- INIT-2, INIT-3 -----------------------------------------------------------------------------


@check(
    "INIT-2.calls-nothing",
    verifies="neither the builder nor any class given as parameter is called by the constructor",
    impact="building starts before the data is known, and again for every clone of a search",
    cases=["single", "list", "dict", "nested"],
)
def calls_nothing(context: CheckContext) -> None:
    nests: dict[str, Callable[[Any], Any]] = {
        "single": lambda cls: cls,
        "list": lambda cls: [cls],
        "dict": lambda cls: {"out": cls},
        "nested": lambda cls: {"out": [cls]},
    }
    called: list[str] = []

    def build() -> Any:
        called.append("model")
        return doubles.model_for(context.wrapper)

    given: dict[str, Any] = {"model": build, "units": lambda: called.append("units")}
    logs: dict[str, list[Any]] = {}
    for name, parent in {
        "optimizer": keras.optimizers.SGD,
        "loss": keras.losses.MeanSquaredError,
        "metrics": keras.metrics.MeanSquaredError,
        "callbacks": keras.callbacks.Callback,
    }.items():
        recording, logs[name] = doubles.recording_class(parent)
        nest = nests["single" if name == "optimizer" else context.case]
        given[name] = nest(recording)
        # What stands for a positional argument, or for callbacks of one method, is a class too.
        given[f"{name}__0"] = recording
        if name == "callbacks":
            given["fit__callbacks"] = nest(recording)
    context.make(**given)
    called += [name for name, log in logs.items() if log]
    context.require(not called, f"the constructor called what it was given as {', '.join(called)}")


@check(
    "INIT-3.no-fitted-attributes",
    verifies="a new estimator has no attribute of a fitted one",
    impact="scikit-learn takes the unfitted estimator for a fitted one and fails later",
)
def no_fitted_attributes(context: CheckContext) -> None:
    estimator = context.make(
        doubles.builder(context.wrapper), units=3, optimizer__learning_rate=0.1
    )
    found = fitted_names(estimator)
    context.require(not found, f"the constructor created {', '.join(found)}")


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
    verifies="a clone has equal parameters and nothing of a fit, before and after fit",
    impact="searches and ensembles drop settings, or start from a fitted model",
    cases=["before-fit", "after-fit", "subclass-after-fit", "few-parameters"],
)
def clone(context: CheckContext) -> None:
    wrapper = context.wrapper

    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    def build(units: int, names: list[str]) -> Any:
        del units, names
        return doubles.model_for(wrapper)

    cls = Subclass if context.case.startswith("subclass") else context.cls
    estimator = context.make_of(cls, build, **_parameters_for_cloning(context.case))
    X, y, *_ = doubles.dataset(wrapper)
    if context.case.endswith("after-fit"):
        context.fit(estimator, X, y)
    with context.doing(f"clone ({context.case})"):
        copy = sklearn_base.clone(estimator)
    context.require(type(copy) is cls, f"the clone is a {type(copy).__name__}")
    before, after = context.params(estimator), context.params(copy)
    lost = object()
    names = [*before, *(name for name in after if name not in before)]
    differing = [n for n in names if not same(before.get(n, lost), after.get(n, lost))]
    context.require(not differing, f"the clone has other values for {', '.join(differing)}")
    found = fitted_names(copy)
    context.require(not found, f"the clone has fitted attributes: {', '.join(found)}")
    require_not_fitted(context, copy, "predict", X)


@check(
    "INIT-4.every-parameter",
    verifies="a clone has the value of each parameter that get_params lists, whatever it is",
    impact="one parameter falls back to its default in every fold of a search, without a word",
    cases=["itself", "subclass"],
)
def every_parameter(context: CheckContext) -> None:
    class Subclass(context.cls):  # type: ignore[name-defined, misc]
        pass

    cls = Subclass if context.case == "subclass" else context.cls
    build = doubles.builder(context.wrapper)
    names = [name for name in context.params(context.make(build)) if name != "model"]
    # Each has a value of its own, of which nothing but that it is stored can be asked.
    given = {name: f"the value of {name}" for name in [*names, *(f"{p}__x" for p in PREFIXES)]}
    estimator = context.make_of(cls, build, **given)
    with context.doing("clone"):
        params = context.params(sklearn_base.clone(estimator))
    differing = [name for name, value in given.items() if not same(params.get(name), value)]
    context.require(not differing, f"the clone has other values for {', '.join(differing)}")


@check(
    "INIT-4.clone-of-instances",
    verifies="wrappers of optimizer, loss, metric and callback instances can be cloned and fitted",
    impact="GridSearchCV fails on the second fold once an instance is among the parameters",
)
def clone_of_instances(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(
        lambda: doubles.uncompiled(context.wrapper),
        optimizer=keras.optimizers.SGD(0.0),
        loss=keras.losses.MeanSquaredError(),
        metrics=[keras.metrics.MeanSquaredError()],
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    context.fit(estimator, X, y)
    with context.doing("cloning a fitted wrapper of instances"):
        copy = sklearn_base.clone(estimator)
    context.fit(copy, X, y)


# -- INIT-10 ------------------------------------------------------------------------------------


@check(
    "INIT-10.round-trip",
    verifies="set_params(**get_params()) changes nothing",
    impact="copying settings from one estimator to another loses or converts some of them",
)
def round_trip(context: CheckContext) -> None:
    estimator = context.make(
        doubles.builder(context.wrapper), units=[1], optimizer__learning_rate=np.float32(0.5)
    )
    before = context.params(estimator)
    returned = context.call(estimator, "set_params", **before)
    context.require(returned is estimator, f"set_params returned {show(returned)}")
    after = context.params(estimator)
    context.require(before.keys() == after.keys(), "other parameters are listed afterwards")
    changed = [name for name in before if before[name] is not after[name]]
    context.require(not changed, f"the values of {', '.join(changed)} are other objects afterwards")


@check(
    "INIT-10.settable",
    verifies="each parameter that get_params lists can be set, and routed ones not given before",
    impact="a search over such a parameter fails at the first candidate",
)
def settable(context: CheckContext) -> None:
    def fresh() -> Any:
        return context.make(doubles.builder(context.wrapper), units=1, fit__shuffle=True)

    names = list(context.params(fresh()))
    for name in [*names, *(f"{prefix}__x" for prefix in PREFIXES), "loss__1__x", "callbacks__0__x"]:
        estimator, value = fresh(), object()
        with context.doing(f"set_params({name}=...)"):
            estimator.set_params(**{name: value})
        _require_stored(context, estimator, {name: value})


@check(
    "INIT-10.set-before-fit",
    verifies="what set_params sets is what the next fit uses",
    impact="every candidate of a search is the same model",
    cases=["before-fit", "between-fits"],
)
def set_before_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    seen: list[int] = []

    def build(units: int) -> Any:
        seen.append(units)
        return doubles.uncompiled(context.wrapper)

    estimator = context.make(build, units=1, optimizer="sgd", loss="mean_squared_error")
    if context.case == "between-fits":
        context.fit(estimator, X, y)
    later = {"units": 5, "optimizer__learning_rate": 0.125, "fit__epochs": 2}
    context.call(estimator, "set_params", **later)
    context.fit(estimator, X, y)
    context.require(seen[-1:] == [5], f"the builder should receive 5; it received {seen}")
    with context.doing("reading the learning rate of model_"):
        rate = float(context.model(estimator).optimizer.learning_rate)
    context.require(rate == 0.125, f"the learning rate should be 0.125; it is {rate}")
    for call in context.recording_model(estimator).log.fits:
        epochs = call.get("epochs")
        context.require(same(epochs, 2), f"Model.fit should get epochs=2; it got {show(epochs)}")


@check(
    "INIT-10.unknown",
    verifies="an unknown name is refused by a ValueError that names it",
    impact="a misspelt parameter in a grid is silently ignored, and all candidates are equal",
    cases=["plain", "prefix", "method", "attribute"],
)
def unknown(context: CheckContext) -> None:
    name = {
        "plain": "batchsize",
        "prefix": "optimzer__learning_rate",
        # There is an attribute of that name, and it is no parameter.
        "method": "predict",
        "attribute": "prefixes_",
    }[context.case]
    estimator = context.make(doubles.builder(context.wrapper))
    with context.refusing(f"set_params({name}=1)", ValueError, naming=name.partition("__")[0]):
        estimator.set_params(**{name: 1})
    context.require(name not in context.params(estimator), f"{name} was stored nevertheless")


@check(
    "INIT-10.nested",
    verifies="parameters of an estimator among the parameters are listed and can be set, alone and "
    "together with it; unknown ones are refused, and then nothing is changed",
    impact="a search over a scaler that the builder is given fails, or tunes nothing",
    level=Level.SHOULD,
)
def nested(context: CheckContext) -> None:
    from sklearn.preprocessing import StandardScaler

    inner, other = StandardScaler(), StandardScaler()
    estimator = context.make(doubles.builder(context.wrapper), scaler=inner)

    def require_listed(value: Any) -> None:
        listed = context.call(estimator, "get_params")
        context.require(
            "scaler__with_mean" in listed and listed["scaler__with_mean"] is value,
            f"get_params() should list scaler__with_mean={value}; it lists "
            f"{show(listed.get('scaler__with_mean', 'nothing of the kind'))}",
        )

    require_listed(True)
    flat = context.params(estimator)
    context.require("scaler__with_mean" not in flat, "get_params(deep=False) lists what is inside")
    context.call(estimator, "set_params", scaler__with_mean=False)
    require_listed(False)
    context.call(estimator, "set_params", scaler=other, scaler__with_mean=False)
    require_listed(False)
    _require_stored(context, estimator, {"scaler": other})
    context.require(other.with_mean is False, "scaler__with_mean was set on another object")
    with context.refusing("set_params(scaler__mean=1)", ValueError, naming="mean"):
        estimator.set_params(scaler__mean=1)
    with context.refusing("set_params(units__mean=1)", ValueError, naming="units"):
        estimator.set_params(units__mean=1)
    require_listed(False)
    with context.doing("cloning"):
        copy = sklearn_base.clone(estimator)
    context.require(
        context.params(copy).keys() == flat.keys(), "a clone has other parameters than the original"
    )


@check(
    "INIT-10.closed-subclass",
    verifies="a routed parameter can be set on a subclass whose constructor does not take it, is "
    "listed then, and a clone has it too",
    impact="a search over the learning rate of an estimator class trains every candidate alike",
    also=["CLS-6", "INIT-4"],
    level=Level.SHOULD,
)
def closed_subclass(context: CheckContext) -> None:
    wrapper = context.wrapper

    class Closed(context.cls):  # type: ignore[name-defined, misc]
        def __init__(self, hidden: int = 3) -> None:
            super().__init__(optimizer="sgd", loss="mean_squared_error")
            self.hidden = hidden

        def _keras_build_fn(self) -> Any:
            return doubles.uncompiled(wrapper)

    estimator = context.make_of(Closed, hidden=4)
    context.call(estimator, "set_params", optimizer__learning_rate=0.125)
    with context.doing("cloning an instance of a subclass"):
        copy = sklearn_base.clone(estimator)
    X, y, *_ = doubles.dataset(wrapper)
    for one, what in ((estimator, "the estimator"), (copy, "its clone")):
        listed = context.params(one).get("optimizer__learning_rate", "nothing of the kind")
        context.require(same(listed, 0.125), f"get_params() of {what} lists {show(listed)}")
        context.fit(one, X, y)
        with context.doing("reading the learning rate of model_"):
            rate = float(context.model(one).optimizer.learning_rate)
        context.require(rate == 0.125, f"{what} should learn at a rate of 0.125; it is {rate}")

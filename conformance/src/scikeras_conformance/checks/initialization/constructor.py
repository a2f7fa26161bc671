"""INIT-1, INIT-2 and INIT-3: the constructor stores its parameters, and does nothing else."""

from itertools import product
from typing import TYPE_CHECKING, Any

from scikeras_conformance.catalog.check import Shares, check
from scikeras_conformance.checks._support.helper_models import compiled_helper, helper_builder
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.preparation import (
    accepted,
    own_parameters,
    require_free_parameters,
)
from scikeras_conformance.checks._support.properties import require_for_all_examples
from scikeras_conformance.checks._support.state import fitted_names
from scikeras_conformance.checks._support.stored_parameters import PREFIXES, require_stored
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = (
    *("list", "dict", "tuple", "array", "class", "instance", "function", "without-equality"),
    "text",
)


def _values(kind: str) -> list[Any]:
    """Return values of a kind; an empty one is a value of its own, and not None.

    A class of estimators has the methods of one, and none of them can be called.
    """
    more = [f"empty {kind}"] if kind in {"list", "dict", "array"} else []
    more += ["estimator class"] if kind == "class" else []
    return [doubles.parameter_value(one) for one in (kind, *more)]


@check(
    "INIT-1.named-parameters",
    verifies="each named parameter is stored as the same object",
    impact="clone raises, or a search tunes a copy while the original is trained",
    cases=KINDS,
)
def named_parameters(context: CheckContext) -> None:
    build = helper_builder(context)
    names = own_parameters(context)
    if "model" not in names:
        names = _without_the_model(context, build, names)
    for name, value in product(names, _values(context.case)):
        given = {"model": build, name: value}
        model = given["model"]
        stored = {**given, "model": context.as_given(model) if callable(model) else model}
        if "model" not in names:
            del stored["model"]
        require_stored(context, context.make(**given), stored)


def _without_the_model(context: CheckContext, build: Any, names: list[str]) -> list[str]:
    """Return the names without the one that an adapter makes of ``model``.

    That one either holds the builder as it was given, or cannot be given beside ``model``.
    """
    params = context.params(context.make(model=build))
    holding = [name for name in names if params[name] is context.as_given(build)]
    value = doubles.parameter_value(context.case)

    def is_other(name: str) -> bool:
        try:
            context.subject.construct(context.cls, model=build, **{name: value})
        except TypeError:
            return False
        return name not in holding

    others = [name for name in names if is_other(name)]
    if not holding and len(others) == len(names):
        context.stop("finding the parameter that stands for model", "found none")
    return others


@check(
    "INIT-1.free-parameters",
    verifies="each keyword argument for the builder is stored as the same object",
    impact="clone raises for builders with arguments, so searches over them fail",
    cases=KINDS,
)
def free_parameters(context: CheckContext) -> None:
    for value in _values(context.case):
        given = {"units": value, "kwargs": value, "args": doubles.parameter_value(context.case)}
        require_stored(context, context.make(helper_builder(context), **given), given)


@check(
    "INIT-1.routed-parameters",
    verifies="each parameter with a routing prefix is stored as the same object",
    impact="parameters such as optimizer__learning_rate cannot be cloned or tuned",
    cases=KINDS,
    needs=[Capability.ROUTED_PARAMETERS],
)
def routed_parameters(context: CheckContext) -> None:
    for value in _values(context.case):
        given = {f"{prefix}__x": value for prefix in PREFIXES}
        given["loss__1__x"] = doubles.parameter_value(context.case)
        given["callbacks__0"] = value
        require_stored(context, context.make(helper_builder(context), **given), given)


@check(
    "INIT-1.any-parameters",
    verifies="parameters of any name and value are stored together, by identity",
    impact="some names or values, such as falsy ones, are dropped or replaced",
    shares=Shares.EXAMPLES,
)
def any_parameters(context: CheckContext) -> None:
    build = helper_builder(context)

    routes = "routed-parameters" not in context.subject.not_offered

    def stores(given: dict[str, Any]) -> None:
        given = {name: value for name, value in given.items() if routes or "__" not in name}
        estimator = context.make(build, **given)
        require_stored(context, estimator, given)
        with context.doing("cloning"):
            copy = sklearn_base.clone(estimator)
        context.require(
            context.params(copy).keys() == context.params(estimator).keys(),
            "a clone has different parameters",
        )

    require_for_all_examples(stores, examples=context.examples or 50)


@check(
    "INIT-1.taken-names",
    verifies="a keyword with the name of a method or an attribute is stored, or raises an error",
    impact="a builder's argument is accepted, reads as another value, and is lost in every clone",
    cases=["method", "property", "class-attribute"],
)
def taken_names(context: CheckContext) -> None:
    name = {"method": "score", "property": "initialized_", "class-attribute": "prefixes_"}[
        context.case
    ]
    given = {name: object()}
    build = helper_builder(context)
    require_free_parameters(context)
    with context.doing(f"constructing with the keyword {name}"):
        try:
            estimator = context.subject.construct(context.cls, build, **given)
        except (TypeError, ValueError, AttributeError):
            return
    require_stored(context, estimator, given)


@check(
    "INIT-1.assigned",
    verifies="where a parameter can be assigned as an attribute, get_params returns the same "
    "object as the attribute",
    impact="an estimator shows the value that was assigned, and is cloned and built with another",
    cases=["named", "free", "routed"],
    case_needs={"routed": Capability.ROUTED_PARAMETERS},
    conditional=True,
)
def assigned(context: CheckContext) -> None:
    build = helper_builder(context)
    given: dict[str, Any] = {"units": 1, "kwargs": 2} if context.case == "free" else {}
    if given:
        require_free_parameters(context)
    if context.case == "routed":
        given = {f"{prefix}__x": 1 for prefix in PREFIXES}
    names = list(given or own_parameters(context))
    estimator = context.make(build, **given)
    taken = 0
    for name in names:
        value = object()
        if not _is_assigned(estimator, name, value):
            continue
        taken += 1
        found = context.observe.params(estimator).get(name, "nothing")
        with context.doing(f"reading the attribute {name}"):
            shown = getattr(estimator, name)
        context.require(
            found is shown,
            f"after estimator.{name} = {show(value)} the attribute is {show(shown)}, and "
            f"get_params() has {show(found)}",
        )
    if not taken:
        context.not_applicable("no parameter can be assigned, which the contract leaves open")


def _is_assigned(estimator: Any, name: str, value: Any) -> bool:
    """Assign an attribute, and return whether that raises no error; it may."""
    try:
        setattr(estimator, name, value)
    except Exception:
        return False
    return True


@check(
    "INIT-2.calls-nothing",
    verifies="the constructor calls neither the builder nor any class given as a parameter",
    impact="the model is built before the data is known, and again for every clone in a search",
    cases=["single", "list", "dict", "nested"],
    needs=[Capability.BUILDERS],
)
def calls_nothing(context: CheckContext) -> None:
    structures: dict[str, Callable[[Any], Any]] = {
        "single": lambda cls: cls,
        "list": lambda cls: [cls],
        "dict": lambda cls: {"out": cls},
        "nested": lambda cls: {"out": [cls]},
    }
    called: list[str] = []

    def build() -> Any:
        called.append("model")
        return compiled_helper(context)

    given: dict[str, Any] = {}
    logs: dict[str, list[Any]] = {}
    for name, parent in {
        "optimizer": keras.optimizers.SGD,
        "loss": keras.losses.MeanSquaredError,
        "metrics": keras.metrics.MeanSquaredError,
        "callbacks": keras.callbacks.Callback,
    }.items():
        recording, logs[name] = doubles.recording_class(parent)
        structure = structures["single" if name == "optimizer" else context.case]
        given[name] = structure(recording)
        # Positional arguments and callbacks of one method may be classes too.
        given[f"{name}__0"] = recording
        if name == "callbacks":
            given["fit__callbacks"] = structure(recording)
    context.make(model=build, units=lambda: called.append("units"), **accepted(context, **given))
    called += [name for name, log in logs.items() if log]
    context.require(not called, f"the constructor called {', '.join(called)}")


@check(
    "INIT-3.no-fitted-attributes",
    verifies="a new estimator has none of the attributes of a fitted one",
    impact="scikit-learn takes the unfitted estimator for a fitted one, and fails later",
)
def no_fitted_attributes(context: CheckContext) -> None:
    more = {
        "warm_start": True,
        "random_state": np.random.RandomState(3),
        "callbacks": [keras.callbacks.TerminateOnNaN()],
        "metrics": ["mse"],
        "validation_split": 0.25,
        "batch_size": -1,
        "class_weight": "balanced",
        "fit__epochs": 2,
    }
    for settings in ({"epochs": 2, "optimizer__learning_rate": 0.1}, more):
        given = accepted(context, **settings)
        estimator = context.make(helper_builder(context), units=1, **given)
        found = fitted_names(estimator)
        what = f"the constructor, with {', '.join(given)}," if given else "the constructor"
        context.require(not found, f"{what} created {', '.join(found)}")

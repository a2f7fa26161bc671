"""Chapter BUILD, second part: builders that are no plain functions, and all that is in meta."""

import functools
from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, check
from scikeras_conformance.checks._answers import same
from scikeras_conformance.checks._modules import probes
from scikeras_conformance.checks._state import fitted_names
from scikeras_conformance.trial import Trial, show

FUNCTIONS = ("decorated", "local-variables")
OTHERS = ("partial", "bound-method", "class", "callable-object")


def _noting(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a builder as a timer or a cache does: its signature is that of the function."""

    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inner


def _builder_of(kind: str, call: Callable[[Any, Any], Any]) -> Any:
    """Give a builder that takes `units`, and names `meta` unless it has a variable of that name."""

    def plain(units: Any = None, meta: Any = None) -> Any:
        return call(units, meta)

    def with_variables(units: Any = None) -> Any:
        meta, params, compile_kwargs = None, None, None
        del params, compile_kwargs
        return call(units, meta)

    class Other:
        def method(self, units: Any = None, meta: Any = None) -> Any:
            return call(units, meta)

        def __call__(self, units: Any = None, meta: Any = None) -> Any:
            return call(units, meta)

    class Builder:
        def __new__(cls, units: Any = None, meta: Any = None) -> Any:
            return call(units, meta)

    def three(_: int, units: Any = None, meta: Any = None) -> Any:
        return call(units, meta)

    return {
        "decorated": _noting(plain),
        "local-variables": with_variables,
        "partial": functools.partial(three, 1),
        "bound-method": Other().method,
        "class": Builder,
        "callable-object": Other(),
    }[kind]


def _is_taken(trial: Trial) -> bool:
    """Whether a wrapper takes builders of a kind at all, which is the matter of CLS-8."""
    if trial.case in FUNCTIONS:
        return True
    X, y, *_ = probes.dataset(trial.wrapper)
    build = _builder_of(trial.case, lambda *_: probes.model_for(trial.wrapper))
    try:
        trial.subject.construct(trial.cls, build).initialize(X, y)
    except (TypeError, ValueError) as error:
        # Whatever else is raised comes of taking it, and calling it in a wrong way.
        return not any(word in str(error) for word in ("model", "callable"))
    except Exception:
        return True
    return True


@check(
    "BUILD-3.by-the-signature",
    shows="a builder of any kind that the wrapper takes gets the arguments that its signature "
    "names, whatever its code or its variables are called",
    costs="a decorator, a partial, or a variable called meta, changes what a builder is called "
    "with",
    wrappers=ESTIMATORS,
    cases=[*FUNCTIONS, *OTHERS],
    also=["BUILD-1"],
)
def by_the_signature(trial: Trial) -> None:
    if not _is_taken(trial):
        return
    X, y, *_ = probes.dataset(trial.wrapper)
    seen: list[Any] = []

    def call(units: Any, meta: Any) -> Any:
        seen.append((units, meta))
        return probes.model_for(trial.wrapper)

    estimator = trial.make(_builder_of(trial.case, call), units=5)
    trial.initialize(estimator, X, y)
    trial.require(seen, "the builder was never called")
    units, meta = seen[-1]
    trial.require(same(units, 5), f"the builder should receive units=5; it received {show(units)}")
    if trial.case != "local-variables":
        trial.require(
            isinstance(meta, dict) and "n_features_in_" in meta,
            f"a builder that names meta received {show(meta)}",
        )


@check(
    "BUILD-3.keyword-only",
    shows="special and free arguments that can only be given by keyword are passed too",
    costs="a builder in today's style, with a bare star in its signature, is called without them",
    wrappers=ESTIMATORS,
    cases=["fit", "initialize"],
)
def keyword_only(trial: Trial) -> None:
    X, y, *_ = probes.dataset(trial.wrapper)
    calls: list[dict[str, Any]] = []

    def build(*, units: int, meta: Any, compile_kwargs: Any, params: Any) -> Any:
        received = {"meta": meta, "compile_kwargs": compile_kwargs, "params": params}
        calls.append({"units": units, **received})
        return probes.model_for(trial.wrapper)

    estimator = trial.make(build, units=3)
    trial.call(estimator, trial.case, X, y)
    trial.require(calls, "the builder was never called")
    received = calls[-1]
    trial.require(same(received["units"], 3), "the builder received other units")
    for name, key in (
        ("meta", "n_features_in_"),
        ("params", "units"),
        ("compile_kwargs", "optimizer"),
    ):
        value = received[name]
        trial.require(isinstance(value, dict), f"{name} is {show(value)}, no dict")
        trial.require(key in value, f"{name} does not hold {key!r}")


@check(
    "BUILD-8.unaccepted-by-others",
    shows="a keyword that a builder of another kind than a function does not accept is refused by "
    "a TypeError that names it",
    costs="a misspelt setting is dropped where the builder is a partial, a method or an object",
    wrappers=ESTIMATORS,
    cases=["decorated", *OTHERS],
)
def unaccepted_by_others(trial: Trial) -> None:
    if not _is_taken(trial):
        return
    X, y, *_ = probes.dataset(trial.wrapper)
    build = _builder_of(trial.case, lambda *_: probes.model_for(trial.wrapper))
    for name in ("breadth", "model__breadth"):
        what = f"constructing and initialising with {name}=1"
        with trial.refusing(what, TypeError, naming="breadth"):
            trial.subject.construct(trial.cls, build, **{name: 1}).initialize(X, y)


@check(
    "BUILD-4.all-attributes",
    shows="whatever public attribute of a fit the estimator has when the builder is called is in "
    "meta, for each type of target",
    costs="a builder cannot size the output of a multilabel model, or lacks what a fit found out",
)
def all_attributes(trial: Trial) -> None:
    if trial.is_classifier:
        # Several labels come in a matrix; one column of it is not what n_classes_ counts.
        sets = [
            (probes.dataset(trial.wrapper), "sigmoid"),
            (probes.classes_dataset(["a", "b", "c"]), "softmax"),
            (probes.multilabel_dataset(), "sigmoid"),
        ]
    else:
        sets = [(probes.dataset(trial.wrapper), "linear")]
    for data, activation in sets:
        _require_all_attributes(trial, data, activation)


def _require_all_attributes(trial: Trial, data: Any, activation: str) -> None:
    seen: list[tuple[list[str], Any]] = []
    made: list[Any] = []

    def build(meta: Any) -> Any:
        there = [name for name in fitted_names(made[0]) if not name.endswith("__")]
        seen.append((there, meta))
        model = probes.make_model(data, activation)
        loss = {
            "linear": "mean_squared_error",
            "sigmoid": "binary_crossentropy",
            "softmax": "sparse_categorical_crossentropy",
        }[activation]
        model.compile(optimizer=probes.zero_rate(), loss=loss)
        return model

    made.append(trial.make(build))
    trial.initialize(made[0], data.X, data.y)
    trial.require(seen, "the builder was never called")
    there, meta = seen[-1]
    trial.require(isinstance(meta, dict), f"meta is {show(meta)}, no dict")
    promised = ["classes_", "n_classes_"] if trial.is_classifier else []
    absent = sorted({*there, *promised} - set(meta))
    trial.require(
        not absent, f"for a target of shape {data.y.shape} meta lacks {', '.join(absent)}"
    )
    for name in promised:
        attribute = trial.attribute(made[0], name)
        trial.require(
            same(attribute, meta[name]),
            f"for a target of shape {data.y.shape} meta[{name!r}] is {show(meta[name])}, and the "
            f"attribute {show(attribute)}",
        )

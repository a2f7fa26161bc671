"""INIT-10 and INIT-11: a later fit leads to what a first fit leads to."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import stub_helper
from scikeras_conformance.checks._support.fit_outcomes import (
    ObservedBuilder,
    require_alike,
    stub_model,
)
from scikeras_conformance.checks._support.helper_models import (
    compiled_helper,
    helper_layer,
    helper_loss,
    loss_of_classes,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import accepted, call_if_it_works
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext


@dataclass(slots=True)
class History:
    """An earlier life of an estimator, and the fit that comes after it.

    Parameters
    ----------
    before, after : tuple
        X, y and a data set of the same rows, for the model.
    calls : tuple of (str, dict)
        The earlier calls with X and y, and their keyword arguments.
    params : dict
        Parameters of the estimator.
    between : dict
        What is set before the last fit.
    fails : bool
        Whether calls that have to fail come before the last fit.
    """

    before: tuple[Any, Any, Any]
    after: tuple[Any, Any, Any]
    calls: tuple[tuple[str, dict[str, Any]], ...] = (("fit", {}),)
    params: dict[str, Any] = field(default_factory=dict)
    between: dict[str, Any] = field(default_factory=dict)
    fails: bool = False


def _rows(data: Any) -> tuple[Any, Any, Any]:
    return data.X, data.y, data


def _two_data_sets(context: CheckContext) -> tuple[Any, Any]:
    """Return data sets that differ in what the case says, and in nothing else."""
    kind = context.case
    if not context.is_classifier:
        one = doubles.continuous_dataset()
        other = one._replace(y=one.y * 2 + 1)
        if kind == "other-number":
            return doubles.continuous_dataset(2), one
        if kind == "other-dtypes":
            return one._replace(X=one.X.astype(np.float64), y=np.rint(one.y).astype(np.int64)), one
        return other, one
    labels: dict[str, tuple[list[Any], list[Any]]] = {
        "other-number": ([0, 1, 2], [3, 5, 7, 9]),
        "other-dtypes": ([1.0, 2.0, 3.0], [1, 2, 3]),
    }
    first, second = labels.get(kind, (["a", "b", "c"], ["Z", "x", "yy"]))
    one, other = doubles.classes_dataset(first), doubles.classes_dataset(second)
    if kind == "other-dtypes":
        one = one._replace(X=one.X.astype(np.float64))
    return one, other


def _history(context: CheckContext) -> History:
    """Return the history of the case."""
    one, other = _two_data_sets(context)
    history = History(_rows(one), _rows(other))
    change = _SPECIAL.get(context.case)
    return change(context, history) if change else history


def _fewer_rows(context: CheckContext, history: History) -> History:
    del context
    X, y, data = history.after
    return replace(history, after=(X[:-3], y[:-3], data))


def _column(context: CheckContext, history: History) -> History:
    del context
    X, y, data = history.before
    return replace(history, before=(X, y[:, None], data))


def _partial_fit(context: CheckContext, history: History) -> History:
    y = history.before[1]
    if not context.is_classifier:
        return replace(history, calls=(("partial_fit", {}),))
    labels = [*np.unique(y), "z"]
    data = doubles.classes_dataset(labels)
    known = data.y != "z"
    before = (data.X[known], data.y[known], data)
    return replace(history, before=before, calls=(("partial_fit", {"classes": labels}),))


def _initialize(context: CheckContext, history: History) -> History:
    del context
    return replace(history, calls=(("initialize", {}),))


def _warm(context: CheckContext, history: History) -> History:
    on, off = (accepted(context, warm_start=value) for value in (True, False))
    return replace(history, calls=(("fit", {}), ("fit", {})), params=on, between=off)


def _keywords(context: CheckContext, history: History) -> History:
    del context
    X, y, _ = history.before
    given = {
        "sample_weight": np.linspace(0.5, 2.0, len(y)),
        "epochs": 3,
        "batch_size": 5,
        "validation_data": (X[:2], y[:2]),
    }
    return replace(history, calls=(("fit", given),))


def _frequencies(context: CheckContext, history: History) -> History:
    X, y, data = history.before
    rare = np.r_[0 : len(y) : 3, 1, 2, 4]
    given = accepted(context, class_weight="balanced") if context.is_classifier else {}
    return replace(history, before=(X[rare], y[rare], data), params=given)


def _failures(context: CheckContext, history: History) -> History:
    del context
    return replace(history, fails=True)


def _predictions(context: CheckContext, history: History) -> History:
    names = ("predict", "predict_proba", "decision_function", "score")
    nothing: dict[str, Any] = {}
    there = tuple((name, nothing) for name in names if hasattr(context.cls, name))
    return replace(history, calls=(("fit", {}), *there))


_SPECIAL: Mapping[str, Callable[[CheckContext, History], History]] = {
    "fewer-rows": _fewer_rows,
    "column": _column,
    "frequencies": _frequencies,
    "partial_fit": _partial_fit,
    "initialize": _initialize,
    "warm": _warm,
    "keywords": _keywords,
    "predictions": _predictions,
    "failures": _failures,
}

HISTORIES = ("other-values", "other-number", "other-dtypes", *_SPECIAL)


@check(
    "INIT-11.like-a-first-fit",
    verifies="after any earlier calls, a fit leads to the attributes, the training and the "
    "predictions that it leads to in a new estimator",
    impact="folds and repeated fits are trained or decoded by what an earlier call left behind",
    wrappers=ESTIMATORS,
    cases=HISTORIES,
    case_needs={
        "other-number": Capability.BUILDERS,
        "partial_fit": Capability.PARTIAL_FIT,
        "initialize": Capability.INITIALIZE,
    },
    conditional=True,
)
def like_a_first_fit(context: CheckContext) -> None:
    if context.case == "partial_fit" and context.subject.builder_protocol == "none":
        context.not_applicable("the model was built before, for all classes of partial_fit")
    history = _history(context)
    X, y, data = history.after

    def fitted(*, later: bool) -> dict[str, Any]:
        # Some subjects want a model when they are constructed.
        current = history.before[2] if later else data

        def stub() -> Any:
            return doubles.stub_model_of(
                current, context.wrapper, loss_of_classes=loss_of_classes(context)
            )

        observed = ObservedBuilder(context, stub)
        params = {**history.params, **({} if later else history.between)}
        estimator = context.make(observed.builder, **params)
        if later:
            for method, given in history.calls:
                arguments = history.before[: 1 + (method not in _OF_X)]
                if method in _OTHERS:
                    call_if_it_works(context, estimator, method, *arguments, **given)
                else:
                    context.call(estimator, method, *arguments, **given)
            if history.between:
                context.call(estimator, "set_params", **history.between)
        current = data
        if later and history.fails:
            _let_calls_fail(observed, estimator, X, y)
        if not later:
            context.fit(estimator, X, y)
            return observed.outcome(estimator, X)
        with context.doing(f"fit after {' and '.join(name for name, _ in history.calls)}"):
            context.fit(estimator, X, y)
            return observed.outcome(estimator, X)

    first, second = (fitted(later=False) for _ in range(2))
    calls = " and ".join(name for name, _ in history.calls)
    what = f"after {calls} with other data ({context.case}), fit"
    require_alike(context, what, fitted(later=True), first, second)


_OF_X = ("predict", "predict_proba", "decision_function")
_OTHERS = ("decision_function", "score")
"""Methods of which the chapter SCORE says whether they work, or no clause."""


def _let_calls_fail(observed: ObservedBuilder, estimator: Any, X: Any, y: Any) -> None:
    """Call fit with rows, and with a builder, that it cannot end well with."""
    weights = np.linspace(0.5, 2.0, len(y))

    def fail() -> Any:
        msg = "the builder of this check raises"
        raise RuntimeError(msg)

    # Whether these calls raise, and what, is what other clauses are about.
    for target in (y[:-1], None):
        with suppress(Exception):
            estimator.fit(X, target, sample_weight=weights)
    make, observed.make = observed.make, fail
    with suppress(Exception):
        estimator.fit(X, y, sample_weight=weights)
    observed.make = make


def _settings(context: CheckContext) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return parameters by case: those of the constructor, and two values of one of them."""
    loss = helper_loss(context)
    compiled = {"optimizer": "sgd", "loss": loss}
    recording, _ = doubles.recording_class(keras.losses.MeanSquaredError)
    two: dict[str, tuple[dict[str, Any], Any, Any]] = {
        "units": ({}, 3, 4),
        "model__units": ({"units": 1}, 3, 4),
        "epochs": ({}, 2, 3),
        "batch_size": ({}, 5, 6),
        "fit__epochs": ({"epochs": 1}, 2, 3),
        "fit__batch_size": ({"batch_size": 2}, 5, 6),
        "validation_split": ({}, 0.25, 0.5),
        "random_state": ({}, 5, 6),
        "optimizer": (compiled, "adam", keras.optimizers.Adagrad),
        "loss": (compiled, "mean_absolute_error", recording),
        "metrics": (compiled, ["mae"], ["mse"]),
        "optimizer__learning_rate": (compiled, 0.25, 0.125),
        "loss__reduction": ({**compiled, "loss": recording}, "sum", "mean"),
        "metrics__name": ({**compiled, "metrics": [keras.metrics.MeanSquaredError]}, "a", "b"),
        "class_weight": ({}, {0: 1.0, 1: 2.0}, {0: 3.0, 1: 2.0}),
    }
    name = context.case.removesuffix(PREPARED)
    constant, old, new = two[name]
    return constant, {name: old}, {name: new}


PREPARED = "-after-initialize"
"""The end of cases in which the estimator was not fitted before, but initialized."""


SETTINGS = (
    *("units", "model__units", "epochs", "batch_size", "fit__epochs", "fit__batch_size"),
    *("validation_split", "random_state", "optimizer", "loss", "metrics"),
    *("optimizer__learning_rate", "loss__reduction", "metrics__name", "class_weight"),
    f"loss{PREPARED}",
)


@check(
    "INIT-10.set-between-fits",
    verifies="a fit after set_params leads to what it leads to in a new estimator with that value, "
    "also if there was only an initialize before",
    impact="every candidate that is tried with one estimator is trained as the first one",
    wrappers=ESTIMATORS,
    cases=SETTINGS,
    case_needs={f"loss{PREPARED}": Capability.INITIALIZE},
    conditional=True,
)
def set_between_fits(context: CheckContext) -> None:
    constant, old, new = _settings(context)
    X, y, *_ = doubles.dataset(context.wrapper)
    given = {**constant, **old, **new}
    named = {name: value for name, value in given.items() if name != "units"}
    before = "initialize" if context.case.endswith(PREPARED) else "fit"
    what = f"after {before} and set_params({', '.join(new)}=...)"
    if accepted(context, **named).keys() != named.keys():
        context.not_applicable(f"the wrapper has no parameter {', '.join(named)}")
    if context.case == "class_weight" and not context.is_classifier:
        context.not_applicable("a regressor has no classes")

    def stub() -> Any:
        if "loss" in given:
            return stub_helper(context)
        if context.case == "random_state":
            return _random_model(context)
        return stub_model(context)

    def fitted(*, later: bool) -> dict[str, Any]:
        observed = ObservedBuilder(context, stub)
        estimator = context.make(observed.builder, **{**constant, **(old if later else new)})
        if not later:
            context.fit(estimator, X, y)
            return observed.outcome(estimator, X)
        context.call(estimator, before, X, y)
        context.predict(estimator, X)
        context.call(estimator, "set_params", **new)
        with context.doing(f"fit {what}"):
            context.fit(estimator, X, y)
            return observed.outcome(estimator, X)

    first, second = (fitted(later=False) for _ in range(2))
    require_alike(context, f"{what}, fit", fitted(later=True), first, second)


def _random_model(context: CheckContext) -> Any:
    inputs = keras.Input((doubles.dataset(context.wrapper).n_features,))
    model = doubles.StubModel(inputs, helper_layer(context)(inputs))
    model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
    return model


@check(
    "INIT-8.like-a-first-call",
    verifies="after a fit, initialize leads to the attributes, the weights and the predictions "
    "that it leads to in a new estimator",
    impact="a model that is to start anew has the weights or the history of an earlier one",
    wrappers=ESTIMATORS,
    cases=["same-values", "other-values", "other-number", "other-dtypes"],
    case_needs={"other-number": Capability.BUILDERS},
    needs=[Capability.INITIALIZE],
)
def initialize_like_a_first_call(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    before = X, y
    same_values = context.case == "same-values"
    data_sets: tuple[Any, Any] = (None, None) if same_values else _two_data_sets(context)
    if not same_values:
        before, (X, y) = ((data.X, data.y) for data in data_sets)

    current = [data_sets[0]]

    def build() -> Any:
        if same_values:
            return compiled_helper(context, off=0.5, rate=0.1, momentum=0.5)
        loss = loss_of_classes(context)
        return doubles.stub_model_of(current[0], context.wrapper, loss_of_classes=loss)

    def initialized(*, later: bool) -> dict[str, Any]:
        observed = ObservedBuilder(context, build)
        current[0] = data_sets[0 if later else 1]  # for subjects that build when constructed
        estimator = context.make(observed.builder)
        if later:
            context.fit(estimator, *before)
        current[0] = data_sets[1]
        if not later:
            context.initialize(estimator, X, y)
        else:
            context.observe.initialize(estimator, X, y)
        return observed.outcome(estimator, X, fitted=False)

    first, second = (initialized(later=False) for _ in range(2))
    what = f"after fit with {context.case.replace('-', ' ')}, initialize"
    require_alike(context, what, initialized(later=True), first, second)

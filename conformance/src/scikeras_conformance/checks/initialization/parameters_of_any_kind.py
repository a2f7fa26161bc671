"""INIT-4 and INIT-5: parameters of every kind, after every method and in clones."""

from collections import OrderedDict, defaultdict, namedtuple
from contextlib import suppress
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.descriptions import described
from scikeras_conformance.checks._support.destinations import stub_helper
from scikeras_conformance.checks._support.fit_outcomes import stub_model
from scikeras_conformance.checks._support.helper_models import helper_loss
from scikeras_conformance.checks._support.modules import doubles, keras, np, sklearn_base
from scikeras_conformance.checks._support.parameter_sets import (
    PARAMETER_SETS,
    accepted_parameters,
    fitted_with,
)
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import accepted, counted_to
from scikeras_conformance.runner.context import CheckContext


def _calls(context: CheckContext) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Return calls of every method, with and without what each may be given."""
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = {"sample_weight": np.linspace(0.5, 2.0, len(y))}
    return [
        ("fit", (X, y), {}),
        ("fit", (X, y), weights),
        ("partial_fit", (X, y), weights),
        ("predict", (X,), {}),
        ("predict", (X,), {"batch_size": 4}),
        ("predict_proba", (X,), {}),
        ("decision_function", (X,), {}),
        ("score", (X, y), {}),
        ("score", (X, y), weights),
        ("initialize", (X, y), {}),
    ]


@check(
    "INIT-5.nothing-resolved",
    verifies="no method replaces, completes or changes a parameter, or anything inside of one, "
    "that is resolved when it is used",
    impact="a clone of a used estimator has other parameters than the user wrote, and a search "
    "goes on from them",
    wrappers=ESTIMATORS,
    cases=PARAMETER_SETS,
)
def nothing_resolved(context: CheckContext) -> None:
    estimator, before = fitted_with(context, context.case, _watched)
    for method, data, given in _calls(context):
        # The first one was called already.
        if (method != "fit" or given) and hasattr(context.cls, method):
            # What does not work is what other clauses are about.
            with suppress(Exception):
                getattr(estimator, method)(*data, **given)
        touched = doubles.changed_paths(before, _watched(context, estimator))
        arguments = ", ".join(["...", *given])
        context.require(
            not touched, f"{method}({arguments}) changed the parameters at {', '.join(touched[:5])}"
        )


def _watched(context: CheckContext, estimator: Any) -> dict[str, object]:
    """Return the facts of all parameters; a generator may be drawn from."""
    params = context.params(estimator)
    facts: dict[str, object] = doubles.snapshot(params)
    return {path: fact for path, fact in facts.items() if "random_state" not in path}


@check(
    "INIT-5.lowered-learning-rate",
    verifies="a learning rate that a callback lowers is not written to the optimizer instance "
    "that was given",
    impact="each fold of a search starts with the small learning rate that the last one ended with",
    wrappers=ESTIMATORS,
    conditional=True,
    presupposes="INIT-5.instances-not-trained",
)
def lowered_learning_rate(context: CheckContext) -> None:
    class Halving(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            del epoch, logs
            self.model.optimizer.learning_rate = float(self.model.optimizer.learning_rate) / 2

    X, y, *_ = doubles.dataset(context.wrapper)
    optimizer = keras.optimizers.SGD(0.5)
    given = {"optimizer": optimizer, "loss": helper_loss(context), "callbacks": [Halving()]}
    if accepted(context, **given).keys() != given.keys():
        context.not_applicable("the wrapper has no parameters optimizer, loss and callbacks")
    estimator = context.make(lambda: stub_helper(context), **given)
    for _ in range(2):
        context.fit(estimator, X, y)
    rate = float(optimizer.learning_rate)
    context.require(
        rate == 0.5, f"the learning rate of the given optimizer became {rate}, from 0.5"
    )


Sizes = namedtuple("Sizes", ["units", "more"])  # noqa: PYI024 - copied by what it is
"""A tuple that is no plain one."""

KEPT: dict[str, Any] = {
    "RandomState": lambda: np.random.RandomState(7),
    "loss": lambda: keras.losses.MeanAbsoluteError(reduction="sum"),
    "optimizer": lambda: keras.optimizers.Adagrad(
        keras.optimizers.schedules.ExponentialDecay(0.25, 10, 0.5)
    ),
    "metrics": lambda: {"out": [keras.metrics.MeanSquaredError(name="own")], "b": "mae"},
    "callback": lambda: keras.callbacks.EarlyStopping(monitor="loss", patience=7),
    "callbacks": lambda: {"a": [keras.callbacks.EarlyStopping(patience=5)]},
    "tuple": lambda: (1, ("a", [2])),
    "dict": lambda: {"b": 1, "a": {"c": (2, 3)}},
    "other-mappings": lambda: [OrderedDict(b=1, a=2), defaultdict(list, a=[1]), Sizes(3, (4,))],
    "array": lambda: np.arange(6.0).reshape(2, 3),
    "number": lambda: 0.1 + 2.0**-40,
}
"""By kind: makes a value that a clone has to keep."""

HOLDERS: dict[str, tuple[str, ...]] = {
    "random_state": ("RandomState",),
    "loss": ("loss",),
    "optimizer": ("optimizer",),
    "metrics": ("metrics",),
    "callbacks": ("callback", "callbacks"),
    "fit__callbacks": ("callback", "callbacks"),
    "predict__callbacks": ("callback",),
    "compile__weighted_metrics": ("metrics",),
    "model__value": tuple(KEPT),
    "units": tuple(KEPT),
    "score__value": ("tuple", "dict", "other-mappings", "array", "RandomState", "number"),
}
"""By parameter: the kinds of values that it may have."""


def _holding(context: CheckContext, name: str, value: Any) -> Any:
    """Return an estimator with a parameter, or None if the wrapper has no such parameter."""
    if name != "units" and not accepted_parameters(context, {name: value}):
        return None

    def build(units: Any = None, value: Any = None) -> Any:
        del units, value
        return stub_model(context)

    return context.make(build, **{name: value})


@check(
    "INIT-4.any-value",
    verifies="a clone has the settings, the state and the containers of every value of a "
    "parameter, also one that was set later",
    impact="folds of a search are seeded, trained or stopped by other values than the user wrote",
    wrappers=ESTIMATORS,
    cases=[name for name in HOLDERS if name != "compile__weighted_metrics"],
    conditional=True,
)
def any_value(context: CheckContext) -> None:
    name = context.case
    holding = [
        (kind, estimator)
        for kind in HOLDERS[name]
        if (estimator := _holding(context, name, KEPT[kind]())) is not None
    ]
    if not holding:
        context.not_applicable(f"the wrapper has no parameter {name}")
    for kind, estimator in holding:
        _require_cloned(context, estimator, name, f"{name}, {kind}")
        for value in (KEPT[kind](), None):
            # That it can be set is what INIT-10 is about.
            with counted_to("INIT-10.settable"):
                context.call(estimator, "set_params", **{name: value})
            what = "None" if value is None else kind
            _require_cloned(context, estimator, name, f"{name}, {what}, set later")


def _require_cloned(context: CheckContext, estimator: Any, name: str, what: str) -> None:
    with context.doing(f"clone of an estimator with {what}"):
        copy = sklearn_base.clone(estimator)
        copy_of_copy = sklearn_base.clone(copy)
    wanted = described(context.params(estimator).get(name))
    for one, which in ((copy, "the clone"), (copy_of_copy, "the clone of the clone")):
        found = described(context.params(one).get(name))
        context.require(same(wanted, found), f"{which} has {name} = {found}, not {wanted}")

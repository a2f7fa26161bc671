"""Sets of parameters that a wrapper resolves, completes or makes objects of when it is used."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from scikeras_conformance.checks._support.destinations import stub_helper, subclass
from scikeras_conformance.checks._support.helper_models import (
    helper_loss,
    helper_loss_class,
)
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.state import has_compile_prefix
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext

__all__ = ["PARAMETER_SETS", "accepted_parameters", "doubling", "fitted_with"]


def doubling() -> Any:
    """Return a transformer that doubles features."""
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(_doubled)


def _doubled(X: Any) -> Any:
    return np.asarray(X) * 2


def _batches(context: CheckContext) -> dict[str, Any]:
    del context
    return {"batch_size": -1, "fit__batch_size": -1, "predict__batch_size": -1}


def _numbers(context: CheckContext) -> dict[str, Any]:
    del context
    return {
        "batch_size": np.int64(-1),
        "epochs": np.int32(2),
        "verbose": "auto",
        "random_state": None,
        "validation_split": 0,
        "fit__epochs": 1,
        "predict__batch_size": 5,
    }


def _class_weights(context: CheckContext) -> dict[str, Any]:
    # There is none for the other class.
    return {"class_weight": {1: 2.0}} if context.is_classifier else {}


def _balanced(context: CheckContext) -> dict[str, Any]:
    return {"class_weight": "balanced"} if context.is_classifier else {}


def _callbacks(context: CheckContext) -> dict[str, Any]:
    del context
    return {"callbacks": [keras.callbacks.TerminateOnNaN], "fit__callbacks": []}


def _named_callbacks(context: CheckContext) -> dict[str, Any]:
    del context
    return {
        "callbacks": {"one": keras.callbacks.EarlyStopping, "two": keras.callbacks.TerminateOnNaN},
        "callbacks__one__monitor": "loss",
    }


def _lists_of_names(context: CheckContext) -> dict[str, Any]:
    return {
        "optimizer": "sgd",
        "loss": [helper_loss(context)],
        "metrics": ["mean_absolute_error", keras.metrics.MeanSquaredError],
    }


def _dicts_of_names(context: CheckContext) -> dict[str, Any]:
    return {
        "optimizer": keras.optimizers.SGD,
        "optimizer__momentum": 0.5,
        "loss": {"out": helper_loss(context)},
        "metrics": {"out": ["mean_absolute_error", keras.metrics.MeanSquaredError]},
    }


def _metrics(*, kind: str, context: CheckContext) -> dict[str, Any]:
    one = keras.metrics.MeanSquaredError(name="own")
    structures = {
        "list": [one, "mean_absolute_error"],
        "nested-list": [[one]],
        "dict": {"out": one},
        "dict-of-lists": {"out": [one]},
        "one-name": [one, keras.metrics.MeanAbsoluteError(name="own")],
    }
    given = {
        "optimizer": doubles.sgd(0.1, momentum=0.5),
        "loss": helper_loss_class(context)(),
        "metrics": structures[kind],
    }
    if kind != "one-name" and has_compile_prefix(context):
        weighted = {"list": [], "nested-list": [[]], "dict": {}, "dict-of-lists": {"out": []}}
        other = keras.metrics.MeanSquaredError(name="weighted")
        structure: Any = weighted[kind]
        match structure:
            case [[]]:
                structure[0].append(other)
            case {"out": list()}:
                structure["out"].append(other)
            case dict():
                structure["out"] = other
            case _:
                structure.append(other)
        given["compile__weighted_metrics"] = structure
    return given


def _losses(context: CheckContext) -> dict[str, Any]:
    return {"optimizer": "sgd", "loss": {"out": helper_loss_class(context)(reduction="sum")}}


def _scorer(context: CheckContext) -> dict[str, Any]:
    if context.is_classifier:
        return {"score__normalize": False}
    return {"score__multioutput": "variance_weighted"}


def _validation(context: CheckContext) -> dict[str, Any]:
    X, y, *_ = doubles.dataset(context.wrapper)
    return {"fit__validation_data": (X[:3].copy(), y[:3].copy(), np.array([0.5, 2.0, 3.0]))}


def _partial(context: CheckContext) -> dict[str, Any]:
    del context
    return {"units": 3}


def _estimators(context: CheckContext) -> dict[str, Any]:
    from sklearn.preprocessing import StandardScaler

    del context
    return {"scaler": StandardScaler(), "random_state": np.random.RandomState(3)}


PARAMETER_SETS: Mapping[str, Callable[[CheckContext], dict[str, Any]]] = {
    "batches": _batches,
    "numbers": _numbers,
    "class-weights": _class_weights,
    "balanced": _balanced,
    "callbacks": _callbacks,
    "named-callbacks": _named_callbacks,
    "lists-of-names": _lists_of_names,
    "dicts-of-names": _dicts_of_names,
    **{
        f"metrics-{kind}": partial(lambda kind, context: _metrics(kind=kind, context=context), kind)
        for kind in ("list", "nested-list", "dict", "dict-of-lists", "one-name")
    },
    "losses": _losses,
    "scorer": _scorer,
    "validation": _validation,
    "estimators": _estimators,
    "partial": _partial,
}
"""By name: a function that returns parameters."""


def accepted_parameters(context: CheckContext, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those parameters that the wrapper has, also of those routed to compilation."""
    compiles = has_compile_prefix(context)
    return {
        name: value
        for name, value in given.items()
        if (compiles and name.startswith("compile__")) or accepted(context, **{name: value})
    }


def fitted_with(
    context: CheckContext, name: str, look: Callable[[CheckContext, Any], Any]
) -> tuple[Any, Any]:
    """Fit an estimator with parameters of a set, as far as the wrapper can fit with them.

    Whether it should, is what other clauses are about.

    Parameters
    ----------
    context : CheckContext
        The context.
    name : str
        A key of `PARAMETER_SETS`.
    look : callable
        Looks at the estimator before it is fitted.

    Returns
    -------
    tuple
        The estimator, and what `look` returned.
    """
    given = PARAMETER_SETS[name](context)
    free: dict[str, Any] = {key: given.pop(key) for key in ("scaler", "units") if key in given}
    given = {**accepted_parameters(context, given), **free}
    try:
        return _fitted(context, name, given, look)
    except Blocked:
        usable: dict[str, Any] = {}
        for key, value in given.items():
            if _can_be_fitted(context, {**usable, key: value}):
                usable[key] = value
        return _fitted(context, name, usable, look)


def _fitted(
    context: CheckContext,
    name: str,
    usable: Mapping[str, Any],
    look: Callable[[CheckContext, Any], Any],
) -> tuple[Any, Any]:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = _made(context, PARAMETER_SETS[name](context), usable)
    before = look(context, estimator)
    context.fit(estimator, X, y)
    return estimator, before


def _made(context: CheckContext, new: Mapping[str, Any], names: Mapping[str, Any]) -> Any:
    """Make an estimator with new objects for those parameters that can be used."""
    params = {name: value for name, value in new.items() if name in names}
    compiles = {"optimizer", "loss"} <= params.keys()

    def build(scaler: Any = None, units: Any = None, depth: Any = None) -> Any:
        del scaler, units, depth
        model = stub_helper(context)
        if not compiles:
            model.compile(doubles.zero_learning_rate(), loss=helper_loss(context))
        return model

    # CLS-8 is about whether it may be a partial.
    builder = partial(build, depth=[1]) if "units" in params else build
    if "fit__validation_data" in params and Capability.ENCODERS not in context.subject.not_offered:
        # Rows that the encoder leaves as they are would not show that they were replaced.
        cls = subclass(context, feature_encoder=property(lambda _: doubling()))
        return context.make_of(cls, builder, **params)
    return context.make(builder, **params)


def _can_be_fitted(context: CheckContext, params: dict[str, Any]) -> bool:
    X, y, *_ = doubles.dataset(context.wrapper)
    try:
        context.fit(_made(context, params, params), X, y)
    except Blocked:
        return False
    return True

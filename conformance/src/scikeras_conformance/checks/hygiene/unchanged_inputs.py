"""HYG-1: methods do not write to the arrays that they are given."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.parameter_sets import doubling
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.training import learner, recorder
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show

METHODS = ["fit", "partial_fit", "initialize", "predict", "score"]


def _arrays(context: CheckContext, *, dtype: str = "float32") -> dict[str, Any]:
    """Return arguments of the methods as arrays that a careless wrapper would modify."""
    X, y, *_ = doubles.dataset(context.wrapper)
    # Text labels, as users have them.
    y = np.where(y == 0, "no", "yes") if context.is_classifier else y.astype(dtype)
    weights = np.linspace(0.5, 2.0, len(y)).astype(dtype)
    return {"X": X.astype(dtype), "y": y, "sample_weight": weights}


def _ready(context: CheckContext, method: str, arrays: dict[str, Any], **params: Any) -> Any:
    """Return an estimator that `method` can be called on."""
    estimator = context.make(learner(context), **params)
    if method in ("predict", "score"):
        # With copies, so that only the method itself can modify the arrays.
        copies = {name: array.copy() for name, array in arrays.items()}
        context.fit(estimator, copies["X"], copies["y"])
    return estimator


def _use(context: CheckContext, estimator: Any, method: str, arrays: dict[str, Any]) -> None:
    X, y, weights = arrays["X"], arrays["y"], arrays["sample_weight"]
    if method == "predict":
        context.predict(estimator, X)
    elif method == "initialize":
        context.initialize(estimator, X, y)
    else:
        context.call(estimator, method, X, y, sample_weight=weights)


def _use_writable(context: CheckContext, method: str) -> None:
    """Block the check if a method does not even work with arrays that can be written to."""
    arrays = _arrays(context, dtype=context.case)
    _use(context, _ready(context, method, arrays), method, arrays)


@contextmanager
def _other_clauses_aside(method: str) -> Iterator[None]:
    """Leave it to SCORE-1 and API-6 whether ``score`` works at all."""
    try:
        yield
    except Blocked:
        if method != "score":
            raise


def _methods(context: CheckContext, names: list[str]) -> list[str]:
    """Leave out what the wrapper does not have, and score of the base wrapper."""
    return [
        name
        for name in names
        if hasattr(context.cls, name) and not (name == "score" and context.wrapper is Wrapper.BASE)
    ]


@check(
    "HYG-1.read-only",
    verifies="every method accepts read-only arrays",
    impact="memory-mapped data, and the arrays of parallel searches, cannot be used",
    cases=["float32", "float64"],
)
def read_only(context: CheckContext) -> None:
    for method in _methods(context, METHODS):
        arrays = _arrays(context, dtype=context.case)
        estimator = _ready(context, method, arrays)
        for array in arrays.values():
            array.flags.writeable = False
        with (
            _other_clauses_aside(method),
            provided(partial(_use_writable, context, method)),
            context.doing(f"{method} with read-only arrays"),
        ):
            _use(context, estimator, method, arrays)


@check(
    "HYG-1.unchanged",
    verifies="no method writes to the arrays that it is given",
    impact="the next estimator that is fitted on them silently learns from other data",
    cases=["float32", "float64"],
)
def unchanged(context: CheckContext) -> None:
    for method in _methods(context, METHODS):
        arrays = _arrays(context, dtype=context.case)
        before = {name: array.copy() for name, array in arrays.items()}
        estimator = _ready(context, method, arrays)
        with _other_clauses_aside(method):
            _use(context, estimator, method, arrays)
        changed = [name for name in arrays if not same(arrays[name], before[name])]
        context.require(not changed, f"{method} wrote to {', '.join(changed)}")


@check(
    "HYG-1.weighted-classes",
    verifies="class_weight is not multiplied into sample_weight in place",
    impact="each fit with the same weights applies the class weights once more",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["float32", "float64"],
)
def weighted_classes(context: CheckContext) -> None:
    by_label = {"no": 0.5, "yes": 3.0}
    arrays, given = _arrays(context, dtype=context.case), dict(by_label)
    weights = arrays["sample_weight"].copy()
    for method in _methods(context, ["fit", "partial_fit"]):
        _use(context, _ready(context, method, arrays, class_weight=given), method, arrays)
        context.require(
            same(arrays["sample_weight"], weights),
            f"{method} wrote to sample_weight\nwith class_weight: {show(arrays['sample_weight'])}",
        )
        context.require(same(given, by_label), f"{method} changed class_weight to {show(given)}")


@check(
    "HYG-1.later-arguments",
    verifies="fit does not change the validation data and the lists that it is given",
    impact="a second fit with the same arguments gives another result",
)
def later_arguments(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, _ = recorder()
    callbacks, held_out = [callback()], (X[:4].copy(), y[:4].copy(), np.array([0.5, 2.0, 3.0, 1]))
    before = ([callbacks[0]], tuple(part.copy() for part in held_out))
    classes = [context.cls]
    if Capability.ENCODERS not in context.subject.not_offered:
        # Rows that are encoded may be replaced by what the encoder returns.
        classes.append(subclass(context, feature_encoder=property(lambda _: doubling())))
    for cls in classes:
        estimator = context.make_of(cls, learner(context))
        context.call(estimator, "fit", X, y, callbacks=callbacks, validation_data=held_out)
        context.require(
            len(callbacks) == 1 and callbacks[0] is before[0][0],
            f"fit changed the list of callbacks that it was given: {show(callbacks)}",
        )
        context.require(same(held_out, before[1]), "fit wrote to the data for validation")
    if context.is_classifier:
        by_label = {1: 2.0}
        with suppress(Exception):  # whether it is taken, API-5 and API-11 are about
            context.make(learner(context)).fit(X, y, class_weight=by_label)
        context.require(by_label == {1: 2.0}, f"fit changed class_weight to {show(by_label)}")

"""HYG-5: unusable input is refused before training."""

from collections.abc import Callable
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.recorded_training import counting_starts
from scikeras_conformance.checks._support.training import learner
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext


def _with(array: Any, value: float) -> Any:
    """Return a copy with one value replaced."""
    other = array.astype(np.float64)
    other.ravel()[-1] = value
    return other


def _bad_calls(X: Any, y: Any) -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    """Return calls that no model, or not that of an earlier fit, takes: X, y, keywords by name."""
    ones = np.ones(len(y))
    return {
        "fewer-features": (X[:, 1:], y, {}),
        "fewer-targets": (X, y[:-1], {}),
        "more-targets": (X, np.concatenate([y, y[:1]]), {}),
        "no-targets": (X, None, {}),
        "no-rows": (X[:0], y[:0], {}),
        "one-dimension": (X[:, 0], y, {}),
        "words-in-X": (np.full(X.shape, "word"), y, {}),
        "nan-in-X": (_with(X, np.nan), y, {}),
        "infinity-in-X": (_with(X, np.inf), y, {}),
        "nan-in-y": (X, _with(y, np.nan), {}),
        "infinity-in-y": (X, _with(y, np.inf), {}),
        "fewer-weights": (X, y, {"sample_weight": ones[:-1]}),
        "more-weights": (X, y, {"sample_weight": np.ones(len(y) + 1)}),
        "nan-in-weights": (X, y, {"sample_weight": _with(ones, np.nan)}),
        "zero-weights": (X, y, {"sample_weight": 0.0 * ones}),
        "fewer-validation-targets": (X, y, {"validation_data": (X[:4], y[:3])}),
        "fewer-validation-features": (X, y, {"validation_data": (X[:4, 1:], y[:4])}),
    }


BAD_CALLS = [
    *("fewer-targets", "no-targets", "no-rows", "one-dimension", "words-in-X", "nan-in-X"),
    *("infinity-in-X", "nan-in-y", "infinity-in-y", "fewer-weights", "nan-in-weights"),
    *("zero-weights", "fewer-validation-targets", "fewer-validation-features"),
    *("more-targets", "more-weights"),
]

OF_LATER_CALLS = ["warm-fit-fewer-features", "partial_fit-fewer-features"]
"""Calls of which only an earlier fit tells that they are invalid."""


def _allows_nan(estimator: Any) -> bool:
    """Whether the tags of the subject say that it accepts NaN."""
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except Exception:
        return False


def _require_refused_first(
    context: CheckContext, what: str, call: Callable[[], object], starts: list[int]
) -> None:
    """Require an error before any training; of which type it is, the clause leaves open."""
    with context.refusing(what, Exception):
        call()
    context.require(not starts, f"{what} raised only after training had started")


@check(
    "HYG-5.bad-input",
    verifies="input that is invalid for every model raises an error before training starts",
    impact="hours of training are lost to a mistake that was visible at the start",
    wrappers=ESTIMATORS,
    cases=BAD_CALLS,
)
def bad_input(context: CheckContext) -> None:
    good_X, good_y, *_ = doubles.dataset(context.wrapper)
    X, y, keywords = _bad_calls(good_X, good_y)[context.case]
    for method in _methods(context):
        if method == "partial_fit" and "validation_data" in keywords:
            continue
        build, starts = counting_starts(learner(context))
        estimator = context.make(build)
        if context.case == "nan-in-X" and _allows_nan(estimator):
            return

        def call(estimator: Any = estimator, method: str = method) -> None:
            getattr(estimator, method)(X, y, **keywords)

        what = f"{method} with {context.case.replace('-', ' ')}"
        good_call = partial(_good_call, context, method, keywords)
        with provided(good_call):
            _require_refused_first(context, what, call, starts)
        if keywords:
            good_call()  # a method that takes no such keyword refuses all values alike


def _in_dtype_of(good: Any, given: Any) -> Any:
    """Return an array of floats in the dtype of another one, if that holds floats."""
    if isinstance(given, np.ndarray) and given.dtype.kind == good.dtype.kind == "f":
        return given.astype(good.dtype)
    return given


@check(
    "HYG-5.several-targets",
    verifies="NaN or infinity in any column of a target raises an error before training starts",
    impact="one missing number makes all weights NaN, after hours of training",
    wrappers=[Wrapper.REGRESSOR],
    cases=["nan", "infinity"],
)
def several_targets(context: CheckContext) -> None:
    data = doubles.continuous_dataset(3)
    value = np.nan if context.case == "nan" else np.inf
    for method in _methods(context):
        for column in range(3):
            build, starts = counting_starts(lambda: doubles.stub_model_of(data, context.wrapper))
            estimator = context.make(build)
            good = context.make(build)
            context.call(good, method, data.X, data.y)
            starts.clear()
            y = data.y.copy()
            y[3, column] = value
            _require_refused_first(
                context,
                f"{method} with {context.case} in column {column} of y",
                partial(getattr(estimator, method), data.X, y),
                starts,
            )


LATER = ("second-fit", "warm-fit", "partial_fit")
"""Ways to train an estimator that is fitted already."""


@check(
    "HYG-5.later-input",
    verifies="input that is invalid for every model, or for the one that is there, raises an error "
    "before training goes on, in a second fit, a warm fit and a partial_fit after a fit",
    impact="a service that receives one bad batch goes on with a model that was trained on it",
    wrappers=ESTIMATORS,
    cases=[*OF_LATER_CALLS, *(f"{way}-{name}" for way in LATER for name in BAD_CALLS)],
    conditional=True,
    presupposes="HYG-5.bad-input",
)
def later_input(context: CheckContext) -> None:
    way = next(way for way in LATER if context.case.startswith(way))
    name = context.case.removeprefix(f"{way}-")
    method = "partial_fit" if way == "partial_fit" else "fit"
    good_X, good_y, *_ = doubles.dataset(context.wrapper)
    X, y, keywords = _bad_calls(good_X, good_y)[name]
    # Another dtype than that of the fit would be refused as such.
    X, y = _in_dtype_of(good_X, X), _in_dtype_of(good_y, y)
    if method == "partial_fit" and "validation_data" in keywords:
        context.not_applicable("partial_fit need not accept validation_data")
    build, starts = counting_starts(learner(context))
    given = accepted(context, warm_start=True) if way == "warm-fit" else {}
    if way == "warm-fit" and not given:
        context.not_applicable("there is no warm_start, which API-4 is about")
    estimator = context.make(build, **given)
    if name == "nan-in-X" and _allows_nan(estimator):
        context.not_applicable("the tag allow_nan says that NaN is accepted")
    context.fit(estimator, good_X, good_y)
    starts.clear()

    def good_call() -> None:
        good = {"sample_weight": np.ones(len(good_y)), "validation_data": (good_X[:4], good_y[:4])}
        other = context.make(learner(context), **given)
        context.fit(other, good_X, good_y)
        context.call(other, method, good_X, good_y, **{key: good[key] for key in keywords})

    what = f"{way.replace('-', ' ')} after a fit, with {name.replace('-', ' ')}"
    with provided(good_call):
        _require_refused_first(
            context, what, lambda: getattr(estimator, method)(X, y, **keywords), starts
        )
    if keywords:
        good_call()


def _methods(context: CheckContext) -> list[str]:
    """Return the methods that train; not every wrapper has the second."""
    return ["fit", *(["partial_fit"] if hasattr(context.cls, "partial_fit") else [])]


def _good_call(context: CheckContext, method: str, keywords: dict[str, Any]) -> None:
    """Block the check if a method does not even work with good input."""
    X, y, *_ = doubles.dataset(context.wrapper)
    good = {"sample_weight": np.ones(len(y)), "validation_data": (X[:4], y[:4])}
    estimator = context.make(learner(context))
    context.call(estimator, method, X, y, **{name: good[name] for name in keywords})


@check(
    "HYG-5.unknown-label",
    verifies="partial_fit raises an error for an unknown label before it trains",
    impact="the batch is trained on with the code of another class, or an invalid one",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["announced", "seen"],
    needs=[Capability.PARTIAL_FIT],
)
def unknown_label(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    build, starts = counting_starts(learner(context))
    estimator = context.make(build)
    keywords = {"classes": np.unique(y)} if context.case == "announced" else {}
    context.call(estimator, "partial_fit", X, y, **keywords)
    starts.clear()
    _require_refused_first(
        context,
        "partial_fit with a label that is none of the classes",
        lambda: estimator.partial_fit(X, y + 5),
        starts,
    )


@check(
    "HYG-5.earlier-fit",
    verifies="a call that raises an error keeps the model of the earlier fit",
    impact="a service that receives one bad batch loses its model",
    cases=["fewer-targets", "one-dimension", "nan-in-X", "fewer-weights", "fewer-features"],
    level=Level.SHOULD,
)
def earlier_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    bad_X, bad_y, keywords = _bad_calls(X, y)[context.case]
    estimator = context.make(learner(context))
    context.fit(estimator, X, y)
    before = as_array(context, context.predict(estimator, X), "predict")
    for method in _methods(context):
        try:
            getattr(estimator, method)(bad_X, bad_y, **keywords)
        except Exception:  # another check is about the type of this error
            changed = f"predictions changed after a call of {method} that raised"
            try:
                after = as_array(context, context.predict(estimator, X), "predict")
            except Blocked as blocked:
                # That the earlier fit is lost is what is wrong, whatever is raised without it.
                context.fail(f"{changed}: {blocked.step} {blocked.problem}")
            context.require(same(before, after), changed)

"""Chapter HYG, first part: what a subject does with what it is given, before it trains on it."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.training import learner, recorder
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

METHODS = ["fit", "partial_fit", "initialize", "predict", "score"]

# -- HYG-1 --------------------------------------------------------------------------------------


def _arrays(context: CheckContext, *, dtype: str = "float32") -> dict[str, Any]:
    """Give what the methods take, in arrays that a careless wrapper would work in."""
    X, y, *_ = doubles.dataset(context.wrapper)
    # Targets as a user has them who never heard of encoding.
    y = np.where(y == 0, "no", "yes") if context.is_classifier else y.astype(dtype)
    weights = np.linspace(0.5, 2.0, len(y)).astype(dtype)
    return {"X": X.astype(dtype), "y": y, "sample_weight": weights}


def _ready(context: CheckContext, method: str, arrays: dict[str, Any], **params: Any) -> Any:
    """Give an estimator that `method` can be called on."""
    estimator = context.make(learner(context), verbose=0, **params)
    if method in ("predict", "score"):
        # With arrays of its own, so that nothing but the method itself is looked at.
        copies = {name: array.copy() for name, array in arrays.items()}
        context.initialize(estimator, copies["X"], copies["y"])
    return estimator


def _use(context: CheckContext, estimator: Any, method: str, arrays: dict[str, Any]) -> None:
    X, y, weights = arrays["X"], arrays["y"], arrays["sample_weight"]
    if method == "predict":
        context.predict(estimator, X)
    elif method == "initialize":
        context.initialize(estimator, X, y)
    else:
        context.call(estimator, method, X, y, sample_weight=weights)


def _methods(context: CheckContext, names: list[str]) -> list[str]:
    """Leave out what the base wrapper has not got: it has nothing to score by."""
    return [name for name in names if not (name == "score" and context.wrapper is Wrapper.BASE)]


@check(
    "HYG-1.read-only",
    verifies="arrays that must not be written to are taken by every method",
    impact="memory-mapped data, and the arrays that parallel searches hand out, cannot be used",
    cases=["float32", "float64"],
)
def read_only(context: CheckContext) -> None:
    for method in _methods(context, METHODS):
        arrays = _arrays(context, dtype=context.case)
        estimator = _ready(context, method, arrays)
        for array in arrays.values():
            array.flags.writeable = False
        with context.doing(f"{method} with read-only arrays"):
            _use(context, estimator, method, arrays)


@check(
    "HYG-1.unchanged",
    verifies="arrays that could be written to are the same after every method",
    impact="the next estimator that is fitted on them learns from other data, without a word",
    cases=["float32", "float64"],
)
def unchanged(context: CheckContext) -> None:
    for method in _methods(context, METHODS):
        arrays = _arrays(context, dtype=context.case)
        before = {name: array.copy() for name, array in arrays.items()}
        _use(context, _ready(context, method, arrays), method, arrays)
        changed = [name for name in arrays if not same(arrays[name], before[name])]
        context.require(not changed, f"{method} wrote to {', '.join(changed)}")


@check(
    "HYG-1.weighted-classes",
    verifies="sample_weight is not multiplied in place with class_weight",
    impact="each fit with the same weights weighs the classes once more",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["float32", "float64"],
)
def weighted_classes(context: CheckContext) -> None:
    by_label = {"no": 0.5, "yes": 3.0}
    arrays, given = _arrays(context, dtype=context.case), dict(by_label)
    weights = arrays["sample_weight"].copy()
    for method in ("fit", "partial_fit"):
        _use(context, _ready(context, method, arrays, class_weight=given), method, arrays)
        context.require(
            same(arrays["sample_weight"], weights),
            f"{method} with class_weight wrote to sample_weight: {show(arrays['sample_weight'])}",
        )
        context.require(same(given, by_label), f"{method} changed class_weight to {show(given)}")


@check(
    "HYG-1.later-arguments",
    verifies="data for validation and lists that fit is given are the same afterwards",
    impact="a second fit with the same arguments is another fit",
)
def later_arguments(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, _ = recorder()
    callbacks, held_out = [callback()], (X[:4].copy(), y[:4].copy())
    before = ([callbacks[0]], (held_out[0].copy(), held_out[1].copy()))
    estimator = context.make(learner(context), verbose=0)
    context.call(estimator, "fit", X, y, callbacks=callbacks, validation_data=held_out)
    context.require(
        len(callbacks) == 1 and callbacks[0] is before[0][0],
        f"fit changed the list of callbacks that it was given: {show(callbacks)}",
    )
    context.require(same(held_out, before[1]), "fit wrote to the data for validation")


# -- HYG-5 --------------------------------------------------------------------------------------


def _with(array: Any, value: float) -> Any:
    """Give a copy with one other number in it."""
    other = array.astype(np.float64)
    other.ravel()[-1] = value
    return other


def _bad_calls(X: Any, y: Any) -> dict[str, tuple[Any, Any, dict[str, Any]]]:
    """Give calls of fit that are wrong whatever the model is: X, y and keywords by name."""
    ones = np.ones(len(y))
    return {
        "fewer-targets": (X, y[:-1], {}),
        "no-targets": (X, None, {}),
        "no-rows": (X[:0], y[:0], {}),
        "one-dimension": (X[:, 0], y, {}),
        "words-in-X": (np.full(X.shape, "word"), y, {}),
        "nan-in-X": (_with(X, np.nan), y, {}),
        "infinity-in-X": (_with(X, np.inf), y, {}),
        "nan-in-y": (X, _with(y, np.nan), {}),
        "infinity-in-y": (X, _with(y, np.inf), {}),
        "fewer-weights": (X, y, {"sample_weight": ones[:-1]}),
        "nan-in-weights": (X, y, {"sample_weight": _with(ones, np.nan)}),
        "zero-weights": (X, y, {"sample_weight": 0.0 * ones}),
        "fewer-validation-targets": (X, y, {"validation_data": (X[:4], y[:3])}),
    }


BAD_CALLS = [
    *("fewer-targets", "no-targets", "no-rows", "one-dimension", "words-in-X", "nan-in-X"),
    *("infinity-in-X", "nan-in-y", "infinity-in-y", "fewer-weights", "nan-in-weights"),
    *("zero-weights", "fewer-validation-targets"),
]


def _allows_nan(estimator: Any) -> bool:
    """Whether the subject says that it takes NaN, which is then no mistake."""
    from sklearn.utils import get_tags

    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except Exception:
        return False


def _require_refused_first(
    context: CheckContext, what: str, call: Callable[[], object], seen: Any
) -> None:
    """Ask for an error, and that no training began before it."""
    with context.refusing(what, ValueError, TypeError):
        call()
    context.require(not seen.count("train"), f"{what} was refused only after training had started")


@check(
    "HYG-5.bad-input",
    verifies="input that is wrong whatever the model is, is refused before training starts",
    impact="an hour of training is lost to a mistake that was there to be seen at the start",
    wrappers=ESTIMATORS,
    cases=BAD_CALLS,
)
def bad_input(context: CheckContext) -> None:
    good_X, good_y, *_ = doubles.dataset(context.wrapper)
    X, y, keywords = _bad_calls(good_X, good_y)[context.case]
    for method in ("fit", "partial_fit"):
        if method == "partial_fit" and "validation_data" in keywords:
            continue
        callback, seen = recorder()
        estimator = context.make(learner(context), callbacks=callback, verbose=0)
        if context.case == "nan-in-X" and _allows_nan(estimator):
            return

        def call(estimator: Any = estimator, method: str = method) -> None:
            getattr(estimator, method)(X, y, **keywords)

        what = f"{method} with {context.case.replace('-', ' ')}"
        _require_refused_first(context, what, call, seen)


@check(
    "HYG-5.unknown-label",
    verifies="a label that is none of the classes is refused by partial_fit before it trains",
    impact="the batch is trained on with a code that stands for another class, or for none",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["announced", "seen"],
)
def unknown_label(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    callback, seen = recorder()
    estimator = context.make(learner(context), callbacks=callback, verbose=0)
    keywords = {"classes": np.unique(y)} if context.case == "announced" else {}
    context.call(estimator, "partial_fit", X, y, **keywords)
    seen.events.clear()
    _require_refused_first(
        context,
        "partial_fit with a label that is none of the classes",
        lambda: estimator.partial_fit(X, y + 5),
        seen,
    )


@check(
    "HYG-5.earlier-fit",
    verifies="a call that was refused leaves the model of the earlier fit as it was",
    impact="a service that is sent one bad batch has no model any more",
    cases=["fewer-targets", "one-dimension", "nan-in-X", "fewer-weights"],
    level=Level.SHOULD,
)
def earlier_fit(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    bad_X, bad_y, keywords = _bad_calls(X, y)[context.case]
    estimator = context.make(learner(context), verbose=0)
    context.fit(estimator, X, y)
    before = as_array(context, context.predict(estimator, X), "predict")
    for method in ("fit", "partial_fit"):
        try:
            getattr(estimator, method)(bad_X, bad_y, **keywords)
        except Exception:  # what is right to raise is the business of another check
            after = as_array(
                context, context.predict(estimator, X), f"predict after a bad {method}"
            )
            context.require(
                same(before, after), f"predictions are others after a {method} that was refused"
            )

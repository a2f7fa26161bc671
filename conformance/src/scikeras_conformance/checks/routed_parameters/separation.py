"""ROUTE-13, ROUTE-15 and ROUTE-16: a routed parameter reaches one destination only."""

from collections.abc import Callable
from functools import partial
from typing import Any

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.destinations import (
    KINDS,
    Destinations,
    kinds_in,
    prepared,
    require_no_leak,
    require_received,
    use,
)
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import same
from scikeras_conformance.checks._support.preparation import counted_to, try_once
from scikeras_conformance.runner.context import CheckContext, show

TUNED: dict[str, tuple[str, list[int]]] = {
    "model": ("model__alpha", [1001, 1002]),
    "fit": ("fit__batch_size", [3, 5]),
    "predict": ("predict__batch_size", [3, 5]),
    "callbacks": ("callbacks__alpha", [1001, 1002]),
    "optimizer": ("optimizer__alpha", [1001, 1002]),
    "loss": ("loss__alpha", [1001, 1002]),
    "metrics": ("metrics__alpha", [1001, 1002]),
    "metrics-by-index": ("metrics__0__alpha", [1001, 1002]),
    "score": ("score__alpha", [1001, 1002]),
}


def _predicting(estimator: Any, X: Any, y: Any) -> float:
    """Predict, and return a score for scikit-learn."""
    del y
    estimator.predict(X)
    return 0.5


@check(
    "ROUTE-13.grid-search",
    verifies="each value that a grid search tries for a routed parameter reaches its destination",
    impact="all candidates of a search are the same model, and the best one is chosen by chance",
    cases=TUNED,
)
def grid_search(context: CheckContext) -> None:
    from sklearn.model_selection import GridSearchCV

    parameter, values = TUNED[context.case]
    X, y, *_ = doubles.dataset(context.wrapper)
    destinations = Destinations(context, kinds_in({parameter: values}))
    rows = np.arange(len(X))

    def search(grid: dict[str, Any]) -> Any:
        estimator = destinations.estimator(context)
        settings: dict[str, Any] = {"cv": [(rows, rows)], "refit": False, "error_score": "raise"}
        if not parameter.startswith("score"):
            settings["scoring"] = _predicting
        GridSearchCV(estimator, grid, **settings).fit(X, y)
        return estimator

    def without() -> None:
        with context.preparing("a grid search over nothing"):
            search({})

    def cannot_be_set() -> bool:
        try:
            destinations.estimator(context).set_params(**{parameter: values[0]})
        except Exception:
            return True
        return False

    with (
        counted_to("INIT-10.settable", provided=cannot_be_set),
        provided(without),
        context.doing(f"a grid search over {parameter}"),
    ):
        searched = search({parameter: values})
    left = context.params(searched).get(parameter)
    context.require(
        not any(left is value for value in values),
        f"the search over {parameter} left {show(left)} on the estimator that it cloned",
    )
    destination, _, name = parameter.partition("__")
    name = name.rpartition("__")[2]
    seen = [call[name] for call in destinations.received(destination) if name in call]
    missed = [value for value in values if not any(same(value, one) for one in seen)]
    context.require(
        not missed, f"{parameter}: the values {missed} were not received; {show(seen)} were"
    )


OF_KERAS = (
    *("leak", "batch_size", "epochs", "name", "steps", "steps_per_epoch", "initial_epoch"),
    *("validation_freq", "validation_steps", "class_weight"),
)
"""Arguments of a builder that methods of Keras have too, and one that they do not have."""

LEAKS: dict[str, dict[str, Any]] = {
    "model": {name: 1001 + number for number, name in enumerate(OF_KERAS)},
    "fit": {"batch_size": 1002, "steps_per_epoch": 1003, "validation_freq": 1004},
    "predict": {"batch_size": 1002, "steps": 1003, "verbose": 2},
    **{
        name: {"leak": 1001, "batch_size": 1002, "epochs": 1003, "name": "leaking"}
        for name in (*KINDS, "score")
    },
}

SHARED_NAMES = (
    *("from_logits", "label_smoothing", "axis", "reduction", "gamma", "threshold", "dtype"),
    *("learning_rate", "momentum", "weight_decay", "monitor", "patience", "min_delta", "mode"),
    *("sample_weight", "class_weight", "verbose", "shuffle", "units", "ignore_class"),
)
"""Names of arguments that objects of several kinds have in Keras."""


@check(
    "ROUTE-15.prefixes-apart",
    verifies="values routed with one prefix do not reach the destinations of the others",
    impact="a parameter causes an error at another destination, or silently changes it",
    cases=LEAKS,
)
def prefixes_apart(context: CheckContext) -> None:
    require_no_leak(context, context.case, LEAKS[context.case])


@check(
    "ROUTE-15.shared-names",
    verifies="values routed with one prefix do not reach an argument of the same name elsewhere",
    impact="a setting of the loss, such as from_logits, silently changes a metric too",
    cases=KINDS,
)
def shared_names(context: CheckContext) -> None:
    given = {name: 1001 + number for number, name in enumerate(SHARED_NAMES)}
    require_no_leak(context, context.case, given)


def _refuses(context: CheckContext, what: str, call: Callable[[], object]) -> bool:
    """Whether a call raises an error that says that an argument or its value is wrong."""
    with context.doing(what):
        try:
            call()
        except (TypeError, ValueError):
            return True
    return False


@check(
    "ROUTE-15.further-underscores",
    verifies="an argument whose name contains two underscores, or starts like a prefix, is "
    "passed under its full name or raises an error",
    impact="the value of one argument is passed to another one whose name is the end of the first",
    cases=["model", "score"],
    also=["ROUTE-2", "ROUTE-9"],
)
def further_underscores(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    names = {"inner__leak": 1001, f"{context.case}__leak": 1002}

    def plain() -> None:
        use(context, Destinations(context).estimator(context), "fit", "score")

    try_once(context, plain, "fit and score of recording destinations")
    for name, value in names.items():
        destinations = Destinations(context)
        estimator = destinations.estimator(context)
        steps = {
            "set_params": partial(estimator.set_params, **{f"{context.case}__{name}": value}),
            "fit": partial(estimator.fit, X, y),
            "score": partial(estimator.score, X, y),
        }
        after = f"with {context.case}__{name}"
        if any(_refuses(context, f"{step} {after}", call) for step, call in steps.items()):
            continue
        calls = destinations.received(context.case)
        require_received(context, calls, {name: value}, f"the destination of {context.case}__")
        strange = sorted({other for call in calls for other in call} - {name, "sample_weight"})
        context.require(
            not strange, f"{context.case}__{name} was also received as {', '.join(strange)}"
        )


@check(
    "ROUTE-16.one-method-only",
    verifies="fit__callbacks run in fit only, and predict__callbacks in predict only",
    impact="a training callback runs in each prediction of a search, or one is never called",
    cases=["fit", "predict", "both", "lists"],
)
def one_method_only(context: CheckContext) -> None:
    methods = [context.case] if context.case in {"fit", "predict"} else ["fit", "predict"]
    events: dict[str, list[str]] = {}
    params: dict[str, Any] = {}
    for method in methods:
        cls, events[method] = doubles.callback_class()
        params[f"{method}__callbacks"] = [cls()] if context.case == "lists" else cls()
    calls = [name for name in ("predict", "predict_proba", "score") if hasattr(context.cls, name)]
    prepared(context, *calls, **params)
    for method, seen in events.items():
        if method == "predict":
            context.require(
                seen.count("predict") == len(calls),
                f"predict__callbacks were called {seen.count('predict')} times in "
                f"{', '.join(calls)}",
            )
        expected = {"fit": "train", "predict": "predict"}[method]
        context.require(expected in seen, f"{method}__callbacks were not called in {method}")
        others = set(seen) - {expected}
        context.require(
            not others, f"{method}__callbacks were also called in {', '.join(sorted(others))}"
        )

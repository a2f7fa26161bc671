"""SCORE-3: what a scorer receives, whatever score is given."""

from itertools import product
from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import predictions_of, same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.scoring import stub_builder
from scikeras_conformance.runner.context import CheckContext, show


def _weights(n_rows: int) -> dict[str, Any]:
    """Return weights of every kind, by words for them."""
    some = np.linspace(0.5, 2.0, n_rows)
    return {
        "no weights": None,
        "weights": some,
        "weights of which some are zero": np.where(np.arange(n_rows) % 3, some, 0.0),
        "equal weights": np.full(n_rows, 3.0),
        "weights of one": np.ones(n_rows),
        "whole weights": np.arange(n_rows) + 1,
    }


def _data(context: CheckContext) -> tuple[Any, Any]:
    """Return a data set for the model, and y."""
    if context.case == "several":
        several = (
            doubles.multilabel_dataset() if context.is_classifier else doubles.continuous_dataset(3)
        )
        return several, several.y
    one = (
        doubles.classes_dataset(["b", "a", "c"])
        if context.is_classifier
        else doubles.continuous_dataset()
    )
    return one, one.y[:, None] if context.case == "column" else one.y


@check(
    "SCORE-3.everything-at-once",
    verifies="in every score the scorer receives y as it was given, what predict returns, the "
    "weights and the score__ parameters",
    impact="a weighted score ignores settings, leaves rows out, or compares a column with a row",
    wrappers=ESTIMATORS,
    cases=["flat", "column", "several"],
    presupposes="SCORE-2.overriding",
)
def everything_at_once(context: CheckContext) -> None:
    data, y = _data(context)
    calls: list[dict[str, Any]] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        calls.append({"y_true": y_true, "y_pred": y_pred, **kwargs})
        return 0.5

    cls = subclass(context, scorer=staticmethod(scorer))
    settings: dict[str, Any] = {"alpha": 0, "beta": [1, {"a": 2}], "gamma": False}
    routed = accepted(context, **{f"score__{name}": value for name, value in settings.items()})
    settings = {name.removeprefix("score__"): value for name, value in routed.items()}
    plain, configured = (
        context.make_of(cls, stub_builder(context, data), **params) for params in ({}, routed)
    )
    for estimator in (plain, configured):
        context.fit(estimator, data.X, y)
    context.call(plain, "score", data.X, y)
    if not calls:
        context.stop(
            "score",
            "did not call the scorer of a subclass, which SCORE-2 is about",
            follows="SCORE-2.overriding",
        )
    for (words, weights), times in product(_weights(len(y)).items(), ("first", "second")):
        given = {} if weights is None else {"sample_weight": weights.copy()}
        for estimator, extra in ((plain, {}), (configured, settings)):
            what = (
                f"the {times} score with {words} and {f'score__ {extra}' if extra else 'no more'}"
            )
            calls.clear()
            with context.doing(what):
                estimator.score(data.X, y, **given)
            context.require(len(calls) == 1, f"{what} called the scorer {len(calls)} times")
            found = dict(calls[0])
            _require_equal(context, found.pop("y_true"), y, f"{what}: y_true")
            predicted = predictions_of(context, estimator, data.X)
            _require_equal(context, found.pop("y_pred"), predicted, f"{what}: y_pred")
            seen = found.pop("sample_weight", None)
            if weights is not None:
                _require_equal(context, seen, weights, f"{what}: sample_weight")
            elif seen is not None:
                context.fail(f"{what}: the scorer received sample_weight={show(seen)}")
            context.require(
                same(found, extra), f"{what}: the scorer received {show(found)}, not {show(extra)}"
            )


def _require_equal(context: CheckContext, found: Any, expected: Any, what: str) -> None:
    with context.doing(f"{what}: converting it to an array"):
        found = np.asarray(found)
    context.require(
        found.shape == expected.shape, f"{what} has shape {found.shape}, not {expected.shape}"
    )
    right = (
        np.allclose(found, expected, rtol=1e-6)
        if expected.dtype.kind == "f"
        else np.array_equal(found, expected)
    )
    context.require(right, f"{what} is {show(found)}, not {show(expected)}")

"""API-6: ``sample_weight``."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, check
from scikeras_conformance.checks._support.helper_models import helper_target
from scikeras_conformance.checks._support.likely_mistakes import mistakes_with_weights
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import plain_use, provided
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.training import (
    learner,
    likeness,
    require_weights,
    same_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show


def _with_fractions(context: CheckContext, X: Any, weights: Any) -> tuple[Any, Any]:
    """Return features, whole numbers in some cases, and weights that are no whole numbers."""
    X = np.rint(X * 2).astype(np.int64) if "whole-numbers" in context.case else X
    return X, weights / 4


@check(
    "API-6.sample-weight",
    verifies="fit and partial_fit use sample_weight in training",
    impact="weights are accepted and have no effect",
    wrappers=ESTIMATORS,
    cases=[
        *("array", "list", "integers", "float32", "equal", "partial_fit", "second-partial_fit"),
        *("column", "fractions", "fractions-beside-whole-numbers"),
        "fractions-beside-whole-numbers-partial_fit",
    ],
)
def sample_weight(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.arange(len(y)) % 4 * 2 + 1.0
    if context.case == "equal":
        weights = np.full(len(y), 3.0)  # which scale the loss
    if context.case.startswith("fractions"):
        X, weights = _with_fractions(context, X, weights)
    y = y[:, None] if context.case == "column" else y
    given = {
        "list": weights.tolist(),
        "integers": weights.astype(np.int64),
        "float32": weights.astype(np.float32),
    }.get(context.case, weights.copy())
    build = learner(context)
    estimator, expected = context.make(build), build()
    if context.case == "second-partial_fit":
        context.call(estimator, "partial_fit", X, y)
        train(expected, X, helper_target(context, y))
    method = "partial_fit" if "partial_fit" in context.case else "fit"
    with provided(plain_use(context, method)):
        context.observe.call(estimator, method, X, y, sample_weight=given)
    target = helper_target(context, y)
    train(expected, X, target, sample_weight=weights)
    earlier = 1 if context.case == "second-partial_fit" else 0
    mistakes = mistakes_with_weights(build, X, target, weights, earlier=earlier)
    require_weights(context, estimator, expected, f"those of {method} with sample_weight", mistakes)


@check(
    "API-6.some-zero",
    verifies="samples with weight zero are not trained on",
    impact="excluded samples still influence the model",
)
def some_zero(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.ones(len(y))
    weights[::3] = 0.0
    build = learner(context)
    estimator = context.make(build)
    with provided(plain_use(context)):
        context.observe.call(estimator, "fit", X, y, sample_weight=weights)
    # Keras counts such samples in the mean, but a wrapper may leave them out beforehand.
    kept = weights > 0
    target = helper_target(context, y)
    counted = train(build(), X, target, sample_weight=weights).get_weights()
    left_out = train(build(), X[kept], helper_target(context, y[kept])).get_weights()
    found = context.model(estimator).get_weights()
    if same_weights(found, counted) or same_weights(found, left_out):
        return
    alike = likeness(found, mistakes_with_weights(build, X, target, weights))
    context.fail(
        "the weights of the model are not those of training without the samples of weight zero"
        f"{f', but {alike}' if alike else ''}: {show(found[:1])}"
    )


@check(
    "API-6.score",
    verifies="score accepts sample_weight",
    impact="a weighted search ranks candidates by an unweighted score",
    wrappers=ESTIMATORS,
    cases=["whole", "fractions", "fractions-beside-whole-numbers"],
    also=["SCORE-3"],
)
def score_weight(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.where(np.arange(len(y)) % 2, 5.0, 1.0)
    if context.case.startswith("fractions"):
        X, weights = _with_fractions(context, X, weights)
    estimator = context.make(learner(context))
    context.fit(estimator, X, y)
    predicted = as_array(context, context.predict(estimator, X), "predict")
    metric = accuracy_score if context.is_classifier else r2_score
    with context.preparing("scoring the predictions"):
        expected = metric(y, predicted, sample_weight=weights)
    with provided(lambda: context.call(estimator, "score", X, y)):
        found = context.observe.call(estimator, "score", X, y, sample_weight=weights)
    with context.doing("comparing the result of score"):
        right = bool(np.isclose(found, expected))
    context.require(right, f"score should be {expected}; it is {show(found)}")


@check(
    "API-6.all-zero-score",
    verifies="score raises a ValueError for weights that are all zero",
    impact="a fold without any weight gets a score, which ranks candidates by chance",
    wrappers=ESTIMATORS,
)
def all_zero_score(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(learner(context))
    context.fit(estimator, X, y)
    context.call(estimator, "score", X, y, sample_weight=np.ones(len(y)))
    with context.refusing("score with zero weights", ValueError):
        estimator.score(X, y, sample_weight=np.zeros(len(y)))


@check(
    "API-6.all-zero",
    verifies="weights that are all zero raise a ValueError",
    impact="a fold without any weight seems to be trained, and its scores are random",
    cases=["fit", "partial_fit", "second-partial_fit"],
)
def all_zero(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(learner(context))
    if context.case == "second-partial_fit":
        context.call(estimator, "partial_fit", X, y)
    method = "fit" if context.case == "fit" else "partial_fit"

    def some_weights() -> None:
        other = context.make(learner(context))
        context.call(other, method, X, y, sample_weight=np.ones(len(y)))

    with (
        provided(some_weights),
        context.refusing(f"{method} with zero weights", ValueError),
    ):
        getattr(estimator, method)(X, y, sample_weight=np.zeros(len(y)))

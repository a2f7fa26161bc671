"""SCORE-5: the scorers of scikit-learn in cross-validation."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.preparation import (
    require_one_unit_trains,
    require_probabilities_exist,
)
from scikeras_conformance.checks._support.scoring import require_score, stub_builder
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _cross_validated(context: CheckContext, data: Any, scoring: str, truth: Any) -> Any:
    """Return the mean score of a model that predicts `data`, compared with the truth."""
    from sklearn.model_selection import cross_validate

    estimator = context.make(stub_builder(context, data))
    method = "predict_proba" if scoring == "neg_log_loss" else "predict"

    def works_alone() -> None:
        other = context.make(stub_builder(context, data))
        context.fit(other, data.X, data.y)
        context.call(other, method, data.X)

    with provided(works_alone), context.doing(f"cross_validate(scoring={scoring!r})"):
        scores = cross_validate(
            estimator, data.X, truth, cv=2, scoring=scoring, error_score="raise"
        )
        return float(np.mean(scores["test_score"]))


SCORERS: dict[str, tuple[str, Any, bool]] = {
    "roc_auc-sigmoid": ("roc_auc", [0, 1], True),
    "roc_auc-softmax": ("roc_auc", ["no", "yes"], False),
    "neg_log_loss-sigmoid": ("neg_log_loss", ["no", "yes"], True),
    "neg_log_loss-three": ("neg_log_loss", ["a", "b", "c"], False),
    "f1_macro-sigmoid": ("f1_macro", [0, 1], True),
    "f1_macro-three": ("f1_macro", ["a", "b", "c"], False),
}


@check(
    "SCORE-5.classifier-scorers",
    verifies="roc_auc, neg_log_loss and f1_macro work in cross-validation, and a good model "
    "scores higher",
    impact="model selection by a score other than accuracy fails, or picks the worst model",
    wrappers=CLASSIFIER,
    cases=SCORERS,
    presupposes="CLS-5.estimator-type",
    conditional=True,
)
def classifier_scorers(context: CheckContext) -> None:
    scoring, labels, sigmoid = SCORERS[context.case]
    if scoring == "neg_log_loss":
        require_probabilities_exist(context)
    if sigmoid:
        require_one_unit_trains(context)
    good = doubles.classes_dataset(labels, sigmoid=sigmoid).softened()
    # Each class gets the probability of the next.
    bad = good._replace(kernel=-good.kernel if sigmoid else np.roll(good.kernel, 1, axis=1))
    _require_ranking(context, scoring, good, bad)


@check(
    "SCORE-5.regressor-scorers",
    verifies="neg_mean_squared_error and r2 work in cross-validation, and a good model scores "
    "higher",
    impact="model selection by squared error fails, or picks the worst model",
    wrappers=REGRESSOR,
    cases=["neg_mean_squared_error", "r2", "neg_mean_squared_error-several"],
)
def regressor_scorers(context: CheckContext) -> None:
    scoring, _, several = context.case.partition("-")
    good = doubles.continuous_dataset(2 if several else 1)
    bad = good._replace(kernel=good.kernel + np.float32(0.5))
    _require_ranking(context, scoring, good, bad)


PERFECT = {"roc_auc": 1.0, "f1_macro": 1.0, "neg_mean_squared_error": 0.0, "r2": 1.0}


def _require_ranking(context: CheckContext, scoring: str, good: Any, bad: Any) -> None:
    best = _cross_validated(context, good, scoring, good.y)
    worst = _cross_validated(context, bad, scoring, good.y)
    if scoring in PERFECT:
        require_score(context, best, PERFECT[scoring], f"{scoring} of a good model")
    context.require(best > worst, f"{scoring}: a good model scores {best}, a bad one {worst}")

"""SCORE-1, SCORE-3 and SCORE-4: accuracy and R-squared."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_model
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import predictions_of
from scikeras_conformance.checks._support.preparation import require_one_unit_trains
from scikeras_conformance.checks._support.scoring import fitted_stub, require_score, score
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]
LABELS: dict[str, Any] = {
    "binary": [0, 1],
    "text": ["no", "yes"],
    "multiclass": ["a", "b", "c"],
    "column": [3, 5, 7],
}


def _partly_wrong(y: Any) -> Any:
    """Return a target that differs from the predictions in exactly the first three rows."""
    others = np.roll(np.unique(y), 1)
    return np.concatenate([others[np.searchsorted(np.unique(y), y[:3])], y[3:]])


def _in_several_batches(data: Any) -> Any:
    """Return data of more rows than a batch of Keras has, the last of which is not complete."""
    rows = 32 + 3
    return data._replace(X=np.resize(data.X, (rows, data.n_features)), y=np.resize(data.y, rows))


def _predicted_after_a_change(context: CheckContext, estimator: Any, data: Any) -> Any:
    """Change the weights, as further training does, and return the predictions then.

    None, if predictions do not follow the model, which is not what a score is about.
    """
    before = predictions_of(context, estimator, data.X)
    model = context.model(estimator)
    with context.preparing("setting the weights of model_"):
        model.set_weights([-weights for weights in model.get_weights()])
    after = predictions_of(context, estimator, data.X)
    return None if after.shape != before.shape or np.array_equal(before, after) else after


@check(
    "SCORE-1.accuracy",
    verifies="score of the classifier is the accuracy",
    impact="a search ranks candidates by another number than accuracy",
    wrappers=CLASSIFIER,
    cases=[*LABELS, "sigmoid", "multilabel", "many-rows"],
)
def accuracy(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score

    if context.case == "multilabel":
        data = doubles.multilabel_dataset()
        truth = np.concatenate([1 - data.y[:3, :1], data.y[3:, :1]])
        truth = np.hstack([truth, data.y[:, 1:]])
    else:
        if context.case == "sigmoid":
            require_one_unit_trains(context)
        labels = LABELS.get(context.case, [0, 1])
        data = doubles.classes_dataset(labels, sigmoid=context.case == "sigmoid")
        data = _in_several_batches(data) if context.case == "many-rows" else data
        truth = _partly_wrong(data.y)
    expected = accuracy_score(truth, data.y)
    if context.case == "column":
        data, truth = data._replace(y=data.y.reshape(-1, 1)), truth.reshape(-1, 1)
    estimator = fitted_stub(context, data)
    require_score(context, score(context, estimator, data.X, truth), expected, "score")
    require_score(context, score(context, estimator, data.X, data.y), 1.0, "a perfect score")
    if (predicted := _predicted_after_a_change(context, estimator, data)) is not None:
        expected = accuracy_score(data.y, predicted)
        found = score(context, estimator, data.X, data.y)
        require_score(context, found, expected, "the score of a model that was changed")


@check(
    "SCORE-1.r-squared",
    verifies="score of the regressor is R-squared",
    impact="a regressor is scored by accuracy, which fails or is always zero",
    wrappers=REGRESSOR,
    cases=["one", "column", "several", "many-rows"],
)
def r_squared(context: CheckContext) -> None:
    from sklearn.metrics import r2_score

    data = doubles.continuous_dataset(3 if context.case == "several" else 1)
    if context.case == "column":
        data = data._replace(y=data.y.reshape(-1, 1))
    data = _in_several_batches(data) if context.case == "many-rows" else data
    near = data.y + np.where(data.y > data.y.mean(), 0.5, -0.25)
    # Worse than the mean: R-squared has no lower bound.
    for truth in (data.y, near.astype(data.y.dtype), -data.y):
        expected = r2_score(truth, data.y)
        estimator = fitted_stub(context, data)
        require_score(context, score(context, estimator, data.X, truth), expected, "score")
    if (predicted := _predicted_after_a_change(context, estimator, data)) is not None:
        expected = r2_score(truth, predicted)
        found = score(context, estimator, data.X, truth)
        require_score(context, found, expected, "the score of a model that was changed")


@check(
    "SCORE-3.weighted-default",
    verifies="accuracy and R-squared are weighted if score is given sample_weight",
    impact="rows that should not count are counted in full",
    wrappers=ESTIMATORS,
)
def weighted_default(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    data = _in_several_batches(helper_model(context).data)
    weights = np.linspace(0.25, 2.0, len(data.y))
    if context.is_classifier:
        truth, function = _partly_wrong(data.y), accuracy_score
    else:
        shift = np.linspace(-1.0, 2.0, len(data.y), dtype=data.y.dtype)
        truth, function = data.y + shift, r2_score
    estimator = fitted_stub(context, data)
    found = score(context, estimator, data.X, truth, sample_weight=weights)
    expected = function(truth, data.y, sample_weight=weights)
    require_score(context, found, expected, "a weighted score")


@check(
    "SCORE-4.base",
    verifies="score of the base wrapper raises NotImplementedError, because it has no scorer",
    impact="score returns an arbitrary number, or raises an unclear error",
    wrappers=[Wrapper.BASE],
)
def base(context: CheckContext) -> None:
    data = helper_model(context).data
    estimator = fitted_stub(context, data)
    context.predict(estimator, data.X)
    with context.refusing("score of the base wrapper", NotImplementedError):
        estimator.score(data.X, data.y)

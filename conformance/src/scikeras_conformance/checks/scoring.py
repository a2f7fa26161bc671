"""Chapter SCORE: what score computes, and out of what."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import ALL, ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.destinations import subclass
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.runner.context import CheckContext, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _builder(context: CheckContext, data: Any) -> Callable[[], Any]:
    """Give a builder of a compiled model that answers `data`, and stays as it is."""

    def build() -> Any:
        return doubles.idle_model_of(data, context.wrapper)

    return build


def _fitted(context: CheckContext, data: Any, cls: Any = None, **params: Any) -> Any:
    estimator = context.make_of(cls or context.cls, _builder(context, data), **params)
    context.fit(estimator, data.X, data.y)
    return estimator


def _require_score(context: CheckContext, found: Any, expected: Any, what: str) -> None:
    """Ask for a number that is the expected one."""
    with context.doing(f"reading what {what} gave, {show(found)}, as a number"):
        right = bool(np.isclose(float(found), float(expected), atol=1e-3))
    context.require(right, f"{what} should give {expected}; it gave {show(found)}")


# -- SCORE-1 ------------------------------------------------------------------------------------

LABELS: dict[str, Any] = {
    "binary": [0, 1],
    "text": ["no", "yes"],
    "multiclass": ["a", "b", "c"],
    "column": [3, 5, 7],
}


def _partly_wrong(y: Any) -> Any:
    """Give a target of which the right answers miss the first three rows, and those only."""
    others = np.roll(np.unique(y), 1)
    return np.concatenate([others[np.searchsorted(np.unique(y), y[:3])], y[3:]])


@check(
    "SCORE-1.accuracy",
    verifies="score of the classifier is the share of rows that are predicted right",
    impact="searches choose by a number that is not the one that was meant",
    wrappers=CLASSIFIER,
    cases=[*LABELS, "sigmoid", "multilabel"],
)
def accuracy(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score

    if context.case == "multilabel":
        data = doubles.multilabel_dataset()
        truth = np.concatenate([1 - data.y[:3, :1], data.y[3:, :1]])
        truth = np.hstack([truth, data.y[:, 1:]])
    else:
        labels = LABELS.get(context.case, [0, 1])
        data = doubles.classes_dataset(labels, sigmoid=context.case == "sigmoid")
        truth = _partly_wrong(data.y)
    expected = accuracy_score(truth, data.y)
    if context.case == "column":
        data, truth = data._replace(y=data.y.reshape(-1, 1)), truth.reshape(-1, 1)
    estimator = _fitted(context, data)
    _require_score(context, context.call(estimator, "score", data.X, truth), expected, "score")
    _require_score(
        context, context.call(estimator, "score", data.X, data.y), 1.0, "a perfect score"
    )


@check(
    "SCORE-1.r-squared",
    verifies="score of the regressor is R-squared",
    impact="a regressor is scored by accuracy, which fails or is always zero",
    wrappers=REGRESSOR,
    cases=["one", "column", "several"],
)
def r_squared(context: CheckContext) -> None:
    from sklearn.metrics import r2_score

    data = doubles.continuous_dataset(3 if context.case == "several" else 1)
    if context.case == "column":
        data = data._replace(y=data.y.reshape(-1, 1))
    near = data.y + np.where(data.y > data.y.mean(), 0.5, -0.25)
    # Worse than the mean: R-squared has no lower bound.
    for truth in (data.y, near.astype(data.y.dtype), -data.y):
        expected = r2_score(truth, data.y)
        estimator = _fitted(context, data)
        _require_score(context, context.call(estimator, "score", data.X, truth), expected, "score")


# -- SCORE-2 ------------------------------------------------------------------------------------


def _agreement(y_true: Any, y_pred: Any) -> float:
    """Score by something that is neither accuracy nor R-squared."""
    same_size = np.asarray(y_true).size == np.asarray(y_pred).size
    return len(y_true) * 10.0 if same_size else -1.0


def _static(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
    return _agreement(y_true, y_pred) * float(kwargs.get("factor", 1.0))


def _regular(self: Any, y_true: Any, y_pred: Any, **kwargs: Any) -> float:
    return _static(y_true, y_pred, **kwargs) if hasattr(self, "model_") else -1.0


def _of_class(cls: Any, /, y_true: Any, y_pred: Any, **kwargs: Any) -> float:
    return _static(y_true, y_pred, **kwargs) if hasattr(cls, "scorer") else -1.0


SCORING: dict[str, Any] = {
    "static": staticmethod(_static),
    "method": _regular,
    "class-method": classmethod(_of_class),
}


@check(
    "SCORE-2.overriding",
    verifies="score returns what the scorer of a subclass returned",
    impact="the documented way to score otherwise is ignored, and searches go on by accuracy",
    cases=[*SCORING, "static-with-keywords", "method-with-keywords"],
)
def overriding(context: CheckContext) -> None:
    data = doubles.dataset(context.wrapper)
    kind, _, keywords = context.case.partition("-with-")
    factor = {"score__factor": 3.0} if keywords else {}
    estimator = _fitted(context, data, subclass(context, scorer=SCORING[kind]), **factor)
    expected = len(data.y) * 10.0 * factor.get("score__factor", 1.0)
    found = context.call(estimator, "score", data.X, data.y)
    _require_score(context, found, expected, "score with a scorer of its own")


# -- SCORE-3 ------------------------------------------------------------------------------------


def _scored(context: CheckContext, data: Any, *weights: Any, **given: Any) -> dict[str, Any]:
    """Give what the scorer received when score was called."""
    weighted = {name: given.pop(name) for name in ("sample_weight",) if name in given}
    calls: list[dict[str, Any]] = []

    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        calls.append({"y_true": y_true, "y_pred": y_pred, **kwargs})
        return 0.5

    estimator = _fitted(context, data, subclass(context, scorer=staticmethod(scorer)), **given)
    context.call(estimator, "score", data.X, data.y, *weights, **weighted)
    context.require(len(calls) == 1, f"score called the scorer {len(calls)} times")
    return calls[0]


def _require_values(context: CheckContext, found: Any, expected: Any, what: str) -> None:
    found = as_array(context, found, what)
    context.require(
        found.shape == expected.shape, f"{what} has shape {found.shape}, not {expected.shape}"
    )
    with context.doing(f"comparing {what}"):
        if expected.dtype.kind == "f":
            right = bool(np.allclose(found, expected, atol=1e-3))
        else:
            right = bool(found.tolist() == expected.tolist())
    context.require(right, f"{what} is {show(found)}, not {show(expected)}")


OWN_LABELS: dict[str, Any] = {
    "text": ["no", "yes"],
    "three": ["a", "b", "c"],
    "minus-plus": [-1, 1],
    "bool": [False, True],
}


@check(
    "SCORE-3.own-labels",
    verifies="the scorer receives y and the predictions in the labels that the user gave",
    impact="a scorer that knows its classes, pos_label='yes' for instance, fails or is wrong",
    wrappers=CLASSIFIER,
    cases=[*OWN_LABELS, "multilabel"],
)
def own_labels(context: CheckContext) -> None:
    if context.case == "multilabel":
        data = doubles.multilabel_dataset()
    else:
        data = doubles.classes_dataset(OWN_LABELS[context.case])
    received = _scored(context, data)
    for name in ("y_true", "y_pred"):
        _require_values(context, received[name], data.y, f"{name} of the scorer")


@check(
    "SCORE-3.own-values",
    verifies="the scorer of the regressor receives y and the predictions in their own scale and shape",
    impact="an error is computed on columns against rows, and broadcast to nonsense",
    wrappers=REGRESSOR,
    cases=["one", "several"],
)
def own_values(context: CheckContext) -> None:
    data = doubles.continuous_dataset(1 if context.case == "one" else 3)
    # Digits that are lost where y is cast to the type that models compute in.
    data = data._replace(y=data.y.astype(np.float64) * (1 + 2.0**-40))
    received = _scored(context, data)
    for name in ("y_true", "y_pred"):
        _require_values(context, received[name], data.y, f"{name} of the scorer")
    truth = as_array(context, received["y_true"], "y_true of the scorer")
    with context.doing("comparing y_true of the scorer"):
        exact = bool(np.array_equal(truth, data.y))
    context.require(exact, "y_true of the scorer has lost digits")


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


@check(
    "SCORE-3.arguments",
    verifies="the scorer receives the score__ parameters, and none that were meant for others",
    impact="a scorer with arguments of its own fails, or is called with those of something else",
    wrappers=ALL,
)
def arguments(context: CheckContext) -> None:
    given = {"alpha": [1, {"a": 2}], "beta": None, "labels": "own"}
    routed = {f"score__{name}": value for name, value in given.items()}
    others = {"fit__batch_size": 5, "predict__batch_size": 6, "batch_size": 7}
    received = _scored(context, doubles.dataset(context.wrapper), **routed, **others)
    found = {name: received[name] for name in given if name in received}
    context.require(
        same(found, given), f"the scorer should receive {given}; it received {show(received)}"
    )
    # To have no weights and to be given None for them is the same to a scorer.
    weights = received.get("sample_weight")
    context.require(weights is None, f"the scorer received sample_weight={show(weights)}")
    strange = [name for name, value in others.items() if value in map(_number, received.values())]
    context.require(not strange, f"the scorer received the values of {', '.join(strange)}")


@check(
    "SCORE-3.sample-weight",
    verifies="the scorer receives the sample_weight that score was given",
    impact="a weighted score is silently an unweighted one",
    cases=["keyword", "position", "list"],
)
def sample_weight(context: CheckContext) -> None:
    data = doubles.dataset(context.wrapper)
    weights = np.linspace(0.5, 2.0, len(data.y))
    if context.case == "position":
        received = _scored(context, data, weights)
    else:
        value = weights.tolist() if context.case == "list" else weights
        received = _scored(context, data, sample_weight=value)
    context.require("sample_weight" in received, "the scorer did not receive sample_weight")
    _require_values(context, received["sample_weight"], weights, "sample_weight of the scorer")


@check(
    "SCORE-3.weighted-default",
    verifies="accuracy and R-squared are weighted when score is given sample_weight",
    impact="rows that should not count, count in full",
    wrappers=ESTIMATORS,
)
def weighted_default(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    data = doubles.dataset(context.wrapper)
    weights = np.linspace(0.25, 2.0, len(data.y))
    if context.is_classifier:
        truth, function = _partly_wrong(data.y), accuracy_score
    else:
        shift = np.linspace(-1.0, 2.0, len(data.y), dtype=data.y.dtype)
        truth, function = data.y + shift, r2_score
    estimator = _fitted(context, data)
    found = context.call(estimator, "score", data.X, truth, sample_weight=weights)
    expected = function(truth, data.y, sample_weight=weights)
    _require_score(context, found, expected, "a weighted score")


# -- SCORE-4, SCORE-5 ---------------------------------------------------------------------------


@check(
    "SCORE-4.base",
    verifies="score of the base wrapper, which has no scoring function, raises NotImplementedError",
    impact="a number comes back that nobody chose, or an error that explains nothing",
    wrappers=[Wrapper.BASE],
)
def base(context: CheckContext) -> None:
    data = doubles.dataset(context.wrapper)
    estimator = _fitted(context, data)
    with context.refusing("score of the base wrapper", NotImplementedError):
        estimator.score(data.X, data.y)


def _cross_validated(context: CheckContext, data: Any, scoring: str, truth: Any) -> Any:
    """Give the mean score of a model that answers `data`, held against the truth."""
    from sklearn.model_selection import cross_validate

    estimator = context.make(_builder(context, data))
    with context.doing(f"cross_validate(scoring={scoring!r})"):
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
    verifies="roc_auc, neg_log_loss and f1_macro work in cross-validation and rank models rightly",
    impact="model selection by anything but accuracy fails, or picks the worst model",
    wrappers=CLASSIFIER,
    cases=SCORERS,
)
def classifier_scorers(context: CheckContext) -> None:
    scoring, labels, sigmoid = SCORERS[context.case]
    good = doubles.classes_dataset(labels, sigmoid=sigmoid).softened()
    # Each class is answered with the probability of the next.
    bad = good._replace(kernel=-good.kernel if sigmoid else np.roll(good.kernel, 1, axis=1))
    _require_ranking(context, scoring, good, bad)


@check(
    "SCORE-5.regressor-scorers",
    verifies="neg_mean_squared_error and r2 work in cross-validation and rank models rightly",
    impact="model selection by the squared error fails, or picks the worst model",
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
        _require_score(context, best, PERFECT[scoring], f"{scoring} of a model that is right")
    context.require(
        best > worst, f"{scoring}: a model that is right gets {best}, a wrong one gets {worst}"
    )

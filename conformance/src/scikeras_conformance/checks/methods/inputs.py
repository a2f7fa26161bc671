"""Chapter API, third part: weights of samples and classes, validation data, later data."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.training import (
    column,
    learner,
    read_history,
    require_both_named,
    require_weights,
    same_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show

# -- API-5 --------------------------------------------------------------------------------------

LABELS: dict[str, list[Any]] = {
    "numbers": [3, 7],
    "text": ["no", "yes"],
    "bool": [False, True],
    "balanced": [0, 1],
    "balanced-text": ["no", "yes"],
    "multiplied": [0, 1],
    "partial_fit": [0, 1],
}


def _uneven(labels: list[Any]) -> tuple[Any, Any, Any]:
    """Give X, labels and codes of two classes, one of which is rarer."""
    data = doubles.classes_dataset(labels, sigmoid=True)
    X, y = data.X[:5], data.y[:5]
    return X, y, np.searchsorted(labels, y)


@check(
    "API-5.class-weight",
    verifies="class_weight weighs samples by their label, by rarity if balanced, times sample_weight",
    impact="rare classes are ignored although the user asked to weigh them, or the wrong ones weigh",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
)
def class_weight(context: CheckContext) -> None:
    labels = LABELS[context.case]
    X, y, codes = _uneven(labels)
    balanced = context.case.startswith("balanced")
    by_code = len(y) / (2 * np.bincount(codes)) if balanced else np.array([0.5, 3.0])
    given: Any = "balanced" if balanced else dict(zip(labels, by_code.tolist(), strict=True))
    weights = by_code[codes]
    keywords: dict[str, Any] = {}
    if context.case == "multiplied":
        keywords["sample_weight"] = np.linspace(0.5, 2.0, len(y))
        weights = weights * keywords["sample_weight"]
    build = learner(context)
    estimator = context.make(build, class_weight=given)
    method = "partial_fit" if context.case == "partial_fit" else "fit"
    context.call(estimator, method, X, y, **keywords)
    expected = train(build(), X, column(codes), sample_weight=weights)
    require_weights(context, estimator, expected, f"those of training with class_weight={given}")


@check(
    "API-5.arrays-kept",
    verifies="the arrays and the dict that were given are not changed",
    impact="a second fit with the same sample_weight weighs the classes twice",
    wrappers=[Wrapper.CLASSIFIER],
    also=["HYG-1", "INIT-5"],
    cases=["fit", "partial_fit"],
)
def arrays_kept(context: CheckContext) -> None:
    X, y, _ = _uneven(["no", "yes"])
    given = {"X": X, "y": y, "sample_weight": np.linspace(0.5, 2.0, len(y))}
    before = {name: array.copy() for name, array in given.items()}
    by_label = {"no": 0.5, "yes": 3.0}
    weight = dict(by_label)
    estimator = context.make(learner(context), class_weight=weight)
    context.call(estimator, context.case, X, y, sample_weight=given["sample_weight"])
    changed = [name for name in given if not np.array_equal(given[name], before[name])]
    context.require(not changed, f"{context.case} wrote to {', '.join(changed)}")
    context.require(weight == by_label, f"class_weight became {show(weight)}")


# -- API-6 --------------------------------------------------------------------------------------


@check(
    "API-6.sample-weight",
    verifies="fit and partial_fit train with the weights of the samples",
    impact="weights are taken without complaint and change nothing",
    wrappers=ESTIMATORS,
    cases=["array", "list", "integers", "float32", "partial_fit", "second-partial_fit"],
)
def sample_weight(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.arange(len(y)) % 4 + 1.0
    given = {
        "list": weights.tolist(),
        "integers": weights.astype(np.int64),
        "float32": weights.astype(np.float32),
    }.get(context.case, weights.copy())
    build = learner(context)
    estimator, expected = context.make(build), build()
    if context.case == "second-partial_fit":
        context.call(estimator, "partial_fit", X, y)
        train(expected, X, column(y))
    method = "partial_fit" if "partial_fit" in context.case else "fit"
    context.call(estimator, method, X, y, sample_weight=given)
    train(expected, X, column(y), sample_weight=weights)
    require_weights(context, estimator, expected, f"those of {method} with sample_weight")


@check(
    "API-6.some-zero",
    verifies="samples whose weight is zero are not trained on",
    impact="a sample that was ruled out goes on to decide what is learnt",
)
def some_zero(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.ones(len(y))
    weights[::3] = 0.0
    build = learner(context)
    estimator = context.make(build)
    context.call(estimator, "fit", X, y, sample_weight=weights)
    # Keras counts such samples when it takes the mean, and a wrapper may leave them out before.
    kept = weights > 0
    counted = train(build(), X, column(y), sample_weight=weights).get_weights()
    left_out = train(build(), X[kept], column(y[kept])).get_weights()
    found = context.model(estimator).get_weights()
    context.require(
        same_weights(found, counted) or same_weights(found, left_out),
        f"the weights are those of no training without these samples: {show(found[:1])}",
    )


@check(
    "API-6.score",
    verifies="score takes weights of samples",
    impact="the weighted score of a search is an unweighted one",
    wrappers=ESTIMATORS,
    also=["SCORE-3"],
)
def score_weight(context: CheckContext) -> None:
    from sklearn.metrics import accuracy_score, r2_score

    X, y, *_ = doubles.dataset(context.wrapper)
    weights = np.where(np.arange(len(y)) % 2, 5.0, 1.0)
    estimator = context.make(learner(context))
    context.fit(estimator, X, y)
    predicted = as_array(context, context.predict(estimator, X), "predict")
    metric = accuracy_score if context.is_classifier else r2_score
    with context.doing("scoring what predict gave"):
        expected = metric(y, predicted, sample_weight=weights)
    found = context.call(estimator, "score", X, y, sample_weight=weights)
    with context.doing("comparing what score gave"):
        right = bool(np.isclose(found, expected))
    context.require(right, f"score should be {expected}; it is {show(found)}")


@check(
    "API-6.all-zero",
    verifies="weights that are all zero are refused with a ValueError",
    impact="a fold without any weight seems to be trained, and its scores are those of chance",
    cases=["fit", "partial_fit", "second-partial_fit"],
)
def all_zero(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(learner(context))
    if context.case == "second-partial_fit":
        context.call(estimator, "partial_fit", X, y)
    method = "fit" if context.case == "fit" else "partial_fit"
    with context.refusing(f"{method} with weights that are all zero", ValueError):
        getattr(estimator, method)(X, y, sample_weight=np.zeros(len(y)))


# -- API-9 --------------------------------------------------------------------------------------


@check(
    "API-9.validation-split",
    verifies="validation_split holds out samples, and val_loss has an entry for each epoch",
    impact="early stopping on val_loss never stops, or validates on what was trained on",
    wrappers=ESTIMATORS,
    cases=["named", "routed", "none"],
)
def validation_split(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    settings: dict[str, Any] = {
        "named": {"validation_split": 0.5},
        "routed": {"fit__validation_split": 0.5},
        "none": {},
    }[context.case]
    build = learner(context)
    # Three rows, of which a wrapper may hold out any: the weights show that it held out some.
    X, y = X[:3], y[:3]
    estimator = context.make(build, epochs=2, **settings)
    context.fit(estimator, X, y)
    found = len(read_history(context, estimator).get("val_loss", []))
    count = 2 if settings else 0
    context.require(found == count, f"val_loss should have {count} entries; it has {found}")
    of_all = train(build(), X, column(y), epochs=2).get_weights()
    on_all = same_weights(context.model(estimator).get_weights(), of_all)
    if settings:
        context.require(not on_all, "the samples held out were trained on")
    else:
        context.require(on_all, "without validation_split, not all samples were trained on")


@check(
    "API-9.validation-data",
    verifies="fit__validation_data validates each epoch on the data that were given",
    impact="val_loss is missing, or is that of other data",
    cases=["routed", "keyword"],
)
def validation_data(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    # Classes are numbers from zero here: a target that looks the same encoded and as given.
    held_out = (X[:3] * 2, y[:3])
    routed = {"fit__validation_data": held_out} if context.case == "routed" else {}
    estimator = context.make(
        lambda: doubles.model_for(context.wrapper, off=0.5), epochs=2, **routed
    )
    keywords = {} if routed else {"validation_data": held_out}
    context.call(estimator, "fit", X, y, **keywords)
    model = doubles.model_for(context.wrapper, off=0.5)
    expected = float(
        model.test_on_batch(held_out[0], column(held_out[1]), return_dict=True)["loss"]
    )
    found = read_history(context, estimator).get("val_loss", [])
    context.require(
        len(found) == 2 and np.allclose(found, expected, rtol=1e-4),
        f"val_loss should be {expected} in each of 2 epochs; it is {found}",
    )


# -- API-13 -------------------------------------------------------------------------------------

OTHER_FEATURES = 7


def _require_features_refused(context: CheckContext, method: str, *, warm: bool = False) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(doubles.builder(context.wrapper), warm_start=warm)
    context.initialize(estimator, X, y)
    other = np.ones((len(X), OTHER_FEATURES), dtype=X.dtype)
    arguments = (other,) if method.startswith("predict") else (other, y)
    require_both_named(
        context,
        f"{method} with {OTHER_FEATURES} features after {X.shape[1]}",
        lambda: getattr(estimator, method)(*arguments),
        (X.shape[1], OTHER_FEATURES),
    )


@check(
    "API-13.features",
    verifies="X with another number of features than before is refused, with both numbers",
    impact="the columns of another table are taken for those that were learnt",
    cases=["predict", "partial_fit", "warm-start"],
    also=["SKL-3"],
)
def other_features(context: CheckContext) -> None:
    warm = context.case == "warm-start"
    _require_features_refused(context, "fit" if warm else context.case, warm=warm)


@check(
    "API-13.features-in-score",
    verifies="score refuses X with another number of features, with both numbers",
    impact="a model is scored on columns that it never saw",
    wrappers=ESTIMATORS,
)
def other_features_in_score(context: CheckContext) -> None:
    _require_features_refused(context, "score")


@check(
    "API-13.features-in-proba",
    verifies="predict_proba refuses X with another number of features, with both numbers",
    impact="probabilities are given for columns that the model never saw",
    wrappers=[Wrapper.CLASSIFIER],
)
def other_features_in_proba(context: CheckContext) -> None:
    _require_features_refused(context, "predict_proba")


def _dtypes(context: CheckContext, what: str) -> tuple[Any, Any]:
    """Give a narrow and a wide dtype for X or y."""
    if what == "y" and context.is_classifier:
        return np.dtype("int32"), np.dtype("int64")
    return np.dtype("float32"), np.dtype("float64")


def _cast(X: Any, y: Any, what: str, dtype: Any) -> tuple[Any, Any]:
    return (X.astype(dtype), y) if what == "X" else (X, y.astype(dtype))


@check(
    "API-13.unsafe-dtype",
    verifies="partial_fit refuses X or y of a dtype that cannot be cast safely, with both dtypes",
    impact="digits of later batches are lost without a word",
    cases=["X", "y"],
)
def unsafe_dtype(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    narrow, wide = _dtypes(context, context.case)
    estimator = context.make(doubles.builder(context.wrapper))
    context.call(estimator, "partial_fit", *_cast(X, y, context.case, narrow))
    later = _cast(X, y, context.case, wide)
    require_both_named(
        context,
        f"partial_fit with {context.case} of {wide} after {narrow}",
        lambda: estimator.partial_fit(*later),
        (narrow.name, wide.name),
    )


@check(
    "API-13.safe-dtype",
    verifies="partial_fit takes X or y of a dtype that can be cast safely",
    impact="a batch that was read with smaller numbers ends the training",
    cases=["X", "y"],
)
def safe_dtype(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    narrow, wide = _dtypes(context, context.case)
    build = learner(context)
    estimator = context.make(build)
    for dtype in (wide, narrow):
        context.call(estimator, "partial_fit", *_cast(X, y, context.case, dtype))
    require_weights(
        context, estimator, train(build(), X, column(y), epochs=2), "those of two epochs"
    )


@check(
    "API-13.target-shape",
    verifies="partial_fit refuses a target of another shape, with both",
    impact="targets are spread over the outputs of the model, and it learns the wrong thing",
    cases=["more-columns", "more-dimensions"],
)
def target_shape(context: CheckContext) -> None:
    wider = context.case == "more-columns"
    if context.is_classifier:
        data = doubles.multilabel_dataset(3) if wider else doubles.dataset(context.wrapper)
    else:
        data = doubles.continuous_dataset(3 if wider else 1)
    activation = "sigmoid" if context.is_classifier else "linear"
    loss = "binary_crossentropy" if context.is_classifier else "mean_squared_error"

    def build() -> Any:
        model = doubles.make_model(data, activation)
        model.compile(optimizer=doubles.zero_rate(), loss=loss)
        return model

    estimator = context.make(build)
    context.call(estimator, "partial_fit", data.X, data.y)
    columns = 5 if wider else 2
    later = np.resize(data.y.ravel(), (len(data.y), columns))
    require_both_named(
        context,
        f"partial_fit with a target of shape {later.shape} after {data.y.shape}",
        lambda: estimator.partial_fit(data.X, later),
        (3, 5) if wider else (1, 2),
    )

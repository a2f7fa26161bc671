"""API-13: later input has the features, dtypes and target shape of the first."""

from typing import Any

from scikeras_conformance.catalog.check import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_builder, helper_target
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.checks._support.training import (
    learner,
    require_both_named,
    require_weights,
    train,
)
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext

OTHER_FEATURES = 7


def _require_features_refused(context: CheckContext, method: str, *, warm: bool = False) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(learner(context), **({"warm_start": True} if warm else {}))
    predicts = method.startswith("predict")
    if method != "partial_fit":
        context.fit(estimator, X, y)
    # What cannot be called with the same features is not refused for others.
    context.call(estimator, method, *((X,) if predicts else (X, y)))
    other = np.ones((len(X), OTHER_FEATURES), dtype=X.dtype)
    arguments = (other,) if predicts else (other, y)
    require_both_named(
        context,
        f"{method} with {OTHER_FEATURES} features after {X.shape[1]}",
        lambda: getattr(estimator, method)(*arguments),
        (X.shape[1], OTHER_FEATURES),
    )


@check(
    "API-13.features",
    verifies="X with another number of features raises an error that names both numbers",
    impact="the columns of another table are taken for those of the training data",
    cases=["predict", "partial_fit", "warm-start"],
    also=["SKL-3"],
)
def other_features(context: CheckContext) -> None:
    warm = context.case == "warm-start"
    _require_features_refused(context, "fit" if warm else context.case, warm=warm)


@check(
    "API-13.features-in-score",
    verifies="score raises an error that names both numbers for X with another number of features",
    impact="a model is scored on columns that it never saw",
    wrappers=ESTIMATORS,
)
def other_features_in_score(context: CheckContext) -> None:
    _require_features_refused(context, "score")


@check(
    "API-13.features-in-proba",
    verifies="predict_proba raises an error that names both numbers for X with another number "
    "of features",
    impact="probabilities are computed from columns that the model never saw",
    wrappers=[Wrapper.CLASSIFIER],
    conditional=True,
)
def other_features_in_proba(context: CheckContext) -> None:
    require_probabilities_exist(context)
    _require_features_refused(context, "predict_proba")


def _dtypes(context: CheckContext, what: str) -> tuple[Any, Any]:
    """Return a narrow and a wide dtype for X or y."""
    if what == "y" and context.is_classifier:
        return np.dtype("int32"), np.dtype("int64")
    return np.dtype("float32"), np.dtype("float64")


def _cast(X: Any, y: Any, what: str, dtype: Any) -> tuple[Any, Any]:
    return (X.astype(dtype), y) if what == "X" else (X, y.astype(dtype))


@check(
    "API-13.unsafe-dtype",
    verifies="partial_fit raises an error that names both dtypes if X or y cannot be cast safely",
    impact="digits of later batches are silently lost",
    cases=["X", "y"],
    needs=[Capability.PARTIAL_FIT],
)
def unsafe_dtype(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    narrow, wide = _dtypes(context, context.case)
    estimator = context.make(learner(context))
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
    verifies="partial_fit accepts X or y of a dtype that can be cast safely",
    impact="a batch with a smaller dtype stops the training",
    cases=["X", "y"],
    needs=[Capability.PARTIAL_FIT],
)
def safe_dtype(context: CheckContext) -> None:
    X, y, *_ = doubles.dataset(context.wrapper)
    narrow, wide = _dtypes(context, context.case)
    build = learner(context)
    estimator = context.make(build)
    for steps, dtype in ((context, wide), (context.observe, narrow)):
        steps.call(estimator, "partial_fit", *_cast(X, y, context.case, dtype))
    require_weights(
        context,
        estimator,
        train(build(), X, helper_target(context, y), epochs=2),
        "those of two epochs",
    )


@check(
    "API-13.target-shape",
    verifies="partial_fit raises an error that names both shapes for a target of another shape",
    impact="targets are broadcast over the outputs of the model, and it learns wrong targets",
    cases=["more-columns", "more-dimensions"],
    needs=[Capability.PARTIAL_FIT],
)
def target_shape(context: CheckContext) -> None:
    if context.case == "more-dimensions":
        _require_other_columns_are_refused(context, 2)
        return
    is_classifier = context.is_classifier
    data = doubles.multilabel_dataset(3) if is_classifier else doubles.continuous_dataset(3)
    activation = "sigmoid" if is_classifier else "linear"
    loss = "binary_crossentropy" if is_classifier else "mean_squared_error"
    estimator = context.make(oracle_builder(data, activation, loss))
    context.call(estimator, "partial_fit", data.X, data.y)
    later = np.resize(data.y.ravel(), (len(data.y), 5))
    require_both_named(
        context,
        f"partial_fit with a target of shape {later.shape} after {data.y.shape}",
        lambda: estimator.partial_fit(data.X, later),
        (3, 5),
    )


@check(
    "API-13.column-after-flat",
    verifies="partial_fit raises an error that names both shapes for a column after a flat target",
    impact="the shape of predictions depends on which batch came first",
    needs=[Capability.PARTIAL_FIT],
    # Whoever flattens the column trains on the right targets.
    level=Level.SHOULD,
)
def column_after_flat(context: CheckContext) -> None:
    _require_other_columns_are_refused(context, 1)


def _require_other_columns_are_refused(context: CheckContext, columns: int) -> None:
    """Require an error for several dimensions after one, which names both shapes or numbers."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(helper_builder(context))
    context.call(estimator, "partial_fit", X, y)
    later = np.resize(y, (len(y), columns))
    require_both_named(
        context,
        f"partial_fit with a target of shape {later.shape} after {y.shape}",
        lambda: estimator.partial_fit(X, later),
        (1, 2),
        (y.shape, later.shape),
    )

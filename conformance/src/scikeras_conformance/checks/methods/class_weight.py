"""API-5: ``class_weight``."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import helper_target, uncompiled_helper
from scikeras_conformance.checks._support.likely_mistakes import mistakes_with_two_kinds
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.recorded_training import recorded_history
from scikeras_conformance.checks._support.training import (
    learner,
    require_weights,
    train,
)
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext, show

LABELS: dict[str, list[Any]] = {
    "numbers": [3, 7],
    "text": ["no", "yes"],
    "bool": [False, True],
    "balanced": [0, 1],
    "balanced-text": ["no", "yes"],
    "multiplied": [0, 1],
    "partial_fit": [0, 1],
    "routed": [0, 1],
    "column": [3, 7],
    "one-of-them": [3, 7],
    "not-in-the-batch": [3, 7],
    "keys-of-numpy": [3, 7],
    "zero": [3, 7],
    "multiplied-whole": [0, 1],
}


def _uneven(labels: list[Any]) -> tuple[Any, Any, Any]:
    """Return X, labels and codes of two classes, one of which is rarer."""
    data = doubles.classes_dataset(labels, sigmoid=True)
    X, y = data.X[:5], data.y[:5]
    return X, y, np.searchsorted(labels, y)


@check(
    "API-5.class-weight",
    verifies="class_weight weights samples by label, or by frequency if balanced, multiplied "
    "by sample_weight",
    impact="rare classes are ignored although they were given a weight, or wrong classes are "
    "weighted",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
    case_needs={
        "routed": Capability.ROUTED_PARAMETERS,
        "not-in-the-batch": Capability.PARTIAL_FIT,
    },
)
def class_weight(context: CheckContext) -> None:
    labels = LABELS[context.case]
    X, y, codes = _uneven(labels)
    balanced = context.case.startswith("balanced")
    by_code = len(y) / (2 * np.bincount(codes)) if balanced else np.array([0.5, 3.0])
    if context.case == "zero":
        by_code[0] = 0.0
    given: Any = "balanced" if balanced else dict(zip(labels, by_code.tolist(), strict=True))
    if context.case in {"one-of-them", "not-in-the-batch"}:
        by_code[0] = 1.0  # as for Keras and for scikit-learn's own classifiers
        del given[labels[0]]
    if context.case == "keys-of-numpy":
        given = {np.int64(label): weight for label, weight in given.items()}
    weights = by_code[codes]
    keywords: dict[str, Any] = {}
    if context.case.startswith("multiplied"):
        # Odd numbers, so that half of one is not whole.
        whole = 2 * np.arange(len(y)) + 1
        is_whole = context.case == "multiplied-whole"
        keywords["sample_weight"] = whole if is_whole else np.linspace(0.5, 2.0, len(y))
        weights = weights * keywords["sample_weight"]
    build = learner(context)
    in_batches = context.case == "not-in-the-batch"
    method = "partial_fit" if in_batches or context.case == "partial_fit" else "fit"
    y = y[:, None] if context.case == "column" else y
    rest = codes == 0  # the rows of a batch that lacks the class with a weight

    def unweighted() -> None:
        other = context.make(build)
        context.call(other, method, X, y, **keywords)
        if in_batches:
            context.call(other, method, X[rest], y[rest])

    name = "fit__class_weight" if context.case == "routed" else "class_weight"
    with provided(unweighted):
        estimator = context.observe.make(build, **{name: given})
        context.observe.call(estimator, method, X, y, **keywords)
        if in_batches:
            context.observe.call(estimator, method, X[rest], y[rest])
    target = helper_target(context, codes)
    expected = train(build(), X, target, sample_weight=weights)
    if in_batches:
        train(expected, X[rest], target[rest])
    mistakes = mistakes_with_two_kinds(
        build, X, target, by_code[codes], keywords.get("sample_weight")
    )
    what = f"those of training with class_weight={given}"
    require_weights(context, estimator, expected, what, mistakes)


@check(
    "API-5.arrays-kept",
    verifies="fit with class_weight does not change the arrays and the dict that it is given",
    impact="a second fit with the same sample_weight applies the class weights twice",
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


WAYS = ("validation_split", "fit__validation_split", "fit__validation_data", "validation_data")
"""Parameters and keyword arguments that give validation rows."""


@check(
    "API-5.training-only",
    verifies="val_loss and weighted validation metrics are the same with and without class_weight, "
    "however the validation rows are given",
    impact="early stopping and checkpoints go by a loss that weighs some rows, and that differs "
    "between two ways to give the same rows",
    wrappers=[Wrapper.CLASSIFIER],
    cases=[
        *(f"{given}-{way}" for given in ("dict", "balanced", "keyword") for way in WAYS),
        *(f"{given}-validation_split-weights" for given in ("dict", "balanced")),
    ],
)
def training_only(context: CheckContext) -> None:
    given, way, *with_weights = context.case.split("-")
    data = doubles.classes_dataset([0, 1], sigmoid=True)
    # Of the rows that can be held out, both classes are of another weight.
    X, y = data.X[[1, 1, 1, 0, 1, 0]], data.y[[1, 1, 1, 0, 1, 0]]
    weight: Any = "balanced" if given == "balanced" else {0: 0.5, 1: 4.0}
    by_row = {"sample_weight": np.array([1.0, 2.0, 0.5, 3.0, 0.5, 2.0])} if with_weights else {}
    plain = _validated(context, X, y, way, {}, by_row)
    if len(plain.get("val_loss", [])) != 1:
        context.stop(f"fit with {way}", f"recorded no val_loss, but {show(list(plain))}")
    weights = {"class_weight": weight}
    params, keywords = ({}, weights) if given == "keyword" else (weights, {})
    weighted = _validated(context, X, y, way, params, {**keywords, **by_row})
    for name in ("val_loss", "val_watched"):
        without, found = plain.get(name, []), weighted.get(name, [])
        context.require(
            len(without) == len(found) == 1 and np.allclose(without, found, 1e-4),
            f"{name} is {found} with class_weight, and {without} without",
        )


def _validated(
    context: CheckContext,
    X: Any,
    y: Any,
    way: str,
    params: dict[str, Any],
    keywords: dict[str, Any],
) -> dict[str, list[float]]:
    """Return what Keras recorded of a fit that validates, of a model that does not learn."""

    def build() -> Any:
        model = uncompiled_helper(context, off=0.5)
        model.compile(
            doubles.zero_learning_rate(),
            loss="binary_crossentropy",
            weighted_metrics=[keras.metrics.MeanSquaredError(name="watched")],
        )
        return model

    # Three of the rows, as Keras counts them: its share of rows is not a whole number.
    value: Any = 0.4 if way.endswith("split") else (X[3:], y[3:])
    if way == "validation_data":
        keywords = {**keywords, way: value}
    else:
        params = {**params, way: value}
    estimator = context.make(build, **params)
    context.call(estimator, "fit", X, y, **keywords)
    return recorded_history(context, estimator)

"""API-5: ``class_weight``."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.training import (
    column,
    learner,
    require_weights,
    train,
)
from scikeras_conformance.runner.context import CheckContext, show

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

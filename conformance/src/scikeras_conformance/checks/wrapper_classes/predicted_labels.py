"""CLS-4 and CLS-4b: predictions are in the labels that fit was given, and look like them."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import oracle_builder
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array, require_shape
from scikeras_conformance.runner.context import CheckContext, show

LABELS: dict[str, Any] = {
    "int": [0, 1, 2],
    "int-with-gaps": [-7, 3, 100],
    "int8": ("int8", [-1, 0, 1]),
    "uint8": ("uint8", [0, 7, 200]),
    "whole-float": [1.0, 2.0, 4.0],
    "bool": [False, True],
    "str": ["cat", "dog", "emu"],
    "object": ("object", ["ham", "spam and eggs", "zoo"]),
    "two-str": ["no", "yes"],
    "list-of-str": ["no", "yes"],
    # Floats cannot hold every other one of them.
    "large-int": [2**53, 2**53 + 1, 2**53 + 2],
    "uint64": ("uint64", [1, 2**63 + 1, 2**64 - 1]),
    "spaces": ["no ", " no", "no"],
    "mixed-case": ["B", "a", "C", "b"],
    "numbers-as-str": ["10", "9", "1"],
    "twelve-ints": list(range(12)),
    # More than one byte can number.
    "three-hundred-ints": list(range(300)),
    "accents": ["\u00e9", "e", "\u65e5\u672c"],
    "mixed-numbers": [-300, 70000, 2],
    "long-str": ["a", "a label that is longer than others"],
}


def _data(case: str) -> Any:
    given = LABELS[case]
    labels = np.array(given[1], dtype=given[0]) if isinstance(given, tuple) else np.array(given)
    return doubles.classes_dataset(labels)


def _classifier_for(context: CheckContext, data: Any, *, trains: bool = False) -> Any:
    build = oracle_builder(data, "softmax", loss_of_classes(context), trains=trains)
    return context.make(build)


@check(
    "CLS-4.labels-come-back",
    verifies="predict returns the labels that fit was given",
    impact="predictions are positions or floats instead of the user's labels, and every "
    "comparison with y is silently wrong",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
)
def labels_come_back(context: CheckContext) -> None:
    data = _data(context.case)

    def plain() -> None:
        """Fit with plain numbers for labels, which every classifier takes."""
        numbers = np.unique(data.y, return_inverse=True)[1]
        context.fit(_classifier_for(context, data, trains=True), data.X, numbers)

    with provided(plain):
        # What trains is compiled for each number of classes, which takes seconds.
        trains = context.case != "three-hundred-ints"
        estimator = _classifier_for(context, data, trains=trains)
        context.observe.fit(estimator, data.X, _given(context, data))
        predicted = context.observe.predict(estimator, data.X)
        # The shape is the business of CLS-4b: a column and a flat array have the same labels.
        found = as_array(context, predicted, "predict").ravel().tolist()
        context.require(
            found == data.y.tolist(),
            f"predict returned {show(found[:3])} ..., not {show(data.y[:3])}",
        )


def _given(context: CheckContext, data: Any) -> Any:
    """Return the target as the case has it: an array, or a list."""
    return data.y.tolist() if context.case.startswith("list") else data.y


INDICATORS = {"indicator-float": "float32", "indicator-bool": "bool"}


@check(
    "CLS-4b.dtype",
    verifies="predictions have the dtype of y",
    impact="predictions cannot be concatenated with labels, or stored beside them, unless they "
    "are converted",
    wrappers=[Wrapper.CLASSIFIER],
    cases=[*LABELS, *INDICATORS],
)
def dtype(context: CheckContext) -> None:
    if context.case in INDICATORS:
        data = doubles.multilabel_dataset()
        data = data._replace(y=data.y.astype(INDICATORS[context.case]))
        estimator = context.make(oracle_builder(data, "sigmoid", "binary_crossentropy"))
    else:
        data = _data(context.case)
        estimator = _classifier_for(context, data)
    context.fit(estimator, data.X, _given(context, data))
    found = as_array(context, context.predict(estimator, data.X), "predict").dtype
    context.require(found == data.y.dtype, f"predict returned {found} where y has {data.y.dtype}")


@check(
    "CLS-4b.column-target",
    verifies="predictions for labels given as a column are a column",
    impact="y_true == y_pred broadcasts to a matrix, and the accuracy computed from it is wrong",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["int", "str"],
)
def column_target(context: CheckContext) -> None:
    data = _data(context.case)
    estimator = _classifier_for(context, data)
    y = data.y.reshape(-1, 1)
    context.fit(estimator, data.X, y)
    require_shape(context, context.predict(estimator, data.X), y)

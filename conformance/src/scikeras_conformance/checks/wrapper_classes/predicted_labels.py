"""CLS-4 and CLS-4b: predictions are in the labels that fit was given, and look like them."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array, require_predictions
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
}


def _labels(case: str) -> Any:
    given = LABELS[case]
    return np.array(given[1], dtype=given[0]) if isinstance(given, tuple) else np.array(given)


def _classifier_for(context: CheckContext, data: Any) -> Any:
    def build() -> Any:
        model = doubles.make_model(data, "softmax")
        model.compile(
            optimizer=doubles.zero_learning_rate(),
            loss="sparse_categorical_crossentropy",
        )
        return model

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
    data, predicted = _predicted(context, context.case)
    # The shape is the business of CLS-4b: a column and a flat array have the same labels.
    found = as_array(context, predicted, "predict").ravel().tolist()
    context.require(
        found == data.y.tolist(), f"predict returned {show(found[:3])} ..., not {show(data.y[:3])}"
    )


@check(
    "CLS-4b.dtype",
    verifies="predictions have the dtype of y",
    impact="predictions cannot be concatenated with labels, or stored beside them, unless they "
    "are converted",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
)
def dtype(context: CheckContext) -> None:
    data, predicted = _predicted(context, context.case)
    found = as_array(context, predicted, "predict").dtype
    context.require(found == data.y.dtype, f"predict returned {found} where y has {data.y.dtype}")


def _predicted(context: CheckContext, case: str) -> tuple[Any, Any]:
    """Return data with labels of a kind, and the predictions for them."""
    data = doubles.classes_dataset(_labels(case))
    estimator = _classifier_for(context, data)
    context.fit(estimator, data.X, data.y.tolist() if case.startswith("list") else data.y)
    return data, context.predict(estimator, data.X)


@check(
    "CLS-4b.column-target",
    verifies="predictions for labels given as a column are a column",
    impact="y_true == y_pred broadcasts to a matrix, and the accuracy computed from it is wrong",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["int", "str"],
)
def column_target(context: CheckContext) -> None:
    data = doubles.classes_dataset(_labels(context.case))
    estimator = _classifier_for(context, data)
    y = data.y.reshape(-1, 1)
    context.fit(estimator, data.X, y)
    require_predictions(context, context.predict(estimator, data.X), y)

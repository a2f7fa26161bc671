"""CLS-4: predictions are in the labels that fit was given."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import require_predictions
from scikeras_conformance.runner.context import CheckContext

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
    verifies="predict returns the labels that fit was given, with the same values, dtype kind "
    "and shape",
    impact="predictions are positions or floats instead of the user's labels, and every "
    "comparison with y is silently wrong",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
)
def labels_come_back(context: CheckContext) -> None:
    data = doubles.classes_dataset(_labels(context.case))
    estimator = _classifier_for(context, data)
    context.fit(estimator, data.X, data.y.tolist() if context.case.startswith("list") else data.y)
    require_predictions(context, context.predict(estimator, data.X), data.y)


@check(
    "CLS-4.column-target",
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

"""TGT-2, TGT-4 and TGT-10: one row is predicted as it is among others."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.runner.context import CheckContext, show


def _fitted(context: CheckContext) -> tuple[Any, Any]:
    """Return an estimator that is fitted to the target of the case, and X."""
    kind, _, shape = context.case.partition("-")
    makers: dict[str, Any] = {
        "binary": lambda: doubles.classes_dataset(["no", "yes"]),
        "multiclass": lambda: doubles.classes_dataset([3, 5, 7, 9]),
        "multilabel": doubles.multilabel_dataset,
        "one": doubles.continuous_dataset,
        "several": lambda: doubles.continuous_dataset(3),
    }
    data = makers[kind]()

    def build() -> Any:
        loss = loss_of_classes(context)
        return doubles.stub_model_of(data, context.wrapper, loss_of_classes=loss)

    estimator = context.make(build)
    context.fit(estimator, data.X, data.y[:, None] if shape == "column" else data.y)
    return estimator, data.X


def _require_like_the_others(context: CheckContext, method: str) -> None:
    estimator, X = _fitted(context)
    all_rows = as_array(context, context.call(estimator, method, X), method)
    context.require(
        all_rows.shape[:1] == X.shape[:1],
        f"{method} of {len(X)} rows returned an array of shape {all_rows.shape}",
    )
    for row in (0, 1, len(X) - 1):
        found = as_array(context, context.observe.call(estimator, method, X[[row]]), method)
        expected = all_rows[[row]]
        context.require(
            found.shape == expected.shape,
            f"{method} of one row returned shape {found.shape}, where {len(X)} rows have "
            f"{all_rows.shape}",
        )
        right = (
            np.allclose(found, expected, atol=1e-5)
            if expected.dtype.kind == "f"
            else np.array_equal(found, expected)
        )
        context.require(
            right,
            f"{method} of row {row} alone returned {show(found)}, among others {show(expected)}",
        )


OF_CLASSES = ("binary", "binary-column", "multiclass", "multiclass-column", "multilabel")


@check(
    "TGT-2.one-row",
    verifies="predict returns for one row what it returns for that row among others, in the same "
    "form",
    impact="a service that predicts one row at a time gets another shape than its tests had",
    wrappers=[Wrapper.CLASSIFIER],
    also=["TGT-1", "TGT-3"],
    cases=OF_CLASSES,
)
def one_row_of_classes(context: CheckContext) -> None:
    _require_like_the_others(context, "predict")


@check(
    "TGT-4.one-row",
    verifies="predict returns for one row what it returns for that row among others, in the same "
    "form",
    impact="a service that predicts one row at a time gets another shape than its tests had",
    wrappers=[Wrapper.REGRESSOR],
    also=["TGT-5"],
    cases=["one", "one-column", "several"],
)
def one_row_of_numbers(context: CheckContext) -> None:
    _require_like_the_others(context, "predict")


@check(
    "TGT-10.one-row",
    verifies="predict_proba returns for one row what it returns for that row among others, in the "
    "same form",
    impact="a ranking of single rows fails, or takes the probability of another class",
    wrappers=[Wrapper.CLASSIFIER],
    cases=OF_CLASSES,
    conditional=True,
)
def one_row_of_probabilities(context: CheckContext) -> None:
    require_probabilities_exist(context)
    _require_like_the_others(context, "predict_proba")

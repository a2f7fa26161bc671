"""TGT-8: a target encoder for another type of target."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import (
    SQUARED,
    oracle_builder,
    require_oracle_predictions,
    require_target_type,
    two_column_target,
)
from scikeras_conformance.checks._support.preparation import require_it_works
from scikeras_conformance.contract import Capability
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]


@check(
    "TGT-8.own-encoder",
    verifies="a subclass whose target_encoder supports several columns of classes can be fitted",
    impact="the documented way to support another type of target does not work",
    wrappers=CLASSIFIER,
    also=["DATA-1", "DATA-3"],
    cases=["fit", "partial_fit"],
    case_needs={"partial_fit": Capability.PARTIAL_FIT},
)
def own_encoder(context: CheckContext) -> None:
    from sklearn.base import BaseEstimator, TransformerMixin

    X, y = two_column_target()

    class ColumnCodes(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        """Convert two columns of the classes 1, 2, 3 to two numbers, and back."""

        def fit(self, y: Any) -> Any:
            del y
            return self

        def transform(self, y: Any) -> Any:
            return np.asarray(y, dtype=np.float32) - 1

        def inverse_transform(self, y: Any, return_proba: bool = False) -> Any:
            del return_proba
            return np.rint(np.asarray(y) + 1).astype(int)

        def get_metadata(self) -> dict[str, Any]:
            return {
                "classes_": np.array([1, 2, 3]),
                "n_classes_": 3,
                "n_outputs_": 2,
                "n_outputs_expected_": 1,
            }

    class TwoColumns(context.cls):  # type: ignore[name-defined, misc]
        @property
        def target_encoder(self) -> Any:
            return ColumnCodes()

    # X equals the targets, so the identity minus one gives the right predictions.
    data = doubles.Dataset(X, y, np.eye(2, dtype=np.float32), -np.ones(2, dtype=np.float32))
    require_it_works(context)
    estimator = context.make_of(TwoColumns, oracle_builder(data, "linear", SQUARED))
    with context.doing("fit of a subclass whose target_encoder supports two columns of classes"):
        context.fit(estimator, X, y)
    if context.case == "partial_fit":
        with context.doing("partial_fit of this estimator after fit"):
            estimator.partial_fit(X, y)
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)

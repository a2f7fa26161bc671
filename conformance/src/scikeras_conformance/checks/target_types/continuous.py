"""TGT-4 and TGT-5: one continuous target and several."""

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import (
    SQUARED,
    as_column_if,
    fitted_oracle,
    oracle_builder,
    require_oracle_predictions,
    require_target_type,
)
from scikeras_conformance.checks._support.predictions import require_shape
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext

REGRESSOR = [Wrapper.REGRESSOR]


@check(
    "TGT-4.continuous",
    verifies="predictions of one continuous target have the shape of the target",
    impact="residuals computed as y - predict(X) broadcast to a matrix",
    wrappers=REGRESSOR,
    cases=["float32", "float64", "column"],
)
def continuous(context: CheckContext) -> None:
    dtype = np.float64 if context.case == "float64" else np.float32
    data = as_column_if(doubles.continuous_dataset(dtype=dtype), context.case)
    estimator = fitted_oracle(context, data, "linear", SQUARED)
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)


@check(
    "TGT-4.column-target",
    verifies="predictions of one continuous target given as a column are a column",
    impact="residuals computed as y - predict(X) broadcast to a matrix",
    wrappers=REGRESSOR,
    level=Level.SHOULD,
)
def column_target(context: CheckContext) -> None:
    data = as_column_if(doubles.continuous_dataset(), "column")
    estimator = context.make(oracle_builder(data, "linear", SQUARED))
    context.fit(estimator, data.X, data.y)
    require_shape(context, context.predict(estimator, data.X), data.y)


@check(
    "TGT-5.continuous-multioutput",
    verifies="several continuous targets are predicted, one column each",
    impact="targets are mixed up, or only the first one is predicted",
    wrappers=REGRESSOR,
    cases=["two-float32", "three-float64", "transposed", "every-other-column"],
)
def continuous_multioutput(context: CheckContext) -> None:
    n_outputs, dtype = (3, np.float64) if context.case == "three-float64" else (2, np.float32)
    data = doubles.continuous_dataset(n_outputs, dtype=dtype)
    if context.case == "transposed":
        # As np.array([heights, weights]).T is: the columns lie one after the other in memory.
        data = data._replace(y=np.asfortranarray(data.y))
    if context.case == "every-other-column":
        data = data._replace(y=np.repeat(data.y, 2, axis=1)[:, ::2])
    estimator = fitted_oracle(context, data, "linear", SQUARED)
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)

"""TGT-3: multilabel indicators."""

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, np
from scikeras_conformance.checks._support.oracle_models import (
    BINARY,
    ONE_HOT,
    fitted_oracle,
    oracle_builder,
    require_oracle_predictions,
    require_target_type,
    require_uncertain_predictions,
)
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext

CLASSIFIER = [Wrapper.CLASSIFIER]


@check(
    "TGT-3.multilabel",
    verifies="multilabel indicators work with one output of sigmoid units",
    impact="each sample receives one label even if it has several",
    wrappers=CLASSIFIER,
    cases=["three-labels", "two-labels", "a-label-without-rows", "transposed"],
)
def multilabel(context: CheckContext) -> None:
    data = doubles.multilabel_dataset(2 if context.case == "two-labels" else 3)
    if context.case == "transposed":
        data = data._replace(y=np.asfortranarray(data.y))
    seen = data
    if context.case == "a-label-without-rows":
        # As in a fold; the model knows the label all the same.
        rows = data.y[:, 2] == 0
        seen = data._replace(X=data.X[rows], y=data.y[rows])
    estimator = fitted_oracle(context, seen, "sigmoid", BINARY)
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)


@check(
    "TGT-3.one-label-each",
    verifies="an indicator with one label in each row works with softmax units and a one-hot loss",
    impact="one-hot encoded targets, as used with Keras, are refused or change their form",
    wrappers=CLASSIFIER,
    cases=["int64", "float32", "bool"],
)
def one_label_each(context: CheckContext) -> None:
    several = doubles.multilabel_dataset()
    context.fit(context.make(oracle_builder(several, "sigmoid", BINARY)), several.X, several.y)
    data = doubles.classes_dataset([0, 1, 2])
    data = data._replace(y=np.eye(3, dtype=context.case)[data.y])
    estimator = fitted_oracle(context, data, "softmax", ONE_HOT)
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)


@check(
    "TGT-3.one-value",
    verifies="an indicator whose rows have all labels, or none, can be fitted and is predicted",
    impact="a fold in which no row has a label stops a search",
    wrappers=CLASSIFIER,
    cases=["all", "none"],
    level=Level.SHOULD,
)
def one_value(context: CheckContext) -> None:
    data = doubles.multilabel_dataset()
    context.fit(context.make(oracle_builder(data, "sigmoid", BINARY)), data.X, data.y)
    wanted = data.y.all(axis=1) if context.case == "all" else ~data.y.any(axis=1)
    data = data._replace(X=np.repeat(data.X[wanted], 4, 0), y=np.repeat(data.y[wanted], 4, 0))
    require_oracle_predictions(context, fitted_oracle(context, data, "sigmoid", BINARY), data)


@check(
    "TGT-3.uncertain",
    verifies="a label is predicted if and only if its probability is above 0.5",
    impact="with another threshold, every sample receives all labels or none",
    wrappers=CLASSIFIER,
)
def multilabel_uncertain(context: CheckContext) -> None:
    require_uncertain_predictions(context, doubles.multilabel_dataset(), "sigmoid", BINARY)

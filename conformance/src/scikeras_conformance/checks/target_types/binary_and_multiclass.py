"""TGT-1 and TGT-2: two classes and more."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import (
    BINARY,
    ONE_HOT,
    SPARSE,
    as_column_if,
    fitted_oracle,
    oracle_builder,
    require_oracle_predictions,
    require_target_type,
    require_uncertain_predictions,
)
from scikeras_conformance.checks._support.plain_use import provided
from scikeras_conformance.checks._support.predictions import as_array, same
from scikeras_conformance.checks._support.preparation import accepted
from scikeras_conformance.checks._support.recorded_training import recorded_history
from scikeras_conformance.contract import Capability, Level
from scikeras_conformance.runner.context import CheckContext, Observation, show

CLASSIFIER = [Wrapper.CLASSIFIER]


def _require_classes(context: CheckContext, estimator: Any, data: Any) -> None:
    expected = np.unique(data.y)
    classes = as_array(context, context.observe.attribute(estimator, "classes_"), "classes_")
    context.require(
        classes.tolist() == expected.tolist(),
        f"classes_ should be {expected}; it is {show(classes)}",
    )
    count = context.observe.attribute(estimator, "n_classes_")
    context.require(
        same(count, len(expected)), f"n_classes_ should be {len(expected)}; it is {show(count)}"
    )


BINARY_LABELS: dict[str, Any] = {
    "zero-one": [0, 1],
    "minus-plus": [-1, 1],
    "text": ["no", "yes"],
    "bool": [False, True],
}

BINARY_CASES = [
    f"{units}-{labels}" for units in ("sigmoid", "softmax") for labels in BINARY_LABELS
] + ["sigmoid-zero-one-column", "softmax-text-column"]


@check(
    "TGT-1.binary",
    verifies="two classes work with one sigmoid unit and with two softmax units",
    impact="predictions for the most common classification task are wrong, or fit fails",
    wrappers=CLASSIFIER,
    cases=BINARY_CASES,
)
def binary(context: CheckContext) -> None:
    units, _, name = context.case.partition("-")
    labels = BINARY_LABELS[name.removesuffix("-column")]
    sigmoid = units == "sigmoid"
    data = doubles.classes_dataset(labels, sigmoid=sigmoid)
    data = as_column_if(data, "column" if name.endswith("-column") else "flat")
    estimator = fitted_oracle(context, data, units, BINARY if sigmoid else loss_of_classes(context))
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)
    _require_classes(context, estimator, data)


@check(
    "TGT-1.one-hot-loss",
    verifies="two classes also work with two softmax units and a one-hot loss",
    impact="a model for any number of classes fails, or learns wrong targets, if there are two",
    wrappers=CLASSIFIER,
    level=Level.SHOULD,
)
def binary_one_hot(context: CheckContext) -> None:
    data = doubles.classes_dataset(["no", "yes"])
    estimator = fitted_oracle(context, data, "softmax", ONE_HOT)
    require_oracle_predictions(context, estimator, data)


@check(
    "TGT-1.uncertain",
    verifies="the more probable of two classes is predicted, even if the probabilities are close",
    impact="with a threshold other than 0.5, one class is predicted too often",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def binary_uncertain(context: CheckContext) -> None:
    sigmoid = context.case == "sigmoid"
    data = doubles.classes_dataset(["no", "yes"], sigmoid=sigmoid)
    loss = BINARY if sigmoid else loss_of_classes(context)
    require_uncertain_predictions(context, data, context.case, loss)


@check(
    "TGT-1.one-class",
    verifies="a target with a single class can be fitted, and predict returns that class",
    impact="a fold that contains one class stops a search, or predicts a class that was never seen",
    wrappers=CLASSIFIER,
    cases=["sigmoid-number", "sigmoid-text", "softmax-number"],
)
def one_class(context: CheckContext) -> None:
    units, _, name = context.case.partition("-")
    sigmoid = units == "sigmoid"
    data = doubles.classes_dataset(
        [5] if name == "number" else ["only"], repeats=6, sigmoid=sigmoid
    )
    loss = BINARY if sigmoid else loss_of_classes(context)
    two = doubles.classes_dataset([5, 6], sigmoid=sigmoid)
    context.fit(context.make(oracle_builder(two, units, loss)), two.X, two.y)
    estimator = context.make(oracle_builder(data, units, loss))
    with context.doing(f"fit with one class, units: {len(data.bias)} {units}"):
        context.fit(estimator, data.X, data.y)
    require_oracle_predictions(context, estimator, data)
    _require_classes(context, estimator, data)


@check(
    "TGT-2.multiclass",
    verifies="more than two classes work with sparse and one-hot losses, whether builder or "
    "wrapper compiles",
    impact="the loss of a tutorial fails with a shape error, or trains on wrong targets",
    wrappers=CLASSIFIER,
    cases=[
        "sparse-compiled",
        "sparse-uncompiled",
        "one-hot-compiled",
        "one-hot-uncompiled",
        "sparse-column",
        "one-hot-column",
    ],
)
def multiclass(context: CheckContext) -> None:
    loss = ONE_HOT if context.case.startswith("one-hot") else SPARSE
    layout = "column" if context.case.endswith("column") else "flat"
    data = as_column_if(doubles.classes_dataset([3, 10, 40]), layout)
    compiled = not context.case.endswith("uncompiled")
    estimator = fitted_oracle(context, data, "softmax", loss, compiled=compiled)
    require_oracle_predictions(context, estimator, data)
    require_target_type(context, estimator, data)
    _require_classes(context, estimator, data)


@check(
    "TGT-2.some-classes",
    verifies="with sparse and one-hot losses, rows that lack some of the classes are encoded as in "
    "fit, for validation and where training goes on",
    impact="a batch, or validation data, without a rare class does not fit the units of the model, "
    "or is read as other classes",
    wrappers=CLASSIFIER,
    cases=[
        f"{loss}-{way}" for loss in ("sparse", "one-hot") for way in ("validation", "partial_fit")
    ],
    case_needs={
        "sparse-partial_fit": Capability.PARTIAL_FIT,
        "one-hot-partial_fit": Capability.PARTIAL_FIT,
    },
)
def some_classes(context: CheckContext) -> None:
    loss = ONE_HOT if context.case.startswith("one-hot") else SPARSE
    validates = context.case.endswith("validation")
    data = doubles.classes_dataset([3, 10, 40])
    name = "val_loss" if validates else "loss"

    def loss_of(steps: CheckContext | Observation, rows: Any) -> list[float]:
        """Return the loss that Keras computes for some rows, after training with all of them."""
        estimator = context.make(oracle_builder(data, "softmax", loss))
        some = data.X[rows], data.y[rows]
        if validates:
            steps.call(estimator, "fit", data.X, data.y, validation_data=some)
        else:
            context.fit(estimator, data.X, data.y)
            steps.call(estimator, "partial_fit", *some)
        return recorded_history(context, estimator).get(name, [])

    for kept in ([3, 10], [10, 40], [3], [40]):
        rows = np.isin(data.y, kept)
        with (
            provided(lambda: loss_of(context, slice(None))),
            context.doing(f"{context.case.replace('-', ' ')} with the classes {kept} alone"),
        ):
            found = loss_of(context.observe, rows)
        context.require(
            found and found[-1] < 1e-3,
            f"the {name} of rows of the classes {kept} should be zero for a model that predicts "
            f"them; it is {found}",
        )


@check(
    "TGT-2.one-hot-loss-forms",
    verifies="a one-hot loss is recognized as a class, an instance and a function",
    impact="the same model works or fails depending on the form of its loss",
    wrappers=CLASSIFIER,
    cases=["class", "instance", "function"],
)
def one_hot_loss_forms(context: CheckContext) -> None:
    data = doubles.classes_dataset(["a", "b", "c"])
    loss = {
        "class": keras.losses.CategoricalCrossentropy,
        "instance": keras.losses.CategoricalCrossentropy(),
        "function": keras.losses.categorical_crossentropy,
    }[context.case]
    # A wrapper that does not compile models gets a compiled one.
    compiled = not {"loss", "optimizer"} <= accepted(context, loss=ONE_HOT, optimizer="sgd").keys()
    fitted_oracle(context, data, "softmax", ONE_HOT, compiled=compiled)
    estimator = fitted_oracle(context, data, "softmax", loss, compiled=compiled)
    require_oracle_predictions(context, estimator, data)

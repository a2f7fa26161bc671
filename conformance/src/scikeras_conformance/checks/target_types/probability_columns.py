"""TGT-10: the order of the columns of ``predict_proba``, whatever the outputs of the model are.

Whether the numbers are probabilities is what TGT-10b is about. Their order is a promise of its own:
scorers that rank use one column after the other, and know nothing but its position.
"""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.helper_models import loss_of_classes
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import (
    BINARY,
    ONE_HOT,
    SPARSE,
    oracle_builder,
)
from scikeras_conformance.checks._support.predictions import as_array
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.contract import Capability
from scikeras_conformance.exceptions import Blocked
from scikeras_conformance.runner.context import CheckContext, show

LABELS: dict[str, list[Any]] = {
    "four-classes": ["d", "b", "c", "a"],
    # Their order is another one as text, and by size.
    "numbers": [10, 2, -30],
    "twelve-classes": list(range(12)),
    "booleans": [False, True],
    "logits-one-unit": ["no", "yes"],
    "logits-two-units": ["no", "yes"],
    "logits-sparse": ["a", "b", "c"],
    "logits-one-hot": ["a", "b", "c"],
    "hinge": ["no", "yes"],
    "sigmoid-units": ["a", "b", "c"],
}
"""The labels of each case."""

PROBABILITIES = ("four-classes", "numbers", "twelve-classes", "booleans")
"""The cases in which the outputs of the model are probabilities already."""

ONE_UNIT = ("booleans", "logits-one-unit", "hinge")


def _units_and_loss(context: CheckContext) -> tuple[str, Any]:
    """Return the activation and the loss of a case."""
    losses = keras.losses
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
    one_hot = losses.CategoricalCrossentropy(from_logits=True)
    return {
        "booleans": ("sigmoid", BINARY),
        "four-classes": ("softmax", loss_of_classes(context)),
        "numbers": ("softmax", SPARSE),
        "twelve-classes": ("softmax", loss_of_classes(context)),
        "logits-one-unit": ("linear", losses.BinaryCrossentropy(from_logits=True)),
        "logits-two-units": ("linear", one_hot if loss_of_classes(context) == ONE_HOT else sparse),
        "logits-sparse": ("linear", sparse),
        "logits-one-hot": ("linear", one_hot),
        "hinge": ("linear", "hinge"),
        "sigmoid-units": ("sigmoid", ONE_HOT),
    }[context.case]


@check(
    "TGT-10.columns",
    verifies="the column of predict_proba for a class is higher for its rows than for others, also "
    "for logits, margins, sigmoid units and four classes",
    impact="ROC AUC, log loss, voting and calibration use the number of another class",
    wrappers=[Wrapper.CLASSIFIER],
    cases=LABELS,
    conditional=True,
)
def columns(context: CheckContext) -> None:
    require_probabilities_exist(context)
    labels = LABELS[context.case]
    data = doubles.classes_dataset(labels, sigmoid=context.case in ONE_UNIT)
    data = data.softened()
    activation, loss = _units_and_loss(context)
    estimator = context.make(oracle_builder(data, activation, loss))
    if context.case in PROBABILITIES:
        context.fit(estimator, data.X, data.y)
        found = context.observe.call(estimator, "predict_proba", data.X)
    else:
        try:
            context.fit(estimator, data.X, data.y)
            found = context.call(estimator, "predict_proba", data.X)
        except Blocked as blocked:
            context.not_applicable(f"TGT-10b is about such outputs: {blocked}")
    found = as_array(context, found, "predict_proba")
    _require_order(context, found, data.y, np.unique(data.y))
    # As many rows as columns, in which the first row is there twice, so that no row is a column.
    rows = np.arange(found.shape[1]) // 2
    square = context.observe.call(estimator, "predict_proba", data.X[rows])
    square = as_array(context, square, "predict_proba of as many rows as classes")
    context.require(
        square.shape == found[rows].shape and np.allclose(square, found[rows], atol=1e-4),
        f"predict_proba of as many rows as there are classes returned {show(square)}, not "
        f"{show(found[rows])}, as among other rows",
    )


@check(
    "TGT-10.classes-given",
    verifies="predict_proba has a column for each of the classes that partial_fit was given, in "
    "the order of classes_",
    impact="a stream whose classes are listed as low, medium, high is scored by the columns of "
    "other classes",
    wrappers=[Wrapper.CLASSIFIER],
    cases=["sorted", "unsorted", "reversed"],
    needs=[Capability.PARTIAL_FIT],
    conditional=True,
)
def columns_of_classes_given(context: CheckContext) -> None:
    require_probabilities_exist(context)
    labels = {"sorted": ["a", "b", "c"], "reversed": ["c", "b", "a"]}
    given = labels.get(context.case, ["low", "medium", "high"])
    data = doubles.classes_dataset(given)

    def build() -> Any:
        # It learns which unit is for which class, as that is for the wrapper to decide.
        model = doubles.make_model(data._replace(kernel=np.zeros_like(data.kernel)), "softmax")
        model.compile(doubles.sgd(3.0), loss=loss_of_classes(context))
        return model

    context.call(context.make(build), "partial_fit", data.X, data.y)
    estimator = context.make(build)
    with context.preparing(f"partial_fit with classes={given}"):
        try:
            estimator.partial_fit(data.X, data.y, classes=given)
        except ValueError as error:
            if context.case == "sorted":
                raise
            context.not_applicable(f"such classes are refused: {error}")
    classes = as_array(context, context.attribute(estimator, "classes_"), "classes_")
    found = context.observe.call(estimator, "predict_proba", data.X)
    _require_order(context, as_array(context, found, "predict_proba"), data.y, classes)


def _require_order(context: CheckContext, found: Any, y: Any, classes: Any) -> None:
    """Require that each column tells the rows of its class from the others, and no other does."""
    context.require(
        found.shape == (len(y), len(classes)),
        f"predict_proba returned shape {found.shape}, not {(len(y), len(classes))}",
    )
    with context.doing("comparing the columns of predict_proba"):
        gaps = [
            found[y == label].mean(axis=0) - found[y != label].mean(axis=0) for label in classes
        ]
        best = [int(np.argmax(gap)) if gap.max() > 0 else -1 for gap in gaps]
    wrong = [position for position in range(len(classes)) if best[position] != position]
    if not wrong:
        return
    position = wrong[0]
    where = f"column {best[position]}" if best[position] >= 0 else "no column"
    context.fail(
        f"the class {show(classes[position])} is number {position} of classes_, but {where} of "
        f"predict_proba is highest for its rows: {show(found[y == classes[position]][:1])} ..., "
        f"elsewhere {show(found[y != classes[position]][:1])} ..."
    )

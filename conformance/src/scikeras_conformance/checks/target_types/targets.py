"""Chapter TGT: the table of target types."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.check import Wrapper, check
from scikeras_conformance.checks._support.modules import doubles, keras, np
from scikeras_conformance.checks._support.oracle_models import (
    BINARY,
    ONE_HOT,
    SPARSE,
    SQUARED,
    right_builder,
)
from scikeras_conformance.checks._support.predictions import as_array, require_answers, same
from scikeras_conformance.contract import Level
from scikeras_conformance.runner.context import CheckContext, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _leaving_builder(data: Any, activation: str) -> Callable[[], Any]:
    """Give a builder of a model that the wrapper has to compile."""

    def build() -> Any:
        return doubles.make_model(data, activation)

    return build


def _fitted(
    context: CheckContext, data: Any, activation: str, loss: Any, *, compiled: bool = True
) -> Any:
    """Fit a model that is right from the start, and see that it was trained on the right target.

    A model that answers everything right has a loss of nearly zero on the right target, and a
    large one on any other. A wrapper with a training loop of its own leaves no history of
    Model.fit, and is judged by its answers alone.
    """
    if compiled:
        estimator = context.make(right_builder(data, activation, loss))
    else:
        estimator = context.make(
            _leaving_builder(data, activation),
            loss=loss,
            optimizer="sgd",
            optimizer__learning_rate=0.0,
        )
    context.fit(estimator, data.X, data.y)
    history = context.recording_model(estimator).log.history
    losses = history.get("loss", [])
    context.require(
        all(loss < 1e-3 for loss in losses),
        f"a model that answers right should have a loss of zero; it is {losses}: the model was "
        "trained on a wrong target",
    )
    return estimator


def _require_answers(context: CheckContext, estimator: Any, data: Any) -> None:
    """Ask for right values and shapes: all rows, one row, rows in another order."""
    reverse = np.arange(len(data.X))[::-1]
    for rows, what in ((slice(None), "all rows"), ([1], "one row"), (reverse, "reversed rows")):
        predicted = context.predict(estimator, data.X[rows])
        require_answers(context, predicted, data.y[rows], f"{what}: predict")


def _require_type(context: CheckContext, estimator: Any, data: Any) -> None:
    from sklearn.utils.multiclass import type_of_target

    expected = type_of_target(data.y)
    found = context.attribute(estimator, "target_type_")
    context.require(
        same(found, expected), f"target_type_ should be {expected!r}; it is {show(found)}"
    )


def _require_classes(context: CheckContext, estimator: Any, data: Any) -> None:
    expected = np.unique(data.y)
    classes = as_array(context, context.attribute(estimator, "classes_"), "classes_")
    context.require(
        classes.tolist() == expected.tolist(),
        f"classes_ should be {expected}; it is {show(classes)}",
    )
    count = context.attribute(estimator, "n_classes_")
    context.require(
        same(count, len(expected)), f"n_classes_ should be {len(expected)}; it is {show(count)}"
    )


def _as_given(data: Any, layout: str) -> Any:
    return data._replace(y=data.y.reshape(-1, 1)) if layout == "column" else data


# -- TGT-1, TGT-2, TGT-3 ------------------------------------------------------------------------

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
    impact="the commonest classification task answers wrongly or not at all",
    wrappers=CLASSIFIER,
    cases=BINARY_CASES,
)
def binary(context: CheckContext) -> None:
    units, _, name = context.case.partition("-")
    labels = BINARY_LABELS[name.removesuffix("-column")]
    sigmoid = units == "sigmoid"
    data = doubles.classes_dataset(labels, sigmoid=sigmoid)
    data = _as_given(data, "column" if name.endswith("-column") else "flat")
    estimator = _fitted(context, data, units, BINARY if sigmoid else SPARSE)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)
    _require_classes(context, estimator, data)


@check(
    "TGT-1.one-hot-loss",
    verifies="two classes work with two softmax units and a one-hot loss too",
    impact="a model for any number of classes fails, or learns nonsense, when there are two",
    wrappers=CLASSIFIER,
    level=Level.SHOULD,
)
def binary_one_hot(context: CheckContext) -> None:
    data = doubles.classes_dataset(["no", "yes"])
    estimator = _fitted(context, data, "softmax", ONE_HOT)
    _require_answers(context, estimator, data)


def _uncertain(context: CheckContext, data: Any, activation: str, loss: str) -> None:
    """Ask for right answers of a model that is not sure of them, but leans to the right side."""
    data = data.softened()
    estimator = context.make(right_builder(data, activation, loss))
    context.fit(estimator, data.X, data.y)
    require_answers(context, context.predict(estimator, data.X), data.y)


@check(
    "TGT-1.uncertain",
    verifies="the likelier of two classes is predicted, also where it is not much likelier",
    impact="a threshold away from one half turns predictions into those of one class",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def binary_uncertain(context: CheckContext) -> None:
    sigmoid = context.case == "sigmoid"
    data = doubles.classes_dataset(["no", "yes"], sigmoid=sigmoid)
    _uncertain(context, data, context.case, BINARY if sigmoid else SPARSE)


@check(
    "TGT-1.one-class",
    verifies="a target with a single class is fitted, and that class is what predict gives",
    impact="a fold of a search that happens to hold one class ends the search, or answers with a "
    "class that was never seen",
    wrappers=CLASSIFIER,
    cases=["sigmoid-number", "sigmoid-text", "softmax-number"],
)
def one_class(context: CheckContext) -> None:
    units, _, name = context.case.partition("-")
    sigmoid = units == "sigmoid"
    data = doubles.classes_dataset(
        [5] if name == "number" else ["only"], repeats=6, sigmoid=sigmoid
    )
    estimator = context.make(right_builder(data, units, BINARY if sigmoid else SPARSE))
    context.fit(estimator, data.X, data.y)
    _require_answers(context, estimator, data)
    _require_classes(context, estimator, data)


@check(
    "TGT-2.multiclass",
    verifies="more than two classes work with sparse and one-hot losses, compiled by either side",
    impact="the loss that a tutorial uses fails with a shape error, or trains on wrong targets",
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
    data = _as_given(doubles.classes_dataset([3, 10, 40]), layout)
    compiled = not context.case.endswith("uncompiled")
    estimator = _fitted(context, data, "softmax", loss, compiled=compiled)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)
    _require_classes(context, estimator, data)


@check(
    "TGT-2.one-hot-loss-spellings",
    verifies="a one-hot loss is understood as class, instance and function",
    impact="the same model works or fails depending on how its loss was written",
    wrappers=CLASSIFIER,
    cases=["class", "instance", "function"],
)
def one_hot_loss_spellings(context: CheckContext) -> None:
    data = doubles.classes_dataset(["a", "b", "c"])
    loss = {
        "class": keras.losses.CategoricalCrossentropy,
        "instance": keras.losses.CategoricalCrossentropy(),
        "function": keras.losses.categorical_crossentropy,
    }[context.case]
    estimator = _fitted(context, data, "softmax", loss, compiled=False)
    _require_answers(context, estimator, data)


@check(
    "TGT-3.multilabel",
    verifies="multilabel indicators work with one output of sigmoid units",
    impact="every sample is given one label where it may have several",
    wrappers=CLASSIFIER,
    cases=["three-labels", "two-labels"],
)
def multilabel(context: CheckContext) -> None:
    data = doubles.multilabel_dataset(3 if context.case == "three-labels" else 2)
    estimator = _fitted(context, data, "sigmoid", BINARY)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)


@check(
    "TGT-3.one-label-each",
    verifies="an indicator of one label in each row works with softmax units and a one-hot loss",
    impact="targets that were one-hot before, as in Keras, are refused or come back in another form",
    wrappers=CLASSIFIER,
    cases=["int64", "float32", "bool"],
)
def one_label_each(context: CheckContext) -> None:
    data = doubles.classes_dataset([0, 1, 2])
    data = data._replace(y=np.eye(3, dtype=context.case)[data.y])
    estimator = _fitted(context, data, "softmax", ONE_HOT)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)


@check(
    "TGT-3.one-value",
    verifies="an indicator whose rows have every label, or none, is fitted and comes back",
    impact="a fold in which nobody has any of the labels ends the search",
    wrappers=CLASSIFIER,
    cases=["all", "none"],
    level=Level.SHOULD,
)
def one_value(context: CheckContext) -> None:
    data = doubles.multilabel_dataset()
    wanted = data.y.all(axis=1) if context.case == "all" else ~data.y.any(axis=1)
    data = data._replace(X=np.repeat(data.X[wanted], 4, 0), y=np.repeat(data.y[wanted], 4, 0))
    _require_answers(context, _fitted(context, data, "sigmoid", BINARY), data)


@check(
    "TGT-3.uncertain",
    verifies="a label is given where it is likelier than not, and only there",
    impact="a threshold away from one half gives every sample all labels, or none",
    wrappers=CLASSIFIER,
)
def multilabel_uncertain(context: CheckContext) -> None:
    _uncertain(context, doubles.multilabel_dataset(), "sigmoid", BINARY)


# -- TGT-4, TGT-5 -------------------------------------------------------------------------------


@check(
    "TGT-4.continuous",
    verifies="one continuous target comes back in the shape it was given",
    impact="residuals computed as y - predict(X) broadcast to a matrix",
    wrappers=REGRESSOR,
    cases=["float32", "float64", "column"],
)
def continuous(context: CheckContext) -> None:
    dtype = np.float64 if context.case == "float64" else np.float32
    data = _as_given(doubles.continuous_dataset(dtype=dtype), context.case)
    estimator = _fitted(context, data, "linear", SQUARED)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)


@check(
    "TGT-5.continuous-multioutput",
    verifies="several continuous targets come back, one column each",
    impact="targets are mixed up, or only the first one is predicted",
    wrappers=REGRESSOR,
    cases=["two-float32", "three-float64"],
)
def continuous_multioutput(context: CheckContext) -> None:
    n_outputs, dtype = (2, np.float32) if context.case == "two-float32" else (3, np.float64)
    data = doubles.continuous_dataset(n_outputs, dtype=dtype)
    estimator = _fitted(context, data, "linear", SQUARED)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)


# -- TGT-6 to TGT-9 -----------------------------------------------------------------------------


def _two_column_target() -> tuple[Any, Any]:
    y = np.array([[1, 1], [3, 2], [2, 3], [1, 2]] * 4)
    return y.astype(np.float32), y


@check(
    "TGT-6.multiclass-multioutput-refused",
    verifies="several columns of classes are refused, by type and with a way out",
    impact="each row is taken for a set of labels, and predictions are plausible and wrong",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def multiclass_multioutput_refused(context: CheckContext) -> None:
    X, y = _two_column_target()
    data = doubles.classes_dataset([0, 1], sigmoid=context.case == "sigmoid")
    loss = BINARY if context.case == "sigmoid" else SPARSE
    estimator = context.make(right_builder(data, context.case, loss), loss=loss)
    with context.refusing(
        "fit with several columns of classes", ValueError, naming="multiclass-multioutput"
    ):
        estimator.fit(X, y)
    with context.refusing(
        "fit with several columns of classes",
        ValueError,
        naming=("target_encoder", "encoder", "transformer"),
    ):
        estimator.fit(X, y)
    # A model with units for whatever such a target may be mistaken for.
    units = 2 if context.case == "sigmoid" else 4
    wide = doubles.Dataset(X, y, np.ones((2, units), np.float32), np.zeros(units, np.float32))
    for method in ("initialize", "partial_fit"):
        estimator = context.make(right_builder(wide, context.case, loss), loss=loss)
        if hasattr(estimator, method):
            with context.refusing(f"{method} with several columns of classes", ValueError):
                getattr(estimator, method)(X, y).predict(X)


UNKNOWN: dict[str, Callable[[], Any]] = {
    "three-dimensions": lambda: np.zeros((8, 2, 2), dtype=int),
    "ragged": lambda: [[0], [0, 1], [1], [0]] * 2,
    "objects": lambda: np.array([object() for _ in range(8)], dtype=object),
}


@check(
    "TGT-7.unknown-refused",
    verifies="a target that scikit-learn has no type for is refused with a ValueError",
    impact="nonsense is trained on, or the error comes from deep inside Keras",
    wrappers=CLASSIFIER,
    cases=UNKNOWN,
)
def unknown_refused(context: CheckContext) -> None:
    made: list[Any] = []
    data = doubles.classes_dataset([0, 1], sigmoid=True)

    def build() -> Any:
        made.append(right_builder(data, "sigmoid", BINARY)())
        return made[-1]

    estimator = context.make(build, loss=BINARY)
    with context.refusing(f"fit with a target of {context.case}", ValueError):
        estimator.fit(data.X, UNKNOWN[context.case]())
    context.require(not any(model.log.fits for model in made), "the error came after training")


@check(
    "TGT-7.regressor-refuses-unknown",
    verifies="the regressor refuses a target of unknown type",
    impact="nonsense is trained on, or the error comes from deep inside Keras",
    wrappers=REGRESSOR,
    cases=UNKNOWN,
)
def regressor_refuses_unknown(context: CheckContext) -> None:
    data = doubles.continuous_dataset()
    estimator = context.make(right_builder(data, "linear", SQUARED))
    # Objects that are no numbers are a TypeError to NumPy, and so to scikit-learn's regressors.
    with context.refusing(f"fit with a target of {context.case}", ValueError, TypeError):
        estimator.fit(data.X[:8], UNKNOWN[context.case]())


@check(
    "TGT-8.own-encoder",
    verifies="a subclass whose target_encoder understands several columns of classes is not refused",
    impact="the documented way to support another target type is closed",
    wrappers=CLASSIFIER,
    also=["DATA-1", "DATA-3"],
)
def own_encoder(context: CheckContext) -> None:
    from sklearn.base import BaseEstimator, TransformerMixin

    X, y = _two_column_target()

    class ColumnCodes(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        """Takes two columns of the classes 1, 2, 3 for two numbers, and back."""

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

    # X are the targets themselves, so the identity less one is the right answer.
    data = doubles.Dataset(X, y, np.eye(2, dtype=np.float32), -np.ones(2, dtype=np.float32))
    estimator = context.make_of(TwoColumns, right_builder(data, "linear", SQUARED), loss=SQUARED)
    context.fit(estimator, X, y)
    _require_answers(context, estimator, data)
    _require_type(context, estimator, data)


@check(
    "TGT-9.classifier-refuses-continuous",
    verifies="the classifier refuses a continuous target with a ValueError",
    impact="every float becomes a class of its own",
    wrappers=CLASSIFIER,
    cases=["one", "several"],
)
def classifier_refuses_continuous(context: CheckContext) -> None:
    data = doubles.continuous_dataset(1 if context.case == "one" else 2)
    estimator = context.make(right_builder(data, "sigmoid", BINARY), loss=BINARY)
    with context.refusing("fit of the classifier with a continuous target", ValueError):
        estimator.fit(data.X, data.y)


@check(
    "TGT-9.regressor-refuses-text",
    verifies="the regressor refuses a target that is not numeric with a ValueError",
    impact="labels become numbers without meaning, or training fails half way",
    wrappers=REGRESSOR,
    cases=["text", "objects-of-text"],
)
def regressor_refuses_text(context: CheckContext) -> None:
    data = doubles.continuous_dataset()
    y = np.array(["low", "high"] * 8, dtype=object if "objects" in context.case else None)
    estimator = context.make(right_builder(data, "linear", SQUARED))
    with context.refusing("fit of the regressor with words as target", ValueError):
        estimator.fit(data.X, y)

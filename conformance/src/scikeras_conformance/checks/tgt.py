"""Chapter TGT: the table of target types."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalogue import Wrapper, check
from scikeras_conformance.checks._answers import as_array, require_answers, same
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.checks._right_models import (
    BINARY,
    ONE_HOT,
    SPARSE,
    SQUARED,
    right_builder,
)
from scikeras_conformance.contract import Level
from scikeras_conformance.trial import Trial, show

CLASSIFIER = [Wrapper.CLASSIFIER]
REGRESSOR = [Wrapper.REGRESSOR]


def _leaving_builder(data: Any, activation: str) -> Callable[[], Any]:
    """Give a builder of a model that the wrapper has to compile."""

    def build() -> Any:
        return probes.make_model(data, activation)

    return build


def _fitted(trial: Trial, data: Any, activation: str, loss: Any, *, compiled: bool = True) -> Any:
    """Fit a model that is right from the start, and see that it was trained on the right target.

    A model that answers everything right has a loss of nearly zero on the right target, and a
    large one on any other. A wrapper with a training loop of its own leaves no history of
    Model.fit, and is judged by its answers alone.
    """
    if compiled:
        estimator = trial.make(right_builder(data, activation, loss))
    else:
        estimator = trial.make(
            _leaving_builder(data, activation),
            loss=loss,
            optimizer="sgd",
            optimizer__learning_rate=0.0,
        )
    trial.fit(estimator, data.X, data.y)
    history = trial.probe(estimator).log.history
    losses = history.get("loss", [])
    trial.require(
        all(loss < 1e-3 for loss in losses),
        f"a model that answers right should have a loss of zero; it is {losses}: the model was "
        "trained on a wrong target",
    )
    return estimator


def _require_answers(trial: Trial, estimator: Any, data: Any) -> None:
    """Ask for right values and shapes: all rows, one row, rows in another order."""
    reverse = np.arange(len(data.X))[::-1]
    for rows, what in ((slice(None), "all rows"), ([1], "one row"), (reverse, "reversed rows")):
        predicted = trial.predict(estimator, data.X[rows])
        require_answers(trial, predicted, data.y[rows], f"{what}: predict")


def _require_type(trial: Trial, estimator: Any, data: Any) -> None:
    from sklearn.utils.multiclass import type_of_target

    expected = type_of_target(data.y)
    found = trial.attribute(estimator, "target_type_")
    trial.require(
        same(found, expected), f"target_type_ should be {expected!r}; it is {show(found)}"
    )


def _require_classes(trial: Trial, estimator: Any, data: Any) -> None:
    expected = np.unique(data.y)
    classes = as_array(trial, trial.attribute(estimator, "classes_"), "classes_")
    trial.require(
        classes.tolist() == expected.tolist(),
        f"classes_ should be {expected}; it is {show(classes)}",
    )
    count = trial.attribute(estimator, "n_classes_")
    trial.require(
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
    shows="two classes work with one sigmoid unit and with two softmax units",
    costs="the commonest classification task answers wrongly or not at all",
    wrappers=CLASSIFIER,
    cases=BINARY_CASES,
)
def binary(trial: Trial) -> None:
    units, _, name = trial.case.partition("-")
    labels = BINARY_LABELS[name.removesuffix("-column")]
    sigmoid = units == "sigmoid"
    data = probes.classes_dataset(labels, sigmoid=sigmoid)
    data = _as_given(data, "column" if name.endswith("-column") else "flat")
    estimator = _fitted(trial, data, units, BINARY if sigmoid else SPARSE)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)
    _require_classes(trial, estimator, data)


@check(
    "TGT-1.one-hot-loss",
    shows="two classes work with two softmax units and a one-hot loss too",
    costs="a model for any number of classes fails, or learns nonsense, when there are two",
    wrappers=CLASSIFIER,
    level=Level.SHOULD,
)
def binary_one_hot(trial: Trial) -> None:
    data = probes.classes_dataset(["no", "yes"])
    estimator = _fitted(trial, data, "softmax", ONE_HOT)
    _require_answers(trial, estimator, data)


def _uncertain(trial: Trial, data: Any, activation: str, loss: str) -> None:
    """Ask for right answers of a model that is not sure of them, but leans to the right side."""
    data = data.softened()
    estimator = trial.make(right_builder(data, activation, loss))
    trial.fit(estimator, data.X, data.y)
    require_answers(trial, trial.predict(estimator, data.X), data.y)


@check(
    "TGT-1.uncertain",
    shows="the likelier of two classes is predicted, also where it is not much likelier",
    costs="a threshold away from one half turns predictions into those of one class",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def binary_uncertain(trial: Trial) -> None:
    sigmoid = trial.case == "sigmoid"
    data = probes.classes_dataset(["no", "yes"], sigmoid=sigmoid)
    _uncertain(trial, data, trial.case, BINARY if sigmoid else SPARSE)


@check(
    "TGT-1.one-class",
    shows="a target with a single class is fitted, and that class is what predict gives",
    costs="a fold of a search that happens to hold one class ends the search, or answers with a "
    "class that was never seen",
    wrappers=CLASSIFIER,
    cases=["sigmoid-number", "sigmoid-text", "softmax-number"],
)
def one_class(trial: Trial) -> None:
    units, _, name = trial.case.partition("-")
    sigmoid = units == "sigmoid"
    data = probes.classes_dataset([5] if name == "number" else ["only"], repeats=6, sigmoid=sigmoid)
    estimator = trial.make(right_builder(data, units, BINARY if sigmoid else SPARSE))
    trial.fit(estimator, data.X, data.y)
    _require_answers(trial, estimator, data)
    _require_classes(trial, estimator, data)


@check(
    "TGT-2.multiclass",
    shows="more than two classes work with sparse and one-hot losses, compiled by either side",
    costs="the loss that a tutorial uses fails with a shape error, or trains on wrong targets",
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
def multiclass(trial: Trial) -> None:
    loss = ONE_HOT if trial.case.startswith("one-hot") else SPARSE
    layout = "column" if trial.case.endswith("column") else "flat"
    data = _as_given(probes.classes_dataset([3, 10, 40]), layout)
    compiled = not trial.case.endswith("uncompiled")
    estimator = _fitted(trial, data, "softmax", loss, compiled=compiled)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)
    _require_classes(trial, estimator, data)


@check(
    "TGT-2.one-hot-loss-spellings",
    shows="a one-hot loss is understood as class, instance and function",
    costs="the same model works or fails depending on how its loss was written",
    wrappers=CLASSIFIER,
    cases=["class", "instance", "function"],
)
def one_hot_loss_spellings(trial: Trial) -> None:
    data = probes.classes_dataset(["a", "b", "c"])
    loss = {
        "class": keras.losses.CategoricalCrossentropy,
        "instance": keras.losses.CategoricalCrossentropy(),
        "function": keras.losses.categorical_crossentropy,
    }[trial.case]
    estimator = _fitted(trial, data, "softmax", loss, compiled=False)
    _require_answers(trial, estimator, data)


@check(
    "TGT-3.multilabel",
    shows="multilabel indicators work with one output of sigmoid units",
    costs="every sample is given one label where it may have several",
    wrappers=CLASSIFIER,
    cases=["three-labels", "two-labels"],
)
def multilabel(trial: Trial) -> None:
    data = probes.multilabel_dataset(3 if trial.case == "three-labels" else 2)
    estimator = _fitted(trial, data, "sigmoid", BINARY)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)


@check(
    "TGT-3.one-label-each",
    shows="an indicator of one label in each row works with softmax units and a one-hot loss",
    costs="targets that were one-hot before, as in Keras, are refused or come back in another form",
    wrappers=CLASSIFIER,
    cases=["int64", "float32", "bool"],
)
def one_label_each(trial: Trial) -> None:
    data = probes.classes_dataset([0, 1, 2])
    data = data._replace(y=np.eye(3, dtype=trial.case)[data.y])
    estimator = _fitted(trial, data, "softmax", ONE_HOT)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)


@check(
    "TGT-3.one-value",
    shows="an indicator whose rows have every label, or none, is fitted and comes back",
    costs="a fold in which nobody has any of the labels ends the search",
    wrappers=CLASSIFIER,
    cases=["all", "none"],
    level=Level.SHOULD,
)
def one_value(trial: Trial) -> None:
    data = probes.multilabel_dataset()
    wanted = data.y.all(axis=1) if trial.case == "all" else ~data.y.any(axis=1)
    data = data._replace(X=np.repeat(data.X[wanted], 4, 0), y=np.repeat(data.y[wanted], 4, 0))
    _require_answers(trial, _fitted(trial, data, "sigmoid", BINARY), data)


@check(
    "TGT-3.uncertain",
    shows="a label is given where it is likelier than not, and only there",
    costs="a threshold away from one half gives every sample all labels, or none",
    wrappers=CLASSIFIER,
)
def multilabel_uncertain(trial: Trial) -> None:
    _uncertain(trial, probes.multilabel_dataset(), "sigmoid", BINARY)


# -- TGT-4, TGT-5 -------------------------------------------------------------------------------


@check(
    "TGT-4.continuous",
    shows="one continuous target comes back in the shape it was given",
    costs="residuals computed as y - predict(X) broadcast to a matrix",
    wrappers=REGRESSOR,
    cases=["float32", "float64", "column"],
)
def continuous(trial: Trial) -> None:
    dtype = np.float64 if trial.case == "float64" else np.float32
    data = _as_given(probes.continuous_dataset(dtype=dtype), trial.case)
    estimator = _fitted(trial, data, "linear", SQUARED)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)


@check(
    "TGT-5.continuous-multioutput",
    shows="several continuous targets come back, one column each",
    costs="targets are mixed up, or only the first one is predicted",
    wrappers=REGRESSOR,
    cases=["two-float32", "three-float64"],
)
def continuous_multioutput(trial: Trial) -> None:
    n_outputs, dtype = (2, np.float32) if trial.case == "two-float32" else (3, np.float64)
    data = probes.continuous_dataset(n_outputs, dtype=dtype)
    estimator = _fitted(trial, data, "linear", SQUARED)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)


# -- TGT-6 to TGT-9 -----------------------------------------------------------------------------


def _two_column_target() -> tuple[Any, Any]:
    y = np.array([[1, 1], [3, 2], [2, 3], [1, 2]] * 4)
    return y.astype(np.float32), y


@check(
    "TGT-6.multiclass-multioutput-refused",
    shows="several columns of classes are refused, by type and with a way out",
    costs="each row is taken for a set of labels, and predictions are plausible and wrong",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def multiclass_multioutput_refused(trial: Trial) -> None:
    X, y = _two_column_target()
    data = probes.classes_dataset([0, 1], sigmoid=trial.case == "sigmoid")
    loss = BINARY if trial.case == "sigmoid" else SPARSE
    estimator = trial.make(right_builder(data, trial.case, loss), loss=loss)
    with trial.refusing(
        "fit with several columns of classes", ValueError, naming="multiclass-multioutput"
    ):
        estimator.fit(X, y)
    with trial.refusing(
        "fit with several columns of classes",
        ValueError,
        naming=("target_encoder", "encoder", "transformer"),
    ):
        estimator.fit(X, y)
    # A model with units for whatever such a target may be mistaken for.
    units = 2 if trial.case == "sigmoid" else 4
    wide = probes.Dataset(X, y, np.ones((2, units), np.float32), np.zeros(units, np.float32))
    for method in ("initialize", "partial_fit"):
        estimator = trial.make(right_builder(wide, trial.case, loss), loss=loss)
        if hasattr(estimator, method):
            with trial.refusing(f"{method} with several columns of classes", ValueError):
                getattr(estimator, method)(X, y).predict(X)


UNKNOWN: dict[str, Callable[[], Any]] = {
    "three-dimensions": lambda: np.zeros((8, 2, 2), dtype=int),
    "ragged": lambda: [[0], [0, 1], [1], [0]] * 2,
    "objects": lambda: np.array([object() for _ in range(8)], dtype=object),
}


@check(
    "TGT-7.unknown-refused",
    shows="a target that scikit-learn has no type for is refused with a ValueError",
    costs="nonsense is trained on, or the error comes from deep inside Keras",
    wrappers=CLASSIFIER,
    cases=UNKNOWN,
)
def unknown_refused(trial: Trial) -> None:
    made: list[Any] = []
    data = probes.classes_dataset([0, 1], sigmoid=True)

    def build() -> Any:
        made.append(right_builder(data, "sigmoid", BINARY)())
        return made[-1]

    estimator = trial.make(build, loss=BINARY)
    with trial.refusing(f"fit with a target of {trial.case}", ValueError):
        estimator.fit(data.X, UNKNOWN[trial.case]())
    trial.require(not any(model.log.fits for model in made), "the error came after training")


@check(
    "TGT-7.regressor-refuses-unknown",
    shows="the regressor refuses a target of unknown type",
    costs="nonsense is trained on, or the error comes from deep inside Keras",
    wrappers=REGRESSOR,
    cases=UNKNOWN,
)
def regressor_refuses_unknown(trial: Trial) -> None:
    data = probes.continuous_dataset()
    estimator = trial.make(right_builder(data, "linear", SQUARED))
    # Objects that are no numbers are a TypeError to NumPy, and so to scikit-learn's regressors.
    with trial.refusing(f"fit with a target of {trial.case}", ValueError, TypeError):
        estimator.fit(data.X[:8], UNKNOWN[trial.case]())


@check(
    "TGT-8.own-encoder",
    shows="a subclass whose target_encoder understands several columns of classes is not refused",
    costs="the documented way to support another target type is closed",
    wrappers=CLASSIFIER,
    also=["DATA-1", "DATA-3"],
)
def own_encoder(trial: Trial) -> None:
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

    class TwoColumns(trial.cls):  # type: ignore[name-defined, misc]
        @property
        def target_encoder(self) -> Any:
            return ColumnCodes()

    # X are the targets themselves, so the identity less one is the right answer.
    data = probes.Dataset(X, y, np.eye(2, dtype=np.float32), -np.ones(2, dtype=np.float32))
    estimator = trial.make_of(TwoColumns, right_builder(data, "linear", SQUARED), loss=SQUARED)
    trial.fit(estimator, X, y)
    _require_answers(trial, estimator, data)
    _require_type(trial, estimator, data)


@check(
    "TGT-9.classifier-refuses-continuous",
    shows="the classifier refuses a continuous target with a ValueError",
    costs="every float becomes a class of its own",
    wrappers=CLASSIFIER,
    cases=["one", "several"],
)
def classifier_refuses_continuous(trial: Trial) -> None:
    data = probes.continuous_dataset(1 if trial.case == "one" else 2)
    estimator = trial.make(right_builder(data, "sigmoid", BINARY), loss=BINARY)
    with trial.refusing("fit of the classifier with a continuous target", ValueError):
        estimator.fit(data.X, data.y)


@check(
    "TGT-9.regressor-refuses-text",
    shows="the regressor refuses a target that is not numeric with a ValueError",
    costs="labels become numbers without meaning, or training fails half way",
    wrappers=REGRESSOR,
    cases=["text", "objects-of-text"],
)
def regressor_refuses_text(trial: Trial) -> None:
    data = probes.continuous_dataset()
    y = np.array(["low", "high"] * 8, dtype=object if "objects" in trial.case else None)
    estimator = trial.make(right_builder(data, "linear", SQUARED))
    with trial.refusing("fit of the regressor with words as target", ValueError):
        estimator.fit(data.X, y)

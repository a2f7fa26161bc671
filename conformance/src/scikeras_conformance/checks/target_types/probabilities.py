"""TGT-10 and TGT-10b: ``predict_proba``."""

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
from scikeras_conformance.checks._support.predictions import as_array, require_values
from scikeras_conformance.checks._support.preparation import require_probabilities_exist
from scikeras_conformance.runner.context import CheckContext, show

CLASSIFIER = [Wrapper.CLASSIFIER]


def _one_label_each() -> Any:
    """Return data whose target is an indicator with one label in each row."""
    data = doubles.classes_dataset([0, 1, 2])
    return data._replace(y=np.eye(3, dtype=int)[data.y])


def _require_shape(
    context: CheckContext, estimator: Any, data: Any, columns: tuple[int, ...]
) -> list[tuple[str, Any, Any]]:
    """Require the shape for all rows and for one, and return what, which rows, and the result."""
    results = []
    for rows, what in ((slice(None), "all rows"), ([1], "one row")):
        found = as_array(
            context, context.observe.call(estimator, "predict_proba", data.X[rows]), what
        )
        shape = (len(data.X[rows]), *columns)
        context.require(
            found.shape == shape,
            f"{what}: predict_proba returned shape {found.shape}, not {shape}",
        )
        results.append((what, rows, found))
    return results


def _require_probabilities(context: CheckContext, estimator: Any, data: Any, expected: Any) -> None:
    for what, rows, found in _require_shape(context, estimator, data, expected.shape[1:]):
        wanted = expected[rows]
        with context.doing("comparing probabilities"):
            right = np.allclose(found, wanted, atol=1e-4)
        context.require(
            right,
            f"{what}: predict_proba returned {show(found[:2])} ..., not {show(wanted[:2])} ...",
        )


@check(
    "TGT-10.probabilities",
    verifies="predict_proba has one column for each class in the order of classes_",
    impact="ROC AUC, log loss, voting and calibration use the probability of another class",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax", "multiclass-sparse", "multiclass-one-hot", "column-target"],
    conditional=True,
)
def probabilities(context: CheckContext) -> None:
    require_probabilities_exist(context)
    multi = context.case.startswith("multiclass")
    sigmoid = context.case in {"sigmoid", "column-target"}
    data = doubles.classes_dataset(["a", "b", "c"] if multi else ["no", "yes"], sigmoid=sigmoid)
    data = data.softened()
    expected = _softmax(data.X @ data.kernel) if not sigmoid else _two(data.X @ data.kernel)
    if context.case == "column-target":
        data = data._replace(y=data.y.reshape(-1, 1))
    loss = BINARY if sigmoid else loss_of_classes(context)
    if multi:
        loss = ONE_HOT if context.case.endswith("one-hot") else SPARSE
    estimator = context.make(oracle_builder(data, "sigmoid" if sigmoid else "softmax", loss))
    context.fit(estimator, data.X, data.y)
    _require_probabilities(context, estimator, data, expected)


@check(
    "TGT-10.multilabel-probabilities",
    verifies="predict_proba of a multilabel target has one column for each label",
    impact="scores of several labels cannot be computed",
    wrappers=CLASSIFIER,
    cases=["several-labels", "one-label-each"],
    conditional=True,
)
def multilabel_probabilities(context: CheckContext) -> None:
    require_probabilities_exist(context)
    several = context.case == "several-labels"
    data = (doubles.multilabel_dataset() if several else _one_label_each()).softened()
    logits = data.X @ data.kernel + data.bias
    expected = _sigmoid(logits) if several else _softmax(logits)
    units, loss = ("sigmoid", BINARY) if several else ("softmax", ONE_HOT)
    estimator = context.make(oracle_builder(data, units, loss))
    context.fit(estimator, data.X, data.y)
    _require_probabilities(context, estimator, data, expected)


@check(
    "TGT-10.one-class",
    verifies="with a single class, predict_proba returns one column",
    impact="a fold that contains one class breaks every score that needs probabilities",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
    conditional=True,
)
def one_class_probabilities(context: CheckContext) -> None:
    require_probabilities_exist(context)
    sigmoid = context.case == "sigmoid"
    data = doubles.classes_dataset(["only"], repeats=6, sigmoid=sigmoid).softened()
    loss = BINARY if sigmoid else loss_of_classes(context)
    estimator = context.make(oracle_builder(data, context.case, loss))
    context.fit(estimator, data.X, data.y)
    # That the column is of ones, is a matter of the sums, which TGT-10b is about.
    _require_shape(context, estimator, data, (1,))


@check(
    "TGT-10b.margins",
    verifies="with a hinge loss the sign of the output decides, and predict_proba returns "
    "probabilities",
    impact="a support vector machine in Keras predicts the negative class if it is unsure",
    wrappers=CLASSIFIER,
    cases=["hinge", "squared_hinge"],
    conditional=True,
)
def margins(context: CheckContext) -> None:
    require_probabilities_exist(context)
    data = doubles.classes_dataset(["no", "yes"], sigmoid=True).softened()
    # Outputs of a quarter: on the right side, and far from one.
    data = data._replace(kernel=data.kernel / np.float32(4))
    estimator = context.make(oracle_builder(data, "linear", context.case))
    context.fit(estimator, data.X, data.y)
    require_values(context, context.observe.predict(estimator, data.X), data.y)
    found = as_array(
        context, context.observe.call(estimator, "predict_proba", data.X), "predict_proba"
    )
    right = np.searchsorted(["no", "yes"], data.y)
    with context.doing("comparing probabilities"):
        holds = (
            found.shape == (len(data.X), 2)
            and found.min() >= 0
            and np.allclose(found.sum(axis=1), 1, atol=1e-4)
            and (found.argmax(axis=1) == right).all()
        )
    context.require(
        holds, f"predict_proba returned {show(found[:2])} ... for {show(data.y[:2])} ..."
    )


@check(
    "TGT-10b.sums",
    verifies="rows of predict_proba sum to one even if the model has sigmoid units",
    impact="log loss and calibration fail, or use numbers that are not probabilities",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "relu", "one-class"],
    conditional=True,
)
def sums(context: CheckContext) -> None:
    require_probabilities_exist(context)
    if context.case == "one-class":
        _require_ones(context)
        return
    data = doubles.classes_dataset(["a", "b", "c"]).softened()
    estimator = context.make(oracle_builder(data, context.case, ONE_HOT))
    context.fit(estimator, data.X, data.y)
    # All outputs of a ReLU layer are zero for the last row.
    X = np.vstack([data.X, np.zeros_like(data.X[:1])])
    found = as_array(context, context.observe.call(estimator, "predict_proba", X), "predict_proba")
    right = np.searchsorted(["a", "b", "c"], data.y)
    with context.doing("comparing probabilities"):
        holds = (
            found.shape == (len(X), 3)
            and found.min() >= 0
            and np.allclose(found.sum(axis=1), 1, atol=1e-4)
            and (found[:-1].argmax(axis=1) == right).all()
        )
    context.require(holds, f"predict_proba returned {show(found[:2])} ... {show(found[-1])}")


def _require_ones(context: CheckContext) -> None:
    data = doubles.classes_dataset(["only"], repeats=6, sigmoid=True).softened()
    estimator = context.make(oracle_builder(data, "sigmoid", BINARY))
    context.fit(estimator, data.X, data.y)
    _require_probabilities(context, estimator, data, np.ones((len(data.X), 1)))


def _loss_of_logits() -> Any:
    """Return a loss of the user's own that takes logits, and says so as those of Keras do."""

    class OfLogits(keras.losses.Loss):  # type: ignore[misc]
        from_logits = True

        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.losses.binary_crossentropy(y_true, y_pred, from_logits=True)

    return OfLogits()


def _in_logits(case: str) -> tuple[Any, Any, Any]:
    """Return by case: data, a loss that takes the outputs as logits, expected probabilities."""
    if case.endswith("-own-loss"):
        data, _, expected = _in_logits(case.removesuffix("-own-loss"))
        return data, _loss_of_logits(), expected
    losses = keras.losses
    if case == "multilabel":
        data = doubles.multilabel_dataset().softened()
        loss = losses.BinaryCrossentropy(from_logits=True)
        return data, loss, _sigmoid(data.X @ data.kernel + data.bias)
    if case == "one-unit":
        data = doubles.classes_dataset(["no", "yes"], sigmoid=True).softened()
        # Outputs between 0 and 0.5 are where logits and probabilities lead to different labels.
        data = data._replace(kernel=data.kernel / np.float32(4))
        return data, losses.BinaryCrossentropy(from_logits=True), _two(data.X @ data.kernel)
    data = doubles.classes_dataset(["a", "b", "c"] if case != "two-units" else ["a", "b"])
    data = data.softened()
    expected = _softmax(data.X @ data.kernel)
    if case == "one-hot":
        return data, losses.CategoricalCrossentropy(from_logits=True), expected
    if case == "one-hot-indicator":
        return (
            _one_label_each().softened(),
            losses.CategoricalCrossentropy(from_logits=True),
            expected,
        )
    return data, losses.SparseCategoricalCrossentropy(from_logits=True), expected


@check(
    "TGT-10b.logits",
    verifies="with a loss that takes logits, predict_proba returns probabilities and predict "
    "the most probable label",
    impact="the form of loss that Keras recommends gives wrong labels, and probabilities below "
    "zero",
    wrappers=CLASSIFIER,
    cases=[
        *("one-unit", "two-units", "sparse", "one-hot", "one-hot-indicator", "multilabel"),
        *("one-unit-own-loss", "multilabel-own-loss"),
    ],
    conditional=True,
)
def logits(context: CheckContext) -> None:
    require_probabilities_exist(context)
    data, loss, expected = _in_logits(context.case)
    estimator = context.make(oracle_builder(data, "linear", loss))
    context.fit(estimator, data.X, data.y)
    _require_probabilities(context, estimator, data, expected)
    require_values(context, context.observe.predict(estimator, data.X), data.y)


@check(
    "TGT-10b.digits",
    verifies="probabilities that a model computes in float64 keep their digits",
    impact="small differences between probabilities are lost, and rankings have ties",
    wrappers=CLASSIFIER,
    cases=["one-unit", "multiclass"],
    conditional=True,
)
def digits(context: CheckContext) -> None:
    require_probabilities_exist(context)
    sigmoid = context.case == "one-unit"
    data = doubles.classes_dataset(["a", "b"] if sigmoid else ["a", "b", "c"], sigmoid=sigmoid)
    data = data.softened()

    def build() -> Any:
        inputs = keras.Input((data.n_features,), dtype="float64")
        activation = "sigmoid" if sigmoid else "softmax"
        layer = keras.layers.Dense(len(data.bias), activation, dtype="float64")
        model = doubles.RecordingModel(inputs, layer(inputs))
        layer.set_weights([data.kernel / 3, data.bias])
        model.compile(doubles.zero_learning_rate(), BINARY if sigmoid else loss_of_classes(context))
        return model

    estimator = context.make(build)
    context.fit(estimator, data.X, data.y)
    found = as_array(
        context, context.observe.call(estimator, "predict_proba", data.X), "predict_proba"
    )
    expected = np.asarray(build().predict(data.X, verbose=0))
    with context.doing("comparing probabilities"):
        near = found.shape == (len(data.X), 2 if sigmoid else 3) and np.allclose(
            found[:, -expected.shape[1] :], expected, 1e-13, 0
        )
    context.require(
        near, f"predict_proba returned {show(found[:2])}; the model computes {show(expected[:2])}"
    )


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))


def _softmax(logits: Any) -> Any:
    exponents = np.exp(logits)
    return exponents / exponents.sum(axis=1, keepdims=True)


def _two(logits: Any) -> Any:
    positive = _sigmoid(logits)
    return np.hstack([1 - positive, positive])

"""Chapter TGT, second part: probabilities."""

from typing import Any

from scikeras_conformance.catalogue import Wrapper, check
from scikeras_conformance.checks._answers import as_array, require_answers
from scikeras_conformance.checks._modules import keras, np, probes
from scikeras_conformance.checks._right_models import BINARY, ONE_HOT, SPARSE, right_builder
from scikeras_conformance.trial import Trial, show

CLASSIFIER = [Wrapper.CLASSIFIER]


def _one_label_each() -> Any:
    """Give data whose target is an indicator with one label in each row."""
    data = probes.classes_dataset([0, 1, 2])
    return data._replace(y=np.eye(3, dtype=int)[data.y])


def _require_probabilities(trial: Trial, estimator: Any, data: Any, expected: Any) -> None:
    for rows, what in ((slice(None), "all rows"), ([1], "one row")):
        found = as_array(trial, trial.call(estimator, "predict_proba", data.X[rows]), what)
        wanted = expected[rows]
        trial.require(
            found.shape == wanted.shape,
            f"{what}: predict_proba gave shape {found.shape}, not {wanted.shape}",
        )
        with trial.doing("comparing probabilities"):
            right = np.allclose(found, wanted, atol=1e-4)
        trial.require(
            right, f"{what}: predict_proba gave {show(found[:2])} ..., not {show(wanted[:2])} ..."
        )


@check(
    "TGT-10.probabilities",
    shows="predict_proba has a column for each class in the order of classes_, rows sum to one",
    costs="ROC-AUC, log loss, voting and calibration use the probability of another class",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax", "multiclass-sparse", "multiclass-one-hot", "column-target"],
)
def probabilities(trial: Trial) -> None:
    multi = trial.case.startswith("multiclass")
    sigmoid = trial.case in {"sigmoid", "column-target"}
    data = probes.classes_dataset(["a", "b", "c"] if multi else ["no", "yes"], sigmoid=sigmoid)
    data = data.softened()
    expected = _softmax(data.X @ data.kernel) if not sigmoid else _two(data.X @ data.kernel)
    if trial.case == "column-target":
        data = data._replace(y=data.y.reshape(-1, 1))
    loss = BINARY if sigmoid else ONE_HOT if trial.case.endswith("one-hot") else SPARSE
    estimator = trial.make(right_builder(data, "sigmoid" if sigmoid else "softmax", loss))
    trial.fit(estimator, data.X, data.y)
    _require_probabilities(trial, estimator, data, expected)


@check(
    "TGT-10.multilabel-probabilities",
    shows="predict_proba of a multilabel target has one column for each label",
    costs="the scores of several labels cannot be computed",
    wrappers=CLASSIFIER,
    cases=["several-labels", "one-label-each"],
)
def multilabel_probabilities(trial: Trial) -> None:
    several = trial.case == "several-labels"
    data = (probes.multilabel_dataset() if several else _one_label_each()).softened()
    logits = data.X @ data.kernel + data.bias
    expected = _sigmoid(logits) if several else _softmax(logits)
    units, loss = ("sigmoid", BINARY) if several else ("softmax", ONE_HOT)
    estimator = trial.make(right_builder(data, units, loss))
    trial.fit(estimator, data.X, data.y)
    _require_probabilities(trial, estimator, data, expected)


@check(
    "TGT-10.one-class",
    shows="with a single class predict_proba has one column, of ones",
    costs="a fold that happens to hold one class breaks a score that asks for probabilities",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "softmax"],
)
def one_class_probabilities(trial: Trial) -> None:
    sigmoid = trial.case == "sigmoid"
    data = probes.classes_dataset(["only"], repeats=6, sigmoid=sigmoid).softened()
    estimator = trial.make(right_builder(data, trial.case, BINARY if sigmoid else SPARSE))
    trial.fit(estimator, data.X, data.y)
    _require_probabilities(trial, estimator, data, np.ones((len(data.X), 1)))


@check(
    "TGT-10.margins",
    shows="with a hinge loss the sign of the output decides, and predict_proba gives probabilities",
    costs="a support vector machine in Keras predicts the negative class where it is unsure",
    wrappers=CLASSIFIER,
    cases=["hinge", "squared_hinge"],
)
def margins(trial: Trial) -> None:
    data = probes.classes_dataset(["no", "yes"], sigmoid=True).softened()
    # Answers of a quarter: on the right side, and far from one.
    data = data._replace(kernel=data.kernel / np.float32(4))
    estimator = trial.make(right_builder(data, "linear", trial.case))
    trial.fit(estimator, data.X, data.y)
    require_answers(trial, trial.predict(estimator, data.X), data.y)
    found = as_array(trial, trial.call(estimator, "predict_proba", data.X), "predict_proba")
    right = np.searchsorted(["no", "yes"], data.y)
    with trial.doing("comparing probabilities"):
        holds = (
            found.shape == (len(data.X), 2)
            and found.min() >= 0
            and np.allclose(found.sum(axis=1), 1, atol=1e-4)
            and (found.argmax(axis=1) == right).all()
        )
    trial.require(holds, f"predict_proba gave {show(found[:2])} ... for {show(data.y[:2])} ...")


@check(
    "TGT-10.sums",
    shows="rows of predict_proba sum to one where the units of the model do not compete",
    costs="log loss and calibration fail, or rank by numbers that are no probabilities",
    wrappers=CLASSIFIER,
    cases=["sigmoid", "relu"],
)
def sums(trial: Trial) -> None:
    data = probes.classes_dataset(["a", "b", "c"]).softened()
    estimator = trial.make(right_builder(data, trial.case, ONE_HOT))
    trial.fit(estimator, data.X, data.y)
    # Of the last row a layer of rectified units says nothing at all.
    X = np.vstack([data.X, np.zeros_like(data.X[:1])])
    found = as_array(trial, trial.call(estimator, "predict_proba", X), "predict_proba")
    right = np.searchsorted(["a", "b", "c"], data.y)
    with trial.doing("comparing probabilities"):
        holds = (
            found.shape == (len(X), 3)
            and found.min() >= 0
            and np.allclose(found.sum(axis=1), 1, atol=1e-4)
            and (found[:-1].argmax(axis=1) == right).all()
        )
    trial.require(holds, f"predict_proba gave {show(found[:2])} ... {show(found[-1])}")


def _in_logits(case: str) -> tuple[Any, Any, Any]:
    """Give by case: data, the loss that takes its model's outputs for logits, probabilities."""
    losses = keras.losses
    if case == "multilabel":
        data = probes.multilabel_dataset().softened()
        loss = losses.BinaryCrossentropy(from_logits=True)
        return data, loss, _sigmoid(data.X @ data.kernel + data.bias)
    if case == "one-unit":
        data = probes.classes_dataset(["no", "yes"], sigmoid=True).softened()
        # Answers between nothing and one half are where logits and probabilities part.
        data = data._replace(kernel=data.kernel / np.float32(4))
        return data, losses.BinaryCrossentropy(from_logits=True), _two(data.X @ data.kernel)
    data = probes.classes_dataset(["a", "b", "c"] if case != "two-units" else ["a", "b"])
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
    "TGT-10.logits",
    shows="where the loss is told that the outputs are logits, predict_proba gives probabilities "
    "nevertheless, and predict the likelier label",
    costs="the form of loss that Keras recommends gives wrong labels, and probabilities below zero",
    wrappers=CLASSIFIER,
    cases=["one-unit", "two-units", "sparse", "one-hot", "one-hot-indicator", "multilabel"],
)
def logits(trial: Trial) -> None:
    data, loss, expected = _in_logits(trial.case)
    estimator = trial.make(right_builder(data, "linear", loss))
    trial.fit(estimator, data.X, data.y)
    _require_probabilities(trial, estimator, data, expected)
    require_answers(trial, trial.predict(estimator, data.X), data.y)


def _sigmoid(logits: Any) -> Any:
    return 1 / (1 + np.exp(-logits))


def _softmax(logits: Any) -> Any:
    exponents = np.exp(logits)
    return exponents / exponents.sum(axis=1, keepdims=True)


def _two(logits: Any) -> Any:
    positive = _sigmoid(logits)
    return np.hstack([1 - positive, positive])

"""Chapter SKL, second part: what the tags of an estimator say, and what it does."""

from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalogue import ESTIMATORS, Wrapper, check
from scikeras_conformance.checks._answers import require_answers
from scikeras_conformance.checks._modules import np, probes
from scikeras_conformance.checks._sklearn_checks import has_tag
from scikeras_conformance.trial import Trial

REFUSALS = (ValueError, TypeError)


def _require_as_tagged(
    trial: Trial, estimator: Any, tag: str, what: str, does: Callable[[], None]
) -> None:
    """Ask that an estimator does what its tag says, and refuses what it does not say."""
    if has_tag(trial, estimator, tag):
        with trial.doing(f"{what}, which the tag {tag} says it takes,"):
            does()
        return
    with trial.refusing(f"{what}, which the tag {tag} does not say it takes,", *REFUSALS):
        does()


@check(
    "SKL-2.sparse",
    shows="sparse input is taken by a wrapper whose tag says so, and refused by any other",
    costs="a search over a text pipeline fails, or turns the matrix into one object, unasked",
    cases=["csr_matrix", "csr_array"],
)
def sparse_tag(trial: Trial) -> None:
    import scipy.sparse

    data = probes.dataset(trial.wrapper)
    X = getattr(scipy.sparse, trial.case)(data.X)
    estimator = trial.make(probes.builder(trial.wrapper))
    answers: list[Any] = []

    def does() -> None:
        answers.append(estimator.fit(X, data.y).predict(X))

    _require_as_tagged(trial, estimator, "input_tags.sparse", "fit with sparse input", does)
    for given in answers:
        require_answers(trial, given, data.y, "predict with sparse input")


@check(
    "SKL-2.missing-values",
    shows="NaN in X is taken by a wrapper whose tag says so, and refused by any other",
    costs="a column with gaps trains a model whose weights are all NaN, without a word",
    cases=["fit", "predict", "infinite"],
)
def nan_tag(trial: Trial) -> None:
    data = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.builder(trial.wrapper))
    X = data.X.copy()
    X[1, 0] = np.inf if trial.case == "infinite" else np.nan
    if trial.case == "predict":
        trial.fit(estimator, data.X, data.y)

    def does() -> None:
        if trial.case == "predict":
            estimator.predict(X)
        else:
            estimator.fit(X, data.y)

    if trial.case == "infinite":
        # No tag is about that: it is no number to learn from.
        with trial.refusing("fit with infinity in X", *REFUSALS):
            does()
        return
    what = f"{trial.case} with NaN in X"
    _require_as_tagged(trial, estimator, "input_tags.allow_nan", what, does)


@check(
    "SKL-2.several-targets",
    shows="a target of several columns is taken where the tags say so, and refused elsewhere",
    costs="MultiOutputRegressor is put around a wrapper that needs none, or left out",
    wrappers=ESTIMATORS,
)
def several_targets_tag(trial: Trial) -> None:
    if trial.is_classifier:
        data, tag, activation = (
            probes.multilabel_dataset(),
            "classifier_tags.multi_label",
            "sigmoid",
        )
        loss = "binary_crossentropy"
    else:
        data, tag, activation = probes.continuous_dataset(2), "target_tags.multi_output", "linear"
        loss = "mean_squared_error"

    def build() -> Any:
        model = probes.make_model(data, activation)
        model.compile(optimizer=probes.zero_rate(), loss=loss)
        return model

    estimator = trial.make(build)
    answers: list[Any] = []

    def does() -> None:
        answers.append(estimator.fit(data.X, data.y).predict(data.X))

    _require_as_tagged(trial, estimator, tag, "fit with a target of several columns", does)
    for given in answers:
        require_answers(trial, given, data.y)


@check(
    "SKL-2.multiclass",
    shows="more than two classes are taken where the tag says so, and refused elsewhere",
    costs="OneVsRestClassifier is put around a wrapper that needs none, or left out",
    wrappers=[Wrapper.CLASSIFIER],
)
def multiclass_tag(trial: Trial) -> None:
    data = probes.classes_dataset(["a", "b", "c"])
    estimator = trial.make(lambda: probes.idle_model_of(data, trial.wrapper))
    answers: list[Any] = []

    def does() -> None:
        answers.append(estimator.fit(data.X, data.y).predict(data.X))

    tag = "classifier_tags.multi_class"
    _require_as_tagged(trial, estimator, tag, "fit with three classes", does)
    for given in answers:
        require_answers(trial, given, data.y)


@check(
    "SKL-2.required-target",
    shows="the tags say that a target is needed, and fit without one is refused",
    costs="a forgotten y ends in an error of Keras that explains nothing, or in no error",
    wrappers=ESTIMATORS,
)
def required_target(trial: Trial) -> None:
    data = probes.dataset(trial.wrapper)
    estimator = trial.make(probes.builder(trial.wrapper))
    required = has_tag(trial, estimator, "target_tags.required")
    trial.require(required, "the tag target_tags.required is not set")
    with trial.refusing("fit without y", *REFUSALS, naming="y"):
        estimator.fit(data.X, None)

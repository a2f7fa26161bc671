"""Scikit-learn's tools around a wrapper (chapters SER, SCORE and SKL)."""

import keras
import numpy as np
import pytest
import sklearn
from reference_models import classifier, regressor, sigmoid, softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingRegressor,
    StackingClassifier,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scikeras_reference import KerasRegressor


@pytest.fixture
def learnable(rng):
    k = np.arange(45) % 3
    X = np.eye(3)[k] + rng.normal(scale=0.05, size=(45, 3))
    return X, np.array(["a", "b", "c"])[k]


def good(**params):
    learns = {"optimizer": "adam", "optimizer__learning_rate": 0.3, "epochs": 12, "batch_size": -1}
    # Traced once, for all fits of a structure that share their steps.
    return classifier(**{**learns, "run_eagerly": False, **params})


SCORERS = ["accuracy", "f1_macro", "roc_auc_ovr", "neg_log_loss", "balanced_accuracy"]


@pytest.mark.slow
def test_scorers_of_classifiers(learnable):
    """A good model outranks a bad one, in stratified folds (SCORE-5, CLS-5)."""
    X, y = learnable
    good_scores, bad_scores = (
        cross_validate(good(epochs=epochs), X, y, scoring=SCORERS, cv=3, error_score="raise")
        for epochs in (12, 0)
    )

    for name in SCORERS:
        assert good_scores[f"test_{name}"].mean() > bad_scores[f"test_{name}"].mean(), name


@pytest.mark.slow
def test_binary_roc_auc(learnable):
    """One sigmoid unit is enough for the scorers that rank (SCORE-5)."""
    X, y = learnable
    wrapper = good(model=sigmoid, loss="binary_crossentropy")

    scores = cross_validate(wrapper, X, y == "a", scoring="roc_auc", cv=3, error_score="raise")

    assert scores["test_score"].min() > 0.9


def test_scorers_of_regressors(X, target):
    """Negated errors too (SCORE-5)."""
    for scoring in ("r2", "neg_mean_squared_error"):
        cross_validate(regressor(), X, target, scoring=scoring, cv=2, error_score="raise")


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrap",
    [
        lambda clf: CalibratedClassifierCV(clf, cv=2),
        lambda clf: VotingClassifier([("a", clf), ("b", LogisticRegression())], voting="soft"),
        lambda clf: StackingClassifier([("a", clf), ("b", LogisticRegression())], cv=2),
        lambda clf: AdaBoostClassifier(clf, n_estimators=2),
        lambda clf: make_pipeline(StandardScaler(), clf),
    ],
    ids=["calibrated", "voting", "stacking", "boosting", "pipeline"],
)
def test_meta_classifiers(wrap, learnable):
    """Ensembles and pipelines of wrappers learn what a wrapper learns (SER-3)."""
    X, y = learnable

    assert wrap(good()).fit(X, y).score(X, y) > 0.9


@pytest.mark.parametrize(
    "wrap",
    [lambda reg: BaggingRegressor(reg, n_estimators=2), lambda reg: VotingRegressor([("a", reg)])],
    ids=["bagging", "voting"],
)
def test_meta_regressors(wrap, X, target):
    """Ensembles of wrappers predict (SER-3)."""
    assert target.shape == wrap(regressor()).fit(X, target).predict(X).shape


@pytest.mark.slow
def test_cross_val_predict(learnable):
    """Probabilities of folds line up."""
    X, y = learnable

    proba = cross_val_predict(good(), X, y, cv=3, method="predict_proba")

    assert (proba.argmax(axis=1) == np.searchsorted(["a", "b", "c"], y)).mean() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "values", "read"),
    [
        ("model__hidden", [2, 3], lambda m: m.layers[0].units),
        ("hidden", [2, 3], lambda m: m.layers[0].units),
        ("optimizer__learning_rate", [0.5, 0.25], lambda m: float(m.optimizer.learning_rate)),
        ("loss__name", ["x", "y"], lambda m: m.loss.name),
        ("compile__loss_weights", [1.0, 2.0], lambda m: None),
    ],
)
def test_routed_parameters_can_be_searched(name, values, read, learnable):
    """Each value reaches Keras (ROUTE-13)."""
    X, y = learnable
    search = GridSearchCV(
        classifier(hidden=1), {name: values}, cv=2, error_score="raise", refit=False
    ).fit(X, y)

    assert values == [params[name] for params in search.cv_results_["params"]]
    for value in values:
        found = read(classifier(hidden=1).set_params(**{name: value}).fit(X, y).model_)
        assert found in {None, value}


@pytest.mark.exhaustive
@pytest.mark.process
def test_searches_in_worker_processes(learnable):
    """Wrappers with instances among their parameters travel to workers and back (SER-3)."""
    X, y = learnable
    loss = keras.losses.SparseCategoricalCrossentropy()
    wrapper = classifier(model=softmax, optimizer=keras.optimizers.SGD(0.1), loss=loss)

    search = RandomizedSearchCV(
        wrapper, {"epochs": [1, 2]}, n_iter=2, cv=2, n_jobs=2, error_score="raise"
    ).fit(X, y)

    assert search.best_estimator_.current_epoch == search.best_params_["epochs"]


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


class Logging(KerasRegressor):
    """Logs what ``fit`` and ``score`` were given besides X and y."""

    log: list = []  # noqa: RUF012 - shared by clones on purpose

    def fit(self, X, y=None, sample_weight=None, *, X_val=None, y_val=None, **kwargs):
        type(self).log.append((sample_weight, X_val))
        return super().fit(X, y, sample_weight, X_val=X_val, y_val=y_val, **kwargs)

    @staticmethod
    def scorer(y_true, y_pred, **kwargs):
        Logging.log.append(kwargs.get("sample_weight"))
        return 0.0


def logging(**params):
    Logging.log.clear()
    return Logging(**regressor(**params).get_params())


@pytest.mark.skipif(
    sklearn.__version__.startswith("1.7."),
    reason="a pipeline of scikit-learn 1.7 does not take weights for its score in a search",
)
@pytest.mark.usefixtures("routing")
def test_sample_weights_through_a_search_over_a_pipeline(X, target):
    """Requested weights are split with the rows, and delivered (SKL-4)."""
    wrapper = logging().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    weights = np.arange(1, 25.0)
    search = GridSearchCV(
        make_pipeline(StandardScaler().set_fit_request(sample_weight=False), wrapper),
        {"logging__epochs": [1]},
        cv=2,
        refit=False,
    )

    search.fit(X, target, sample_weight=weights)

    fitted = [entry[0] for entry in Logging.log if isinstance(entry, tuple)]
    scored = [entry for entry in Logging.log if not isinstance(entry, tuple)]
    assert set(weights) == set(np.concatenate(fitted)) == set(np.concatenate(scored))


@pytest.mark.usefixtures("routing")
def test_a_pipeline_transforms_validation_data(X, target):
    """``X_val`` goes through the steps before the wrapper, if the pipeline is told to."""
    wrapper = logging().set_fit_request(X_val=True, y_val=True)
    pipeline = make_pipeline(StandardScaler(), wrapper, transform_input=["X_val"])

    pipeline.fit(X, target, X_val=X + 1, y_val=target)

    np.testing.assert_allclose(pipeline[0].transform(X + 1), Logging.log[0][1], rtol=1e-5)
    assert 1 == len(pipeline[-1].history_["val_loss"])


@pytest.mark.usefixtures("routing")
def test_classes_and_weights_of_a_classifier_can_be_requested():
    """The signatures name what can be routed."""
    requests = classifier().get_metadata_routing()

    of_keras = {"batch_size", "callbacks", "class_weight", "epochs", "initial_epoch", "verbose"}
    data = {"sample_weight", "X_val", "y_val", "sample_weight_val", "groups"}
    assert data | of_keras == set(requests.fit.requests)
    assert {"classes", "sample_weight"} == set(requests.partial_fit.requests)
    assert {"sample_weight"} == set(requests.score.requests)

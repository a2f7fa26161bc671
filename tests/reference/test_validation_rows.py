"""Rows to validate on by a splitter, the best epoch, and a refit for as long as the folds needed."""

import copy
import pickle

import keras
import numpy as np
import pytest
import scipy.sparse
import sklearn
from reference_models import classifier, regressor
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scikeras_reference.exceptions import ParameterError, ValidationSplitWarning
from scikeras_reference.model_selection import (
    BestEpochScorer,
    best_epoch,
    refit_with_best_epochs,
)
from scikeras_reference.utils.data import Rows

pytestmark = pytest.mark.slow


def trained_on(spy_class):
    """Return the arrays that the last `Model.fit` got: x, y, weights, x_val, y_val, ..."""
    arguments = spy_class.fits[-1]
    return arguments["x"], arguments["y"], arguments["sample_weight"], arguments["validation_data"]


def numbered(n=24):
    """Return rows that can be told by their number."""
    return np.arange(n, dtype=np.float32)[:, None] * np.ones((1, 3), np.float32)


@pytest.mark.parametrize(
    ("splitter", "expected"),
    [
        (KFold(4), np.arange(18, 24)),
        (TimeSeriesSplit(3), np.arange(18, 24)),
        (lambda X, y: (np.arange(20), np.arange(20, 24)), np.arange(20, 24)),
        (lambda X, y: (X[:, 0] % 2 == 0, X[:, 0] % 2 == 1), np.arange(1, 24, 2)),
    ],
    ids=["last fold", "time series", "positions", "masks"],
)
def test_the_rows_that_a_splitter_chooses(splitter, expected, spy):
    """They are validated on, and the others are trained on, with their targets and weights."""
    build, seen = spy
    X, y, weights = numbered(), np.arange(24.0), np.arange(1.0, 25.0)

    regressor(model=build, validation_split=splitter, batch_size=-1).fit(X, y, weights)

    x, target, trained, (x_val, y_val, w_val) = trained_on(seen)
    rest = np.setdiff1d(np.arange(24), expected)
    assert expected.tolist() == x_val[:, 0].tolist() == y_val.ravel().tolist()
    assert (expected + 1).tolist() == w_val.tolist()
    assert rest.tolist() == x[:, 0].tolist() == target.ravel().tolist()
    assert (rest + 1).tolist() == trained.tolist()


def test_a_stratified_splitter_keeps_every_class(X):
    """Sorted labels would lose the last class to a number (API-9)."""
    y = np.repeat(["a", "b", "c"], 8)
    clf = classifier(validation_split=StratifiedKFold(4))

    clf.fit(X, y)

    assert "val_loss" in clf.history_
    with pytest.warns(ValidationSplitWarning, match="'c'"):
        clf.set_params(validation_split=KFold(3)).fit(X, y)


@pytest.mark.parametrize(
    "contain",
    [scipy.sparse.csr_array, scipy.sparse.coo_matrix, Rows, lambda X: {"features": X}],
    ids=["sparse array", "sparse matrix", "Rows", "dict"],
)
def test_rows_of_any_container_are_split(contain, X, target):
    """Rows are counted in whatever X is: a sparse matrix has no length, a dict another one."""

    def build():
        inputs = keras.Input((3,), name="features")
        named = {"features": inputs} if isinstance(contained, dict) else inputs
        return keras.Model(named, keras.layers.Dense(1)(inputs))

    wrapper = regressor(validation_split=GroupKFold(2), shuffle=False)
    groups, contained = np.arange(len(X)) % 2, contain(X)

    expected = clone(wrapper).fit(X, target, groups=groups).history_
    found = wrapper.set_params(model=build).fit(contained, target, groups=groups).history_

    assert expected.keys() == found.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(values, found[name], rtol=1e-5)


def test_groups_stay_together(spy):
    """No group is on both sides; a splitter by groups without them says what is missing."""
    build, seen = spy
    X, y, groups = numbered(), np.arange(24.0), np.arange(24) // 4
    wrapper = regressor(model=build, validation_split=GroupKFold(3))

    wrapper.fit(X, y, groups=groups)

    x, _, _, validation = trained_on(seen)
    sides = [set(groups[part[:, 0].astype(int)]) for part in (x, validation[0])]
    assert set() == sides[0] & sides[1]
    with pytest.raises(ValueError, match="groups") as caught:
        wrapper.fit(X, y)
    assert "fit(groups=...)" in "".join(caught.value.__notes__)


def test_a_callable_gets_groups(X, target):
    """It takes them by keyword, if there are any."""
    seen = []

    def split(X, y, groups=None):
        seen.append((X.shape, y.shape, groups))
        return np.arange(20), np.arange(20, 24)

    regressor(validation_split=split).fit(X, target, groups="g" * 24)
    assert [((24, 3), (24,), "g" * 24)] == seen


def test_groups_are_routed(X, target):
    """A search hands them to its own splitter and to `fit` (SKL-4)."""
    groups = np.arange(24) % 6
    with sklearn.config_context(enable_metadata_routing=True):
        wrapper = regressor(validation_split=GroupShuffleSplit(1, random_state=0))
        wrapper.set_fit_request(groups=True)
        search = GridSearchCV(wrapper, {"epochs": [1]}, cv=GroupKFold(2), error_score="raise")

        search.fit(X, target, groups=groups)

    assert "val_loss" in search.best_estimator_.history_


def test_groups_of_a_search_are_its_own(X, target):
    """A fit that was not said to want them does without, and nothing has to be requested."""
    with sklearn.config_context(enable_metadata_routing=True):
        search = GridSearchCV(regressor(), {"epochs": [1]}, cv=GroupKFold(2), error_score="raise")
        search.fit(X, target, groups=np.arange(24) % 6)

    assert 1 == search.best_estimator_.current_epoch


def test_class_weights_do_not_weigh_validation(X, y):
    """Nor where a splitter chooses the rows (API-5)."""
    plain, weighted = (
        classifier(validation_split=StratifiedKFold(2), class_weight=weight, optimizer__0=0.0).fit(
            X, y
        )
        for weight in (None, {"no": 5.0, "yes": 1.0})
    )

    assert plain.history_["val_loss"] == weighted.history_["val_loss"]
    assert plain.history_["loss"] != weighted.history_["loss"]


def test_a_seeded_fit_splits_alike(X, target):
    """A splitter without a seed of its own draws under that of the fit (API-7)."""
    first, second = (
        regressor(validation_split=ShuffleSplit(1), random_state=3).fit(X, target).history_
        for _ in range(2)
    )
    assert first == second


def test_the_splitter_is_not_touched(X, target):
    """Its generator of random numbers is the caller's (INIT-5)."""
    generator = np.random.RandomState(0)
    wrapper = regressor(validation_split=ShuffleSplit(1, random_state=generator))
    before = copy.deepcopy(generator.get_state()[1])

    wrapper.fit(X, target)

    assert np.array_equal(before, generator.get_state()[1])
    assert wrapper.validation_split is wrapper.get_params()["validation_split"]
    assert type(clone(wrapper).validation_split) is ShuffleSplit


@pytest.mark.fast
def test_validation_data_win(X, target):
    """As they do over a number, in Keras too."""

    def never(X, y):
        raise AssertionError

    wrapper = regressor(validation_split=never).fit(X, target, X_val=X[:4], y_val=target[:4])
    assert "val_loss" in wrapper.history_


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (KFold, "has to be a number"),
        ([0.2], "has to be a number"),
        (lambda X, y: (np.arange(24), np.arange(2)), "trained on"),
        (lambda X, y: (np.arange(20), np.arange(24, 25)), "positions"),
        (lambda X, y: (np.arange(20), []), "positions"),
    ],
)
def test_what_is_no_split(value, message, X, target):
    """It is refused before training, and names the parameter (HYG-5)."""
    wrapper = regressor(validation_split=value)

    with pytest.raises(ParameterError, match=message) as caught:
        wrapper.fit(X, target)
    assert "validation_split" in str(caught.value)
    assert not wrapper.initialized_


def test_the_best_epoch():
    """By the validation loss, or by what the caller names; nothing is guessed."""
    history = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, np.nan, 3.5], "auc": [0.1, 0.9, 0.9]}

    assert 1 == best_epoch(history)
    assert 3 == best_epoch({"loss": history["loss"]})
    assert 2 == best_epoch(history, "auc", mode="max")
    for monitor, mode, message in (
        ("acu", "min", "has no acu"),
        (None, "low", "'min' or 'max'"),
    ):
        with pytest.raises(ParameterError, match=message):
            best_epoch(history, monitor, mode)
    with pytest.raises(ParameterError, match="validation_freq"):
        best_epoch({"loss": [1.0, 1.0], "val_loss": [1.0]})
    with pytest.raises(ParameterError, match="NaN"):
        best_epoch({"loss": [np.nan]})


def test_attributes_of_a_fit(X, target):
    """They follow the history, and are not there before a fit (INIT-6)."""
    wrapper = regressor(epochs=3, validation_split=0.5, optimizer__0=0.01)
    for name in ("n_iter_", "best_epoch_", "best_score_"):
        assert not hasattr(wrapper, name)

    wrapper.fit(X, target)

    losses = wrapper.history_["val_loss"]
    expected = (3, int(np.argmin(losses)) + 1, min(losses))
    assert expected == (wrapper.n_iter_, wrapper.best_epoch_, wrapper.best_score_)
    copied = pickle.loads(pickle.dumps(wrapper))
    assert expected == (copied.n_iter_, copied.best_epoch_, copied.best_score_)
    assert 4 == wrapper.partial_fit(X, target).n_iter_


def test_an_initialized_estimator_has_no_best_epoch(X, target):
    """Its model was not trained."""
    wrapper = regressor().initialize(X, target)

    assert not any(hasattr(wrapper, name) for name in ("n_iter_", "best_epoch_", "best_score_"))


@pytest.mark.parametrize("wrap", [lambda w: w, lambda w: make_pipeline(StandardScaler(), w)])
def test_refit_with_the_best_number_of_epochs(wrap, X, target):
    """All rows, no validation, and the median of the folds."""
    wrapper = regressor(epochs=4, validation_split=KFold(3), optimizer="adam", run_eagerly=False)
    wrapper = wrap(wrapper)
    prefix = "kerasregressor__" if hasattr(wrapper, "steps") else ""
    grid = {f"{prefix}optimizer__learning_rate": [1e-4, 0.05]}

    for refit in ("score", False):
        search = GridSearchCV(wrapper, grid, cv=3, scoring=BestEpochScorer(), refit=refit)
        search.fit(X, target)
        final = refit_with_best_epochs(search, X, target)

        best = int(np.argmin(search.cv_results_["rank_test_score"]))
        epochs = [search.cv_results_[f"split{i}_test_best_epoch"][best] for i in range(3)]
        last = final[-1] if prefix else final
        assert round(float(np.median(epochs))) == last.n_iter_
        assert search.cv_results_["params"][best] == {
            name: value for name, value in final.get_params().items() if name in grid
        }
        assert ["loss"] == list(last.history_)


def test_refit_with_epochs_that_are_routed(X, target):
    """What is routed to `Model.fit` wins over the plain parameters, so that it is set."""
    wrapper = regressor(epochs=1, fit__epochs=3, fit__validation_split=0.5)
    search = GridSearchCV(
        wrapper, {"shuffle": [True]}, cv=2, scoring=BestEpochScorer(), refit=False
    )
    search.fit(X, target)
    epochs = [search.cv_results_[f"split{fold}_test_best_epoch"][0] for fold in (0, 1)]
    epochs = round(float(np.median(epochs)))

    final = refit_with_best_epochs(search, X, target)

    assert (epochs, ["loss"]) == (final.n_iter_, list(final.history_))


def test_the_scorer_in_other_tools(X, y3):
    """`cross_validate` reports the best epoch of each fold, and other scores can be chosen."""
    scorer = BestEpochScorer("neg_log_loss", monitor="loss")
    scores = cross_validate(classifier(epochs=2), X, y3, scoring=scorer, cv=2)

    assert (scores["test_score"] < 0).all()
    assert set(scores["test_best_epoch"]) <= {1, 2}


def test_what_cannot_be_refitted(X, target):
    """A search without best epochs, and an estimator without a history, are named."""
    search = GridSearchCV(regressor(), {"epochs": [1]}, cv=2).fit(X, target)
    with pytest.raises(ParameterError, match="BestEpochScorer"):
        refit_with_best_epochs(search, X, target)
    with pytest.raises(ParameterError, match="StandardScaler"):
        BestEpochScorer()(StandardScaler(), X, target)

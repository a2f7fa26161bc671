"""Callbacks of scikit-learn: epochs are tasks of a fit."""

import copy

import keras
import numpy as np
import pytest
import sklearn
from reference_models import classifier, regressor
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from scikeras_reference import KerasTransformer
from scikeras_reference._training import epoch_tasks

pytestmark = pytest.mark.slow

NEEDS_CALLBACKS = pytest.mark.skipif(
    not epoch_tasks.ARE_THERE, reason="scikit-learn has callbacks from 1.9 on"
)


class Recording:
    """Notes what happens, and stops after some epochs."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.seen = []

    def setup(self, estimator, context):
        self.seen.append("setup")

    def teardown(self, estimator, context):
        self.seen.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.seen.append(("begin", context.task_name, context.task_id, np.shape(X), np.shape(y)))

    def on_fit_task_end(self, estimator, context, *, metadata=None, fitted_estimator=None):
        self.seen.append(("end", context.task_name, context.task_id, metadata, fitted_estimator))
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


def tasks(callback):
    return [entry[:3] if isinstance(entry, tuple) else entry for entry in callback.seen]


@NEEDS_CALLBACKS
def test_epochs_are_tasks(X, target):
    """Each begins and ends within the fit, and gets the data; the fit gets a fitted copy."""
    callback = Recording()
    weights = np.ones(24)
    wrapper = regressor(epochs=2).set_callbacks(callback)

    wrapper.fit(X, target, weights)

    expected = [
        "setup",
        ("begin", "fit", 0),
        ("begin", "epoch", 0),
        ("end", "epoch", 0),
        ("begin", "epoch", 1),
        ("end", "epoch", 1),
        ("end", "fit", 0),
        "teardown",
    ]
    assert expected == tasks(callback)
    assert {((24, 3), (24,))} == {entry[3:] for entry in callback.seen if entry[0] == "begin"}
    assert callback.seen[3][3]["sample_weight"] is weights
    first, second = (callback.seen[index][4].predict(X) for index in (3, 5))
    assert not np.array_equal(first, second)
    assert np.array_equal(second, wrapper.predict(X))


@NEEDS_CALLBACKS
@pytest.mark.parametrize("options", [{"epochs": 5}, {"fit__epochs": 5}])
def test_a_callback_can_stop_the_training(options, X, target):
    """As Keras's own early stopping does; its callbacks go on to work beside it."""
    seen = keras.callbacks.History()
    wrapper = regressor(**options).set_callbacks(Recording(stop_after=2))

    wrapper.fit(X, target, callbacks=[seen])

    assert [0, 1] == seen.epoch
    assert 2 == wrapper.n_iter_


@NEEDS_CALLBACKS
@pytest.mark.parametrize("epochs", [2, np.int64(2)])
def test_the_number_of_epochs_is_known_before(epochs, X, target):
    """A bar needs it; searches over an array set numbers of NumPy."""

    class Counting(Recording):
        def on_fit_task_begin(self, estimator, context):
            self.seen.append((context.task_name, context.max_subtasks))

    callback = Counting()
    regressor(epochs=epochs).set_callbacks(callback).fit(X, target)

    assert ("fit", 2) in callback.seen


@pytest.mark.fast
@NEEDS_CALLBACKS
def test_errors_end_the_tasks(X, target):
    """Callbacks are torn down, the earlier fit is kept, and nothing is left behind."""
    callback = Recording()
    wrapper = regressor().set_callbacks(callback).fit(X, target)
    before = set(vars(wrapper))

    with pytest.raises(ValueError, match="24"):
        wrapper.fit(X, target[:3])

    assert "teardown" == callback.seen[-1]
    assert before == set(vars(wrapper))
    assert (24,) == wrapper.predict(X).shape


@NEEDS_CALLBACKS
def test_the_same_bits(X, target):
    """Watching a fit does not change it (API-7)."""
    plain = regressor(epochs=2).fit(X, target)
    watched = regressor(epochs=2).set_callbacks(Recording()).fit(X, target)

    assert plain.history_ == watched.history_
    assert np.array_equal(plain.predict(X), watched.predict(X))
    assert [] == [name for name in vars(plain) if name not in vars(watched)]


@NEEDS_CALLBACKS
def test_clones_and_copies(X, target):
    """All clones report to one callback; without callbacks there is no trace of them."""
    callback = Recording()
    wrapper = regressor().set_callbacks(callback)

    clone(wrapper).fit(X, target)
    assert ("end", "epoch", 0) in tasks(callback)
    copy.deepcopy(wrapper).fit(X, target)
    wrapper.set_callbacks()
    left = [name for name in vars(wrapper.fit(X, target)) if name[0] == "_"]
    assert not any("callback" in name or "task" in name for name in left)


@NEEDS_CALLBACKS
def test_scoring_monitor(X, y):
    """It scores each epoch of each fold of a search."""
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    clf = classifier(epochs=2, optimizer__0=0.5).set_callbacks(monitor)

    clf.fit(X, y)

    log = monitor.get_logs()
    scores = [row["accuracy"] for row in log.data if row["task_name"] == "epoch"]
    assert 2 == len(scores)
    assert clf.score(X, y) == scores[-1]

    GridSearchCV(clf, {"epochs": [1, 2]}, cv=2, refit=False).fit(X, y)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert 6 == len(rows)


@NEEDS_CALLBACKS
@pytest.mark.parametrize("depth", [0, None])
def test_progress_bar(depth, X, y, capfd):
    """It shows search, candidate and epoch, as deep as it is told to."""
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    search = GridSearchCV(classifier(), {"epochs": [2]}, cv=2, refit=False)

    search.set_callbacks(ProgressBar(max_propagation_depth=depth)).fit(X, y)

    shown = capfd.readouterr().out
    assert "GridSearchCV" in shown
    assert (depth is None) == ("KerasClassifier" in shown)


@NEEDS_CALLBACKS
def test_pipelines_and_transformers(X, target):
    """A bar of a pipeline goes down to the epochs of its last step; transformers have tasks too."""
    pytest.importorskip("rich")
    from sklearn.callback import ProgressBar

    pipeline = make_pipeline(StandardScaler(), regressor())
    if hasattr(pipeline, "set_callbacks"):
        pipeline.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, target)
        assert not hasattr(pipeline[-1], "_skl_callbacks")

    callback = Recording()
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(2, name="code"), keras.layers.Dense(3)]
    )
    KerasTransformer(model, loss="mse", verbose=0).set_callbacks(callback).fit(X)
    assert ("end", "epoch", 0) in tasks(callback)


@NEEDS_CALLBACKS
def test_what_is_no_callback():
    """Keras's callbacks have a parameter of their own."""
    with pytest.raises(TypeError, match="FitCallback"):
        regressor().set_callbacks(keras.callbacks.History())


def test_older_versions_of_scikit_learn():
    """There is no `set_callbacks`, and the error says which version has it."""

    class Older(epoch_tasks._NoCallbacks):
        pass

    assert not hasattr(Older(), "set_callbacks")
    with pytest.raises(AttributeError, match=f"1.9 or newer; this is {sklearn.__version__}"):
        _ = Older().set_callbacks

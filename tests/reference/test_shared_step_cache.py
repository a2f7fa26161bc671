"""Callbacks and later calls, the cache, threads, memory and pickles."""

import gc
import pickle
import threading
import weakref

import keras
import numpy as np
import pytest
from reference_models import classifier
from shared_step_models import (
    LABELS,
    ON_JAX,
    ROWS,
    check,
    dense,
    empty_cache,
    layers,
    only_where_shared,
    shared,
    trained,
)
from sklearn.model_selection import GridSearchCV

from scikeras_reference import KerasRegressor
from scikeras_reference._shared_steps import prototypes
from scikeras_reference._shared_steps.cache import StepCache
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._training.fit import SETTING, fit
from scikeras_reference.shared_steps import explain

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture


def own_activation(x):
    return x * 2


class Meddling(keras.callbacks.Callback):
    """Changes and uses the model while it is trained."""

    def on_train_begin(self, logs=None):
        self.model.layers[0].activation = keras.activations.tanh

    def on_epoch_end(self, epoch, logs=None):
        self.model.evaluate(ROWS, LABELS, verbose=0)
        self.model.train_on_batch(ROWS[:4], LABELS[:4])
        self.model.optimizer.learning_rate = 0.1


class Breaking(Meddling):
    """Makes the model one that cannot be shared, when training has begun."""

    def on_train_begin(self, logs=None):
        self.model.layers[0].activation = own_activation


@pytest.mark.costly
@pytest.mark.slow
@pytest.mark.parametrize("callback", [Meddling, Breaking])
def test_callbacks_may_change_and_use_the_model(callback, monkeypatch):
    """What is traced is the model as it is at the first batch, and other data go Keras's way."""
    check(
        monkeypatch,
        dense,
        ROWS,
        LABELS,
        shares=callback is Meddling,
        callbacks=[callback()],
        validation_data=(ROWS[:9], LABELS[:9]),
    )


class Replacing(keras.callbacks.Callback):
    """Replaces the step when Keras has made its train function of it already."""

    def on_train_begin(self, logs=None):
        self.model.train_step = lambda *args: {}


class ReplacingTest(keras.callbacks.Callback):
    """Replaces the step when Keras has made its test function of it already."""

    def on_test_begin(self, logs=None):
        self.model.test_step = lambda *args: {}


class Fitting(keras.callbacks.Callback):
    """Trains the model within its own training."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == 0:
            self.model.fit(ROWS[:9], LABELS[:9], verbose=0)
            self.model.evaluate(ROWS, LABELS, verbose=0)


@pytest.mark.costly
@pytest.mark.slow
@pytest.mark.parametrize("callback", [Replacing, Fitting])
def test_callbacks_see_the_functions_that_keras_would_have_made(callback, monkeypatch):
    """What is replaced too late for Keras is too late for a shared step as well."""
    shares = callback is Fitting
    check(monkeypatch, dense, ROWS, LABELS, shares=shares, callbacks=[callback()], epochs=3)


@pytest.mark.slow
def test_a_validation_is_made_of_the_model_at_its_begin(monkeypatch):
    """A ``test_step`` that is replaced too late for Keras is too late for a shared step as well."""
    check(
        monkeypatch,
        dense,
        ROWS,
        LABELS,
        callbacks=[ReplacingTest()],
        validation_data=(ROWS[:9], LABELS[:9]),
        epochs=2,
    )


def test_a_step_is_not_traced_while_another_thread_trains_under_a_seed(monkeypatch):
    """Tracing draws from generators that the seeded training owns; Keras's own step does not."""
    lock = threading.RLock()
    monkeypatch.setattr(prototypes, "SEED_LOCK", lock)
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    model, _ = trained(dense, ROWS, LABELS)

    assert 0 == shared()
    assert "another thread is in a seeded training" == explain(model)


@pytest.mark.costly
@pytest.mark.slow
def test_a_trained_model_is_left_as_keras_leaves_it(monkeypatch):
    """Training goes on, through the wrapper or without it, with the same bits."""

    def go_on(model):
        fit(model, ROWS[:16], LABELS[:16], None, {"verbose": 0, "batch_size": 8})
        fit(model, ROWS, LABELS, None, {"verbose": 0, "batch_size": 8})
        model.fit(ROWS, LABELS, verbose=0)
        model.evaluate(ROWS, LABELS, verbose=0)
        return [w.tobytes() for w in model.get_weights()]

    monkeypatch.setenv(SETTING, "0")
    expected = go_on(trained(dense, ROWS, LABELS)[0])
    monkeypatch.setenv(SETTING, "1")
    for _ in range(2):
        assert expected == go_on(trained(dense, ROWS, LABELS)[0])


def freeze(model):
    model.layers[0].trainable = False


def replace_train_step(model):
    def train_step(*args):
        raise AssertionError("Keras does not look at it again")

    model.train_step = train_step


def replace_optimizer(model):
    model.optimizer = keras.optimizers.SGD(0.5)


def run_eagerly(model):
    model.run_eagerly = True


def start_anew(model):
    model.layers[0].trainable = False
    model.train_function = None


def compile_anew(model):
    model.layers[0].trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")


@pytest.mark.parametrize(
    "change",
    [
        freeze,
        replace_train_step,
        pytest.param(replace_optimizer, marks=pytest.mark.slow),
        pytest.param(run_eagerly, marks=pytest.mark.slow),
        pytest.param(start_anew, marks=pytest.mark.slow),
        pytest.param(compile_anew, marks=pytest.mark.slow),
    ],
    ids=["freeze", "train-step", "optimizer", "run-eagerly", "start-anew", "compile-anew"],
)
def test_what_changes_between_two_trainings_is_what_it_is_to_keras(monkeypatch, change):
    """The function of the first training runs again, until something makes Keras make another."""

    def go_on():
        keras.utils.set_random_seed(7)
        model = dense()
        fit(model, ROWS, LABELS, None, {"verbose": 0, "batch_size": 7})
        change(model)
        try:
            fit(model, ROWS, LABELS, None, {"verbose": 0, "batch_size": 7})
        except Exception as error:
            return str(error)
        return [w.tobytes() for w in model.get_weights()]

    monkeypatch.setenv(SETTING, "0")
    expected = go_on()
    monkeypatch.setenv(SETTING, "1")
    assert expected == go_on()
    assert 0 < shared()


def test_an_error_is_the_one_that_keras_raises(monkeypatch):
    """A step that cannot be traced is Keras's to complain about, each time anew."""
    monkeypatch.setenv(SETTING, "0")
    with pytest.raises(ValueError) as expected:
        trained(dense, ROWS, ROWS)
    monkeypatch.setenv(SETTING, "1")
    for _ in range(2):
        with pytest.raises(ValueError) as error:
            trained(dense, ROWS, ROWS)
        assert str(expected.value) == str(error.value)


def test_the_bound_holds_over_a_thousand_structures():
    """The cache keeps the structures used last, and lets the others go."""
    cache = StepCache(64)
    structures = [keras.Sequential([layers.Input((1,)), layers.Dense(n)]) for n in range(1, 21)]
    digests = {fingerprint(model, training=False) for model in structures}
    assert 20 == len(digests)

    kept = []
    for number in range(1000):
        key = number.to_bytes(4)
        step = cache.get(key, type("Step", (), {}))
        kept.append(weakref.ref(step))
        assert cache.get(key, lambda: pytest.fail("traced twice")) is step
        del step
        assert len(cache) <= 64
    gc.collect()

    assert [False] * 936 + [True] * 64 == [reference() is not None for reference in kept]


def test_the_cache_keeps_no_model_and_no_data():
    """When a model and its data are gone, nothing of them is left but the graph."""
    x = np.array(ROWS)
    model, _ = trained(dense, x, LABELS)
    references = [weakref.ref(model), weakref.ref(model.optimizer), weakref.ref(x)]
    del model, x
    gc.collect()

    assert 0 < shared()
    assert [None, None, None] == [reference() for reference in references]
    assert not [
        o
        for o in gc.get_objects()
        if type(o) is keras.Sequential and o.built and o.count_params() == 43
    ]


def graphs():
    """Count what the backend keeps of traced functions in this process."""
    gc.collect()
    if ON_JAX:
        from jax.extend.backend import get_backend

        return len(get_backend().live_executables())
    kinds = {"FuncGraph", "ConcreteFunction", "AtomicFunction"}
    return sum(type(o).__name__ in kinds for o in gc.get_objects())


@pytest.mark.exhaustive
@pytest.mark.slow
def test_fits_of_one_structure_leave_no_graphs_behind():
    """After the first fit, neither training nor shuffling nor validating adds to the memory."""

    def train():
        trained(dense, ROWS, LABELS, validation_split=0.3)

    train()
    train()
    before = graphs()
    for _ in range(5):
        train()

    assert before == graphs()


def test_threads_train_models_of_one_structure(monkeypatch):
    """Threads trace a step once, and each trains its own model."""
    results, errors = [], []

    def train():
        try:
            model = keras.Sequential(
                [layers.Input((6,)), layers.Dense(3, "softmax", kernel_initializer="ones")]
            )
            model.compile("sgd", "sparse_categorical_crossentropy")
            fit(model, ROWS, LABELS, None, {"epochs": 3, "verbose": 0, "shuffle": False})
            results.append([w.tobytes() for w in model.get_weights()])
        except Exception as error:
            errors.append(error)

    monkeypatch.setattr(prototypes, "SEED_LOCK", threading.RLock())  # this thread has the other
    monkeypatch.setenv(SETTING, "0")
    train()
    monkeypatch.setenv(SETTING, "1")
    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == errors
    assert [results[0]] * 5 == results
    assert 1 == shared()


def test_nothing_of_it_is_pickled(X, y3):
    """A pickle is as large as without shared steps, and what comes out of it goes on as well."""
    params = {"run_eagerly": False, "epochs": 2}
    first = classifier(**params).fit(X, y3)
    first.predict(X)
    again = pickle.loads(pickle.dumps(first))
    for trace in (b"SharedGraph", b"SharedProgram", b"_shared_steps"):
        assert trace not in pickle.dumps(first)
    assert first.predict_proba(X).tobytes() == again.predict_proba(X).tobytes()
    one, other = first.partial_fit(X, y3), again.partial_fit(X, y3)
    assert one.predict_proba(X).tobytes() == other.predict_proba(X).tobytes()


def line(units=4):
    return keras.Sequential([layers.Input((6,)), layers.Dense(units), layers.Dense(1)])


@pytest.mark.costly
@pytest.mark.slow
def test_a_search_gives_the_same_results_with_few_steps(monkeypatch):
    """Every fold and every candidate scores the same; each structure is traced once."""
    search = GridSearchCV(
        KerasRegressor(line, loss="mse", verbose=0, random_state=0, optimizer="sgd"),
        {"model__units": [2, 4], "optimizer__learning_rate": [0.1, 0.01]},
        cv=2,
    )
    rows = ROWS[:20]
    monkeypatch.setenv(SETTING, "0")
    plain = search.fit(rows, rows[:, 0])
    expected = plain.cv_results_["mean_test_score"], plain.predict(rows)
    monkeypatch.setenv(SETTING, "1")
    got = search.fit(rows, rows[:, 0])

    assert expected[0].tobytes() == got.cv_results_["mean_test_score"].tobytes()
    assert expected[1].tobytes() == got.predict(rows).tobytes()
    # Training and predicting, two structures each; predictions of 20 rows are of another shape, and
    # on JAX so is training on them.
    assert (6 if ON_JAX else 5) == shared()

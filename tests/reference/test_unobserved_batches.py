"""Where nobody looks at single batches, Keras calls nobody for them."""

import gc
import weakref
from functools import partial
from unittest import mock

import keras
import numpy as np
import pytest
from shared_step_models import (
    LABELS,
    ON_JAX,
    ROWS,
    check,
    dense,
    empty_cache,
    only_where_shared,
    trained,
)

from scikeras_reference import _shared_steps
from scikeras_reference._shared_steps.batches import Rows
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.tensorflow import batches_in_memory
from scikeras_reference._shared_steps.tensorflow.batches_in_memory import arguments_in_memory
from scikeras_reference._shared_steps.tensorflow.internals import plain_call, seeded_order
from scikeras_reference._shared_steps.unobserved_batches import QuietCallbacks, is_quiet
from scikeras_reference._training.fit import SETTING
from scikeras_reference._training.seeding import seeded
from scikeras_reference.shared_steps import explain

pytestmark = [
    only_where_shared,
    pytest.mark.skipif(ON_JAX, reason="on JAX the list of callbacks is Keras's own"),
]
__all__ = ["empty_cache"]  # the fixture


@pytest.fixture
def quiet(monkeypatch):
    """Collect the lists of callbacks that are not called for batches."""
    made = []

    class Recorded(QuietCallbacks):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(_shared_steps, "QuietCallbacks", Recorded)
    return made


class Epochs(keras.callbacks.Callback):
    """Listens to epochs only, and learns of the model and the sizes."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def set_model(self, model):
        super().set_model(model)
        self.seen.append(("model", model.built, sorted(self.params or {})))

    def set_params(self, params):
        super().set_params(params)
        self.seen.append(("params", params))

    def on_train_begin(self, logs=None):
        self.seen.append(("begin", logs))

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, logs))


class Batches(keras.callbacks.Callback):
    """Listens to batches."""

    def __init__(self, name):
        super().__init__()
        self.seen = []
        setattr(self, name, lambda batch, logs=None: self.seen.append((batch, logs)))


@pytest.mark.slow
def test_callbacks_of_epochs_see_what_keras_shows_them(quiet, monkeypatch):
    """The order of events, the model, the sizes and the logs are those of Keras alone."""
    shared, alone = Epochs(), Epochs()
    trained(dense, ROWS, LABELS, callbacks=[shared], validation_data=(ROWS, LABELS))
    assert 1 == len(quiet)
    monkeypatch.setenv(SETTING, "0")
    trained(dense, ROWS, LABELS, callbacks=[alone], validation_data=(ROWS, LABELS))
    assert alone.seen == shared.seen


@pytest.mark.parametrize(
    "name",
    [f"on_{kind}batch_{when}" for kind in ("", "train_", "test_") for when in ("begin", "end")],
)
def test_a_callback_of_batches_is_called_for_each(name, quiet):
    """It sees every batch, and the logs of each."""
    callback = Batches(name)
    trained(dense, ROWS, LABELS, callbacks=[callback], validation_data=(ROWS, LABELS))
    assert [] == quiet
    assert [0, 1, 2, 0, 1, 2] == [batch for batch, _ in callback.seen]
    if name.endswith("end"):
        assert 1 < len({logs["loss"] for _, logs in callback.seen})


@pytest.mark.parametrize("owner", [keras.callbacks.CallbackList, keras.callbacks.Callback])
def test_somebody_who_replaces_a_method_of_keras_is_called_for_each(owner, quiet):
    """An instrumenting library may replace methods of Keras's list, or of all callbacks."""
    with mock.patch.object(owner, "on_train_batch_end", autospec=True) as replaced:
        trained(dense, ROWS, LABELS, epochs=1)
    assert 3 <= replaced.call_count
    assert [] == quiet


@pytest.mark.parametrize("verbose", [1, 2, "auto", None])
def test_a_progress_bar_looks_at_batches(verbose):
    """It is updated after each batch."""
    assert not is_quiet({"verbose": verbose})
    assert not is_quiet({})
    assert is_quiet({"verbose": 0, "callbacks": [keras.callbacks.EarlyStopping("loss")]})


def test_a_callback_that_stops_between_epochs_stops_the_training(quiet):
    """What callbacks of epochs can do, they can do here, too."""
    stop = keras.callbacks.EarlyStopping("loss", min_delta=10.0, patience=1)
    model, _ = trained(dense, ROWS, LABELS, epochs=9, callbacks=[stop])
    assert 1 == len(quiet)
    assert 2 == len(model.history.history["loss"])
    assert 6 == int(model.optimizer.iterations)


def test_the_order_of_rows_is_found_once_for_a_seed():
    """It follows from the seed and the number of rows alone, and nobody can change it."""
    with seeded(3):
        first = seeded_order(20)
    with seeded(4):
        other, longer = seeded_order(20), seeded_order(21)
    with seeded(3):
        again = seeded_order(20)
    assert first is again
    assert list(range(20)) == sorted(first)
    assert first.tolist() != other.tolist()
    assert 21 == len(longer)
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


@pytest.mark.slow
def test_large_batches_of_a_table_train_to_the_same_bits(monkeypatch):
    """Batches of a MiB are cut out of the arrays too, in the order and the dtype of Keras's."""
    table = np.random.default_rng(0).normal(size=(40_000, 6))
    check(monkeypatch, dense, table, np.arange(40_000) % 3, batch_size=30_000)


def test_batches_that_are_too_large_are_left_to_the_pipeline():
    """The size counts as Keras is fed: a float of double precision is a float32."""
    rows = 1_100_000  # of six floats, and a label of eight bytes
    labels = np.zeros(rows, dtype=np.int64)
    for dtype in ("float32", "float64"):
        data = (np.zeros((rows, 6), dtype), labels, None)
        assert arguments_in_memory(*data, densifies=False, batch_size=2**20)
        with pytest.raises(NotSharedError, match="more than 32 MiB"):
            arguments_in_memory(*data, densifies=False, batch_size=2**20 + 1)


@pytest.fixture
def copied(monkeypatch):
    """Collect references to the data that are copied for shared steps."""
    found = []

    class Noted(Rows):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            found.append(weakref.ref(self))

    monkeypatch.setattr(batches_in_memory, "Rows", Noted)
    return found


def two_steps_at_once():
    """Build a model that runs two steps in one execution, so that it shares none."""
    model = dense()
    model.compile("adam", "sparse_categorical_crossentropy", steps_per_execution=2)
    return model


def test_data_are_not_copied_for_a_model_that_shares_nothing(copied):
    """Keras makes a copy of its own, in the dtype that it computes in."""
    model, _ = trained(two_steps_at_once, ROWS, LABELS)
    assert "steps_per_execution=2" == explain(model)
    assert not copied


def test_copies_are_released_where_sharing_fails_later(copied, monkeypatch):
    """While Keras trains, there are its own copies only."""

    def fails(*args, **options):
        raise AttributeError("moved")

    held = []
    callback = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: held.extend(one() for one in copied)
    )
    monkeypatch.setattr(_shared_steps, "QuietCallbacks", fails)
    gc.collect()
    gc.disable()  # which would release them later too
    try:
        trained(dense, ROWS, LABELS, callbacks=[callback])
    finally:
        gc.enable()
    assert [None] == held


def test_a_tensorflow_without_the_quick_call_is_called_as_usual():
    """It costs speed, and nothing else."""
    import tensorflow as tf

    variable = tf.Variable([1.0, 2.0])
    specs = [tf.TensorSpec((2,))]
    constant = tf.constant([5.0, 5.0])

    @tf.function(autograph=False)
    def add(variable, rows):
        return {"sum": variable + rows + constant}

    function = add.get_concrete_function(variable, *specs)
    rows = tf.constant([1.0, 1.0])
    expected = [7.0, 8.0]
    quick = plain_call(function)([variable.handle, rows])
    assert expected == quick["sum"].numpy().tolist()
    slow = plain_call(partial(function))([variable.handle, rows])
    assert expected == slow["sum"].numpy().tolist()

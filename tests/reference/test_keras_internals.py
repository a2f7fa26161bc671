"""What shared steps take from behind Keras's public names is still there, and still means that."""

import random

import keras
import numpy as np
import pytest

from scikeras_reference._shared_steps.batches import Rows
from scikeras_reference._shared_steps.keras_internals import pipeline
from scikeras_reference._shared_steps.keras_internals import state as model_state
from scikeras_reference._shared_steps.private_names import (
    OLDER_KERAS_VERSIONS,
    require_attributes,
    require_names,
    require_versions,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.tensorflow import internals
from scikeras_reference._training.seeding import seeded

pytestmark = pytest.mark.skipif(
    keras.backend.backend() == "torch" or keras.__version__.startswith(OLDER_KERAS_VERSIONS),
    reason="steps are shared where Keras compiles them, and with newer versions of Keras",
)
on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="JAX takes Keras's own batches and state"
)

layers = keras.layers


@pytest.fixture(autouse=True)
def _seeded():
    with seeded(3):
        yield


def model():
    made = keras.Sequential([layers.Input((2,)), layers.Dense(1)])
    made.compile("adam", "mse", metrics=["mae"])
    return made


def test_the_installed_version_is_one_that_was_checked():
    """A new version of Keras has to be looked at before steps are shared with it."""
    require_versions()
    require_names()


def test_a_version_that_was_not_checked_is_not_used(monkeypatch):
    """Nothing is taken for granted about a version of tomorrow."""
    monkeypatch.setattr(keras, "__version__", "3.99.0")

    with pytest.raises(NotSharedError, match="Keras 3.99.0 was not checked"):
        require_versions()


def test_every_attribute_that_is_read_exists():
    """Also in a model that was trained; an attribute that moves would be missing in silence."""
    made = model()
    require_attributes(made, training=True)
    made.fit(np.ones((2, 2)), np.ones(2), verbose=0)
    require_attributes(made, training=True)


@on_tensorflow
def test_state_is_built_as_keras_builds_it():
    """Variables made before a step is traced are those that tracing makes: names, paths, values."""
    keras.backend.clear_session()
    plain = model()
    plain.train_on_batch(np.zeros((2, 2)), np.zeros(2))
    keras.backend.clear_session()
    built = model()
    model_state.build_state(built, keras.KerasTensor((None,)))

    expected = [(v.path, v.name, v.shape, v.dtype) for v in model_state.state(plain, training=True)]
    assert expected == [
        (v.path, v.name, v.shape, v.dtype) for v in model_state.state(built, training=True)
    ]


@on_tensorflow
@pytest.mark.parametrize(("rows", "size"), [(21, 8), (16, 8), (5, 8), (7, 1)])
@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_are_those_of_the_pipeline(rows, size, shuffle):
    """The same rows in the same order, epoch after epoch, with the same dtypes and shapes."""
    x = {"a": np.arange(rows), "b": np.random.default_rng(0).normal(size=(rows, 2, 3))}
    y = [np.arange(rows) * 1.5, np.arange(rows) % 2 == 0]
    weights = np.linspace(0, 1, rows)
    ours = Rows((x, y, weights), size, shuffle=shuffle)
    state = random.getstate()
    plain = pipeline.plain_adapter(x, y, weights, size, shuffle=shuffle).get_tf_dataset()
    specs = keras.tree.flatten(plain.element_spec)
    assert ours.spec == tuple((tuple(s.shape), s.dtype.name) for s in specs)

    for _ in range(3):
        expected, got = list(plain), list(ours)
        keras.tree.assert_same_structure(expected, got)
        for one, other in zip(keras.tree.flatten(expected), keras.tree.flatten(got), strict=True):
            assert one.dtype == other.dtype
            assert one.numpy().tobytes() == other.numpy().tobytes()
    assert state == random.getstate()


@on_tensorflow
def test_without_a_seed_each_epoch_has_its_own_order():
    """Rows are shuffled anew, and all of them are there."""
    context = internals.eager_context()
    saved = context._seed
    context._seed = None
    try:
        rows = Rows((np.arange(50), np.arange(50), None), 50, shuffle=True)
        first, second = (next(iter(rows))[0].numpy().tolist() for _ in range(2))
    finally:
        context._seed = saved

    assert first != second
    assert list(range(50)) == sorted(first) == sorted(second)


@on_tensorflow
def test_the_adapter_says_of_the_data_what_keras_says():
    """The number of batches and of rows in the last one reach callbacks and progress bars."""
    data = (np.arange(21), np.arange(21), None)
    expected = pipeline.plain_adapter(*data, 8, shuffle=False)
    got = Rows(data, 8, shuffle=False).adapter

    for name in ("num_batches", "batch_size", "has_partial_batch", "partial_batch_size"):
        assert getattr(expected, name) == getattr(got, name)


@on_tensorflow
def test_a_variable_stands_for_another_one_within_the_block_only():
    """Whatever happens in the block, the variables are put back."""
    import tensorflow as tf

    variable = keras.Variable(np.ones(2))
    inner = variable.value
    other = tf.Variable(np.zeros(2, dtype="float32"))
    with pytest.raises(ZeroDivisionError), internals.swapped_variables([variable], [other]):
        assert [0, 0] == variable.numpy().tolist()
        assert inner._unique_id == variable.value._unique_id
        raise ZeroDivisionError

    assert variable.value is inner

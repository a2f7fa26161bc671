"""Every check starts from the same state of the global generators, whatever the one before did."""

import random

import keras
import numpy as np
import pytest
from packaging.version import Version

from scikeras_conformance.runner.seeding import SEED, seed_everything

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
SEEDS_ITS_GENERATOR = Version(keras.__version__) >= Version("3.13")
"""Whether ``keras.utils.set_random_seed`` concerns what ``keras.random`` draws without a seed."""


def drawn() -> list[float]:
    """Draw from every global generator."""
    values = [random.random(), float(np.random.random())]  # noqa: NPY002 - it is the global one that matters
    # The seeds of layers come from Python's generator.
    layer = keras.layers.Dense(2)
    layer.build((1, 3))
    values += keras.ops.convert_to_numpy(layer.kernel).ravel().tolist()
    if SEEDS_ITS_GENERATOR:
        values += keras.ops.convert_to_numpy(keras.random.normal((2,))).tolist()
    if ON_TENSORFLOW:
        import tensorflow as tf

        values += tf.random.uniform((2,)).numpy().tolist()
    return values


def order_of_training() -> list[float]:
    """Return the rows in the order in which a model that shuffles them is trained on them."""
    seen: list[float] = []

    class Model(keras.Model):
        def train_step(self, data: object) -> dict[str, float]:
            seen.extend(keras.ops.convert_to_numpy(data[0]).ravel().tolist())  # type: ignore[index]
            return {"loss": 0.0}

    inputs = keras.Input((1,))
    model = Model(inputs, keras.layers.Dense(1)(inputs))
    model.compile(loss="mse", run_eagerly=True)
    X = np.arange(16.0).reshape(-1, 1)
    model.fit(X, X, batch_size=4, epochs=2, verbose=0)
    return seen


def touched_by_draws() -> None:
    """Draw from every global generator, as a check may."""
    drawn()


def touched_by_keras() -> None:
    """Draw from Keras's generator and no other."""
    keras.random.normal((2,))


def touched_by_seeds() -> None:
    """Seed every global generator, as a subject may."""
    keras.utils.set_random_seed(7)


@pytest.mark.parametrize("touch", [touched_by_draws, touched_by_keras, touched_by_seeds])
def test_generators_are_as_after_seeding(touch):
    """After a check that drew from generators or seeded them, all give what they gave before."""
    keras.utils.set_random_seed(SEED)
    expected = drawn()
    touched_by_seeds()
    seed_everything()
    touch()
    seed_everything()
    assert expected == drawn()


@pytest.mark.skipif(not ON_TENSORFLOW, reason="other backends shuffle with NumPy's generator")
def test_rows_are_shuffled_alike_in_every_check():
    """Training between two seedings does not change the order of the next, on TensorFlow neither.

    Nothing is drawn from TensorFlow's generator here, so it is seeded for the first check only.
    """
    touched_by_seeds()
    orders = []
    for _ in range(3):
        seed_everything()
        orders.append(order_of_training())
    assert sorted(orders[0]) != orders[0]
    assert [orders[0]] * 3 == orders


@pytest.mark.skipif(not ON_TENSORFLOW, reason="it is cheap on other backends")
@pytest.mark.skipif(not SEEDS_ITS_GENERATOR, reason="this Keras goes on drawing after a seed")
def test_tensorflow_is_seeded_only_when_it_has_to_be(monkeypatch):
    """TensorFlow loses its kernels when it is seeded: it is left alone if nobody touched it."""
    import tensorflow as tf

    seeds = []
    plain = tf.random.set_seed
    touched_by_seeds()
    seed_everything()
    monkeypatch.setattr(tf.random, "set_seed", lambda seed: (seeds.append(seed), plain(seed)))
    for _ in range(5):
        random.random()
        order_of_training()
        seed_everything()
    assert [] == seeds
    tf.random.uniform((1,))
    seed_everything()
    assert [SEED] == seeds


@pytest.mark.skipif(not ON_TENSORFLOW, reason="it is cheap on other backends")
def test_what_is_known_in_advance_is_renewed():
    """However many checks there are, a draw is noticed."""
    import tensorflow as tf

    keras.utils.set_random_seed(SEED)
    expected = float(tf.random.uniform(()))
    for _ in range(200):
        seed_everything()
    tf.random.uniform(())
    seed_everything()
    assert expected == float(tf.random.uniform(()))

"""Seeds for building and training, and what they leave behind: nothing (HYG-2, API-7)."""

import contextlib
import random
import sys
import threading

import keras
import numpy as np
import pytest
from reference_models import classifier, regressor

from scikeras_reference._backends.random_generators import generators
from scikeras_reference._training.seeding import derive, epoch_seeds, seeded, to_seed
from scikeras_reference.exceptions import ParameterError


def seed_everything():
    """Start every generator anew; before Keras 3.13 the seed alone leaves its own as it is."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(5)


def draws():
    """One number from each generator that can be asked without changing what it is asked for."""
    return [
        random.random(),
        np.random.random(),  # noqa: NPY002 - the global generator is the subject
        float(keras.random.uniform(())),
    ]


def test_the_same_seed_gives_the_same_numbers():
    """Each generator is seeded."""
    with seeded(3):
        first = draws()
    with seeded(3):
        second = draws()
    with seeded(4):
        third = draws()

    assert first == second
    assert not set(first) & set(third)


@pytest.mark.parametrize("raises", [False, True])
@pytest.mark.parametrize("used", [False, True])
def test_generators_are_put_back(raises, used):
    """Also when the block raises; also when Keras's generator was used before."""
    seed_everything()
    if used:
        draws()
    expected = draws()
    seed_everything()
    if used:
        draws()

    with contextlib.suppress(RuntimeError), seeded(3):
        draws()
        if raises:
            raise RuntimeError

    assert expected == draws()


def test_no_seed_changes_nothing():
    """Without a seed, the generators go on."""
    random.seed(0)
    with seeded(None):
        inside = random.random()

    random.seed(0)
    assert inside == random.random()


def test_threads_take_turns():
    """Two seeded blocks do not disturb each other."""
    results = []

    def work():
        with seeded(1):
            first = random.random()
            threading.Event().wait(0.01)
            results.append((first, random.random()))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == len(set(results))


def test_seeds_from_random_states():
    """A ``RandomState`` is read, not drawn from (INIT-5)."""
    state = np.random.RandomState(3)
    before = state.get_state()[1].copy()

    assert to_seed(state) == to_seed(state) == to_seed(np.random.RandomState(3))
    np.testing.assert_array_equal(before, state.get_state()[1])
    assert (7, None) == (to_seed(np.int64(7)), to_seed(None))


@pytest.mark.parametrize("value", [-1, 2**32, 1.5, "seed", np.random.default_rng(0)])
def test_things_that_are_no_seed(value):
    """The error names the parameter."""
    with pytest.raises(ParameterError, match="random_state is"):
        to_seed(value)


def test_derived_seeds():
    """Each epoch has its own."""
    assert 2 == len({derive(1, 0), derive(1, 1)})


@pytest.mark.parametrize(
    ("expected", "seed", "backend"), [(0, None, "jax"), (0, 1, "tensorflow"), (1, 1, "jax")]
)
def test_epochs_are_seeded_where_they_are_shuffled(expected, seed, backend, monkeypatch):
    """Where an epoch draws its order itself, it is the same whatever was drawn before it."""
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    callbacks = epoch_seeds(seed)
    assert expected == len(callbacks)

    with seeded(3):
        for callback in callbacks:
            callback.on_epoch_begin(0)
            first = random.random()
            callback.on_epoch_begin(0)
            assert first == random.random()


@pytest.mark.slow
@pytest.mark.parametrize("make", [lambda: 0, lambda: np.random.RandomState(0)])
def test_the_same_seed_gives_the_same_model(make, X, y):
    """Initial weights, and weights after training with shuffling and dropout (API-7)."""

    def build(meta):
        return keras.Sequential(
            [keras.layers.Dense(8), keras.layers.Dropout(0.5), keras.layers.Dense(2, "softmax")]
        )

    first, second = (
        classifier(model=build, random_state=make(), epochs=2, batch_size=5).fit(X, y)
        for _ in range(2)
    )
    third = classifier(model=build, random_state=1, epochs=2, batch_size=5).fit(X, y)

    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert not np.array_equal(first.predict_proba(X), third.predict_proba(X))


@pytest.mark.parametrize("fails", [False, True])
def test_fit_leaves_the_generators_as_they_were(fails, X, target):
    """Also when ``fit`` raises in the middle of training."""
    seed_everything()
    expected = draws()
    seed_everything()

    def stop(epoch, logs):
        raise RuntimeError("stop")

    callback = keras.callbacks.LambdaCallback(on_epoch_end=stop if fails else None)
    with pytest.raises(RuntimeError, match="stop") if fails else contextlib.nullcontext():
        regressor(callbacks=callback).fit(X, target)

    assert expected == draws()


class FakeTorch:
    """Stands for PyTorch: one generator of the CPU, and one of each device."""

    def __init__(self, available):
        self.state, self.cuda = "cpu", self
        self.devices, self.available = ["gpu"], available

    def is_available(self):
        return self.available

    def get_rng_state(self):
        return self.state

    def get_rng_state_all(self):
        return self.devices

    def set_rng_state(self, state):
        self.state = state

    def set_rng_state_all(self, states):
        self.devices = states

    def manual_seed(self, seed):
        self.state, self.devices = seed, [seed]


@pytest.mark.parametrize("available", [False, True])
def test_pytorch_is_seeded_where_it_is_loaded(available, monkeypatch):
    """Its generators are saved and restored through the module that is loaded, if one is."""
    torch = FakeTorch(available)
    monkeypatch.setitem(sys.modules, "torch", torch)

    with seeded(1):
        assert 1 == torch.state
    assert "cpu" == torch.state
    assert (["gpu"] if available else [1]) == torch.devices


def test_nothing_is_needed_of_a_backend_that_is_not_loaded(monkeypatch):
    """Python's, NumPy's and Keras's generators are always there, and the only ones needed."""
    for name in ("torch", "tensorflow"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    assert 3 == len(generators())

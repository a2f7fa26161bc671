"""Seeded blocks in threads, also of threads that wait for each other: they always end (HYG-8)."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import keras
import numpy as np
import pytest

from scikeras_reference import KerasRegressor, _seed_lock
from scikeras_reference._seed_lock import SeedLock

TIMEOUT = 60
X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Pass a holder that waits soon."""
    monkeypatch.setattr(_seed_lock, "PATIENCE", 0.1)


def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.2), keras.layers.Dense(1)])


def weights(model=build, **parameters):
    """Train under a seed, and return the bits of the weights."""
    made = KerasRegressor(model, loss="mse", random_state=3, verbose=0, **parameters)
    return [array.tobytes() for array in made.fit(X, X[:, 0]).model_.get_weights()]


def weights_in_threads():
    """Train twice in other threads, and wait for both."""
    with ThreadPoolExecutor(2) as pool:
        return [future.result(TIMEOUT) for future in [pool.submit(weights) for _ in range(2)]]


class Waiting(keras.callbacks.Callback):
    """Waits for other seeded fits."""

    results: ClassVar[list] = []

    def on_epoch_end(self, epoch, logs=None):
        self.results.extend(weights_in_threads())


class Idle(keras.callbacks.Callback):
    """Does nothing."""


def test_a_callback_may_wait_for_seeded_fits_in_threads():
    """They end, and all of them are trained as alone."""
    expected = weights(epochs=2, callbacks=Idle)
    alone = weights()
    Waiting.results = []

    assert expected == weights(epochs=2, callbacks=Waiting)
    assert [alone] * 4 == Waiting.results


def test_a_builder_may_wait_for_seeded_fits_in_threads():
    """The model is initialized as without them."""
    results = []

    def waiting():
        results.extend(weights_in_threads())
        return build()

    expected = weights()

    assert expected == weights(waiting)
    assert [expected] * 2 == results


def test_threads_equal_the_serial_fits():
    """Whatever the others do at the same time."""
    expected = weights(epochs=2)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: weights(epochs=2), range(8)))

    assert [expected] * 8 == results


def test_a_holder_that_works_is_not_passed():
    """Only one that waits for a thread."""
    lock, held, order = SeedLock(), threading.Event(), []

    def work():
        with lock:
            held.set()
            for number in range(3_000_000):
                del number
            order.append("holder")

    def take():
        held.wait(TIMEOUT)
        with lock:
            order.append("other")

    threads = [threading.Thread(target=target) for target in (work, take)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)

    assert ["holder", "other"] == order


def test_a_holder_that_was_passed_waits_for_the_other():
    """So that the other restores the generators before they are drawn from again."""
    lock, passed, go_on, order = SeedLock(), threading.Event(), threading.Event(), []

    def take():
        with lock:
            passed.set()
            go_on.wait(TIMEOUT)
            for number in range(300_000):
                del number
            order.append("other")

    other = threading.Thread(target=take)
    with lock:
        other.start()
        assert passed.wait(TIMEOUT)
        go_on.set()
        lock.wait_for_others()
        order.append("holder")
    other.join(TIMEOUT)

    assert ["other", "holder"] == order


def test_the_lock_is_taken_again_and_given_back_by_its_holder():
    """And by no other thread."""
    lock = SeedLock()
    with lock, lock:
        taken = []
        thread = threading.Thread(target=lambda: taken.append(lock.acquire(blocking=False)))
        thread.start()
        thread.join(TIMEOUT)
    with pytest.raises(RuntimeError, match="does not have the lock"):
        lock.release()

    assert [False] == taken


def test_threads_of_threads_are_let_pass_before_others():
    """A holder that waits goes on before a thread enters for which it does not wait."""
    lock = SeedLock()

    def draws(inner=None):
        with lock:
            before = random.getstate()
            random.seed(1)
            first = random.random()
            results = [] if inner is None else in_two_threads(inner)
            found = first, random.random(), results
            lock.wait_for_others()
            random.setstate(before)
        return found

    def in_two_threads(work):
        with ThreadPoolExecutor(2) as pool:
            return [future.result(TIMEOUT) for future in [pool.submit(work) for _ in range(2)]]

    first, second, _ = draws()
    leaf = (first, second, [])
    branch = (first, second, [leaf, leaf])

    assert (first, second, [branch, branch]) == draws(lambda: draws(draws))

"""What the tests of shared steps have in common: data, models, and a comparison of three fits."""

import random

import keras
import numpy as np
import pytest

from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.private_names import OLDER_KERAS_VERSIONS
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._training.fit import SETTING, fit
from scikeras_reference._training.seeding import seeded

only_where_shared = pytest.mark.skipif(
    keras.backend.backend() == "torch" or keras.__version__.startswith(OLDER_KERAS_VERSIONS),
    reason="steps are shared where Keras compiles them, and with newer versions of Keras",
)
ON_JAX = keras.backend.backend() == "jax"

layers = keras.layers
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(21, 6))
LABELS = RNG.integers(0, 3, size=21)
WEIGHTS = RNG.uniform(0.5, 2.0, size=21)
TOTALS = {"loss", "val_loss"}


class Plain(layers.Layer):
    """A layer of the user's own that computes, whose configuration Keras finds out itself."""

    def __init__(self, factor=3, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    CACHE.clear()
    with seeded(0):
        yield
    CACHE.clear()


def shared():
    """Count the steps that have been traced so far; a failure to trace is none."""
    return sum(not isinstance(step, NotSharedError) for step in CACHE.values())


def trained(make, x, y, weights=None, **arguments):
    """Train a new model under a seed; return all that can be seen of it afterwards."""
    keras.utils.set_random_seed(7)
    model = make()
    arguments = {"epochs": 2, "batch_size": 8, "verbose": 0, **arguments}
    history = fit(model, x, y, weights, arguments)
    # Before a prediction: on JAX, Keras deletes the averages of weights (use_ema) in it.
    variables = [
        [(v.path, v.numpy().tobytes()) for v in model.variables],
        [(v.name, v.numpy().tobytes()) for v in model.optimizer.variables],
        [(v.name, v.numpy().tobytes()) for v in model.metrics_variables],
    ]
    # On TensorFlow not by a function that Keras would have to trace first.
    outputs = model.predict_on_batch(x) if ON_JAX else model(x, training=False)
    outputs = keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)
    seen = [
        history.history,
        history.params,
        *variables,
        [np.asarray(a).tobytes() for a in keras.tree.flatten(outputs)],
        random.getstate(),
        np.random.get_state()[1].tobytes(),  # noqa: NPY002 - Keras draws from it
        layers.Dense(1).name,
    ]
    return model, seen


def without(monkeypatch, *args, **kwargs):
    monkeypatch.setenv(SETTING, "0")
    _, seen = trained(*args, **kwargs)
    monkeypatch.setenv(SETTING, "1")
    return seen


def renamed(seen):
    """Leave out names, which Keras counts up from model to model."""
    return [
        [item[1] for item in part]
        if isinstance(part, list) and part and isinstance(part[0], tuple)
        else part
        for part in seen[:-1]
    ]


def check(monkeypatch, make, x, y, weights=None, *, shares=True, **arguments):
    """See that three fits are the same: without a cache, with an empty one, with a full one."""
    CACHE.clear()
    expected = renamed(without(monkeypatch, make, x, y, weights, **arguments))
    assert 0 == shared()
    first = renamed(trained(make, x, y, weights, **arguments)[1])
    assert shares == (shared() > 0)
    count = shared()
    second = renamed(trained(make, x, y, weights, **arguments)[1])
    assert count == shared()
    for name, *parts in zip(
        ["history", "params", "weights", "optimizer", "metrics", "outputs", "random", "numpy"],
        expected,
        first,
        second,
        strict=True,
    ):
        by_chance = name in ("history", "metrics") and _adds_losses_in_any_order(expected[0])
        without_cache, *shared_parts = [_without_total(p) for p in parts] if by_chance else parts
        assert without_cache == shared_parts[0], f"{name}, traced anew"
        assert without_cache == shared_parts[1], f"{name}, traced before"
    for name in TOTALS & expected[0].keys():
        for trained_again in (first, second):
            np.testing.assert_allclose(trained_again[0][name], expected[0][name], rtol=5e-7)


def _adds_losses_in_any_order(history):
    """Tell whether the last bit of the total loss is left to chance, without shared steps, too.

    TensorFlow adds three or more losses in one operation that writes into the memory of whichever
    of them is needed no longer, and begins with that one. Which it is depends on the threads.
    """
    losses = [name for name in history if name.endswith("_loss") and not name.startswith("val_")]
    return keras.backend.backend() == "tensorflow" and len(losses) > 2


def _without_total(part):
    """Leave the total loss out of a history, or of the variables of metrics, where it is first."""
    if isinstance(part, dict):
        return {name: values for name, values in part.items() if name not in TOTALS}
    return part[1:]


def dense(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=("accuracy",), units=4):
    """Build and compile a small classifier."""
    parts = [layers.Input((6,)), layers.Dense(units, activation="relu"), layers.Dense(3, "softmax")]
    model = keras.Sequential(parts)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def model_with(loss, *, metric=None, activation="tanh"):
    """Build and compile a model of three outputs."""
    built = keras.Sequential([layers.Input((6,)), layers.Dense(3, activation)])
    built.compile("adam", loss, metrics=[metric] if metric else None)
    return built

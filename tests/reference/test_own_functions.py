"""Losses, metrics and other functions of the user's own: which of them models share, and why."""

import functools
import math
from math import log as logarithm

import keras
import numpy as np
import pytest
from keras import ops
from numpy import exp as exp_of_numpy
from reference_models import scaled_error
from shared_step_models import (
    ON_JAX,
    ROWS,
    WEIGHTS,
    check,
    empty_cache,
    layers,
    model_with,
    only_where_shared,
)

from scikeras_reference._shared_steps import library_functions
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.own_functions import description
from scikeras_reference._shared_steps.refusal_log import NotSharedError

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

TARGET = np.eye(3)[np.arange(21) % 3]
SCALE = 2.5
WEIGHTS_OF_COLUMNS = np.array([1.0, 2.0, 0.5])
KEEPING = {"keepdims": True}
OPTIONS = {"power": 2, "labels": ["a", "b", "c"]}
EVENTS = []


def squared(values):
    """Serve other functions."""
    return ops.square(values)


def by_column(y_true, y_pred, *, power=1.0):
    """Use a loop, an array, a dict, and a function of this module."""
    total = 0.0
    for column, _ in enumerate(OPTIONS["labels"]):
        difference = squared(y_true[:, column] - y_pred[:, column]) ** power
        total = total + WEIGHTS_OF_COLUMNS[column] * difference
    return total * SCALE if OPTIONS["power"] > 1 else total


def made(margin):
    """Return a loss with a value of its own."""

    def hinge(y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)

        def of(values):
            return ops.maximum(0.0, margin - values)

        return ops.mean(of(y_true * y_pred), axis=-1) + math.log(2) * keras.config.epsilon()

    return hinge


def right(y_true, y_pred):
    """Compare labels, in a metric."""
    hits = ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))
    return ops.cast(hits, "float32")


def gelu_like(x):
    """Compute an activation."""
    return x * keras.activations.sigmoid(1.702 * x)


def small(weights):
    """Compute a penalty."""
    return 0.01 * ops.sum(ops.abs(weights))


def of_unit_size(weights):
    """Compute a constraint."""
    return weights / (1e-3 + ops.norm(weights))


if ON_JAX:
    import jax.numpy as jnp

    def of_backend(y_true, y_pred):
        """Call JAX itself."""
        return jnp.mean(jnp.abs(y_true - y_pred), axis=-1)

elif keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    def of_backend(y_true, y_pred):
        """Call TensorFlow itself."""
        y_true = tf.cast(y_true, tf.float32)
        return tf.reduce_mean(tf.math.abs(y_true - tf.nn.relu(y_pred)), axis=-1)

else:
    of_backend = None  # on PyTorch, nothing is shared, and nothing here is run


@pytest.mark.slow
@pytest.mark.parametrize(
    "weights",
    [
        pytest.param(None, id="plain", marks=pytest.mark.exhaustive),
        pytest.param(WEIGHTS, id="weighted"),
    ],
)
def test_models_with_own_functions_share_steps_with_equal_bits(weights, monkeypatch):
    """All kinds of functions that a model can hold, in one model of several outputs."""
    losses = {"first": by_column, "second": made(1.0), "third": scaled_error, "last": of_backend}

    def make():
        inputs = layers.Input((6,))
        inner = layers.Dense(4, gelu_like, kernel_regularizer=small)(inputs)
        heads = {
            name: layers.Dense(3, kernel_constraint=of_unit_size, name=name)(inner)
            for name in losses
        }
        built = keras.Model(inputs, list(heads.values()))
        built.compile("adam", list(losses.values()), metrics=[[right] for _ in losses])
        return built

    check(monkeypatch, make, ROWS, [TARGET] * 4, weights)


@pytest.mark.parametrize(
    "function",
    [squared, by_column, made(1.0), right, gelu_like, small, of_unit_size, of_backend],
)
def test_what_computes_alone_can_be_described(function):
    """On every supported version of Python, whatever its instructions are called."""
    described = description(function)
    assert described == description(function)
    assert 4 == len(described)


def test_what_a_function_reads_tells_models_apart(monkeypatch):
    """A value around it, a global one, a default, and the code are in the digest; lines are not."""

    def digest(loss):
        return fingerprint(model_with(loss), training=True)

    assert digest(made(1.0)) == digest(made(1.0))
    assert digest(made(1.0)) != digest(made(2.0))
    first = digest(by_column)
    monkeypatch.setattr(f"{__name__}.SCALE", 2)
    second = digest(by_column)
    monkeypatch.setitem(OPTIONS, "power", 0)
    third = digest(by_column)
    monkeypatch.setitem(by_column.__kwdefaults__, "power", 3.0)
    fourth = digest(by_column)
    monkeypatch.setattr(f"{__name__}.squared", gelu_like)
    assert 5 == len({first, second, third, fourth, digest(by_column)})

    space = {"ops": ops}
    exec("def own(y, p): return ops.mean(y - p)", space)
    before = description(space["own"])
    exec("\n\ndef own(y, p): return ops.mean(y - p)", space)
    assert before == description(space["own"])
    exec("def own(y, p): return ops.max(y - p)", space)
    assert before != description(space["own"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.float64(1), np.array(1.0)),
        (np.float64(1), 1.0),
        (np.eye(3), np.asfortranarray(np.eye(3))),
        (np.zeros(1, [("a", "i4")]), np.zeros(1, [("b", "i4")])),
        (np.ones(3, "float32"), ops.ones(3)),
        (np.float64, "numpy.float64"),
        (math.log, "math.log"),
        (math.log, math.log2),
    ],
)
def test_values_that_are_alike_are_told_apart(one, other):
    """A step may ask for all of it: kind, type, order in memory, and what a name stands for."""
    assert digest_around(one) == digest_around(one)
    assert digest_around(one) != digest_around(other)


@pytest.mark.skipif(not ON_JAX, reason="is about arrays of JAX")
def test_arrays_of_jax_are_told_apart():
    """By weak types, which decide on the type of a result, and by types of equal width."""
    weak = jnp.asarray(2.0)
    assert digest_around(weak) != digest_around(jnp.asarray(2.0, weak.dtype))
    narrow = [np.zeros(2, dtype) for dtype in (jnp.float8_e4m3fn, jnp.float8_e5m2)]
    assert 2 == len(set(map(digest_around, narrow)))
    for function in (jnp.save, jnp.load, jnp.set_printoptions, jnp.vectorize, jnp.array_str):
        with pytest.raises(NotSharedError):
            digest_around(function)


def digest_around(value):
    """Return the digest of a model whose loss reads a value around it."""

    def loss(y_true, y_pred):
        return y_pred * value

    return fingerprint(model_with(loss), training=True)


def test_common_ways_to_write_a_function_can_be_described():
    """What raises does no harm: Keras raises then."""

    def usual(y_true, y_pred, sample_weight=None):
        first, *_ = y_pred.shape
        options = {"axis": -1, **KEEPING}
        parts = [ops.abs(y_pred[:, i]) * q for i, q in enumerate([0.1, 0.5])]
        total = sum(ops.mean(part) for part in parts)
        total = total + ops.mean(*(y_pred,), **options) * (first or 1) % 2
        return total if sample_weight is None else total * sample_weight

    assert 4 == len(description(usual))

    def imported(y_true, y_pred):
        return ops.mean(y_pred * exp_of_numpy(1.0) * logarithm(2.0)).mean()

    assert 4 == len(description(imported))
    space = {"__name__": __name__}  # not in this module, whose assertions are rewritten
    exec("def asserts(y, p):\n    assert len(y.shape) == 2\n    return p", space)
    assert 4 == len(description(space["asserts"]))


def test_an_initializer_of_the_users_own_is_called_by_keras_alone():
    """A prototype has weights, too, and making them could be noticed."""
    EVENTS.clear()

    @keras.saving.register_keras_serializable("own_functions")
    def counted(shape, dtype=None):
        EVENTS.append(1)
        return ops.ones(shape, dtype)

    for initializer in (counted, functools.partial(counted)):
        built = keras.Sequential(
            [layers.Input((6,)), layers.Dense(3, kernel_initializer=initializer)]
        )
        built.compile("adam", "mse")
        with pytest.raises(NotSharedError, match="kernel_initializer"):
            fingerprint(built, training=True)


def test_a_replaced_function_of_a_library_is_noticed(monkeypatch):
    """A name is what it was when it was first read, or nothing is shared."""

    def doubled(values):
        return values * np.exp(0.0)

    monkeypatch.setattr(library_functions, "_originals", {})
    description(doubled)
    monkeypatch.setattr(np, "exp", np.expm1)
    with pytest.raises(NotSharedError, match="replaced numpy.exp"):
        description(doubled)


@pytest.mark.slow
def test_two_functions_of_one_name_are_not_shared(monkeypatch):
    """The configuration of a model holds names only."""

    def make():
        return model_with(made(1.0), metric=made(2.0))

    check(monkeypatch, make, ROWS, TARGET, shares=False, epochs=1)


def test_functions_that_call_each_other_come_to_an_end():
    """Each is described once."""

    def even(n):
        return True if n == 0 else odd(n - 1)

    def odd(n):
        return False if n == 0 else even(n - 1)

    assert description(even) == description(even)
    assert description(even) != description(odd)

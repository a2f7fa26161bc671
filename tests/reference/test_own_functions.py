"""Losses, metrics and other functions of the user's own: which of them models share, and why."""

import functools
import math
import types
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
    only_where_shared,
    trained,
)

from scikeras_reference._shared_steps import own_functions
from scikeras_reference._shared_steps.bytecode import reading
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

else:
    import tensorflow as tf

    def of_backend(y_true, y_pred):
        """Call TensorFlow itself."""
        y_true = tf.cast(y_true, tf.float32)
        return tf.reduce_mean(tf.math.abs(y_true - tf.nn.relu(y_pred)), axis=-1)


def model(loss, *, metric=right, activation="tanh"):
    """Build and compile a model of three outputs."""
    built = keras.Sequential([layers.Input((6,)), layers.Dense(3, activation)])
    built.compile("adam", loss, metrics=[metric])
    return built


@pytest.mark.slow
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "weighted"])
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
        return fingerprint(model(loss), training=True)

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
        (np.ones(3), ops.ones(3, "float64")),
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

    return fingerprint(model(loss), training=True)


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


def appends(y_true, y_pred):
    EVENTS.append(1)
    return y_pred


def appends_by_another_name(y_true, y_pred):
    events = EVENTS
    events.append(1)
    return y_pred


def counts(y_true, y_pred):
    global SCALE  # noqa: PLW0603
    SCALE = 3
    return y_pred


def imports(y_true, y_pred):
    import random

    return y_pred * random.random()


def draws(y_true, y_pred):
    return y_pred * np.random.rand()  # noqa: NPY002


def draws_with_keras(y_true, y_pred):
    return y_pred * keras.random.uniform((1,))


def changes_a_setting(y_true, y_pred):
    keras.config.set_epsilon(1e-3)
    return y_pred


def changes_an_array(y_true, y_pred):
    weights = WEIGHTS_OF_COLUMNS
    weights += 1
    return y_pred * weights


def changes_an_array_elsewhere(y_true, y_pred):
    def more(array):
        array *= 2
        return array

    return y_pred * more(WEIGHTS_OF_COLUMNS)


def writes_into_an_array(y_true, y_pred):
    return y_pred * np.add(WEIGHTS_OF_COLUMNS, 1, WEIGHTS_OF_COLUMNS)


def sets_an_item(y_true, y_pred):
    OPTIONS["power"] = 3
    return y_pred


def sets_an_attribute(y_true, y_pred):
    squared.calls = 1
    return y_pred


def passes_a_module_on(y_true, y_pred):
    library = keras
    return library.ops.mean(y_pred)


def passes_one_of_two_on(y_true, y_pred):
    return (keras if SCALE else ops).mean(y_pred)


def reads_a_variable_of_keras(y_true, y_pred):
    return y_pred * VARIABLE


def makes_an_object(y_true, y_pred):
    return keras.losses.MeanSquaredError()(y_true, y_pred)


def looks_deeper(y_true, y_pred):
    return y_pred.__class__(y_pred)


def gives_up(y_true, y_pred):
    raise RuntimeError


def handles_an_error(y_true, y_pred):
    try:
        return y_pred / 0
    finally:
        len(y_pred)


def adds_up_into_an_array(y_true, y_pred):
    return y_pred * WEIGHTS_OF_COLUMNS.sum(out=WEIGHTS_OF_COLUMNS[:1])


def shows_a_name(y_true, y_pred):
    return y_pred * len(f"{y_pred}")


def shows_a_name_in_a_format(y_true, y_pred):
    return y_pred * len(FORMAT % y_pred)


def shows_a_name_in_another_format(y_true, y_pred):
    return y_pred * len("%s" % y_pred)  # noqa: UP031


def shows_a_name_with_numpy(y_true, y_pred):
    return y_pred * len(np.str_(y_pred))


def compares_objects(y_true, y_pred):
    return y_pred if OPTIONS is WEIGHTS_OF_COLUMNS else y_true


def reads_an_attribute_of_a_function(y_true, y_pred):
    return y_pred * WITH_SIZE.size


def reads_it_by_another_name(y_true, y_pred):
    function = WITH_SIZE
    return y_pred * function.size


def multiplies_by_a_number_of_its_own(y_true, y_pred):
    return y_pred * NUMBER


def makes_a_number_of_its_own(y_true, y_pred):
    return y_pred * Number(1.0)


def calls_what_is_named_like_a_dtype(y_true, y_pred):
    return DTYPE(y_pred)


def calls_what_is_named_like_an_option(y_true, y_pred):
    return y_pred * epsilon()


def calls_what_is_named_like_an_operation(y_true, y_pred):
    return y_pred * square(WEIGHTS_OF_COLUMNS)


def reads_from_a_module_that_answers(y_true, y_pred):
    return y_pred * ANSWERING.size


def reads_from_a_module_of_a_class(y_true, y_pred):
    return y_pred * OF_A_CLASS.size


def hands_a_function_over(y_true, y_pred):
    return ops.cond(True, lambda: y_pred, lambda: y_true)


def by_other_builtins():
    space = {"__builtins__": {"len": abs}, "__name__": __name__}
    exec("def loss(y_true, y_pred): return y_pred * len(y_pred.shape)", space)
    return space["loss"]


def with_many_names():
    """Jump to an instruction that does not fit into a byte, so that another one stands before."""
    space = {f"NAME{i}": 1.0 for i in range(300)} | {"__name__": __name__}
    space |= {"EVENTS": EVENTS, "MODULE": types.ModuleType("module"), "FLAG": True}
    space["MODULE"].append = squared
    names = "\n".join(f"    x = NAME{i}" for i in range(300))
    exec(f"def loss(y, p):\n{names}\n    (EVENTS if FLAG else MODULE).append(1)", space)
    return space["loss"]


class Number(np.float64):
    """Does more than a number when it is multiplied."""


def with_size(values):
    return values


@functools.wraps(keras.config.epsilon)
def epsilon():
    return EVENTS.append(1) or 1e-3


@functools.wraps(ops.square)
def square(values):
    values += 1
    return values


def answer(name):
    if name != "size":
        raise AttributeError(name)
    pytest.fail("code of the user's was called")


FORMAT = "%r"
NUMBER = Number(1.0)
DTYPE = type("dtype", (), {"__repr__": lambda _: "dtype('float32')"})()
WITH_SIZE = with_size
WITH_SIZE.size = 3
ANSWERING = types.ModuleType("answering")
ANSWERING.__getattr__ = answer
OF_A_CLASS = type("Module", (types.ModuleType,), {"size": property(lambda _: answer("size"))})(
    "of_a_class"
)


def shows(y_true, y_pred):
    print(y_pred)
    return y_pred


def calls_an_object(y_true, y_pred):
    return OBJECT(y_true, y_pred)


def reads_nothing_there(y_true, y_pred):
    return y_pred * NOWHERE  # noqa: F821


VARIABLE = keras.Variable(1.0)
OBJECT = keras.losses.MeanSquaredError()


def counting():
    calls = 0

    def loss(y_true, y_pred):
        nonlocal calls
        calls = calls + 1
        return y_pred

    return loss


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (appends, "EVENTS.append"),
        (appends_by_another_name, "attribute append"),
        (counts, "STORE_GLOBAL"),
        (counting(), "STORE_DEREF"),
        (imports, "IMPORT_NAME"),
        (draws, "class method"),
        (draws_with_keras, "it calls keras.src.random.random.uniform"),
        (changes_a_setting, "set_epsilon"),
        (changes_an_array, "in place"),
        (changes_an_array_elsewhere, "in place"),
        (writes_into_an_array, "in place"),
        (sets_an_item, "STORE_SUBSCR"),
        (sets_an_attribute, "STORE_ATTR"),
        (passes_a_module_on, "attribute ops of a value"),
        (passes_one_of_two_on, "module keras as a value|no keras.mean"),
        (reads_a_variable_of_keras, "class .*Variable"),
        (makes_an_object, "class type"),
        (looks_deeper, "attribute __class__"),
        (gives_up, "it reads RuntimeError"),
        (handles_an_error, "PUSH_EXC_INFO"),
        (adds_up_into_an_array, "in place"),
        (shows_a_name, "FORMAT_"),
        (shows_a_name_in_a_format, "text of a tensor"),
        (shows_a_name_in_another_format, "text of a tensor"),
        (shows_a_name_with_numpy, "class type"),
        (compares_objects, "are the same"),
        (reads_an_attribute_of_a_function, "attribute of a function"),
        (reads_it_by_another_name, "with_size has attributes"),
        (multiplies_by_a_number_of_its_own, "class .*Number"),
        (makes_a_number_of_its_own, "class type"),
        (calls_what_is_named_like_a_dtype, "class .*dtype"),
        (calls_what_is_named_like_an_option, "calls keras.*epsilon"),
        (calls_what_is_named_like_an_operation, "calls keras.*square"),
        (reads_from_a_module_that_answers, "no ANSWERING.size"),
        (reads_from_a_module_of_a_class, "usual class of modules"),
        (hands_a_function_over, "calls keras.*cond"),
        (by_other_builtins(), "its builtins"),
        (with_many_names(), "attribute append"),
        (shows, "it reads print"),
        (calls_an_object, "class .*MeanSquaredError"),
        (reads_nothing_there, "it reads NOWHERE"),
        (lambda y_true, y_pred: y_pred, "a lambda has no name"),
    ],
)
def test_what_may_do_more_than_compute_is_not_shared(function, why):
    """Tracing it once for many models could be noticed, or give another graph."""
    with pytest.raises(NotSharedError, match=f"is not Keras's own: .*{why}"):
        description(function)
    with pytest.raises(NotSharedError, match=why):
        fingerprint(model(function), training=True)


def test_what_a_function_raises_is_all_that_a_user_sees():
    """Not that sharing was refused before."""
    with pytest.raises(RuntimeError) as caught:
        trained(lambda: model(gives_up), ROWS, TARGET, epochs=1)
    assert caught.value.__cause__ is None
    assert not isinstance(caught.value.__context__, NotSharedError)


def test_a_replaced_function_of_a_library_is_noticed(monkeypatch):
    """A name is what it was when it was first read, or nothing is shared."""

    def doubled(values):
        return values * np.exp(0.0)

    monkeypatch.setattr(own_functions, "_originals", {})
    description(doubled)
    monkeypatch.setattr(np, "exp", np.expm1)
    with pytest.raises(NotSharedError, match="replaced numpy.exp"):
        description(doubled)


def test_two_functions_of_one_name_are_not_shared(monkeypatch):
    """The configuration of a model holds names only."""

    def make():
        return model(made(1.0), metric=made(2.0))

    check(monkeypatch, make, ROWS, TARGET, shares=False, epochs=1)


def test_functions_that_call_each_other_come_to_an_end():
    """Each is described once."""

    def even(n):
        return True if n == 0 else odd(n - 1)

    def odd(n):
        return False if n == 0 else even(n - 1)

    assert description(even) == description(even)
    assert description(even) != description(odd)


def test_the_code_shows_what_is_read():
    """Attributes belong to the variable before them, but not where it is one of two."""

    def both(x):
        return keras.ops.mean(x) + keras.ops.mean(WEIGHTS_OF_COLUMNS.max()) + len(x)

    assert (
        ("keras", "ops", "mean"),
        ("WEIGHTS_OF_COLUMNS", "max"),
        ("len",),
    ) == reading(both.__code__).chains
    # Python 3.11 reads the attribute once, of what it cannot tell; later ones in each branch.
    found = reading(passes_one_of_two_on.__code__).chains
    assert found in {
        (("SCALE",), ("keras",), ("ops",)),
        (("SCALE",), ("keras", "mean"), ("ops", "mean")),
    }

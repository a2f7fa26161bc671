"""Layers and losses of the user's own: which of them models share, and which are left to Keras."""

import keras
import numpy as np
import pytest
from keras import ops
from shared_step_models import (
    ROWS,
    WEIGHTS,
    Plain,
    check,
    empty_cache,
    layers,
    only_where_shared,
    shared,
    trained,
)

from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.keras_internals.attributes import IGNORED_FOR_PREDICTIONS
from scikeras_reference._shared_steps.own_classes import class_description
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference.shared_steps import explain

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

TARGET = np.eye(3)[np.arange(21) % 3]
SCALE = 2.5
EVENTS = []


def doubled(values):
    """Serve a layer."""
    return values * 2


class Focal(keras.losses.Loss):
    """A loss with an argument, written as in most tutorials."""

    def __init__(self, gamma=2.0, **kwargs):
        super().__init__(**kwargs)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        y_true = ops.cast(y_true, y_pred.dtype)
        y_pred = ops.clip(y_pred, 1e-7, 1 - 1e-7)
        hit = y_true * y_pred + (1 - y_true) * (1 - y_pred)
        return ops.mean(-((1 - hit) ** self.gamma) * ops.log(hit), axis=-1)

    def get_config(self):
        config = super().get_config()
        config.update({"gamma": self.gamma})
        return config


class Linear(layers.Layer):
    """A layer with weights, a part, and an activation."""

    def __init__(self, units, activation=None, **kwargs):
        super(Linear, self).__init__(**kwargs)  # noqa: UP008 - what is in older code
        self.units = units
        self.activation = keras.activations.get(activation)
        self.dropout = layers.Dropout(0.2)

    def build(self, input_shape):
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units),
            initializer="glorot_uniform",
            regularizer=keras.regularizers.L2(0.01),
            name="kernel",
        )
        self.bias = self.add_weight(shape=(self.units,), initializer=keras.initializers.Zeros())
        self.built = True

    def call(self, inputs, training=None):
        outputs = ops.matmul(inputs, self.kernel) + self.bias
        return self.dropout(self.activation(outputs), training=training)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        return {**super().get_config(), "units": self.units, "activation": activation}


class Residual(layers.Layer):
    """A layer of layers, with a method, a constant and an optional part of its own."""

    DEPTH = 2

    def __init__(self, width, rate=0.0, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.rate = rate
        self.blocks = [layers.Dense(width, "tanh") for _ in range(self.DEPTH)]
        self.norm = layers.LayerNormalization() if rate else None

    def build(self, input_shape):
        for block in self.blocks:
            block.build(input_shape)
        super().build(input_shape)

    def call(self, inputs):
        outputs = inputs
        for block in self.blocks:
            outputs = self.added(outputs, block(outputs))
        return outputs if self.norm is None else self.norm(outputs)

    def added(self, first, second):
        return ops.cast(first + doubled(second) * SCALE, self.compute_dtype)

    def get_config(self):
        base = super().get_config()
        return dict([*base.items(), ("width", self.width), ("rate", self.rate)])


def functional(gamma=1.5, width=6, rate=0.1):
    """Build and compile a model with all of them."""
    inputs = layers.Input((6,))
    inner = Residual(width, rate=rate)(inputs)
    inner = Linear(5, "relu")(inner)
    outputs = layers.Dense(3, "sigmoid")(Plain()(inner))
    built = keras.Model(inputs, outputs)
    built.compile("adam", Focal(gamma), metrics=["mae"])
    return built


@pytest.mark.slow
@pytest.mark.parametrize(
    "weights",
    [
        pytest.param(None, id="plain", marks=pytest.mark.exhaustive),
        pytest.param(WEIGHTS, id="weighted"),
    ],
)
def test_models_with_own_classes_share_steps_with_equal_bits(weights, monkeypatch):
    """Layers with weights, parts, losses of their own, and a loss with an argument."""
    check(monkeypatch, functional, ROWS, TARGET, weights, validation_split=0.3)


def test_what_differs_between_objects_tells_models_apart(monkeypatch):
    """Attributes, optional parts, values around the class, and its code are in the digest."""

    def digest(**arguments):
        return fingerprint(functional(**arguments), training=True)

    first = digest()
    assert first == digest()
    assert len({first, digest(gamma=2.0), digest(rate=0.0), digest(rate=0.2)}) == 4
    with monkeypatch.context() as patch:
        patch.setitem(globals(), "SCALE", 3.0)
        assert first != digest()
    with monkeypatch.context() as patch:
        patch.setattr(Residual, "DEPTH", 3)
        assert first != digest()
    with monkeypatch.context() as patch:
        patch.setattr(Plain, "call", lambda self, inputs: inputs + self.factor)
        assert first != digest()
    assert first == digest()


def changed():
    """Return a layer that its configuration does not describe."""
    layer = Plain()
    layer.more = {"of": doubled}
    return layer


def test_what_a_configuration_leaves_out_is_not_shared():
    """Keras would train with the attributes as they are."""

    def make():
        model = keras.Sequential([layers.Input((6,)), changed(), layers.Dense(3)])
        model.compile("sgd", "mse")
        return model

    model, _ = trained(make, ROWS, TARGET, epochs=1)
    assert 0 == shared()
    assert "does not describe all of it" in explain(model)


def test_a_class_without_a_configuration_is_left_to_keras():
    """Keras asks for one only to save a model, and trains without."""

    class WithoutConfiguration(layers.Layer):
        def __init__(self, factor, given, **kwargs):
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs):
            return inputs * self.factor

    def make():
        model = keras.Sequential([layers.Input((6,)), WithoutConfiguration(2, object())])
        model.add(layers.Dense(3))
        model.compile("sgd", "mse")
        return model

    model, _ = trained(make, ROWS, TARGET, epochs=1)
    assert 0 == shared()
    assert "no configuration" in explain(model)


@pytest.mark.parametrize("name", sorted(IGNORED_FOR_PREDICTIONS | {"name", "k_initializer"}))
def test_a_step_reads_nothing_outside_the_digest(name):
    """Two models of one digest may have other values there."""
    space = {}
    exec(f"def call(self, inputs):\n    return self.{name}", space)
    layer = type("Reads", (layers.Layer,), {"call": space["call"]})()
    vars(layer)[name] = 2.5
    with pytest.raises(NotSharedError, match=f"it reads self.{name}"):
        class_description(layer, seen=())


@pytest.fixture
def registered():
    """Register an initializer whose making is noticed, and forget it afterwards."""

    class Ones(keras.initializers.Initializer):
        def __init__(self):
            EVENTS.append("made")

        def __call__(self, shape, dtype=None):
            return ops.ones(shape, dtype)

    before = dict(keras.saving.get_custom_objects())
    keras.saving.register_keras_serializable("refused", "Ones")(Ones)
    yield Ones
    keras.saving.get_custom_objects().clear()
    keras.saving.get_custom_objects().update(before)


class ByName(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer="refused>Ones")

    def call(self, inputs):
        return inputs * self.scale


class ByOption(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.options = {"initializer": "refused>Ones"}

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer=self.options["initializer"])

    def call(self, inputs):
        return inputs * self.scale


class ByParts(layers.Layer):
    PACKAGE = "refused"

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer=self.PACKAGE + ">" + "Ones")

    def call(self, inputs):
        return inputs * self.scale


class ByMethod(layers.Layer):
    def a_name(self, package, name):
        return package + name

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer=self.a_name("refused>", "Ones"))

    def call(self, inputs):
        return inputs * self.scale


class ByReading(layers.Layer):
    def build(self, input_shape):
        self.scale = self.add_weight(shape=(), initializer="senO>desufer"[::-1])

    def call(self, inputs):
        return inputs * self.scale


@pytest.mark.parametrize(
    ("layer", "why"),
    [
        (ByName, "may name refused>Ones"),
        (ByOption, "may name refused>Ones"),
        (ByParts, "may make a name"),
        (ByMethod, "may make a name"),
        (ByReading, "may make a name"),
    ],
)
def test_registered_objects_are_made_for_the_user_only(layer, why, registered):
    """A prototype would make one more of what was registered, which could be noticed."""
    del registered

    def make():
        model = keras.Sequential([layers.Input((6,)), layer(), layers.Dense(3)])
        model.compile("sgd", "mse")
        return model

    EVENTS.clear()
    model, _ = trained(make, ROWS, TARGET, epochs=1)
    assert ["made"] == EVENTS
    assert 0 == shared()
    assert why in explain(model)

"""Classes of the user's own whose methods may notice what the digest of a model does not tell."""

from collections import Counter

import keras
import pytest
from keras import ops
from shared_step_models import Plain, empty_cache, layers, model_with, only_where_shared

from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.refusal_log import NotSharedError

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

EVENTS = []
FACTORS = [2.0]


def passes_on(self, inputs):
    """Serve layers as their method."""
    return inputs


def sized(values):
    """Be a function with an attribute."""
    return values


sized.size = 2.0
sized.build = EVENTS.clear
COUNTS = Counter(a=2)


def get_config():
    """Return what is no configuration of Keras."""
    return COUNTS


def made():
    """Make a layer, where only methods may."""
    return layers.Activation("relu")


class ReadsItsConfiguration(layers.Layer):
    def call(self, inputs):
        return inputs * len(self.get_config()["name"])

    def get_config(self):
        return super().get_config()


class HidesAConstant(layers.Layer):
    compiled = 1.0

    def call(self, inputs):
        return inputs * self.compiled


class HidesAMethod(layers.Layer):
    def __init__(self, value, **kwargs):
        super().__init__(**kwargs)
        self.k_initializer = keras.initializers.Constant(value)

    def k_initializer(self, shape):
        return ops.ones(shape)

    def call(self, inputs):
        return inputs * self.k_initializer(())


class LossWithBuild(keras.losses.Loss):
    def build(self, difference):
        return ops.abs(difference)

    def call(self, y_true, y_pred):
        return ops.mean(self.build(y_true - y_pred), axis=-1)


class ReadsAnAttributeOfAFunction(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.function = sized

    def call(self, inputs):
        function = self.function
        return function(inputs) * function.size


class MakesTextByAConstant(layers.Layer):
    FORMAT = "%s"

    def build(self, input_shape):
        self.scale = self.add_weight(shape=())

    def call(self, inputs):
        return inputs * len(self.FORMAT % self.scale)


class MakesTextByAnAttribute(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.formats = {"of": "%s"}

    def call(self, inputs):
        return inputs * len(self.formats["of"] % inputs)


class MakesPartsInAStep(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.part = made()

    def call(self, inputs):
        return made()(inputs)


class HasAMethodTwice(layers.Layer):
    call = passes_on
    called = passes_on


class HoldsACounter(keras.losses.Loss):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.counts = COUNTS

    def call(self, y_true, y_pred):
        return ops.mean(y_pred * self.counts["a"], axis=-1)


class BuildsWhatIsNoPart(layers.Layer):
    def build(self, input_shape):
        part = sized
        part.build()

    call = passes_on


class UpdatesWhatAFunctionReturns(layers.Layer):
    def call(self, inputs):
        config = get_config()
        config.update({"a": 1})
        return inputs


class UpdatesWhatItWasGiven(layers.Layer):
    call = passes_on

    def get_config(self, config=None):
        config.update({"a": 1})
        config = super().get_config()
        return config  # noqa: RET504


class AsksWhichIsWhich(layers.Layer):
    def __init__(self, first=None, second=None, **kwargs):
        super().__init__(**kwargs)
        self.first = keras.regularizers.get(first)
        self.others = [keras.regularizers.get(second)]

    def call(self, inputs):
        return inputs * (2.0 if self.first in self.others else 5.0)


class HoldsNoNumber(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.factor = float("nan")

    def call(self, inputs):
        return inputs * self.factor


def with_a_method_of_its_own():
    initializer = keras.initializers.Ones()
    initializer.get_config = EVENTS.copy
    layer = Plain()
    layer.scale_initializer = initializer
    return layer


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: AsksWhichIsWhich("l1", "l2"), "two objects are the same"),
        (HoldsNoNumber, "is NaN"),
        (with_a_method_of_its_own, "a scale_initializer of the class .* is not Keras's own"),
        (ReadsItsConfiguration, "it reads self.get_config"),
        (HidesAConstant, "it has a compiled of its own"),
        (lambda: HidesAMethod(2.0), "assigns to self.k_initializer"),
        (ReadsAnAttributeOfAFunction, "sized has attributes"),
        (MakesTextByAConstant, "text of a tensor"),
        (MakesTextByAnAttribute, "text of a tensor"),
        (MakesPartsInAStep, "class type"),
        (HasAMethodTwice, "a method by two names"),
        (BuildsWhatIsNoPart, "sized has attributes"),
        (UpdatesWhatAFunctionReturns, "attribute update"),
        (UpdatesWhatItWasGiven, "attribute update"),
    ],
)
def test_classes_that_may_notice_more_than_the_digest_tells_are_not_shared(make, why):
    """Two models of one digest could differ, or a prototype could."""
    model = keras.Sequential([layers.Input((6,)), make(), layers.Dense(3)])
    model.compile("sgd", "mse")
    with pytest.raises(NotSharedError, match=why):
        fingerprint(model, training=True)


class Formats(layers.Layer):
    def call(self, inputs, text="a"):
        return inputs * len(text % inputs)


class Writes(keras.losses.Loss):
    def call(self, y_true, y_pred):
        y_true += 1
        return ops.mean(y_true - y_pred, axis=-1)


def reads(y_true, y_pred):
    """Read a list, which another class of the model may change."""
    return ops.mean(y_true * FACTORS[0] - y_pred, axis=-1)


def test_what_one_class_gives_to_another_is_looked_at_too():
    """A format in a call, and a list that a loss is given by another one."""
    inputs = layers.Input((6,))
    model = keras.Model(inputs, layers.Dense(3)(Formats()(inputs, text="%s")))
    model.compile("sgd", "mse")
    with pytest.raises(NotSharedError, match="text of a tensor"):
        fingerprint(model, training=True)
    with pytest.raises(NotSharedError, match="in place"):
        fingerprint(model_with(Writes(), metric=reads), training=True)


@pytest.mark.parametrize(
    ("loss", "why"), [(LossWithBuild, "has a build of its own"), (HoldsACounter, "class .*Counter")]
)
def test_losses_that_may_do_more_than_compute_are_not_shared(loss, why):
    """As for layers."""
    with pytest.raises(NotSharedError, match=why):
        fingerprint(model_with(loss()), training=True)

"""Layers and losses of the user's own that may do more than compute, and are left to Keras."""

import keras
import pytest
from keras import ops
from shared_step_models import Plain, empty_cache, layers, only_where_shared

from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.refusal_log import NotSharedError

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

EVENTS = []


def doubled(values):
    """Serve a layer."""
    return values * 2


def passes_on(self, inputs):
    """Serve layers as their method."""
    return inputs


class Appends(layers.Layer):
    def call(self, inputs):
        EVENTS.append(1)
        return inputs


class AppendsWhenMade(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        EVENTS.append(1)

    call = passes_on


class AppendsWhenDescribed(layers.Layer):
    call = passes_on

    def get_config(self):
        EVENTS.append(1)
        return super().get_config()


class Counts(layers.Layer):
    calls = 0

    def call(self, inputs):
        self.calls += 1
        return inputs


class Remembers(layers.Layer):
    def call(self, inputs):
        self.last = inputs
        return inputs


class CountsInAListByAnotherName(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.events = []

    def call(self, inputs):
        events = self.events
        events += [1]
        return inputs


class Assigns(layers.Layer):
    def build(self, input_shape):
        self.count = self.add_weight(shape=(), trainable=False)

    def call(self, inputs):
        self.count.assign(self.count + 1)
        return inputs


class AddsALoss(layers.Layer):
    def call(self, inputs):
        self.add_loss(ops.mean(inputs))
        return inputs


class ReadsItsName(layers.Layer):
    def call(self, inputs):
        return inputs * len(self.name)


class ReadsASeed(layers.Layer):
    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed

    def call(self, inputs):
        return inputs * self.seed


class HandsItselfOn(layers.Layer):
    def call(self, inputs):
        return doubled(inputs) if bool(self) else inputs


class HandsItselfOnByAFunction(layers.Layer):
    def call(self, inputs):
        def scaled(values):
            return values * len(self.name)

        return scaled(inputs)


class ChangesItsVariable(layers.Layer):
    def call(self, inputs):
        self = inputs  # noqa: PLW0642
        return self * 2


class OverridesACall(layers.Layer):
    def __call__(self, *args, **kwargs):
        EVENTS.append(1)
        return super().__call__(*args, **kwargs)

    call = passes_on


class HasAProperty(layers.Layer):
    @property
    def factor(self):
        return 2

    def call(self, inputs):
        return inputs * self.factor


class HasAList(layers.Layer):
    factors = [1, 2]  # noqa: RUF012

    def call(self, inputs):
        return inputs * self.factors[0]


class AsksForMore(layers.Layer):
    def __getattr__(self, name):
        EVENTS.append(name)
        raise AttributeError(name)

    call = passes_on


class Mixin:
    pass


class OfTwoClasses(layers.Layer, Mixin):
    call = passes_on


class OfAnOwnClass(Plain):
    pass


class OfALayerOfKeras(layers.Dense):
    def call(self, inputs, training=None):
        return super().call(inputs, training)


class SetsWhatKerasSets(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.trainable = False

    call = passes_on


class CallsWhatItInherits(layers.Layer):
    def call(self, inputs):
        return inputs * len(super().get_config())


class Draws(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator(1)

    def call(self, inputs):
        return inputs * keras.random.uniform((), seed=self.generator)


def patched():
    layer = Plain()
    layer.call = lambda inputs: inputs * 4
    return layer


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (Appends, "it reads EVENTS.append|attribute append"),
        (AppendsWhenMade, "it reads EVENTS.append|attribute append"),
        (AppendsWhenDescribed, "it reads EVENTS.append|attribute append"),
        (Counts, "hands on the object"),
        (Remembers, "call assigns to self.last"),
        (CountsInAListByAnotherName, "in place"),
        (Assigns, "it reads self.count.assign"),
        (AddsALoss, "it reads self.add_loss"),
        (ReadsItsName, "it reads self.name"),
        (lambda: ReadsASeed(3), "assigns to self.seed"),
        (HandsItselfOn, "hands on the object"),
        (HandsItselfOnByAFunction, "hands on the object"),
        (ChangesItsVariable, "assigns to the variable of its object"),
        (OverridesACall, "has a __call__ of its own"),
        (HasAProperty, "its factor is not a method"),
        (HasAList, "its factors is not a method"),
        (AsksForMore, "has a __getattr__ of its own"),
        (OfTwoClasses, "is not Keras's own"),
        (OfAnOwnClass, "is not Keras's own"),
        (lambda: OfALayerOfKeras(6), "is not Keras's own"),
        (SetsWhatKerasSets, "assigns to self.trainable"),
        (CallsWhatItInherits, r"calls super\(\).get_config"),
        (Draws, "calls keras.*uniform|class type"),
        (patched, "has a call of its own"),
    ],
)
def test_classes_that_may_do_more_than_compute_are_not_shared(make, why):
    """Tracing them once for many models could be noticed, or give another graph."""
    model = keras.Sequential([layers.Input((6,)), make(), layers.Dense(3)])
    model.compile("sgd", "mse")
    with pytest.raises(NotSharedError, match=why):
        fingerprint(model, training=True)

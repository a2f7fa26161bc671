"""A builder that returns weights of an earlier model is warned about (clause BUILD-10)."""

import gc
import warnings

import keras
import pytest
from reference_models import QUICK, linear
from sklearn.base import clone

from scikeras_reference import KerasRegressor
from scikeras_reference._model import builder_call
from scikeras_reference.exceptions import SharedWeightsWarning, WrapperWarning


def regressor(builder):
    return KerasRegressor(builder, loss="mse", optimizer="sgd", **QUICK)


class Caching:
    """Builds once, and returns the same model from then on."""

    model = None

    def __call__(self):
        if self.model is None:
            self.model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        return self.model


def shared_layer(**options):
    layer = keras.layers.Dense(2, **options)
    return lambda: keras.Sequential([keras.Input((3,)), layer, keras.layers.Dense(1)])


@pytest.mark.parametrize("make", [Caching, shared_layer], ids=["model", "layer"])
def test_weights_of_an_earlier_model(make, X, target):
    """The second fit warns, of the same estimator and of another one."""
    builder = make()
    wrapper = regressor(builder).fit(X, target)
    with pytest.warns(SharedWeightsWarning, match="earlier model"):
        wrapper.fit(X, target)
    with pytest.warns(SharedWeightsWarning, match="inside the builder"):
        regressor(builder).fit(X, target)


@pytest.mark.slow
def test_weights_that_may_be_shared(X, target):
    """Frozen layers, new models, and a ready-made model are not warned about."""
    frozen = shared_layer(trainable=False)
    ready = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        for builder in (frozen, linear, ready):
            wrapper = regressor(builder).fit(X, target).fit(X, target)
            clone(wrapper).fit(X, target).partial_fit(X, target)


def test_a_model_that_was_initialized_only(X, target):
    """It is still the estimator's own when it is fitted; trained since, or for others, it is not."""
    wrapper = regressor(Caching()).initialize(X, target)
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        wrapper.fit(X, target)
    with pytest.warns(SharedWeightsWarning, match="earlier model"):
        wrapper.fit(X, target)

    by_hand = regressor(Caching()).initialize(X, target)
    by_hand.model_.fit(X, target, verbose=0)
    with pytest.warns(SharedWeightsWarning, match="earlier model"):
        by_hand.fit(X, target)

    builder = Caching()
    regressor(builder).initialize(X, target)
    with pytest.warns(SharedWeightsWarning, match="earlier model"):
        regressor(builder).fit(X, target)


@pytest.mark.slow
def test_nothing_is_kept(X, target):
    """Weights are forgotten with their model."""
    gc.collect()
    before = len(builder_call._known)
    wrapper = regressor(linear).fit(X, target)
    assert before + 2 == len(builder_call._known)
    del wrapper
    gc.collect()
    assert before >= len(builder_call._known)

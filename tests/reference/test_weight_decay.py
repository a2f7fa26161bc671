"""An optimizer that excludes weights from decay does so in every copy that the wrapper makes."""

import copy
import pickle

import keras
import numpy as np
import pytest
from reference_models import QUICK, linear
from sklearn.base import clone

from scikeras_reference import KerasRegressor

X = np.linspace(-1, 1, 24, dtype=np.float32).reshape(8, 3)
TARGET = X @ np.array([1.0, -2.0, 0.5], np.float32)
PARAMS = {**QUICK, "loss": "mse", "epochs": 2}


def adamw():
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.9)
    optimizer.exclude_from_weight_decay(var_names=["kernel"])
    return optimizer


def by_hand():
    """Train bare Keras under the seed of the wrapper; return the weights."""
    meta = {"n_features_in_": 3, "n_outputs_": 1}
    keras.utils.set_random_seed(0)
    model = linear(meta)
    model.compile(adamw(), "mse", run_eagerly=True)
    model.fit(X, TARGET.reshape(-1, 1), epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


def assert_same(expected, fitted):
    for ours, theirs in zip(expected, fitted.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "copied", [lambda it: it, clone, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_an_optimizer_given_as_parameter(copied):
    """The fit is that of bare Keras; its own copies decay all weights."""
    made = KerasRegressor(linear, optimizer=adamw(), shuffle=False, **PARAMS)
    assert_same(by_hand(), copied(made).fit(X, TARGET))


def test_a_model_that_is_compiled_with_one():
    """Names and variables are excluded in the copy that is trained, and in pickles of it."""
    model = linear({"n_features_in_": 3, "n_outputs_": 1})
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.9)
    optimizer.exclude_from_weight_decay(var_list=[model.layers[-1].kernel])
    model.compile(optimizer, "mse", run_eagerly=True)
    fitted = KerasRegressor(model, shuffle=False, verbose=0, epochs=2).fit(X, TARGET)
    again = pickle.loads(pickle.dumps(fitted)).partial_fit(X, TARGET)

    model.fit(X, TARGET.reshape(-1, 1), epochs=2, shuffle=False, verbose=0)
    assert_same(model.get_weights(), fitted)
    model.fit(X, TARGET.reshape(-1, 1), shuffle=False, verbose=0)
    assert_same(model.get_weights(), again)

"""Optimizers given as instances are trained with as they are, whatever Keras forgets of them."""

import copy
import pickle
import tempfile
from pathlib import Path

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


def by_hand(optimizer):
    """Train bare Keras under the seed of the wrapper; return the weights."""
    meta = {"n_features_in_": 3, "n_outputs_": 1}
    keras.utils.set_random_seed(0)
    model = linear(meta)
    model.compile(optimizer, "mse", run_eagerly=True)
    model.fit(X, TARGET.reshape(-1, 1), epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


def assert_same(expected, fitted):
    for ours, theirs in zip(expected, fitted.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def stored(estimator):
    """Return what is loaded of the file that an estimator was saved to."""
    with tempfile.TemporaryDirectory() as folder:
        estimator.save(Path(folder) / "estimator.zip")
        return KerasRegressor.load(
            Path(folder) / "estimator.zip", custom_objects={"linear": linear}
        )


def pickled(estimator):
    """Return an unpickled copy."""
    return pickle.loads(pickle.dumps(estimator))


@pytest.mark.parametrize(
    "copied",
    [
        lambda it: it,
        *(
            pytest.param(way, id=way.__name__, marks=pytest.mark.slow)
            for way in (clone, copy.deepcopy, pickled, stored)
        ),
    ],
)
def test_weights_that_do_not_decay(copied):
    """The fit is that of bare Keras; its own copies decay all weights."""
    made = KerasRegressor(linear, optimizer=adamw(), shuffle=False, **PARAMS)
    assert_same(by_hand(adamw()), copied(made).fit(X, TARGET))


@pytest.mark.slow
@pytest.mark.parametrize("copied", [pickled, stored])
def test_a_model_that_is_compiled_with_one(copied):
    """Names and variables are excluded in the copy that is trained, in pickles and files of it."""
    model = linear({"n_features_in_": 3, "n_outputs_": 1})
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.9)
    optimizer.exclude_from_weight_decay(var_list=[model.layers[-1].kernel])
    model.compile(optimizer, "mse", run_eagerly=True)
    fitted = KerasRegressor(model, shuffle=False, verbose=0, epochs=2).fit(X, TARGET)
    again = copied(fitted).partial_fit(X, TARGET)

    model.fit(X, TARGET.reshape(-1, 1), epochs=2, shuffle=False, verbose=0)
    assert_same(model.get_weights(), fitted)
    model.fit(X, TARGET.reshape(-1, 1), shuffle=False, verbose=0)
    assert_same(model.get_weights(), again)


class Falling(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that does not describe itself."""

    def __call__(self, step):
        return 0.1 / (1.0 + keras.ops.cast(step, "float32"))


def constant():
    return 0.3


@pytest.mark.parametrize("rate", [constant, lambda: 0.3, Falling()], ids=["def", "lambda", "own"])
@pytest.mark.parametrize("copied", [lambda it: it, clone])
def test_learning_rates_that_keras_cannot_write_down(rate, copied):
    """A function, and a schedule of the user's own, need not be saved to train with them."""
    optimizer = keras.optimizers.SGD(rate, momentum=0.5)
    made = KerasRegressor(linear, optimizer=optimizer, shuffle=False, **PARAMS)
    expected = by_hand(keras.optimizers.SGD(rate, momentum=0.5))
    assert_same(expected, copied(made).fit(X, TARGET))
    assert optimizer.learning_rate is not None

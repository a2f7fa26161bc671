import keras
import numpy as np
from sklearn.base import clone
from your_package.wrappers import BaseWrapper, KerasClassifier, KerasRegressor

X = np.eye(4, dtype="float32")[[0, 1, 2, 3] * 5]
labels = np.array(["no", "yes"])[[0, 1, 0, 1] * 5]
values = X @ np.array([1, 2, 3, 4], dtype="float32")


def uncompiled(units=1, activation="sigmoid"):
    """Return an uncompiled model."""
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])


def build(units=1, activation="sigmoid", loss="binary_crossentropy", optimizer="sgd"):
    """Return a compiled model for labels."""
    model = uncompiled(units, activation)
    model.compile(optimizer=optimizer, loss=loss)
    return model


def build_regressor(units=1):
    """Return a compiled model for values."""
    return build(units, activation=None, loss="mse")


def fixed_model(weights, activation, loss):
    """Return a model with fixed weights, one row for each of the four distinct rows of X."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(len(weights[0]), activation=activation, use_bias=False),
        ]
    )
    model.set_weights([np.array(weights, dtype="float32")])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss=loss)
    return model


def perfect_classifier():
    """Return a model that predicts the labels."""
    return fixed_model([[-9], [9], [-9], [9]], "sigmoid", "binary_crossentropy")


def perfect_regressor():
    """Return a model that predicts the values."""
    return fixed_model([[1], [2], [3], [4]], None, "mse")


def error_of(function, *args, **kwargs):
    """Return the exception that a call raises, or None."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None

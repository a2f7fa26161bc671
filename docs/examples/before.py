import keras
import numpy as np
from sklearn.base import clone
from your_package.wrappers import BaseWrapper, KerasClassifier, KerasRegressor

X = np.eye(4, dtype="float32")[[0, 1, 2, 3] * 5]
labels = np.array(["no", "yes"])[[0, 1, 0, 1] * 5]
values = X @ np.array([1, 2, 3, 4], dtype="float32")


def bare(units=1, activation="sigmoid"):
    """Make a model, and leave it to the wrapper to compile it."""
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation=activation)])


def build(units=1, activation="sigmoid", loss="binary_crossentropy", optimizer="sgd"):
    """Make a compiled model for labels."""
    model = bare(units, activation)
    model.compile(optimizer=optimizer, loss=loss)
    return model


def linear(units=1):
    """Make a compiled model for values."""
    return build(units, activation=None, loss="mse")


def knowing(answers, activation, loss):
    """Make a model that gives each of the four kinds of rows its answer, and does not learn."""
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(len(answers[0]), activation=activation, use_bias=False),
        ]
    )
    model.set_weights([np.array(answers, dtype="float32")])
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss=loss)
    return model


def sure():
    """Know the labels."""
    return knowing([[-9], [9], [-9], [9]], "sigmoid", "binary_crossentropy")


def exact():
    """Know the values."""
    return knowing([[1], [2], [3], [4]], None, "mse")


def error_of(function, *args, **kwargs):
    """Give what a call raises, or None."""
    try:
        function(*args, **kwargs)
    except Exception as error:
        return error
    return None

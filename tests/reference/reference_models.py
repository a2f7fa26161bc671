"""Builders, and custom Keras classes that are importable but not registered with Keras."""

import keras

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor

QUICK = {"verbose": 0, "run_eagerly": True, "random_state": 0}
"""Parameters of a wrapper whose training need not be traced."""


def sequential(n_features, units, activation=None, hidden=None):
    layers = [keras.layers.Input((n_features,))]
    if hidden:
        layers.append(keras.layers.Dense(hidden, activation="relu"))
    return keras.Sequential([*layers, keras.layers.Dense(units, activation=activation)])


def softmax(meta, hidden=None):
    """Build as many units as there are classes."""
    return sequential(meta["n_features_in_"], meta["n_classes_"], "softmax", hidden)


def sigmoid(meta):
    """Build one unit for each label, or one for two classes."""
    indicator = meta["target_type_"] == "multilabel-indicator"
    return sequential(meta["n_features_in_"], meta["n_classes_"] if indicator else 1, "sigmoid")


def linear(meta):
    """Build as many units as there are targets."""
    return sequential(meta["n_features_in_"], meta["n_outputs_"])


def compiled(meta):
    """Build a linear model and compile it."""
    model = linear(meta)
    model.compile(optimizer="sgd", loss="mse", run_eagerly=True)
    return model


def classifier(**params):
    defaults = {"model": softmax, "loss": "sparse_categorical_crossentropy", "optimizer": "sgd"}
    return KerasClassifier(**{**defaults, **QUICK, **params})


def regressor(**params):
    return KerasRegressor(**{"model": linear, "loss": "mse", "optimizer": "sgd", **QUICK, **params})


def base(**params):
    return BaseWrapper(**{"model": linear, "loss": "mse", "optimizer": "sgd", **QUICK, **params})


class ScaledLoss(keras.losses.Loss):
    """A loss whose configuration does not hold its argument."""

    def __init__(self, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, y_true, y_pred):
        return self.scale * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def scaled_error(y_true, y_pred):
    return 2 * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


class ForgetfulMetric(keras.metrics.Mean):
    """A metric whose configuration does not hold its argument."""

    def __init__(self, scale, name="forgetful", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.scale = scale


class Doubling(keras.layers.Layer):
    def call(self, inputs):
        return 2 * inputs


class Quadrupling(Doubling):
    """A class that inherits from another one of the user's."""

    def call(self, inputs):
        return 2 * super().call(inputs)


class TwoLayers(keras.Model):
    """A subclassed model, with a layer of its own kind."""

    def __init__(self, units=1, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.doubling = Doubling()
        self.dense = keras.layers.Dense(units)

    def call(self, inputs):
        return self.dense(self.doubling(inputs))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


class OwnCompile(keras.Model):
    """A functional model with a ``compile`` of its own, which Keras does not restore."""

    def compile(self, optimizer="sgd", loss="mse", **kwargs):
        kwargs["run_eagerly"] = True
        super().compile(optimizer=optimizer, loss=loss, **kwargs)


def own_compile(meta):
    inputs = keras.layers.Input((meta["n_features_in_"],))
    model = OwnCompile(inputs, keras.layers.Dense(1)(inputs))
    model.compile(optimizer=keras.optimizers.Adam(0.1))
    return model


def subclassed(units=1):
    return TwoLayers(units)


class Counting(keras.callbacks.Callback):
    """Counts what it sees, in itself and in the class."""

    made = 0

    def __init__(self, label="", other=None):
        super().__init__()
        type(self).made += 1
        self.label = label
        self.other = other
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append("train")

    def on_predict_begin(self, logs=None):
        self.seen.append("predict")

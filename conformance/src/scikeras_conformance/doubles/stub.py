"""Models whose training does nothing and whose prediction is cheap."""

from typing import Any

import keras
import numpy as np

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.doubles.data import Dataset, dataset
from scikeras_conformance.doubles.models import (
    RecordingModel,
    arguments_by_name,
    callback_list,
    make_model,
)
from scikeras_conformance.doubles.recorders import zero_learning_rate

__all__ = ["StubModel", "stub_model_for", "stub_model_of"]


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class StubModel(RecordingModel):
    """A functional model that logs calls of its methods, and does not train.

    For checks of what a model receives: callbacks are called for as many epochs as were
    requested, the weights do not change, and `predict` computes all rows at once.
    """

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Log the arguments, and call the callbacks as in training without batches."""
        given = arguments_by_name(keras.Model.fit, self, args, kwargs)
        self.log.fits.append(dict(given))
        history = keras.callbacks.History()
        callbacks = callback_list(given, self, history)
        self.stop_training = False
        callbacks.on_train_begin()
        for epoch in range(given.get("initial_epoch") or 0, given.get("epochs", 1)):
            callbacks.on_epoch_begin(epoch)
            callbacks.on_epoch_end(epoch, {"loss": 0.0})
        callbacks.on_train_end()
        self.log.history = history.history
        return history

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Log the arguments and predict; Keras handles inputs that are not arrays."""
        given = arguments_by_name(keras.Model.predict, self, args, kwargs)
        if not isinstance(given.get("x"), np.ndarray):
            return super().predict(*args, **kwargs)
        self.log.predicts.append(dict(given))
        callbacks = callback_list(given, self)
        callbacks.on_predict_begin()
        outputs = keras.tree.map_structure(keras.ops.convert_to_numpy, self(given["x"]))
        callbacks.on_predict_end()
        return outputs


def stub_model_of(
    data: Dataset, wrapper: Wrapper, *, loss_of_classes: str = "sparse_categorical_crossentropy"
) -> keras.Model:
    """Make a compiled stub model of one dense layer that predicts `data`.

    Parameters
    ----------
    data : Dataset
        The data.
    wrapper : Wrapper
        For the classifier the outputs are probabilities.
    loss_of_classes : str, default="sparse_categorical_crossentropy"
        The loss of softmax units.
    """
    model = make_model(data, _activation(data, wrapper), cls=StubModel)
    losses = {"sigmoid": "binary_crossentropy", "softmax": loss_of_classes}
    loss = losses.get(_activation(data, wrapper), "mean_squared_error")
    model.compile(optimizer=zero_learning_rate(), loss=loss)
    return model


def stub_model_for(wrapper: Wrapper) -> keras.Model:
    """Make an uncompiled stub model that predicts the default data set of a wrapper."""
    data = dataset(wrapper)
    return make_model(data, _activation(data, wrapper), cls=StubModel)


def _activation(data: Dataset, wrapper: Wrapper) -> str:
    if wrapper is not Wrapper.CLASSIFIER:
        return "linear"
    return "sigmoid" if data.y.ndim == 2 or len(data.bias) == 1 else "softmax"

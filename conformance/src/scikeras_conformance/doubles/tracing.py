"""Models that count what they are trained for, for long sequences of calls.

A tracing model does not learn: what it predicts stands in the rows that it is given. But it
remembers how many epochs it was trained for, in a weight, and its optimizer how many steps. Both
survive what a Keras model survives, so a model that was exchanged, reset or trained again shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from scikeras_conformance.doubles.models import (
    CheapDense,
    RecordingModel,
    arguments_by_name,
    call_with_values,
    callback_list,
)
from scikeras_conformance.doubles.recorders import zero_learning_rate

__all__ = [
    "TRACE",
    "NamingFeatureEncoder",
    "Trace",
    "TracingCallback",
    "TracingFeatureEncoder",
    "TracingModel",
    "TracingTargetEncoder",
    "build_with_meta",
    "build_without_meta",
    "make_tracing_model",
    "trained_epochs",
]


@dataclass(slots=True)
class Trace:
    """The calls of everything in this module, each with the arguments by name.

    Parameters
    ----------
    make : callable, optional
        Makes the models that the builders return.
    builds, fits, predicts : list of dict
        The calls of the builders, and of the methods of models.
    compiles, encoder_fits : int
        How often models were compiled, and encoders fitted.
    events : list of str
        What callbacks were called for: train, epoch and predict.
    """

    make: Callable[[], Any] | None = None
    builds: list[dict[str, Any]] = field(default_factory=list)
    fits: list[dict[str, Any]] = field(default_factory=list)
    predicts: list[dict[str, Any]] = field(default_factory=list)
    compiles: int = 0
    encoder_fits: int = 0
    events: list[str] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all calls."""
        self.builds, self.fits, self.predicts, self.events = [], [], [], []
        self.compiles = self.encoder_fits = 0


TRACE = Trace()
"""One for the process: a model that was pickled and loaded goes on with it."""


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class TracingModel(RecordingModel):
    """A functional model that traces calls of its methods, and counts epochs.

    The second row of the kernel of its layer is the counter. The second feature is always zero, so
    it does not influence the outputs.
    """

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Trace the call."""
        TRACE.compiles += 1
        super().compile(*args, **kwargs)

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Restore how it was compiled, which Keras leaves to a class with its own `compile`."""
        keras.Model.compile(self, **keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Trace the arguments, count the epochs, and call the callbacks."""
        given = arguments_by_name(keras.Model.fit, self, args, kwargs)
        TRACE.fits.append(dict(given))
        self.log.fits.append(dict(given))
        start, end = given.get("initial_epoch") or 0, given.get("epochs", 1)
        history = keras.callbacks.History()
        callbacks = callback_list(given, self, history)
        logs = {"loss": 0.5}
        if given.get("validation_data") is not None or given.get("validation_split"):
            logs["val_loss"] = 0.25
        self.stop_training = False
        callbacks.on_train_begin()
        for epoch in range(start, end):
            callbacks.on_epoch_begin(epoch)
            callbacks.on_epoch_end(epoch, logs)
        callbacks.on_train_end()
        self._count(max(end - start, 0))
        self.log.history = history.history
        return history

    def _count(self, epochs: int) -> None:
        kernel = self.layers[-1].kernel
        values = np.array(kernel)
        values[1] += epochs
        kernel.assign(values)
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        self.optimizer.iterations.assign_add(epochs)

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Trace the arguments and predict; Keras handles inputs that are not arrays."""
        given = arguments_by_name(keras.Model.predict, self, args, kwargs)
        TRACE.predicts.append(dict(given))
        x = given["x"]["in"] if isinstance(given.get("x"), dict) else given.get("x")
        if not isinstance(x, np.ndarray):
            return super().predict(*args, **kwargs)
        self.log.predicts.append(dict(given))
        if given.get("callbacks"):
            callbacks = callback_list(given, self)
            callbacks.on_predict_begin()
            callbacks.on_predict_end()
        layer = self.layers[-1]
        logits = x.astype(np.float32) @ np.array(layer.kernel) + np.array(layer.bias)
        return _ACTIVATIONS[keras.activations.serialize(layer.activation)](logits)


def _sigmoid(logits: NDArray[np.float32]) -> Any:
    return 1 / (1 + np.exp(-logits))


def _softmax(logits: NDArray[np.float32]) -> Any:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _linear(logits: NDArray[np.float32]) -> Any:
    return logits


_ACTIVATIONS: Mapping[str, Callable[[NDArray[np.float32]], Any]] = {
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "linear": _linear,
}


def make_tracing_model(
    n_features: int, n_units: int, activation: str, loss: str, *, scale: float = 1.0
) -> keras.Model:
    """Make a model whose logits are the features from the third one on.

    Parameters
    ----------
    n_features : int
        The features: two that do not count, the logits, and any others.
    n_units : int
        The units of its layer.
    activation : str
        ``"sigmoid"``, ``"softmax"`` or ``"linear"``.
    loss : str
        The name of the loss to compile the model with; empty to leave it uncompiled.
    scale : float, default=1
        The number that the features are divided by.
    """
    inputs = keras.Input((n_features,), name="in")
    layer = CheapDense(n_units, activation=activation, kernel_initializer="zeros", name="out")
    kernel = np.zeros((n_features, n_units), np.float32)
    kernel[2 : 2 + n_units] = np.eye(n_units) / scale
    bias = np.zeros(n_units, np.float32)
    model = TracingModel(inputs, call_with_values(layer, inputs, kernel, bias))
    if loss:
        model.compile(optimizer=zero_learning_rate(), loss=loss)
        model.optimizer.build(model.trainable_variables)
    return model


def trained_epochs(model: Any) -> tuple[int, int]:
    """Return the epochs that a tracing model counted, and the steps that its optimizer did."""
    return round(float(np.array(model.layers[-1].kernel)[1, 0])), int(model.optimizer.iterations)


def build_with_meta(meta: Any = None, width: Any = None) -> Any:
    """Build a model, and trace the arguments."""
    TRACE.builds.append({"meta": dict(meta or {}), "width": width})
    return _make()


def build_without_meta(width: Any = None) -> Any:
    """Build a model, and trace the argument."""
    TRACE.builds.append({"width": width})
    return _make()


def _make() -> Any:
    if TRACE.make is None:
        msg = "there is no model to make"
        raise RuntimeError(msg)
    return TRACE.make()


class TracingCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback that traces what it is called for."""

    def on_train_begin(self, logs: Any = None) -> None:
        """Trace a training."""
        del logs
        TRACE.events.append("train")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Trace an epoch."""
        del epoch, logs
        TRACE.events.append("epoch")

    def on_predict_begin(self, logs: Any = None) -> None:
        """Trace a prediction."""
        del logs
        TRACE.events.append("predict")


class TracingFeatureEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """A transformer that doubles what it is given."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Trace the call."""
        del X, y
        TRACE.encoder_fits += 1
        self.is_fitted_ = True
        return self

    def transform(self, X: Any) -> Any:
        """Return twice the numbers."""
        return np.asarray(X) * 2


class NamingFeatureEncoder(TracingFeatureEncoder):
    """A transformer that doubles what it is given, and returns it by the name of the input."""

    def transform(self, X: Any) -> Any:
        """Return twice the numbers, in a dict."""
        return {"in": super().transform(X)}


class TracingTargetEncoder(TracingFeatureEncoder):
    """A transformer that doubles a target, and halves what a model returns for it."""

    def fit(self, X: Any, y: Any = None) -> Any:
        """Trace the call, and remember the shape."""
        self.ndim_ = np.ndim(X)
        return super().fit(X, y)

    def inverse_transform(self, X: Any, **kwargs: Any) -> Any:
        """Return half the numbers, in the shape of the target."""
        del kwargs  # a wrapper may pass return_proba, for example
        half = np.asarray(X) / 2
        return half.ravel() if self.ndim_ == 1 else half

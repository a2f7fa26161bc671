"""Models that record calls of compile, fit and predict, and builders of them."""

import collections.abc
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import keras
import numpy as np

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.doubles.data import Dataset, dataset
from scikeras_conformance.doubles.one_batch import is_one_batch, predict_one_batch, train_one_batch
from scikeras_conformance.doubles.recorders import sgd, zero_learning_rate

__all__ = [
    "CheapDense",
    "RecordingModel",
    "arguments_by_name",
    "builder",
    "call_with_values",
    "callback_list",
    "make_model",
    "model_for",
    "plain_model_for",
    "uncompiled",
]


@dataclass(slots=True)
class Log:
    """The calls of a model's methods; Keras would track a list, but not this object."""

    compiles: list[dict[str, Any]] = field(default_factory=list)
    fits: list[dict[str, Any]] = field(default_factory=list)
    predicts: list[dict[str, Any]] = field(default_factory=list)
    history: dict[str, list[float]] = field(default_factory=dict)


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class RecordingModel(keras.Model):  # type: ignore[misc]
    """A functional model that logs calls of its methods.

    It always runs eagerly, after logging what was requested, and without an input
    pipeline if there is one batch: in several hundred small fits both would cost minutes and
    show nothing about the wrapper. Checks for which they matter use `plain_model_for`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.log = Log()

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Log the arguments and compile for eager execution."""
        given = arguments_by_name(keras.Model.compile, self, args, kwargs)
        self.log.compiles.append(dict(given))
        for graph_only in ("run_eagerly", "jit_compile", "steps_per_execution"):
            given.pop(graph_only, None)
        super().compile(**given, run_eagerly=True)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Log the arguments and the history."""
        given = arguments_by_name(keras.Model.fit, self, args, kwargs)
        self.log.fits.append(dict(given))
        if is_one_batch(given):
            history = train_one_batch(self, given)
        else:
            history = super().fit(**{**given, "verbose": 0})
        self.log.history = history.history
        return history

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Log the arguments."""
        given = arguments_by_name(keras.Model.predict, self, args, kwargs)
        self.log.predicts.append(dict(given))
        if is_one_batch(given):
            return predict_one_batch(self, given)
        return super().predict(**{**given, "verbose": 0})


def arguments_by_name(
    method: Callable[..., Any], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return all arguments by name, whether they were passed by position or keyword."""
    arguments = _signature(method).bind(model, *args, **kwargs).arguments
    return dict(list(arguments.items())[1:])


def callback_list(given: dict[str, Any], model: Any, *more: Any) -> Any:
    """Return the callbacks of a call and further ones, as the list that Keras would make.

    Parameters
    ----------
    given : dict
        The arguments of the call by name.
    model : keras.Model
        The model that is called.
    *more : keras.callbacks.Callback
        Further callbacks.
    """
    callbacks = given.get("callbacks") or []
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if not isinstance(callbacks, collections.abc.Sequence):
        callbacks = [callbacks]
    return keras.callbacks.CallbackList([*callbacks, *more], model=model)


@cache
def _signature(method: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(method)


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class CheapDense(keras.layers.Dense):  # type: ignore[misc]
    """A dense layer that knows the shape of its output, without a trial of its computation.

    Keras makes such a trial whenever a layer is used in a model, which takes longer than everything
    else that is needed to make a small one.
    """

    def compute_output_spec(self, inputs: Any, training: Any = None) -> Any:
        """Return the shape and the dtype of the output."""
        del training
        return keras.KerasTensor((*inputs.shape[:-1], self.units), dtype=self.compute_dtype)


def make_model(
    data: Dataset,
    activation: str = "linear",
    *,
    value: float | None = None,
    cls: type[keras.Model] = RecordingModel,
) -> keras.Model:
    """Make an uncompiled model of one dense layer, named ``out``, that predicts `data`.

    Parameters
    ----------
    data : Dataset
        The data.
    activation : str, default="linear"
        Of the layer.
    value : float, optional
        The value of all weights, which are then wrong and can be trained.
    cls : type, default=RecordingModel
        The class of the model.
    """
    inputs = keras.Input((data.n_features,), name="in")
    # Other classes are for checks in which the layer has to be one that any process knows.
    kind = CheapDense if issubclass(cls, RecordingModel) else keras.layers.Dense
    layer = kind(len(data.bias), activation=activation, kernel_initializer="zeros", name="out")
    kernel, bias = (
        values if value is None else np.full_like(values, value)
        for values in (data.kernel, data.bias)
    )
    return cls(inputs, call_with_values(layer, inputs, kernel, bias))


def call_with_values(layer: keras.layers.Dense, inputs: Any, kernel: Any, bias: Any) -> Any:
    """Use a new layer, and return its outputs; its weights are made with their values.

    To make zeros first, and to assign the values to them, takes twice as long.
    """
    initializers = layer.kernel_initializer, layer.bias_initializer
    layer.kernel_initializer, layer.bias_initializer = _returning(kernel), _returning(bias)
    outputs = layer(inputs)
    layer.kernel_initializer, layer.bias_initializer = initializers
    return outputs


def _returning(values: Any) -> Callable[..., Any]:
    def initializer(shape: Any, dtype: Any = None) -> Any:
        del shape
        return keras.ops.convert_to_tensor(values, dtype=dtype)

    return initializer


_SETTINGS = {
    Wrapper.BASE: ("linear", "mean_squared_error"),
    Wrapper.CLASSIFIER: ("sigmoid", "binary_crossentropy"),
    Wrapper.REGRESSOR: ("linear", "mean_squared_error"),
}


def uncompiled(wrapper: Wrapper, *, off: float = 0.0) -> keras.Model:
    """Make an uncompiled model for the default data set of a wrapper.

    Parameters
    ----------
    wrapper : Wrapper
        The wrapper that it is for.
    off : float, default=0
        If not zero, the value of all weights, which are then wrong and can be trained.
    """
    return make_model(dataset(wrapper), _SETTINGS[wrapper][0], value=off or None)


def model_for(wrapper: Wrapper, *, off: float = 0.0, rate: float = 0.0) -> keras.Model:
    """Make a compiled model for the default data set of a wrapper.

    Parameters
    ----------
    wrapper : Wrapper
        The wrapper that it is for.
    off : float, default=0
        If not zero, the value of all weights.
    rate : float, default=0
        Learning rate; with zero the weights stay as they are.
    """
    model = uncompiled(wrapper, off=off)
    model.compile(optimizer=sgd(rate), loss=_SETTINGS[wrapper][1])
    return model


def plain_model_for(wrapper: Wrapper) -> keras.Model:
    """Make a compiled `keras.Sequential`, which Keras runs in its usual way."""
    activation, loss = _SETTINGS[wrapper]
    data = dataset(wrapper)
    model = keras.Sequential(
        [keras.Input((data.n_features,)), keras.layers.Dense(1, activation=activation)]
    )
    model.layers[-1].set_weights([data.kernel, data.bias])
    model.compile(optimizer=zero_learning_rate(), loss=loss)
    return model


def builder(wrapper: Wrapper) -> Callable[[], keras.Model]:
    """Return a builder without arguments of a compiled model for a wrapper."""

    def build() -> keras.Model:
        return model_for(wrapper)

    return build

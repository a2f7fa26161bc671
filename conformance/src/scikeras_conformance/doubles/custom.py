"""Custom losses, metrics, layers and models, some of them registered with Keras."""

from collections.abc import Callable, Mapping
from types import MappingProxyType, MethodType
from typing import Any

import keras

from scikeras_conformance.doubles.eager import quick_fit, quick_predict
from scikeras_conformance.doubles.recorders import sgd

__all__ = ["CUSTOM", "OptimizerWithIncompleteConfig", "ScaledLoss"]


class ScaledLoss(keras.losses.Loss):  # type: ignore[misc]
    """A squared error with a factor."""

    def __init__(self, scale: float = 1.0, name: str = "scaled_loss", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.scale = scale

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each row."""
        return self.scale * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return every argument, as Keras requires."""
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class RegisteredLoss(ScaledLoss):
    """The same, registered with Keras."""


def scaled_error(y_true: Any, y_pred: Any) -> Any:
    """Compute three times the squared error."""
    return 3.0 * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


class OptimizerWithIncompleteConfig(keras.optimizers.SGD):  # type: ignore[misc]
    """An optimizer whose ``get_config`` lacks an argument."""

    def __init__(self, learning_rate: float = 0.0, floor: float = 0.0, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.floor = floor


class Spread(keras.metrics.Metric):  # type: ignore[misc]
    """The mean distance of predictions from a point."""

    def __init__(self, point: float = 0.0, name: str = "spread", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)
        self.point = point
        self.total = self.add_weight(name="total", initializer="zeros")
        self.count = self.add_weight(name="count", initializer="zeros")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Update the state with a batch."""
        del y_true, sample_weight
        self.total.assign_add(keras.ops.sum(keras.ops.abs(y_pred - self.point)))
        # The number of rows is no number where Keras makes a graph of this.
        self.count.assign_add(keras.ops.cast(keras.ops.shape(y_pred)[0], self.dtype))

    def result(self) -> Any:
        """Return the mean."""
        return self.total / self.count

    def get_config(self) -> dict[str, Any]:
        """Return every argument, as Keras requires."""
        return {**super().get_config(), "point": self.point}


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class RegisteredSpread(Spread):
    """The same, registered with Keras."""


class Doubling(keras.layers.Layer):  # type: ignore[misc]
    """A layer without weights."""

    def call(self, inputs: Any) -> Any:
        """Double the inputs."""
        return inputs * 2.0


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class RegisteredDoubling(Doubling):
    """The same, registered with Keras."""


class TwoLayers(keras.Model):  # type: ignore[misc]
    """A subclassed model with a custom layer."""

    fit = quick_fit
    predict = quick_predict

    def __init__(self, units: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.doubling = Doubling()
        self.dense = keras.layers.Dense(units, kernel_initializer="ones")

    def call(self, inputs: Any) -> Any:
        """Compute the outputs."""
        return self.dense(self.doubling(inputs))

    def get_config(self) -> dict[str, Any]:
        """Return every argument, as Keras requires."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class RegisteredModel(TwoLayers):
    """The same, registered with Keras."""


class OwnCompile(TwoLayers):
    """A model with its own ``compile``; Keras does not restore its compile state."""

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile for eager execution."""
        super().compile(*args, **{**kwargs, "run_eagerly": True})


class OwnCompileArgument(TwoLayers):
    """A model whose ``compile`` has an extra argument, and that defines how to restore it."""

    def compile(self, factor: float = 1.0, **kwargs: Any) -> None:
        """Keep the factor."""
        super().compile(**kwargs)
        self.factor = factor

    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        """Multiply the loss by the factor."""
        return self.factor * super().compute_loss(*args, **kwargs)

    def get_compile_config(self) -> dict[str, Any]:
        """Return every argument, as Keras requires."""
        return {**super().get_compile_config(), "factor": self.factor}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile with the result of `get_compile_config`."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        if self.optimizer is not None and self.built:
            self.optimizer.build(self.trainable_variables)


def _finish(
    model: keras.Model,
    loss: Any = "mean_squared_error",
    metrics: tuple[Any, ...] = (),
    **arguments: Any,
) -> keras.Model:
    optimizer = sgd(0.02, momentum=0.9)
    arguments = {"metrics": list(metrics), "run_eagerly": True, **arguments}
    model.compile(optimizer=optimizer, loss=loss, **arguments)
    return model


def _stack(layer: Any = None) -> keras.Model:
    inputs = keras.layers.Input((3,))
    inner = inputs if layer is None else layer(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer="ones")(inner))
    # A class of the suite's own would be one custom object more. Copies are without these.
    model.fit, model.predict = MethodType(quick_fit, model), MethodType(quick_predict, model)
    return model


def with_loss() -> keras.Model:
    """Build a model with a loss that is not registered."""
    return _finish(_stack(), ScaledLoss(3.0))


def with_registered_loss() -> keras.Model:
    """Build a model with a registered loss."""
    return _finish(_stack(), RegisteredLoss(3.0))


def with_function() -> keras.Model:
    """Build a model with a function as loss."""
    return _finish(_stack(), scaled_error)


def with_metric() -> keras.Model:
    """Build a model with a metric that is not registered."""
    return _finish(_stack(), metrics=(Spread(2.0),))


def with_registered_metric() -> keras.Model:
    """Build a model with a registered metric."""
    return _finish(_stack(), metrics=(RegisteredSpread(2.0),))


def with_layer() -> keras.Model:
    """Build a model with a layer that is not registered."""
    return _finish(_stack(Doubling()))


def with_registered_layer() -> keras.Model:
    """Build a model with a registered layer."""
    return _finish(_stack(RegisteredDoubling()))


def subclassed() -> keras.Model:
    """Build a subclassed model that is not registered."""
    return _finish(TwoLayers())


def registered_subclassed() -> keras.Model:
    """Build a registered subclassed model."""
    return _finish(RegisteredModel())


def own_compile() -> keras.Model:
    """Build a model that overrides `compile`."""
    return _finish(OwnCompile())


def own_compile_argument() -> keras.Model:
    """Build a model whose `compile` takes an extra argument."""
    return _finish(OwnCompileArgument(), factor=0.5)


CUSTOM: Mapping[str, Callable[[], keras.Model]] = MappingProxyType(
    {
        "loss": with_loss,
        "registered-loss": with_registered_loss,
        "function": with_function,
        "metric": with_metric,
        "registered-metric": with_registered_metric,
        "layer": with_layer,
        "registered-layer": with_registered_layer,
        "model": subclassed,
        "registered-model": registered_subclassed,
        "own-compile": own_compile,
        "own-compile-argument": own_compile_argument,
    }
)
"""Builders of compiled models for three features and one continuous target."""

"""Models that any process can import, and that do without what takes Keras long."""

from typing import Any

import keras

from scikeras_conformance.doubles.models import arguments_by_name
from scikeras_conformance.doubles.one_batch import is_one_batch, predict_one_batch, train_one_batch

__all__ = ["EagerModel", "quick_fit", "quick_predict"]

# Functions, not a class to inherit from: Keras exchanges the base classes of functional models.


def quick_fit(self: keras.Model, *args: Any, **kwargs: Any) -> Any:
    """Train, without an input pipeline where there is one batch."""
    given = arguments_by_name(keras.Model.fit, self, args, kwargs)
    if is_one_batch(given):
        return train_one_batch(self, given)
    return keras.Model.fit(self, *args, **kwargs)


def quick_predict(self: keras.Model, *args: Any, **kwargs: Any) -> Any:
    """Predict, without an input pipeline where there is one batch."""
    given = arguments_by_name(keras.Model.predict, self, args, kwargs)
    if is_one_batch(given):
        return predict_one_batch(self, given)
    return keras.Model.predict(self, *args, **kwargs)


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class EagerModel(keras.Model):  # type: ignore[misc]
    """A functional model that always runs eagerly, whatever it is compiled with.

    It does not override `compile`, because Keras would not restore its compile state.
    """

    fit = quick_fit
    predict = quick_predict

    @property
    def run_eagerly(self) -> bool:
        """Whether Keras runs it eagerly."""
        return True

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        del value

    @property
    def jit_compile(self) -> bool:
        """Whether Keras compiles it with XLA."""
        return False

    @jit_compile.setter
    def jit_compile(self, value: bool) -> None:
        del value

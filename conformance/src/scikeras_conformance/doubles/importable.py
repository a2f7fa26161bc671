"""Builders and classes that can be imported, and so be named in a pickle, in any process."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from scikeras_conformance.catalog.check import Wrapper
from scikeras_conformance.doubles.data import Dataset, classes_dataset, continuous_dataset, dataset
from scikeras_conformance.doubles.models import make_model
from scikeras_conformance.doubles.recorders import zero_learning_rate
from scikeras_conformance.doubles.stub import stub_model_of

__all__ = [
    "COMPILED",
    "ORACLES",
    "PLAIN",
    "STUBS",
    "UNTRAINED",
    "EagerModel",
    "LabeledCallback",
    "predicted_data",
]


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class EagerModel(keras.Model):  # type: ignore[misc]
    """A functional model that never has a graph traced, whatever it is compiled with.

    It leaves `compile` as it is, since Keras restores the compilation of no model that has its own.
    """

    @property
    def run_eagerly(self) -> bool:
        """Whether Keras runs it step by step."""
        return True

    @run_eagerly.setter
    def run_eagerly(self, value: bool) -> None:
        del value

    @property
    def jit_compile(self) -> bool:
        """Whether Keras compiles its steps."""
        return False

    @jit_compile.setter
    def jit_compile(self, value: bool) -> None:
        del value


class LabeledCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback with an argument of its own."""

    def __init__(self, label: str = "") -> None:
        super().__init__()
        self.label = label


def _untrained(wrapper: Wrapper, cls: type[keras.Model], start: float = 0.5) -> keras.Model:
    activation = "sigmoid" if wrapper is Wrapper.CLASSIFIER else "linear"
    model = make_model(dataset(wrapper), activation, cls=cls)
    model.set_weights([weights * 0.0 + np.float32(start) for weights in model.get_weights()])
    return model


def untrained_base(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model that has something to learn."""
    return _untrained(Wrapper.BASE, EagerModel, start)


def untrained_classifier(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model that has something to learn."""
    return _untrained(Wrapper.CLASSIFIER, EagerModel, start)


def untrained_regressor(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model that has something to learn."""
    return _untrained(Wrapper.REGRESSOR, EagerModel, start)


UNTRAINED: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {
        Wrapper.BASE: untrained_base,
        Wrapper.CLASSIFIER: untrained_classifier,
        Wrapper.REGRESSOR: untrained_regressor,
    }
)
"""Builders of uncompiled models that learn, from weights that are all the argument ``start``."""


def plain_classifier(start: float = 0.5) -> keras.Model:
    """Build the like of a class that any process knows."""
    return _untrained(Wrapper.CLASSIFIER, keras.Model, start)


def plain_regressor(start: float = 0.5) -> keras.Model:
    """Build the like of a class that any process knows."""
    return _untrained(Wrapper.REGRESSOR, keras.Model, start)


PLAIN: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {Wrapper.CLASSIFIER: plain_classifier, Wrapper.REGRESSOR: plain_regressor}
)
"""The like of `UNTRAINED` for other processes; whether they find a user's own class is SER-4's."""


def _compiled(wrapper: Wrapper, optimizer: str) -> keras.Model:
    model = _untrained(wrapper, keras.Model)
    made = {
        "momentum": lambda: keras.optimizers.SGD(0.05, momentum=0.9),
        "adam": lambda: keras.optimizers.Adam(0.05),
    }[optimizer]()
    loss = "binary_crossentropy" if wrapper is Wrapper.CLASSIFIER else "mean_squared_error"
    model.compile(optimizer=made, loss=loss, metrics=["mean_absolute_error"], run_eagerly=True)
    return model


def compiled_base(optimizer_name: str) -> keras.Model:
    """Build a model whose optimizer remembers its steps."""
    return _compiled(Wrapper.BASE, optimizer_name)


def compiled_classifier(optimizer_name: str) -> keras.Model:
    """Build a model whose optimizer remembers its steps."""
    return _compiled(Wrapper.CLASSIFIER, optimizer_name)


def compiled_regressor(optimizer_name: str) -> keras.Model:
    """Build a model whose optimizer remembers its steps."""
    return _compiled(Wrapper.REGRESSOR, optimizer_name)


COMPILED: Mapping[Wrapper, Callable[[str], keras.Model]] = MappingProxyType(
    {
        Wrapper.BASE: compiled_base,
        Wrapper.CLASSIFIER: compiled_classifier,
        Wrapper.REGRESSOR: compiled_regressor,
    }
)
"""Builders with an argument, ``optimizer_name``: ``"momentum"`` or ``"adam"``."""


def predicted_data(wrapper: Wrapper) -> Dataset:
    """Give the data that the models of `ORACLES` and `STUBS` answer: labels are text."""
    if wrapper is Wrapper.CLASSIFIER:
        return classes_dataset(["no", "yes"], repeats=6, sigmoid=True)
    return continuous_dataset()


def _turned(wrapper: Wrapper, wrong: bool) -> Dataset:
    """Give data whose layer answers right, or else the very contrary."""
    data = predicted_data(wrapper)
    sign = np.float32(-1 if wrong else 1)
    return data._replace(kernel=data.kernel * sign, bias=data.bias * sign)


def _oracle(wrapper: Wrapper, wrong: bool) -> keras.Model:
    classifies = wrapper is Wrapper.CLASSIFIER
    activation = "sigmoid" if classifies else "linear"
    model = make_model(_turned(wrapper, wrong), activation, cls=keras.Model)
    loss = "binary_crossentropy" if classifies else "mean_squared_error"
    model.compile(optimizer=zero_learning_rate(), loss=loss, run_eagerly=True)
    return model


def oracle_classifier(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, however it is trained."""
    return _oracle(Wrapper.CLASSIFIER, wrong)


def oracle_regressor(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, however it is trained."""
    return _oracle(Wrapper.REGRESSOR, wrong)


ORACLES: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {Wrapper.CLASSIFIER: oracle_classifier, Wrapper.REGRESSOR: oracle_regressor}
)
"""Builders of models that answer right, or with ``wrong=True`` wrong, and never learn."""


def stub_classifier(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, at next to no cost."""
    return stub_model_of(_turned(Wrapper.CLASSIFIER, wrong), Wrapper.CLASSIFIER)


def stub_regressor(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, at next to no cost."""
    return stub_model_of(_turned(Wrapper.REGRESSOR, wrong), Wrapper.REGRESSOR)


STUBS: Mapping[Wrapper, Callable[..., Any]] = MappingProxyType(
    {Wrapper.CLASSIFIER: stub_classifier, Wrapper.REGRESSOR: stub_regressor}
)
"""The like of `ORACLES` for many fits in one process."""

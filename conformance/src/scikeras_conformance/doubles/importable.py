"""Builders and classes that can be imported, and so be named in a pickle, in any process."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.doubles.data import Dataset, classes_dataset, continuous_dataset, dataset
from scikeras_conformance.doubles.models import make_model
from scikeras_conformance.doubles.recorders import zero_rate
from scikeras_conformance.doubles.stub import idle_model_of

__all__ = [
    "ANSWERING",
    "COMPILED",
    "IDLE",
    "PLAIN",
    "UNFINISHED",
    "EagerModel",
    "Notebook",
    "answered",
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


class Notebook(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback with an argument of its own."""

    def __init__(self, label: str = "") -> None:
        super().__init__()
        self.label = label


def _unfinished(wrapper: Wrapper, cls: type[keras.Model], start: float = 0.5) -> keras.Model:
    activation = "sigmoid" if wrapper is Wrapper.CLASSIFIER else "linear"
    model = make_model(dataset(wrapper), activation, cls=cls)
    model.set_weights([weights * 0.0 + np.float32(start) for weights in model.get_weights()])
    return model


def unfinished_base(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model that has something to learn."""
    return _unfinished(Wrapper.BASE, EagerModel, start)


def unfinished_classifier(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model that has something to learn."""
    return _unfinished(Wrapper.CLASSIFIER, EagerModel, start)


def unfinished_regressor(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model that has something to learn."""
    return _unfinished(Wrapper.REGRESSOR, EagerModel, start)


UNFINISHED: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {
        Wrapper.BASE: unfinished_base,
        Wrapper.CLASSIFIER: unfinished_classifier,
        Wrapper.REGRESSOR: unfinished_regressor,
    }
)
"""Builders of uncompiled models that learn, from weights that are all the argument ``start``."""


def plain_classifier(start: float = 0.5) -> keras.Model:
    """Build the like of a class that any process knows."""
    return _unfinished(Wrapper.CLASSIFIER, keras.Model, start)


def plain_regressor(start: float = 0.5) -> keras.Model:
    """Build the like of a class that any process knows."""
    return _unfinished(Wrapper.REGRESSOR, keras.Model, start)


PLAIN: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {Wrapper.CLASSIFIER: plain_classifier, Wrapper.REGRESSOR: plain_regressor}
)
"""The like of `UNFINISHED` for other processes; whether they find a user's own class is SER-4's."""


def _compiled(wrapper: Wrapper, optimizer: str) -> keras.Model:
    model = _unfinished(wrapper, keras.Model)
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


def answered(wrapper: Wrapper) -> Dataset:
    """Give the data that the models of `ANSWERING` and `IDLE` answer: labels are text."""
    if wrapper is Wrapper.CLASSIFIER:
        return classes_dataset(["no", "yes"], repeats=6, sigmoid=True)
    return continuous_dataset()


def _turned(wrapper: Wrapper, wrong: bool) -> Dataset:
    """Give data whose layer answers right, or else the very contrary."""
    data = answered(wrapper)
    sign = np.float32(-1 if wrong else 1)
    return data._replace(kernel=data.kernel * sign, bias=data.bias * sign)


def _answering(wrapper: Wrapper, wrong: bool) -> keras.Model:
    classifies = wrapper is Wrapper.CLASSIFIER
    activation = "sigmoid" if classifies else "linear"
    model = make_model(_turned(wrapper, wrong), activation, cls=keras.Model)
    loss = "binary_crossentropy" if classifies else "mean_squared_error"
    model.compile(optimizer=zero_rate(), loss=loss, run_eagerly=True)
    return model


def answering_classifier(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, however it is trained."""
    return _answering(Wrapper.CLASSIFIER, wrong)


def answering_regressor(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, however it is trained."""
    return _answering(Wrapper.REGRESSOR, wrong)


ANSWERING: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {Wrapper.CLASSIFIER: answering_classifier, Wrapper.REGRESSOR: answering_regressor}
)
"""Builders of models that answer right, or with ``wrong=True`` wrong, and never learn."""


def idle_classifier(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, at next to no cost."""
    return idle_model_of(_turned(Wrapper.CLASSIFIER, wrong), Wrapper.CLASSIFIER)


def idle_regressor(wrong: bool = False) -> keras.Model:
    """Build a model that answers right, or wrong, at next to no cost."""
    return idle_model_of(_turned(Wrapper.REGRESSOR, wrong), Wrapper.REGRESSOR)


IDLE: Mapping[Wrapper, Callable[..., Any]] = MappingProxyType(
    {Wrapper.CLASSIFIER: idle_classifier, Wrapper.REGRESSOR: idle_regressor}
)
"""The like of `ANSWERING` for many fits in one process."""

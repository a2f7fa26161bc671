"""Builders and classes that any process can import, so that they can be pickled.

Builders for the classifier take the number of one of its `HELPERS` as ``helper``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras
import numpy as np

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.doubles.data import Dataset, classes_dataset, continuous_dataset
from scikeras_conformance.doubles.eager import EagerModel
from scikeras_conformance.doubles.helpers import HELPERS
from scikeras_conformance.doubles.models import make_model
from scikeras_conformance.doubles.recorders import sgd, zero_learning_rate
from scikeras_conformance.doubles.stub import stub_model_of

__all__ = [
    "COMPILED",
    "ORACLES",
    "PLAIN",
    "STUBS",
    "UNTRAINED",
    "WRONG_STUBS",
    "LabeledCallback",
    "data_predicted_by_oracles",
]


class LabeledCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback with an argument."""

    def __init__(self, label: str = "") -> None:
        super().__init__()
        self.label = label


def _untrained(
    wrapper: Wrapper, cls: type[keras.Model], start: float = 0.5, helper: int = 0
) -> keras.Model:
    made = HELPERS[wrapper][helper]
    return make_model(made.data, made.activation, value=start, cls=cls)


def untrained_base(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model with wrong weights."""
    return _untrained(Wrapper.BASE, EagerModel, start)


def untrained_classifier(start: float = 0.5, helper: int = 0) -> keras.Model:
    """Build an uncompiled model with wrong weights."""
    return _untrained(Wrapper.CLASSIFIER, EagerModel, start, helper)


def untrained_regressor(start: float = 0.5) -> keras.Model:
    """Build an uncompiled model with wrong weights."""
    return _untrained(Wrapper.REGRESSOR, EagerModel, start)


UNTRAINED: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {
        Wrapper.BASE: untrained_base,
        Wrapper.CLASSIFIER: untrained_classifier,
        Wrapper.REGRESSOR: untrained_regressor,
    }
)
"""Builders of uncompiled models whose weights all equal the argument ``start``."""


def plain_classifier(start: float = 0.5, helper: int = 0) -> keras.Model:
    """Build an untrained model of a class that any process knows."""
    return _untrained(Wrapper.CLASSIFIER, keras.Model, start, helper)


def plain_regressor(start: float = 0.5) -> keras.Model:
    """Build an untrained model of a class that any process knows."""
    return _untrained(Wrapper.REGRESSOR, keras.Model, start)


PLAIN: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {Wrapper.CLASSIFIER: plain_classifier, Wrapper.REGRESSOR: plain_regressor}
)
"""Like `UNTRAINED`, with plain `keras.Model`: custom classes are the subject of SER-4."""


def _compiled(
    wrapper: Wrapper, optimizer: str, helper: int = 0, *, statistics: bool = False
) -> keras.Model:
    model = _untrained(wrapper, keras.Model, helper=helper)
    if statistics:
        inputs = keras.Input(model.input_shape[1:])
        model = keras.Model(inputs, model(keras.layers.BatchNormalization()(inputs)))
    made = {
        "momentum": lambda: sgd(0.05, momentum=0.9),
        "adam": lambda: keras.optimizers.Adam(0.05, name="adam_of_the_suite"),
    }[optimizer]()
    loss = HELPERS[wrapper][helper].loss
    model.compile(optimizer=made, loss=loss, metrics=["mean_absolute_error"], run_eagerly=True)
    return model


def compiled_base(optimizer_name: str, statistics: bool = False) -> keras.Model:
    """Build a compiled model whose optimizer has a state."""
    return _compiled(Wrapper.BASE, optimizer_name, statistics=statistics)


def compiled_classifier(
    optimizer_name: str, statistics: bool = False, helper: int = 0
) -> keras.Model:
    """Build a compiled model whose optimizer has a state."""
    return _compiled(Wrapper.CLASSIFIER, optimizer_name, helper, statistics=statistics)


def compiled_regressor(optimizer_name: str, statistics: bool = False) -> keras.Model:
    """Build a compiled model whose optimizer has a state."""
    return _compiled(Wrapper.REGRESSOR, optimizer_name, statistics=statistics)


COMPILED: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {
        Wrapper.BASE: compiled_base,
        Wrapper.CLASSIFIER: compiled_classifier,
        Wrapper.REGRESSOR: compiled_regressor,
    }
)
"""Builders with an argument, ``optimizer_name``: ``"momentum"`` or ``"adam"``.

With ``statistics=True``, their models also keep a mean and a variance of what they were trained on.
"""


def data_predicted_by_oracles(wrapper: Wrapper) -> Dataset:
    """Return the data that the models of `ORACLES` and `STUBS` predict; labels are strings."""
    if wrapper is Wrapper.CLASSIFIER:
        return classes_dataset(["no", "yes"], repeats=6, sigmoid=True)
    return continuous_dataset()


def _layer_of(wrapper: Wrapper, wrong: bool, helper: int = 0) -> Dataset:
    """Return the data with a layer that predicts correctly, or the opposite."""
    layer = HELPERS[wrapper][helper].data
    data = data_predicted_by_oracles(wrapper)._replace(kernel=layer.kernel, bias=layer.bias)
    sign = np.float32(-1 if wrong else 1)
    return data._replace(kernel=data.kernel * sign, bias=data.bias * sign)


def _oracle(wrapper: Wrapper, helper: int = 0) -> keras.Model:
    made = HELPERS[wrapper][helper]
    data = _layer_of(wrapper, wrong=False, helper=helper)
    model = make_model(data, made.activation, cls=keras.Model)
    model.compile(optimizer=zero_learning_rate(), loss=made.loss, run_eagerly=True)
    return model


def oracle_classifier(helper: int = 0) -> keras.Model:
    """Build a model that always predicts correctly."""
    return _oracle(Wrapper.CLASSIFIER, helper)


def oracle_regressor() -> keras.Model:
    """Build a model that always predicts correctly."""
    return _oracle(Wrapper.REGRESSOR)


ORACLES: Mapping[Wrapper, Callable[..., keras.Model]] = MappingProxyType(
    {Wrapper.CLASSIFIER: oracle_classifier, Wrapper.REGRESSOR: oracle_regressor}
)
"""Builders of models that predict correctly and do not learn, of a class that any process knows."""


def stub_classifier(wrong: bool = False, helper: int = 0) -> keras.Model:
    """Build a stub model that predicts correctly, or incorrectly."""
    loss = HELPERS[Wrapper.CLASSIFIER][helper].loss
    data = _layer_of(Wrapper.CLASSIFIER, wrong, helper)
    return stub_model_of(data, Wrapper.CLASSIFIER, loss_of_classes=loss)


def stub_regressor(wrong: bool = False) -> keras.Model:
    """Build a stub model that predicts correctly, or incorrectly."""
    return stub_model_of(_layer_of(Wrapper.REGRESSOR, wrong), Wrapper.REGRESSOR)


STUBS: Mapping[Wrapper, Callable[..., Any]] = MappingProxyType(
    {Wrapper.CLASSIFIER: stub_classifier, Wrapper.REGRESSOR: stub_regressor}
)
"""Like `ORACLES`, for many fits; with ``wrong=True`` they predict incorrectly."""


def wrong_stub_classifier(helper: int = 0) -> keras.Model:
    """Build a stub model that predicts incorrectly."""
    return stub_classifier(wrong=True, helper=helper)


def wrong_stub_regressor() -> keras.Model:
    """Build a stub model that predicts incorrectly."""
    return stub_regressor(wrong=True)


WRONG_STUBS: Mapping[Wrapper, Callable[..., Any]] = MappingProxyType(
    {Wrapper.CLASSIFIER: wrong_stub_classifier, Wrapper.REGRESSOR: wrong_stub_regressor}
)
"""Builders of the models that `STUBS` build with ``wrong=True``."""

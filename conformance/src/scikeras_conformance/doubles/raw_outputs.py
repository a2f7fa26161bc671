"""Builders of classifiers whose outputs are logits or margins, which any process can import."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import keras
import numpy as np

from scikeras_conformance.doubles.data import Dataset, classes_dataset
from scikeras_conformance.doubles.models import make_model
from scikeras_conformance.doubles.recorders import zero_learning_rate

__all__ = ["RAW_OUTPUTS", "RawOutputs"]


class RawOutputs(NamedTuple):
    """A builder, and the data that its models predict.

    Parameters
    ----------
    build : callable
        Returns a model that does not learn.
    data : Dataset
        The data; labels are strings.
    """

    build: Callable[[], Any]
    data: Dataset


def _data(labels: Sequence[str]) -> Dataset:
    """Return data with a layer of small outputs.

    For two classes, that of the second is positive and below one half. As a logit or as a margin it
    stands for that class, and as a probability for the other one.
    """
    data = classes_dataset(labels, sigmoid=len(labels) == 2)
    return data._replace(kernel=data.kernel * np.float32(0.03), bias=data.bias - np.float32(0.25))


TWO, THREE = _data(["no", "yes"]), _data(["a", "b", "c"])


def two_logits_uncompiled() -> keras.Model:
    """Build a model of one logit that the wrapper has to compile."""
    return make_model(TWO, "linear", cls=keras.Model)


def two_logits() -> keras.Model:
    """Build a model of one logit for two classes."""
    return _compiled(two_logits_uncompiled(), keras.losses.BinaryCrossentropy(from_logits=True))


def three_logits() -> keras.Model:
    """Build a model of a logit for each of three classes."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return _compiled(make_model(THREE, "linear", cls=keras.Model), loss)


def margins() -> keras.Model:
    """Build a model of one margin for two classes."""
    return _compiled(make_model(TWO, "tanh", cls=keras.Model), "hinge")


def _compiled(model: keras.Model, loss: Any) -> keras.Model:
    model.compile(optimizer=zero_learning_rate(), loss=loss, run_eagerly=True)
    return model


RAW_OUTPUTS: Mapping[str, RawOutputs] = MappingProxyType(
    {
        "two-logits": RawOutputs(two_logits, TWO),
        "three-logits": RawOutputs(three_logits, THREE),
        "margins": RawOutputs(margins, TWO),
        "routed-logits": RawOutputs(two_logits_uncompiled, TWO),
    }
)
"""By kind. Models of the last one are compiled by the wrapper, for which ``loss__from_logits``
has to be routed."""

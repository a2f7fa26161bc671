"""Layers that scale what a model gets: their constants are a part of its structure."""

import keras
import numpy as np
import pytest
from shared_step_models import (
    LABELS,
    ROWS,
    WEIGHTS,
    check,
    empty_cache,
    only_where_shared,
    trained,
)

from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference.shared_steps import explain

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

layers = keras.layers
MEANS = [0.5, -1.0, 0.0, 2.0, 1.5, 0.1]
VARIANCES = [1.0, 4.0, 0.0, 2.5, 0.3, 9.0]
"""One is zero, so that the layer divides by Keras's epsilon."""


def scaled(layer):
    """Build and compile a model that begins with a layer."""
    model = keras.Sequential([layers.Input((6,)), layer, layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def digest(layer):
    return fingerprint(scaled(layer), training=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: layers.Rescaling(1 / 255, offset=-0.5),
        lambda: layers.Rescaling(MEANS, offset=np.array(VARIANCES)),
        lambda: layers.Normalization(mean=MEANS, variance=VARIANCES),
        lambda: layers.Normalization(mean=np.array(MEANS), variance=np.array(VARIANCES)),
        lambda: layers.Normalization(axis=None, mean=0.5, variance=2.0, invert=True),
    ],
    ids=["numbers", "of-columns", "list", "array", "inverse"],
)
def test_what_scales_by_constants_trains_to_the_same_bits(make, monkeypatch):
    """The constants come from the constructor, so another model of equal structure has them."""
    check(monkeypatch, lambda: scaled(make()), ROWS, LABELS, WEIGHTS, epochs=1)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="others take any data")
def test_images_of_bytes_train_to_the_same_bits(monkeypatch):
    """They are cut as bytes, and become floats in the model."""
    images = np.random.default_rng(0).integers(0, 256, size=(21, 5, 5, 3), dtype=np.uint8)

    def make():
        parts = [layers.Rescaling(1 / 255), layers.Conv2D(2, 3, activation="relu")]
        parts += [layers.GlobalAveragePooling2D(), layers.Dense(3, "softmax")]
        model = keras.Sequential([layers.Input((5, 5, 3)), *parts])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    check(monkeypatch, make, images, LABELS, epochs=1)


def test_constants_are_compared():
    """By value: a step was traced with them."""
    same = [layers.Normalization(mean=m, variance=VARIANCES) for m in (MEANS, np.array(MEANS))]
    others = [
        layers.Normalization(mean=VARIANCES, variance=VARIANCES),
        layers.Normalization(mean=MEANS, variance=VARIANCES, invert=True),
        *(layers.Rescaling(0.5, offset=offset) for offset in (0.0, 1.0)),
        layers.Rescaling(0.25),
    ]

    assert 1 == len(set(map(digest, same)))
    assert 6 == len({digest(same[0]), *map(digest, others)})


def test_what_a_layer_has_learned_is_not_shared(monkeypatch):
    """No other model has it, because it is not in the configuration."""

    def make():
        layer = layers.Normalization()
        layer.adapt(ROWS)
        return scaled(layer)

    check(monkeypatch, make, ROWS, LABELS, shares=False, epochs=1)
    assert "its configuration does not describe all of it" == explain(
        trained(make, ROWS, LABELS)[0]
    )


def test_other_layers_that_prepare_data_are_not_shared():
    """What they do was not read."""
    model = scaled(layers.Discretization([0.0, 1.0]))
    assert "Discretization" in explain(model)

"""What a difference of weights is said to look like."""

import numpy as np
import pytest

from scikeras_conformance import doubles
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.likely_mistakes import (
    mistakes_with_two_kinds,
    mistakes_with_weights,
)
from scikeras_conformance.checks._support.training import likeness, same_weights, train

X, Y, *_ = doubles.dataset(Wrapper.REGRESSOR)
TARGET = Y.reshape(-1, 1)
WEIGHTS = np.arange(len(Y)) % 4 + 1.0


def build():
    """Build a model that learns."""
    return doubles.model_for(Wrapper.REGRESSOR, off=0.5, rate=0.1)


def after(weights, epochs=1):
    """Return the weights of a model after training."""
    return train(build(), X, TARGET, epochs=epochs, sample_weight=weights).get_weights()


@pytest.mark.parametrize(
    ("words", "weights", "epochs"),
    [
        ("as if the weights were ignored", None, 1),
        ("as if the weights were applied twice", WEIGHTS**2, 1),
        ("as if the weights were divided by their mean", WEIGHTS / WEIGHTS.mean(), 1),
        ("as if trained twice", WEIGHTS, 2),
        ("as if not trained", WEIGHTS, 0),
        ("", WEIGHTS, 3),
        ("", WEIGHTS, 1),
    ],
)
def test_a_mistake_is_recognized(words, weights, epochs):
    """The mistake that gives the same weights is named, and none for what none explains."""
    found = after(weights, epochs)
    assert words == likeness(found, mistakes_with_weights(build, X, TARGET, WEIGHTS))


def test_mistakes_after_an_earlier_training():
    """A training that should have gone on may have started over."""
    mistakes = mistakes_with_weights(build, X, TARGET, WEIGHTS, earlier=1)
    words = "as if training started from the initial weights"
    assert words == likeness(after(WEIGHTS), mistakes)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("as if class_weight was ignored", lambda by_class, by_row: by_row),
        ("as if sample_weight was ignored", lambda by_class, by_row: by_class),
        ("as if class_weight was applied twice", lambda by_class, by_row: by_class**2 * by_row),
        (
            "as if the classes had the weights of each other",
            lambda by_class, by_row: (3.5 - by_class) * by_row,
        ),
        ("as if both weights were ignored", lambda by_class, by_row: None),
    ],
)
def test_mistakes_with_class_weights(words, change):
    """Weights of classes may be lost, doubled or swapped, with and without weights of rows."""
    by_class = np.where(np.arange(len(Y)) % 3, 0.5, 3.0)
    mistakes = mistakes_with_two_kinds(build, X, TARGET, by_class, WEIGHTS)
    assert words == likeness(after(change(by_class, WEIGHTS)), mistakes)


def test_mistakes_differ():
    """No two mistakes give the same weights, so that the one that is named is the right one."""
    made = [
        make().get_weights() for make in mistakes_with_weights(build, X, TARGET, WEIGHTS).values()
    ]
    assert not any(same_weights(a, b) for i, a in enumerate(made) for b in made[:i])

"""Makes the models of these tests importable, here and in processes that tests start."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest

HERE = str(Path(__file__).parent)
sys.path.insert(0, HERE)


@pytest.fixture(autouse=True)
def _importable_elsewhere(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", HERE)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def X(rng):
    return rng.normal(size=(24, 3)).astype(np.float32)


@pytest.fixture
def y():
    """Return two classes, told apart by a word."""
    return np.array(["no", "yes"] * 12)


@pytest.fixture
def y3():
    """Return three classes."""
    return np.array(["a", "b", "c"] * 8)


@pytest.fixture
def target(X):
    """Return a continuous target."""
    return X @ np.array([1.0, -2.0, 0.5], dtype=np.float32)


class Spy(keras.Sequential):
    """Logs the arguments of fit and predict."""

    fits: list
    predicts: list

    def fit(self, **kwargs):
        type(self).fits.append(kwargs)
        return super().fit(**kwargs)

    def predict(self, **kwargs):
        type(self).predicts.append(kwargs)
        return super().predict(**kwargs)


@pytest.fixture
def spy():
    """Return a builder of models whose calls are logged, and the class that logs them."""

    class Local(Spy):
        fits: list = []  # noqa: RUF012 - one list for each test
        predicts: list = []  # noqa: RUF012

    def build(meta):
        return Local([keras.layers.Input((meta["n_features_in_"],)), keras.layers.Dense(1)])

    return build, Local

"""A model that was trained with shared steps is, to its user, one that Keras trained alone."""

import io

import keras
import numpy as np
import pytest
from shared_step_models import ON_JAX, empty_cache, only_where_shared, shared

from scikeras_reference import KerasRegressor
from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._training.fit import SETTING
from scikeras_reference._training.seeding import seeded

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
Y = X[:, :1]  # Keras retraces a function for another number of dimensions
PLAIN = (bool, int, float, str, type(None))
# Keras's own functions are left out of a model that shares them, and made when they are needed;
# names and identifiers count up from model to model.
FUNCTIONS = {"train_function", "test_function", "predict_function"}
COUNTED = {"name", "_name", "_parent_path", "path", "_path"}


def build():
    parts = [keras.layers.Dense(3, activation="relu", name="hidden"), keras.layers.Dropout(0.2)]
    return keras.Sequential(
        [keras.Input((4,)), *parts, keras.layers.Dense(1, name="out")], name="model"
    )


def trained(monkeypatch, *, shares, **parameters):
    monkeypatch.setenv(SETTING, "1" if shares else "0")
    keras.backend.clear_session(free_memory=False)
    made = KerasRegressor(
        build, loss="mse", metrics=["mae"], optimizer="adam", random_state=0, verbose=0, epochs=2,
        **parameters,
    ).fit(X, Y)  # fmt: skip
    assert shares == (shared() > 0)
    return made.model_


KINDS = [
    pytest.param(0.0, id="alone", marks=pytest.mark.exhaustive),
    pytest.param(0.5, id="validated"),
]


def pair_of(monkeypatch, validation_split):
    models = [
        trained(monkeypatch, shares=shares, validation_split=validation_split)
        for shares in (False, True)
    ]
    monkeypatch.setenv(SETTING, "1")
    return models


@pytest.fixture(params=KINDS)
def pair(request, monkeypatch):
    """Return a model that Keras trained alone, and one that shared its steps."""
    return pair_of(monkeypatch, request.param)


@pytest.fixture(scope="module", params=KINDS)
def kept_pair(request):
    """Return such a pair for all tests that leave it as it is."""
    CACHE.clear()
    with pytest.MonkeyPatch.context() as monkeypatch, seeded(0):
        return pair_of(monkeypatch, request.param)


def attributes(part):
    return {
        name: value if isinstance(value, PLAIN) else type(value).__name__
        for name, value in vars(part).items()
        if name not in FUNCTIONS | COUNTED and not name.startswith("_obj_reference_counts")
    }


def parts(model):
    yield model
    yield from model.layers
    yield model.optimizer


def test_attributes(kept_pair):
    """The same ones, private ones too, with the same values as far as they are plain."""
    alone, sharing = ([attributes(part) for part in parts(model)] for model in kept_pair)

    assert alone == sharing


def test_it_counts_as_called(kept_pair):
    """Exports need it."""
    assert [True, True] == [model._called for model in kept_pair]


def seen(model, tmp_path):
    """Return what public methods return."""
    text = io.StringIO()
    model.summary(print_fn=lambda line: text.write(line + "\n"))
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    clone = keras.models.clone_model(model)
    return {
        "summary": text.getvalue(),
        "config": repr(model.get_config()),
        "compilation": repr(model.get_compile_config()),
        "json": model.to_json(),
        "history": repr((model.history.history, model.history.epoch)),
        "evaluated": model.evaluate(X, Y, verbose=0),
        "predicted": model.predict(X, verbose=0).tobytes(),
        "one batch": model.predict_on_batch(X[:3]).tobytes(),
        "loaded": loaded.predict(X, verbose=0).tobytes(),
        "optimizer": [np.asarray(v).tobytes() for v in loaded.optimizer.variables],
        "clone": repr(clone.get_config()),
        "trained on": model.fit(X, Y, verbose=0, shuffle=False, epochs=2).history,
        "a batch": model.train_on_batch(X, Y),
        "tested": model.test_on_batch(X, Y),
        "metrics": [metric.name for metric in model.metrics],
    }


@pytest.mark.slow
def test_public_methods(pair, tmp_path):
    """Each returns the same."""
    alone, sharing = (seen(model, tmp_path) for model in pair)

    for name, value in alone.items():
        assert value == sharing[name], name


@pytest.mark.costly
@pytest.mark.slow
@pytest.mark.parametrize(
    "first",
    ["train_on_batch", pytest.param("test_on_batch", marks=pytest.mark.exhaustive), "evaluate"],
)
def test_single_steps_right_after_the_fit(first, pair):
    """Keras makes the functions that the fit did without, and they do what they did."""
    results = []
    for model in pair:
        result = getattr(model, first)(X, Y)
        trained_on = [model.train_on_batch(X[:7], Y[:7]) for _ in range(2)]
        weights = [np.asarray(v).tobytes() for v in (*model.variables, *model.optimizer.variables)]
        results.append((result, trained_on, model.evaluate(X, Y, verbose=0), weights))

    alone, sharing = results
    assert alone == sharing


@pytest.mark.skipif(ON_JAX, reason="on JAX, exporting to SavedModel takes jax2tf")
def test_it_can_be_exported(kept_pair, tmp_path):
    """To a SavedModel."""
    _, sharing = kept_pair
    sharing.export(tmp_path / "exported", verbose=False)

    import tensorflow as tf

    loaded = tf.saved_model.load(str(tmp_path / "exported"))  # it holds the variables
    np.testing.assert_allclose(sharing.predict(X, verbose=0), loaded.serve(X), rtol=1e-6)

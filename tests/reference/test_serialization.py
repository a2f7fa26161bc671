"""Pickling and copying (chapter SER)."""

import copy
import pickle
import subprocess
import sys

import joblib
import keras
import numpy as np
import pytest
from reference_models import (
    Counting,
    Doubling,
    ScaledLoss,
    base,
    classifier,
    linear,
    own_compile,
    regressor,
    scaled_error,
    subclassed,
)
from sklearn.base import clone

from scikeras_reference._serialization.copying import copy_object
from scikeras_reference._serialization.pickling import pack, unpack
from scikeras_reference.exceptions import SerializationError


def custom(meta):
    """Build a functional model of things that Keras was never told of, and compile it."""
    inputs = keras.layers.Input((meta["n_features_in_"],))
    model = keras.Model(inputs, keras.layers.Dense(1)(Doubling()(inputs)))
    model.compile(
        optimizer=keras.optimizers.Adam(0.1),
        loss=scaled_error,
        metrics=[keras.metrics.MeanMetricWrapper(scaled_error, name="mine")],
        run_eagerly=True,
    )
    return model


def ways():
    return [
        ("pickle", lambda wrapper: pickle.loads(pickle.dumps(wrapper))),
        ("deepcopy", copy.deepcopy),
    ]


def noisy(meta):
    """Build a model that draws random numbers in training."""
    noise = [keras.layers.Dropout(0.4), keras.layers.GaussianNoise(0.1)]
    inputs = keras.layers.Input((meta["n_features_in_"],))
    return keras.Sequential([inputs, keras.layers.Dense(6), *noise, keras.layers.Dense(1)])


@pytest.mark.slow
@pytest.mark.parametrize("way", [way for _, way in ways()], ids=[name for name, _ in ways()])
def test_layers_go_on_drawing_where_they_were(way, X, target):
    """Keras saves no seeds; a copy for another fit draws its own numbers."""
    wrapper = regressor(model=noisy, optimizer="adam").fit(X, target)
    loaded = way(wrapper)
    states = [
        [keras.ops.convert_to_numpy(v).tolist() for v in model.non_trainable_variables]
        for model in (wrapper.model_, loaded.model_, copy_object(wrapper.model_))
    ]
    assert states[0] == states[1] != states[2]
    wrapper.partial_fit(X, target)
    loaded.partial_fit(X, target)
    for ours, theirs in zip(wrapper.model_.get_weights(), loaded.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("way", [way for _, way in ways()], ids=[name for name, _ in ways()])
@pytest.mark.parametrize(
    "params",
    [
        {"optimizer": "adam", "metrics": ["mae"]},
        {"optimizer": keras.optimizers.Adam(0.1), "loss": ScaledLoss(3.0)},
        {"loss": "huber", "loss__delta": 0.1},
        {"loss": [keras.losses.Huber(0.1)]},
        {"model": custom},
        {"model": own_compile},
        {"model": subclassed, "optimizer": "adam"},
    ],
    ids=["names", "instances", "delta", "delta-in-a-list", "custom", "own-compile", "subclassed"],
)
def test_fitted_wrappers_go_on_where_they_were(way, params, X, target):
    """The same predictions to the bit, and the same training afterwards (SER-1, SER-2, SER-4)."""
    wrapper = regressor(**{**params, "epochs": 2}).fit(X, target)

    other = way(wrapper)

    np.testing.assert_array_equal(wrapper.predict(X), other.predict(X))
    wrapper.partial_fit(X, target)
    other.partial_fit(X, target)
    np.testing.assert_array_equal(wrapper.predict(X), other.predict(X))
    assert wrapper.history_ == other.history_
    assert 3 == other.current_epoch


@pytest.mark.parametrize("way", [way for _, way in ways()], ids=[name for name, _ in ways()])
def test_unfitted_wrappers_with_objects_as_parameters(way):
    """Optimizers, losses, metrics and callbacks, as instances and as classes (SER-1)."""
    wrapper = base(
        optimizer=keras.optimizers.Adam(0.25),
        loss=[ScaledLoss(3.0), keras.losses.Huber],
        metrics={"out": keras.metrics.AUC(name="mine")},
        callbacks=[Counting("x"), Counting],
    )

    other = way(wrapper)

    assert 0.25 == float(other.optimizer.learning_rate)
    assert other.optimizer is not wrapper.optimizer
    assert (3.0, keras.losses.Huber) == (other.loss[0].scale, other.loss[1])
    assert "mine" == other.metrics["out"].name
    assert ("x", Counting) == (other.callbacks[0].label, other.callbacks[1])
    assert not other.initialized_


def test_callbacks_are_made_again_after_loading(X, target):
    """A pickle holds no callbacks; predicting with a loaded wrapper makes them anew."""
    wrapper = regressor(callbacks=Counting).fit(X, target)
    other = pickle.loads(pickle.dumps(wrapper))

    other.predict(X)

    assert ["predict"] == other._fit_state.callbacks[1][0].seen
    assert ["train"] == wrapper._fit_state.callbacks[1][0].seen


def test_local_classes_are_copied_in_the_process(X, target):
    """A class that lives in a function has no address, but a deep copy and a clone need none."""

    class Local(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return keras.ops.mean(keras.ops.abs(y_true - y_pred), axis=-1)

    class LocalLayer(keras.layers.Layer):
        def call(self, inputs):
            return inputs * 3

    def build(meta):
        model = keras.Sequential([keras.layers.Input((3,)), LocalLayer(), keras.layers.Dense(1)])
        model.compile("sgd", Local(), run_eagerly=True)
        return model

    wrapper = regressor(model=build, loss=Local()).fit(X, target)

    np.testing.assert_array_equal(wrapper.predict(X), copy.deepcopy(wrapper).predict(X))
    assert Local is type(clone(wrapper).loss)


SCRIPT = """
import pickle, sys
wrapper, X, target = pickle.load(open(sys.argv[1], "rb"))
before = wrapper.predict(X)
wrapper.partial_fit(X, target)
pickle.dump((before, wrapper.predict(X), wrapper.history_), open(sys.argv[2], "wb"))
"""


@pytest.mark.costly
@pytest.mark.process
def test_a_fresh_process(X, target, tmp_path):
    """The same bits and the same training in a process that knows nothing but the pickle (SER-2)."""
    import reference_models

    wrapper = regressor(model=reference_models.own_compile, epochs=2).fit(X, target)
    source, result = tmp_path / "source", tmp_path / "result"
    source.write_bytes(pickle.dumps((wrapper, X, target)))

    subprocess.run([sys.executable, "-c", SCRIPT, source, result], check=True)

    before, after, history = pickle.loads(result.read_bytes())
    np.testing.assert_array_equal(wrapper.predict(X), before)
    np.testing.assert_array_equal(wrapper.partial_fit(X, target).predict(X), after)
    assert wrapper.history_ == history


@pytest.mark.exhaustive
@pytest.mark.process
def test_worker_processes(X, target):
    """Workers of joblib take and give fitted wrappers, of classes that live in ``__main__`` too."""

    def work(wrapper):
        return wrapper.fit(X, target)

    fitted = joblib.Parallel(n_jobs=2)(joblib.delayed(work)(regressor()) for _ in range(2))

    np.testing.assert_array_equal(fitted[0].predict(X), fitted[1].predict(X))


@pytest.mark.parametrize("hidden", [8, 200])
def test_files_are_no_larger_than_those_of_keras(hidden, X, y, tmp_path):
    """The state of the optimizer is twice as large as the weights, and is stored once."""
    wrapper = classifier(model__hidden=hidden, optimizer="adam").fit(X, y)
    wrapper.model_.save(tmp_path / "model.keras")
    wrapper.save(tmp_path / "wrapper.zip")
    largest = (tmp_path / "model.keras").stat().st_size

    assert largest > len(pickle.dumps(wrapper))
    assert 1.2 * largest > (tmp_path / "wrapper.zip").stat().st_size


def test_clones_of_objects_share_no_state(X, y):
    """Two clones of one wrapper train two optimizers and update two metrics (INIT-5)."""
    wrapper = classifier(
        optimizer=keras.optimizers.Adam(0.5), metrics=[keras.metrics.SparseCategoricalAccuracy()]
    )
    first, second = clone(wrapper), clone(wrapper)

    first.fit(X, y)

    assert first.optimizer is not second.optimizer
    for estimator in (wrapper, first, second):
        assert 0 == int(estimator.optimizer.iterations)
        assert [0.0, 0.0] == [float(variable) for variable in estimator.metrics[0].variables]


def test_nests_keep_their_structure():
    """Lists, tuples and dicts come back as what they were, with new objects in them."""
    nest = {"a": [keras.optimizers.SGD(0.5), (1, len)], "b": "x"}

    made = unpack(pickle.loads(pickle.dumps(pack(nest))))

    assert ((1, len), "x") == (made["a"][1], made["b"])
    assert 0.5 == float(made["a"][0].learning_rate)


def test_models_that_keras_cannot_save():
    """The error says what to define."""

    class Opaque(keras.Model):
        def __init__(self, thing):
            super().__init__()
            self.thing = thing

        def call(self, inputs):
            return inputs

    with pytest.raises(SerializationError, match="Opaque cannot be rebuilt.*Define get_config"):
        copy_object(Opaque(object()))


def test_optimizers_that_keras_cannot_rebuild():
    """The error of the class itself is shown."""

    class Broken(keras.optimizers.SGD):
        @classmethod
        def from_config(cls, config, custom_objects=None):
            raise KeyError("rate")

    with pytest.raises(SerializationError, match="Broken cannot be rebuilt.*rate"):
        copy_object(Broken())


def test_attributes_that_cannot_be_copied_are_shared():
    """A loss with a generator inside is copied all the same."""
    loss = ScaledLoss()
    loss.lines = (line for line in [])

    assert copy_object(loss).lines is loss.lines


def test_own_compile_without_compilation():
    """A model that was never compiled is not compiled by copying it."""
    from reference_models import OwnCompile

    inputs = keras.layers.Input((2,))
    model = copy_object(OwnCompile(inputs, keras.layers.Dense(1)(inputs)))

    assert not model.compiled
    assert callable(linear)

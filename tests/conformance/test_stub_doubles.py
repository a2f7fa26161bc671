"""Stub models, and classes that accept any arguments."""

import copy
import inspect

import keras
import numpy as np
import pytest

from scikeras_conformance import doubles
from scikeras_conformance.catalog.wrappers import Wrapper

KINDS = ["optimizer", "loss", "metrics", "callbacks", "argument"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_records_any_arguments(kind):
    """Any arguments are accepted, positional ones under their number."""
    cls = doubles.class_accepting_anything(kind)
    made = cls(1, [2], alpha=3)
    assert {"0": 1, "1": [2], "alpha": 3} == made.given
    assert [made] == cls.made
    assert [] == doubles.class_accepting_anything(kind).made


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_may_name_its_arguments(kind):
    """Then its signature shows them, only what was given is recorded, and nothing else is taken."""
    cls = doubles.class_accepting_anything(kind, "alpha", "epochs")
    assert ["alpha", "epochs"] == list(inspect.signature(cls).parameters)
    assert {"alpha": 3} == cls(alpha=3).given
    with pytest.raises(TypeError):
        cls(beta=1)


@pytest.mark.parametrize("kind", ["optimizer", "loss", "metrics", "callbacks"])
def test_recorded_arguments_survive_a_copy(kind):
    """A wrapper may copy what it made, and the copy still says what it was made with."""
    made = doubles.class_accepting_anything(kind)(alpha=[1])
    assert {"alpha": [1]} == copy.deepcopy(made).given


@pytest.mark.parametrize("kind", ["optimizer", "loss", "metrics"])
def test_recorded_arguments_survive_get_config(kind):
    """A wrapper may rebuild what it made from its configuration."""
    made = doubles.class_accepting_anything(kind)(7, alpha=1)
    assert made.given == type(made).from_config(made.get_config()).given


def test_leaves_of_a_nested_structure():
    """Lists, tuples and mappings are looked into, to any depth; all else is a leaf."""
    assert [1, "ab", None, 4] == list(doubles.leaves([{"a": (1, "ab")}, [[None]], 4]))


@pytest.mark.parametrize("wrapper", list(Wrapper))
def test_a_stub_model_predicts_what_keras_predicts(wrapper):
    """What it predicts is what Keras predicts, and training leaves it as it is."""
    X, y, *_ = doubles.dataset(wrapper)
    stub = doubles.stub_model_of(doubles.dataset(wrapper), wrapper)
    stub.fit(X, y, epochs=2)
    assert np.allclose(doubles.model_for(wrapper).predict(X), stub.predict(X), atol=1e-5)


@pytest.mark.parametrize("as_list", [False, True], ids=["list-of-keras", "list"])
def test_a_stub_model_calls_callbacks(as_list):
    """Callbacks see as many epochs as were requested, and predictions, and have the model."""
    cls = doubles.class_accepting_anything("callbacks")
    model = doubles.stub_model_for(Wrapper.REGRESSOR)
    model.compile("sgd", "mse")
    callback = cls()
    callbacks = [callback] if as_list else keras.callbacks.CallbackList([callback])
    X, y, *_ = doubles.dataset(Wrapper.REGRESSOR)
    history = model.fit(X, y, epochs=3, initial_epoch=1, callbacks=callbacks)
    assert ([callback], []) == (cls.trained, cls.predicted)
    assert ([1, 2], model) == (history.epoch, callback.model)
    model.predict(X, callbacks=callbacks)
    assert [callback] == cls.predicted


def test_a_stub_model_logs_positional_arguments_by_name():
    """How a wrapper passes an argument makes no difference."""
    model = doubles.stub_model_of(doubles.dataset(Wrapper.BASE), Wrapper.BASE)
    X, y, *_ = doubles.dataset(Wrapper.BASE)
    model.fit(X, y, 5)
    model.predict(X, 6)
    assert [5, 6] == [model.log.fits[0]["batch_size"], model.log.predicts[0]["batch_size"]]


def test_a_stub_model_leaves_other_data_to_keras():
    """A wrapper may hand over batches of its own."""

    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return (np.ones((4, 3), "float32"),)

    model = doubles.stub_model_of(doubles.dataset(Wrapper.REGRESSOR), Wrapper.REGRESSOR)
    assert (8, 1) == model.predict(Batches()).shape
    assert 1 == len(model.log.predicts)


@pytest.mark.parametrize("number", range(len(doubles.HELPERS[Wrapper.CLASSIFIER])))
@pytest.mark.parametrize("builders", [doubles.STUBS, doubles.WRONG_STUBS])
def test_a_stub_of_classes_has_the_loss_of_its_helper_model(builders, number):
    """A subject may train one form of target only."""
    model = builders[Wrapper.CLASSIFIER](helper=number)
    assert doubles.HELPERS[Wrapper.CLASSIFIER][number].loss == model.loss

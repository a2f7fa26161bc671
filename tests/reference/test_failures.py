"""What goes wrong goes wrong before anything is lost, and in words (HYG-5)."""

import pickle

import keras
import numpy as np
import pytest
from reference_models import classifier, regressor, sequential

from scikeras_reference.exceptions import InputError, ModelOutputError, ParameterError

LABELS = np.array(["no", "yes"] * 12)


class Mean(keras.losses.Loss):
    """Compares outputs with targets as they come."""

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


class WithBuild(keras.layers.Layer):
    """Makes its weights in a method that Keras wraps."""

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, inputs):
        return inputs * self.scale


class Failing(keras.callbacks.Callback):
    """Stops a training by an exception."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_epoch_end(self, epoch, logs=None):
        raise self.error


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (TypeError, {"foo": 1}),
        (ParameterError, {"epochs": "a"}),
        (ValueError, {"class_weight": {"never": 2.0}}),
        (InputError, {"y_val": LABELS}),
        (InputError, {"sample_weight_val": np.ones(24)}),
        (RuntimeError, {"callbacks": [Failing(RuntimeError("mine"))]}),
    ],
    ids=["keyword", "epochs", "class_weight", "y_val", "weights", "callback"],
)
def test_a_fit_that_fails_leaves_the_one_before(error, call, X):
    """Model, history and answers of the earlier fit are there; a first one leaves nothing."""
    wrapper = classifier(epochs=2).fit(X, LABELS)
    model, answers = wrapper.model_, wrapper.predict_proba(X)

    with pytest.raises(error):
        wrapper.fit(X, LABELS, **call)

    assert model is wrapper.model_
    assert 2 == wrapper.current_epoch
    np.testing.assert_array_equal(answers, wrapper.predict_proba(X))
    first = classifier()
    with pytest.raises(error):
        first.fit(X, LABELS, **call)
    assert not first.initialized_


def test_a_training_that_is_interrupted_is_kept(X, target):
    """Ctrl-C in a long training is no reason to lose it."""
    wrapper = regressor().fit(X, target)
    model = wrapper.model_

    with pytest.raises(KeyboardInterrupt):
        wrapper.fit(X, target, callbacks=[Failing(KeyboardInterrupt())])

    assert model is not wrapper.model_
    assert target.shape == wrapper.predict(X).shape


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", -1),
        ("epochs", 2.5),
        ("epochs", "3"),
        ("batch_size", 0),
        ("batch_size", -2),
        ("batch_size", "a"),
        ("validation_batch_size", 0),
        ("validation_split", 2),
        ("validation_split", -0.5),
        ("validation_split", "a"),
    ],
)
def test_numbers_that_would_train_on_nothing(name, value, X, target):
    """The message names the parameter and what it may be."""
    with pytest.raises(ParameterError, match=f"^{name} is {value!r}; it has to be a"):
        regressor(**{name: value}).fit(X, target)


def test_two_sets_of_validation_data(X, target):
    """One of them would be dropped without a word."""
    with pytest.raises(InputError, match="two sets of data"):
        regressor(fit__validation_data=(X, target)).fit(X, target, X_val=X, y_val=target)


def test_weights_that_cancel_out(X):
    """Weights of samples times those of their classes are what counts (API-5, API-6)."""
    wrapper = classifier(class_weight={"no": 0.0, "yes": 1.0})
    with pytest.raises(InputError, match="No training samples had any weight"):
        wrapper.fit(X, LABELS, sample_weight=LABELS == "no")


def test_class_weight_for_one_call(X):
    """It goes by label, as the parameter does (API-5, API-11)."""
    by_call = classifier(random_state=0).fit(X, LABELS, class_weight={"yes": 5.0})
    by_parameter = classifier(random_state=0, class_weight={"yes": 5.0}).fit(X, LABELS)
    without = classifier(random_state=0).fit(X, LABELS)

    np.testing.assert_array_equal(by_call.predict_proba(X), by_parameter.predict_proba(X))
    assert np.any(without.predict_proba(X) != by_call.predict_proba(X))


def test_a_model_that_diverged(X):
    """NaN is no class, and no score may come of it."""
    wrapper = classifier().fit(X, LABELS)
    wrapper.model_.set_weights([weight * np.nan for weight in wrapper.model_.get_weights()])

    with pytest.raises(ModelOutputError, match="answers NaN"):
        wrapper.predict(X)


def test_a_loss_of_ones_own_gets_a_column(X):
    """A row of targets against a column of outputs would be compared each with each."""
    target = (X @ np.array([1.0, -2.0, 0.5], dtype=np.float32)).astype(np.float32)
    settings = {"optimizer": "adam", "optimizer__learning_rate": 0.1, "epochs": 30}
    own = regressor(loss=Mean, random_state=0, **settings).fit(X, target)
    keras_own = regressor(loss="mse", random_state=0, **settings).fit(X, target)

    np.testing.assert_allclose(keras_own.predict(X), own.predict(X), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("loss", ["mse", Mean(), [Mean()]])
def test_what_a_user_defines_survives_a_pickle(loss, X, target):
    """A layer whose method Keras wraps, and a loss given as an instance (SER-1, SER-4)."""

    def make():
        inputs = keras.Input((3,))
        return keras.Model(inputs, keras.layers.Dense(1)(WithBuild()(inputs)))

    wrapper = regressor(model=make, loss=loss).fit(X, target).set_params(model=None)
    other = pickle.loads(pickle.dumps(wrapper))

    np.testing.assert_array_equal(wrapper.predict(X), other.predict(X))


def test_a_classifier_with_a_loss_of_ones_own_survives_a_pickle(X):
    """The encoder of the target knows the loss, and goes with it."""
    wrapper = classifier(model=lambda meta: sequential(3, 1, "sigmoid"), loss=Mean())
    wrapper.fit(X, LABELS).set_params(model=None)
    other = pickle.loads(pickle.dumps(wrapper))

    np.testing.assert_array_equal(wrapper.predict(X), other.predict(X))

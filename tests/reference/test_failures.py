"""What goes wrong goes wrong before anything is lost, and in words (HYG-5)."""

import pickle

import keras
import numpy as np
import pytest
from reference_models import classifier, regressor, sequential, sigmoid

from scikeras_reference.exceptions import (
    CompilationError,
    ConstructionError,
    InputError,
    ModelOutputError,
    ParameterError,
    RoutingError,
)

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

    with pytest.raises(ModelOutputError, match="predicts NaN"):
        wrapper.predict(X)


@pytest.mark.slow
def test_a_loss_of_ones_own_gets_a_column(X):
    """A row of targets against a column of outputs would be compared each with each."""
    target = (X @ np.array([1.0, -2.0, 0.5], dtype=np.float32)).astype(np.float32)
    settings = {"optimizer": "adam", "optimizer__learning_rate": 0.1, "epochs": 3}
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


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"fit__foo": 1}, "fit__foo leads to Model.fit"),
        ({"fit__epoch": 1}, "Did you mean epochs"),
        ({"fit__x": 1}, "fit__x is what the wrapper gives"),
        ({"fit__sample_weight": 1}, "fit__sample_weight is what the wrapper gives"),
        ({"compile__foo": 1}, "compile__foo leads to Model.compile"),
    ],
)
def test_a_routed_argument_that_keras_does_not_take_is_named(params, named, X):
    """The error names the parameter as the user gave it, before anything is trained."""
    trained = []
    callback = keras.callbacks.LambdaCallback(on_train_begin=lambda logs: trained.append(1))

    with pytest.raises(RoutingError, match=named):
        classifier(callbacks=callback, **params).fit(X, LABELS)

    assert [] == trained


def test_a_keyword_of_a_call_that_keras_does_not_take_is_named(X):
    """Likewise for keywords of fit, partial_fit and predict."""
    wrapper = classifier(predict__foo=1)
    with pytest.raises(RoutingError, match="^X_val leads to Model.fit"):
        wrapper.partial_fit(X, LABELS, X_val=X)
    with pytest.raises(RoutingError, match="^x is what the wrapper gives to Model.fit"):
        wrapper.fit(X, LABELS, x=X)
    with pytest.raises(RoutingError, match="predict__foo leads to Model.predict"):
        wrapper.fit(X, LABELS).predict(X)
    with pytest.raises(RoutingError, match="^step leads to .* Did you mean steps"):
        classifier().fit(X, LABELS).predict(X, step=1)


def test_models_that_take_more_are_given_more(X, target):
    """A model with a fit, compile or predict of its own says what it takes."""
    wrapper = regressor(model=Generous, fit__note="a", compile__mark="b", predict__note="c")

    wrapper.fit(X, target).predict(X)

    assert {"fit": "a", "compile": "b", "predict": "c"} == wrapper.model_.notes


class Generous(keras.Model):
    """A model whose methods take further arguments."""

    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense(1)
        self.notes = {}

    def call(self, inputs):
        return self.layer(inputs)

    def compile(self, *args, mark=None, **kwargs):
        super().compile(*args, **kwargs)
        self.notes = {"compile": mark}

    def fit(self, *args, note=None, **kwargs):
        self.notes["fit"] = note
        return super().fit(*args, **kwargs)

    def predict(self, *args, **kwargs):
        self.notes["predict"] = kwargs.pop("note", None)
        return super().predict(*args, **kwargs)


def test_an_argument_that_the_scorer_does_not_take_is_named(X, target):
    """The error of the scorer has a note with the routed parameter."""
    wrapper = regressor(score__foo=1).fit(X, target)
    with pytest.raises(TypeError) as caught:
        wrapper.score(X, target)
    assert ["The scorer was called with score__foo."] == caught.value.__notes__


@pytest.mark.parametrize("loss", [[], {}, ()])
def test_no_loss_in_a_list_is_no_loss(loss, X, target):
    """An empty list or dict of losses is a missing loss (COMP-7)."""
    with pytest.raises(CompilationError, match="loss"):
        regressor(loss=loss).fit(X, target)


@pytest.mark.parametrize("items", [1, 4])
def test_validation_data_of_another_length_is_refused(items, X, target):
    """Two or three items, and the error says so."""
    with pytest.raises(InputError, match=f"validation_data has {items} items"):
        regressor().fit(X, target, validation_data=(X,) * items)


@pytest.mark.parametrize(
    "params",
    [{"shuffle": "no"}, {"run_eagerly": "False"}, {"warm_start": "no"}, {"verbose": "loud"}],
    ids=lambda params: next(iter(params)),
)
def test_text_is_no_flag(params, X, target):
    """Any text is true, so "False" would mean the opposite."""
    (name,) = params
    with pytest.raises(ParameterError, match=f"^{name} is "):
        regressor(**params).fit(X, target)


@pytest.mark.parametrize("name", ["_fit_state", "_late_parameters", "_free_parameters", "_x"])
def test_private_names_are_no_keywords_of_a_builder(name):
    """They could shadow what the wrapper keeps for itself; model__ passes them all the same."""
    with pytest.raises(ParameterError, match=f"model__{name}"):
        regressor(**{name: 1})


def test_a_builder_gets_private_names_through_its_prefix(X, target):
    """What cannot be a plain keyword can be routed."""

    def build(meta, _units):
        return sequential(meta["n_features_in_"], _units)

    assert 1 == regressor(model=build, model___units=1).fit(X, target).model_.output_shape[1]


def test_classes_of_callbacks_may_be_given_to_a_call(X, target):
    """What fit and predict are given is built where it is a class, and used as it is otherwise."""
    made.clear()
    mine = keras.callbacks.History()

    wrapper = regressor().fit(X, target, callbacks={"a": [Counting], "b": mine})
    wrapper.predict(X, callbacks=Counting)

    assert ["train", "predict"] == made
    assert [0] == mine.epoch
    with pytest.raises(ConstructionError, match="callbacks holds 3"):
        wrapper.fit(X, target, callbacks=[3])


made: list[str] = []


class Counting(keras.callbacks.Callback):
    """Writes down what it was made for."""

    def on_train_begin(self, logs=None):
        made.append("train")

    def on_predict_begin(self, logs=None):
        made.append("predict")


def test_a_callback_list_is_a_list_of_callbacks(X, target):
    """Keras takes a CallbackList; without a model of its own its callbacks serve."""
    own = keras.callbacks.CallbackList([keras.callbacks.History()], add_history=True)
    regressor().fit(X, target, callbacks=own, epochs=2)
    assert [0, 1] == own.callbacks[0].epoch


@pytest.mark.parametrize("way", ["parameter", "routed", "keyword"])
def test_class_weights_go_by_label_however_they_are_given(way, X):
    """Keras's own go by numbers, which are nothing that a user of labels knows."""
    weights = {"no": 0.0, "yes": 1.0}
    plain = classifier(epochs=2).fit(X, LABELS, (LABELS == "yes").astype(float))
    given = {"parameter": {"class_weight": weights}, "routed": {"fit__class_weight": weights}}
    call = {"class_weight": weights} if way == "keyword" else {}

    weighted = classifier(epochs=2, **given.get(way, {})).fit(X, LABELS, **call)

    np.testing.assert_array_equal(plain.predict_proba(X), weighted.predict_proba(X))


def test_class_weights_that_do_not_fit_are_named(X):
    """The error says class_weight, and what would do for an indicator of labels."""
    indicator = np.stack([LABELS == "yes", np.arange(24) % 3 == 0], axis=1).astype(int)
    with pytest.raises(ParameterError, match="class_weight=.* a list with a dict for each"):
        classifier(model=sigmoid, loss="binary_crossentropy", class_weight={0: 1, 1: 2}).fit(
            X, indicator
        )


def test_weights_of_a_score_that_are_all_zero_are_refused(X, target):
    """In words about a score, not about a training (API-6)."""
    with pytest.raises(InputError, match="^No samples had any weight"):
        regressor().fit(X, target).score(X, target, np.zeros(24))


def test_dates_are_refused_as_features(target):
    """No layer takes them, and the error says what to do."""
    with pytest.raises(InputError, match="dtype datetime64"):
        regressor().fit(np.arange(24).reshape(-1, 1).astype("datetime64[s]"), target)


def test_numbers_wider_than_backends_know_are_narrowed(X, target):
    """The answers are those for float64."""
    wide = regressor().fit(X.astype(np.longdouble), target.astype(np.longdouble))
    usual = regressor().fit(X.astype(np.float64), target.astype(np.float64))
    np.testing.assert_array_equal(usual.predict(X), wide.predict(X))

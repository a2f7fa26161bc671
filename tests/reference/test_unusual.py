"""Models, encoders, targets and calls that are unusual, and work or are refused in words."""

import functools
import pickle
import warnings
from collections import namedtuple
from unittest import mock

import keras
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse
import sklearn
from reference_models import base, classifier, linear, regressor, scaled_error, sequential, softmax
from sklearn.base import BaseEstimator, TransformerMixin

from scikeras_reference import KerasRegressor
from scikeras_reference.exceptions import (
    CompilationError,
    InputError,
    ModelOutputError,
    ParameterError,
    SerializationError,
)

LABELS = np.array(["no", "yes"] * 12)


def test_methods_of_a_model_may_be_replaced(X, target):
    """By a mock that records calls, or by a partial: neither has the name of a method."""
    wrapper = regressor(batch_size=-1).initialize(X, target)

    with mock.patch.object(wrapper.model_, "fit", side_effect=wrapper.model_.fit) as fit:
        wrapper.partial_fit(X, target)
    with mock.patch.object(wrapper.model_, "predict", side_effect=wrapper.model_.predict) as ask:
        wrapper.predict(X, steps=1)

    assert 24 == fit.call_args.kwargs["batch_size"]
    assert 1 == ask.call_args.kwargs["steps"]


def test_a_builder_may_bind_arguments_of_fit(X, target):
    """The partial takes what the method takes."""

    def build(meta):
        model = linear(meta)
        model.fit = functools.partial(model.fit, shuffle=False)
        return model

    assert 2 == regressor(model=build).fit(X, target, epochs=2).current_epoch


@pytest.mark.parametrize("y_shape", [(24,), (24, 1)])
def test_an_output_of_several_dimensions_is_refused_by_a_regressor(y_shape, target):
    """A forgotten Flatten gives five answers for a row, which are no prediction."""

    def build():
        return keras.Sequential([keras.Input((5, 2)), keras.layers.Dense(1)])

    with pytest.raises(ModelOutputError, match=r"5 units, in the shape \(5, 1\)"):
        regressor(model=build).fit(np.ones((24, 5, 2)), target.reshape(y_shape))


def test_an_output_of_ones_is_a_number(X, target):
    """(n, 1, 1) holds one number a row, and trains like (n, 1)."""

    def build(meta):
        model = linear(meta)
        return keras.Sequential([*model.layers, keras.layers.Reshape((1, 1))])

    usual = regressor(epochs=2).fit(X, target)
    unusual = regressor(model=build, epochs=2).fit(X, target)

    np.testing.assert_allclose(usual.predict(X), unusual.predict(X), rtol=1e-6)


def test_an_output_of_several_dimensions_is_refused_by_a_classifier():
    """Classes are read from one row of units."""

    def build():
        return keras.Sequential([keras.Input((1, 2)), keras.layers.Dense(2, activation="softmax")])

    with pytest.raises(ModelOutputError, match=r"\(None, 1, 2\)"):
        classifier(model=build).fit(np.ones((24, 1, 2)), LABELS)


@pytest.mark.parametrize("name", ["lambda_", "_lambda"])
def test_names_with_underscores_are_routed_to_a_builder(name, X, target):
    """ROUTE-2 has no exceptions, and the error for the plain name says so."""
    values = []

    def build(meta, **kwargs):
        values.append(kwargs[name])
        return linear(meta)

    with pytest.raises(ParameterError, match=f"model__{name}"):
        regressor(model=build, **{name: 1})
    regressor(model=build, **{f"model__{name}": 1}).fit(X, target)
    assert [1] == values


@pytest.mark.parametrize("loss", [None, [], {}, [None]], ids=str)
@pytest.mark.parametrize("compiles", [True, False], ids=["compiled", "uncompiled"])
def test_a_missing_loss_is_named_whoever_compiles(loss, compiles, X, target):
    """COMP-7, and likewise where the builder compiles with what it is given (COMP-4)."""

    def build(meta, compile_kwargs):
        model = linear(meta)
        if compiles:
            model.compile(**compile_kwargs)
        return model

    with pytest.raises(CompilationError, match="provide a loss function"):
        regressor(model=build, loss=loss).fit(X, target)


@pytest.mark.parametrize("compiles", [True, False], ids=["compiled", "uncompiled"])
def test_a_missing_optimizer_is_named_whoever_compiles(compiles, X, target):
    """Likewise for the optimizer."""

    def build(meta, compile_kwargs):
        model = linear(meta)
        if compiles:
            model.compile(**compile_kwargs)
        return model

    with pytest.raises(CompilationError, match="provide an optimizer"):
        regressor(model=build, optimizer=None).fit(X, target)


class Stubborn(keras.Model):
    """A model that trains without a loss, in a way of its own."""

    def __init__(self):
        super().__init__()
        self.layer = keras.layers.Dense(1)

    def call(self, inputs):
        return self.layer(inputs)

    def train_step(self, data):
        return {"nothing": 0.0}


def test_a_model_with_a_train_step_of_its_own_needs_no_loss(X):
    """It knows what it learns."""

    def build():
        model = Stubborn()
        model.compile(run_eagerly=True)
        return model

    if keras.backend.backend() == "jax":
        pytest.skip("the signature of train_step is another one on JAX")
    assert ["nothing"] == list(base(model=build, loss=None).fit(X).history_)


def test_a_model_may_bring_its_loss_along(X):
    """A layer that adds a loss trains without one in compile."""
    penalised = keras.layers.Dense(1, activity_regularizer="l2")

    def build(meta, compile_kwargs):
        model = keras.Sequential([keras.Input((meta["n_features_in_"],)), penalised])
        model.compile(**compile_kwargs)
        return model

    assert ["loss"] == list(base(model=build, loss=None).fit(X).history_)


class Vocabulary(TransformerMixin, BaseEstimator):
    """Tells the wrapper something under a name without an underscore."""

    def __init__(self, name="vocabulary"):
        self.name = name

    def fit(self, X):
        return self

    def transform(self, X):
        return X

    def get_metadata(self):
        return {self.name: 7}


class Telling(KerasRegressor):
    """A wrapper with an encoder that tells something."""

    def __init__(self, model=None, told="vocabulary", **kwargs):
        super().__init__(model, **kwargs)
        self.told = told

    @property
    def feature_encoder(self):
        return Vocabulary(self.told)


QUIET = {"loss": "mse", "verbose": 0, "run_eagerly": True}


def test_metadata_of_any_name_reaches_the_builder_and_is_forgotten(X, target):
    """DATA-5 makes no difference between names; another fit starts without them (INIT-11)."""
    seen = []

    def build(meta):
        seen.append(meta["vocabulary"])
        return linear(meta)

    wrapper = Telling(build, **QUIET).fit(X, target)
    assert (7, [7]) == (wrapper.vocabulary, seen)
    wrapper.set_params(model=linear, told="other").fit(X, target)
    assert 7 == wrapper.other
    assert not hasattr(wrapper, "vocabulary")


def test_metadata_that_names_a_parameter_is_refused(X, target):
    """It would change what the user gave (INIT-5)."""
    with pytest.raises(ParameterError, match="Vocabulary gives epochs"):
        Telling(linear, told="epochs", **QUIET).fit(X, target)


@pytest.mark.parametrize(
    "params",
    [{"loss": functools.partial(scaled_error)}, {"metrics": [functools.partial(scaled_error)]}],
    ids=lambda params: next(iter(params)),
)
def test_what_keras_cannot_save_is_named(params, X, target):
    """A partial trains; a pickle says what to write instead."""
    wrapper = regressor(**params).fit(X, target)
    with pytest.raises(SerializationError, match="a partial, or another callable object"):
        pickle.dumps(wrapper)


@pytest.mark.parametrize("as_", [list, lambda y: pd.DataFrame({"y": y}), pd.Series])
def test_a_scorer_gets_an_array(as_, X, target):
    """Whatever holds the true targets, as fit reads it (SCORE-3)."""

    class Last(KerasRegressor):
        @staticmethod
        def scorer(y_true, y_pred, **kwargs):
            return float(y_true[-1:].reshape(-1)[0] == target[-1])

    wrapper = Last(linear, **QUIET).fit(X, target)
    assert 1.0 == wrapper.score(X, as_(target))


def test_frames_of_mixed_columns():
    """Numbers in an array of objects are numbers; text is refused in words (HYG-5)."""
    from decimal import Decimal

    numbers = pl.DataFrame({"a": [Decimal("1.5")] * 24, "b": [Decimal(2)] * 24})
    text = pl.DataFrame({"a": ["x", "y"] * 12, "b": [1, 2] * 12})
    wrapper = classifier(model=softmax).fit(numbers, LABELS)
    assert (24,) == wrapper.predict(numbers).shape
    with pytest.raises(InputError, match="X contains non-numeric values"):
        classifier(model=softmax).fit(text, LABELS)


class Encoded(KerasRegressor):
    """A wrapper whose feature encoder gives what it is told to."""

    def __init__(self, model=None, form="sparse", **kwargs):
        super().__init__(model, **kwargs)
        self.form = form

    @property
    def feature_encoder(self):
        return Forming(self.form)


Pair = namedtuple("Pair", ["left", "right"])  # noqa: PYI024 - without types, as users write it


class Forming(TransformerMixin, BaseEstimator):
    """Gives sparse rows, or a named pair of arrays."""

    def __init__(self, form):
        self.form = form

    def fit(self, X):
        return self

    def transform(self, X):
        return scipy.sparse.csr_matrix(X) if self.form == "sparse" else Pair(X[:, :1], X[:, 1:])


def test_a_lazy_model_is_built_from_sparse_rows(X, target):
    """One dense row is enough to learn its shapes."""
    if keras.backend.backend() == "torch":
        pytest.skip("PyTorch's layers take no sparse input")

    def build():
        return keras.Sequential([keras.layers.Dense(1)])

    assert (24,) == Encoded(build, **QUIET).fit(X, target).predict(X).shape


def test_a_named_tuple_of_inputs(X, target):
    """Each field is an input."""

    def build(meta):
        inputs = Pair(keras.Input((1,)), keras.Input((meta["n_features_in_"] - 1,)))
        return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()([*inputs])))

    assert (24,) == Encoded(build, "pair", **QUIET).fit(X, target).predict(X).shape


def test_a_dict_of_one_output(X, target):
    """There is no doubt which one is meant."""

    def build(meta):
        inputs = keras.Input((meta["n_features_in_"],))
        return keras.Model(inputs, {"out": keras.layers.Dense(1)(inputs)})

    assert (24,) == regressor(model=build).fit(X, target).predict(X).shape


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_the_output_of_transformers_is_no_concern_of_the_default_encoders(output, X, target):
    """A setting for the user's transformers causes no warning here."""
    with (
        sklearn.config_context(transform_output=output),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        assert (24,) == regressor().fit(X, target).predict(X).shape
        assert (24, 1) == base().fit(X, target.reshape(-1, 1)).predict(X).shape
    assert [] == [str(w.message) for w in caught if "DataFrame" in str(w.message)]


def test_a_model_that_needs_no_rows_of_units_may_have_an_encoder_that_reads_it():
    """Only the default decoding needs rows of units; a subclass may read other outputs."""
    from scikeras_reference import KerasClassifier
    from scikeras_reference.utils.transformers import ClassifierLabelEncoder

    class First(ClassifierLabelEncoder):
        def inverse_transform(self, y, return_proba=False):
            return super().inverse_transform(y[:, 0], return_proba)

        def transform(self, y):
            return super().transform(y)[:, None]

    class Reading(KerasClassifier):
        @property
        def target_encoder(self):
            return First(self.loss)

    def build():
        return keras.Sequential([*sequential(2, 2, "softmax").layers, keras.layers.Reshape((1, 2))])

    wrapper = Reading(build, loss="sparse_categorical_crossentropy", verbose=0, run_eagerly=True)
    assert (24,) == wrapper.fit(np.ones((24, 2)), LABELS).predict(np.ones((24, 2))).shape

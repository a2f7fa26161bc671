"""Fitting, fitting further, and predicting (chapters INIT, DATA, ROUTE and API)."""

import pickle

import keras
import numpy as np
import pytest
from reference_models import Counting, base, classifier, linear, regressor, sequential, softmax
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference.exceptions import InputError


def test_before_fit(X, target):
    """Nothing can be asked, and the error is scikit-learn's (INIT-9, API-12)."""
    wrapper = classifier()

    assert not wrapper.initialized_
    assert 0 == wrapper.current_epoch
    for ask in (
        wrapper.predict,
        wrapper.predict_proba,
        wrapper.decision_function,
        lambda X: wrapper.score(X, target),
        lambda X: check_is_fitted(wrapper),
    ):
        with pytest.raises(NotFittedError):
            ask(X)


def test_initialize_does_not_train(X, target):
    """The weights are those that the builder made (INIT-8)."""

    def build():
        model = sequential(3, 1)
        model.set_weights([np.ones((3, 1)), np.zeros(1)])
        return model

    wrapper = regressor(model=build)

    assert wrapper is wrapper.initialize(X, target)
    assert wrapper.initialized_
    assert not hasattr(wrapper, "history_")
    np.testing.assert_allclose(X.sum(axis=1), wrapper.predict(X), rtol=1e-5)


def test_attributes_of_a_fitted_wrapper(X, target):
    """Each public one ends in one underscore (INIT-6)."""
    wrapper = regressor()
    before = set(vars(wrapper))
    created = set(vars(wrapper.fit(X, target))) - before

    public = {name for name in created if not name.startswith("_")}
    assert all(name.endswith("_") and not name.endswith("__") for name in public)
    assert {"model_", "history_", "n_features_in_", "target_encoder_"} <= public
    assert isinstance(wrapper.model_, keras.Model)


def test_parameters_stay_as_they_are(X, y):
    """Objects among the parameters are neither trained nor replaced (INIT-5)."""
    params = {
        "optimizer": keras.optimizers.Adam(0.5),
        "loss": keras.losses.SparseCategoricalCrossentropy(),
        "metrics": [keras.metrics.SparseCategoricalAccuracy()],
        "callbacks": [keras.callbacks.EarlyStopping(monitor="loss", restore_best_weights=True)],
    }
    stopping = dict(vars(params["callbacks"][0]))
    wrapper = classifier(**params)

    wrapper.fit(X, y).predict(X)
    wrapper.fit(X, y).score(X, y)

    assert all(getattr(wrapper, name) is value for name, value in params.items())
    assert 0 == int(params["optimizer"].iterations)
    assert not params["optimizer"].built
    assert stopping == vars(params["callbacks"][0])
    assert 0.0 == float(params["metrics"][0].result())


def test_history_and_epochs(X, target):
    """Reset by ``fit``, extended by ``partial_fit``; full names of metrics (API-1 to API-3)."""
    wrapper = regressor(metrics=["mae"], epochs=2, validation_split=0.5).fit(X, target)
    names = {"loss", "mean_absolute_error", "val_loss", "val_mean_absolute_error"}

    assert names == set(wrapper.history_)
    wrapper.partial_fit(X, target)
    assert {3} == {len(values) for values in wrapper.history_.values()}
    assert 3 == wrapper.current_epoch
    wrapper.fit(X, target)
    assert 2 == wrapper.current_epoch


def test_colliding_full_names(X, target):
    """Two metrics whose full names are equal keep the names that Keras gave them."""
    wrapper = regressor(metrics=["mse", "mean_squared_error"]).fit(X, target)

    assert {"loss", "mse", "mean_squared_error"} == set(wrapper.history_)


def test_partial_fit_goes_on(X, target):
    """Weights and the optimizer's state are kept (API-3)."""
    wrapper = regressor(optimizer="adam")
    for _ in range(3):
        wrapper.partial_fit(X, target)

    assert 3 == int(wrapper.model_.optimizer.iterations)
    model = wrapper.model_
    assert model is wrapper.partial_fit(X, target).model_
    for name in ("epochs", "initial_epoch"):
        with pytest.raises(TypeError, match=f"Invalid argument `{name}`"):
            wrapper.partial_fit(X, target, **{name: 1})


def test_warm_start(X, target):
    """``fit`` goes on with the same model, and starts its history anew (API-4)."""
    wrapper = regressor(warm_start=True, epochs=2, callbacks=Counting).fit(X, target)
    model, callback = wrapper.model_, wrapper._fit_state.callbacks[0][0]

    assert model is wrapper.fit(X, target).model_
    assert 2 == wrapper.current_epoch
    assert callback is not wrapper._fit_state.callbacks[0][0]
    assert model is not wrapper.set_params(warm_start=False).fit(X, target).model_


def test_an_initial_epoch_extends_the_history(X, target):
    """Keyword arguments of ``fit`` hold for that call only (API-11)."""
    wrapper = regressor(warm_start=True, epochs=2).fit(X, target)

    wrapper.fit(X, target, initial_epoch=2, epochs=3)

    assert (5, 2) == (wrapper.current_epoch, wrapper.epochs)


def test_later_data_of_another_kind(X, target):
    """The error gives both, what came and what was expected (API-13)."""
    wrapper = regressor().fit(X, target)

    with pytest.raises(ValueError, match=r"2 features.* 3 features"):
        wrapper.predict(X[:, :2])
    with pytest.raises(InputError, match="X has 3 dimensions.*expecting 2 dimensions in X"):
        wrapper.predict(X[:, :, None])
    with pytest.raises(InputError, match="Got X with dtype float64.*float32"):
        wrapper.partial_fit(X.astype(np.float64), target)
    with pytest.raises(InputError, match="Got y with dtype float64.*float32"):
        wrapper.partial_fit(X, target.astype(np.float64))
    with pytest.raises(InputError, match="y has 2 dimensions.*1 dimensions"):
        wrapper.partial_fit(X, target.reshape(-1, 1))
    wrapper.partial_fit(X.astype(np.float16), target.astype(np.float16))


@pytest.mark.parametrize("make", [base, regressor])
def test_a_later_target_with_other_columns(make, X):
    """Both numbers, whatever the encoder of the target says of it (API-13)."""
    wrapper = make().partial_fit(X, X[:, :2])

    with pytest.raises(InputError, match=r"y has shape \(24, 3\).*\(n_samples, 2\)"):
        wrapper.partial_fit(X, X)


class Split(TransformerMixin, BaseEstimator):
    """One X becomes two inputs."""

    fitted = 0

    def __init__(self, kind="list"):
        self.kind = kind

    def fit(self, X):
        type(self).fitted += 1
        return self

    def transform(self, X):
        parts = {"a": X[:, :1], "b": X[:, 1:]}
        return parts if self.kind == "dict" else list(parts.values())

    def get_metadata(self):
        return {"n_inputs_": 2}


class Stack(TransformerMixin, BaseEstimator):
    """Two columns of y become two outputs."""

    def fit(self, y):
        return self

    def transform(self, y):
        return [y[:, :1], y[:, 1:]]

    def inverse_transform(self, outputs):
        return np.hstack(outputs)

    def get_metadata(self):
        return {"n_outputs_expected_": 2}


def two_by_two(meta):
    assert 2 == meta["n_inputs_"]
    a, b = keras.layers.Input((1,), name="a"), keras.layers.Input((2,), name="b")
    joined = keras.layers.Concatenate()([a, b])
    inputs = [a, b] if meta["feature_encoder_"].kind == "list" else {"a": a, "b": b}
    return keras.Model(inputs, [keras.layers.Dense(1)(joined) for _ in range(2)])


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_several_inputs_and_outputs(kind, X, target):
    """Encoders split X and y, and join the outputs (DATA-1 to DATA-5)."""

    class Wrapper(KerasRegressor):
        @property
        def feature_encoder(self):
            return Split(kind)

        @property
        def target_encoder(self):
            return Stack()

    Split.fitted = 0
    both = np.column_stack([target, -target])
    wrapper = Wrapper(
        two_by_two, loss=["mse", "mae"], optimizer="sgd", verbose=0, run_eagerly=True, batch_size=-1
    ).fit(X, both, sample_weight=np.ones(24))

    assert both.shape == wrapper.predict(X).shape
    assert np.isfinite(wrapper.score(X, both))
    assert 1 == Split.fitted
    assert (2, 2) == (wrapper.n_inputs_, wrapper.n_outputs_expected_)


def test_data_reaches_the_model_unchanged(spy, rng):
    """Values and shapes, with more than two dimensions too (DATA-7)."""
    X, y = rng.normal(size=(6, 3, 2)).astype(np.float32), np.arange(6.0)
    _, log = spy

    def build():
        return log([keras.layers.Input((3, 2)), keras.layers.Flatten(), keras.layers.Dense(1)])

    wrapper = regressor(model=build).fit(X, y)

    np.testing.assert_array_equal(X, log.fits[0]["x"])
    assert (6,) == wrapper.predict(X).shape
    with pytest.raises(InputError, match=r"shape \(6, 3, 1\).*\(n_samples, 3, 2\)"):
        wrapper.predict(X[:, :, :1])


def test_a_wrapper_without_a_target(X):
    """The base wrapper can train on X alone."""

    def build(meta):
        model = keras.Sequential([keras.layers.Dense(3, activity_regularizer="l2")])
        model.compile("sgd", loss={}, run_eagerly=True)
        return model

    class Reconstructing(BaseWrapper):
        def fit(self, X, y=None, **kwargs):
            return super().fit(X, X, **kwargs)

    wrapper = Reconstructing(linear, loss="mse", verbose=0, run_eagerly=True).fit(X)
    assert (24, 3) == wrapper.predict(X).shape
    assert (24, 3) == base(model=build).initialize(X).predict(X).shape


def test_the_base_wrapper_does_not_score(X, target):
    """A subclass says how (SCORE-2 to SCORE-4)."""

    class Scoring(BaseWrapper):
        @staticmethod
        def scorer(y_true, y_pred, **kwargs):
            return kwargs

    with pytest.raises(NotImplementedError, match="Override the static method scorer"):
        base().fit(X, target).score(X, target)
    wrapper = Scoring(linear, loss="mse", score__a=1, score__b__c=2, verbose=0, run_eagerly=True)
    assert {"a": 1, "b__c": 2} == wrapper.fit(X, target).score(X, target)
    assert {"a", "b__c", "sample_weight"} == set(wrapper.score(X, target, np.ones(24)))


def test_quiet(capsys, X, y3):
    """Nothing is printed with ``verbose=0`` (HYG-6)."""
    classifier(model=softmax).fit(X, y3).predict(X)

    assert ("", "") == tuple(capsys.readouterr())


@pytest.mark.parametrize("method", ["fit", "initialize"])
def test_a_fit_that_is_refused_loses_nothing(X, y, method):
    """Bad input leaves the model of the last fit in place, ready to predict."""
    estimator = KerasClassifier(_tiny_classifier, verbose=0).fit(X, y)
    before = dict(vars(estimator))
    with pytest.raises(ValueError, match="NaN"):
        getattr(estimator, method)(np.full_like(X, np.nan), y)
    assert before.keys() == vars(estimator).keys()
    assert before["model_"] is estimator.model_
    assert X.shape[0] == len(estimator.predict(X))


@pytest.mark.parametrize("copying", [clone, lambda given: pickle.loads(pickle.dumps(given))])
def test_a_compiled_model_that_never_trained_is_copied(X, y, copying):
    """The state of an optimizer that has none yet is not missed."""
    model = _tiny_classifier()
    model.compile(optimizer="adam", loss="binary_crossentropy")
    estimator = copying(KerasClassifier(model, verbose=0))
    assert X.shape[0] == len(estimator.fit(X, y).predict(X))


def _tiny_classifier():
    model = keras.Sequential(
        [keras.layers.Input((3,)), keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer="sgd", loss="binary_crossentropy", run_eagerly=True)
    return model

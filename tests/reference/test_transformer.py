"""`KerasTransformer`: the encoder of an autoencoder, and its decoder."""

import pickle

import keras
import numpy as np
import pytest
import scipy.sparse
from reference_models import QUICK
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from test_rows import Dataset

from scikeras_reference import KerasTransformer
from scikeras_reference.exceptions import InputError, ModelOutputError

pytestmark = pytest.mark.slow


def autoencoder(meta, width=2):
    """Build a sequential model."""
    n_features = meta["n_features_in_"]
    return keras.Sequential(
        [
            keras.layers.Input((n_features,)),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(width, name="code"),
            keras.layers.Dense(n_features),
        ]
    )


def functional(meta, width=2):
    """Build a model whose layers are called one by one."""
    inputs = keras.layers.Input((meta["n_features_in_"],))
    code = keras.layers.Dense(width, name="code")(inputs)
    return keras.Model(inputs, keras.layers.Dense(meta["n_features_in_"])(code))


def skipping(meta):
    """Build a model with a connection past the code."""
    inputs = keras.layers.Input((meta["n_features_in_"],))
    code = keras.layers.Dense(2, name="code")(inputs)
    decoded = keras.layers.Dense(meta["n_features_in_"])(code)
    return keras.Model(inputs, keras.layers.Add()([decoded, inputs]))


def nested():
    """Build a model of two models."""
    encoder = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2)], name="encoder")
    decoder = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)], name="decoder")
    return keras.Sequential([keras.layers.Input((3,)), encoder, decoder])


def transformer(model=autoencoder, **params):
    defaults = {"loss": "mse", "optimizer": "adam", "optimizer__learning_rate": 0.1}
    return KerasTransformer(model, **{**defaults, **QUICK, **params})


@pytest.mark.parametrize("build", [autoencoder, functional])
def test_encoder_and_decoder_make_the_model(build, X):
    """What is transformed and transformed back is what the whole model returns."""
    fitted = transformer(build, epochs=2).fit(X, "ignored")

    codes = fitted.transform(X)

    assert (24, 2) == codes.shape
    assert np.allclose(fitted.reconstruct(X), fitted.inverse_transform(codes), atol=1e-6)
    assert ["kerastransformer0", "kerastransformer1"] == fitted.get_feature_names_out().tolist()


def test_a_model_as_code_layer(X):
    """Encoder and decoder may be models of their own in a sequential model."""
    fitted = transformer(nested, code_layer="encoder").fit(X)

    codes = fitted.transform(X)

    assert np.allclose(fitted.model_.get_layer("encoder").predict(X, verbose=0), codes, atol=1e-6)
    assert np.allclose(fitted.reconstruct(X), fitted.inverse_transform(codes), atol=1e-6)
    assert np.array_equal(codes, clone(fitted).set_params(code_layer=0).fit(X).transform(X))


def test_the_parts_follow_the_model(X):
    """They share its weights: after `partial_fit`, in a copy, and after another fit."""
    fitted = transformer().fit(X)
    copy = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(fitted.transform(X), copy.transform(X))

    for further in (fitted, copy):
        before = further.transform(X)
        after = further.partial_fit(X).transform(X)
        assert not np.allclose(before, after)
        assert np.allclose(further.reconstruct(X), further.inverse_transform(after), atol=1e-6)


def test_a_decoder_that_needs_more_than_the_code(X):
    """`inverse_transform` is not there, and says why."""
    fitted = transformer(skipping).fit(X)
    assert fitted.decoder_ is None
    assert not hasattr(fitted, "inverse_transform")
    assert hasattr(transformer(), "inverse_transform")
    assert (24, 2) == fitted.transform(X).shape
    assert not hasattr(transformer(code_layer=-1).fit(X), "inverse_transform")


@pytest.mark.parametrize(
    ("build", "layer", "message"),
    [
        (autoencoder, "kode", "Did you mean code"),
        (autoencoder, 9, "no such layer"),
        (autoencoder, True, "no such layer"),
        (
            lambda: keras.Model(i := keras.Input((3,)), keras.layers.Identity()(i)),
            "code",
            "no such",
        ),
    ],
)
def test_a_code_layer_that_is_not_there(build, layer, message, X):
    """It is an error before training, with the layers that there are."""
    estimator = transformer(build, code_layer=layer)
    with pytest.raises(ModelOutputError, match=message):
        estimator.fit(X)
    assert not estimator.initialized_


def test_before_fit(X):
    """Nothing can be transformed, in either direction."""
    for method in ("transform", "inverse_transform", "reconstruct", "score"):
        with pytest.raises(NotFittedError):
            getattr(transformer(), method)(X)
    with pytest.raises(AttributeError, match="no model yet"):
        _ = transformer().encoder_
    with pytest.raises(NotFittedError):
        transformer().get_feature_names_out()


def test_targets_to_validate_on_are_ignored(X):
    """As y is, so that a router may pass both."""
    assert "val_loss" in transformer().fit(X, X_val=X, y_val=X[:, 0]).history_


@pytest.mark.fast
def test_there_is_no_predict(X):
    """It would have to return one number for each row."""
    assert not hasattr(transformer().fit(X), "predict")
    with pytest.raises(AttributeError, match="reconstruct"):
        _ = transformer().predict


def test_codes_of_another_width(X):
    """They are refused with both shapes."""
    with pytest.raises(InputError, match=r"\(3,\).*\(2,\)"):
        transformer().fit(X).inverse_transform(X)


def test_data_frames(X):
    """`set_output` survives a clone, and names the columns."""
    pandas = pytest.importorskip("pandas")
    estimator = clone(transformer().set_output(transform="pandas"))

    codes = estimator.fit_transform(pandas.DataFrame(X, columns=["a", "b", "c"]))

    assert ["kerastransformer0", "kerastransformer1"] == codes.columns.tolist()
    assert ["a", "b", "c"] == estimator.feature_names_in_.tolist()


@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_sparse_rows(kind, X):
    """Codes, reconstructions and scores of a sparse matrix are those of the dense one."""
    dense = np.where(X > 0, X, 0)
    fitted = transformer(random_state=0, shuffle=False).fit(dense)
    given = kind(dense)

    np.testing.assert_allclose(fitted.transform(dense), fitted.transform(given), rtol=1e-5)
    np.testing.assert_allclose(fitted.reconstruct(dense), fitted.reconstruct(given), rtol=1e-5)
    assert pytest.approx(fitted.score(dense)) == fitted.score(given)
    other = transformer(random_state=0, shuffle=False).fit(given)
    np.testing.assert_allclose(fitted.transform(dense), other.transform(given), rtol=1e-4)


@pytest.mark.parametrize("build", [autoencoder, functional, skipping, nested])
@pytest.mark.parametrize("eagerly", [True, False])
def test_sparse_rows_are_made_dense_in_batches(build, eagerly, X, monkeypatch):
    """Neither a fit nor the codes need the whole matrix as an array, whatever the model."""
    dense, sizes = np.where(X > 0, X, 0), []
    original = scipy.sparse.csr_array.toarray

    def recording(self, *args, **kwargs):
        sizes.append(self.shape[0])
        return original(self, *args, **kwargs)

    monkeypatch.setattr(scipy.sparse.csr_array, "toarray", recording)
    params = {
        "code_layer": "encoder" if build is nested else "code",
        "batch_size": 5,
        "shuffle": False,
        "validation_split": 0.25,
        "run_eagerly": eagerly,
    }
    expected = transformer(build, **params).fit(dense)

    fitted = transformer(build, **params).fit(scipy.sparse.csr_array(dense))
    codes = fitted.transform(scipy.sparse.csr_array(dense))

    assert set(sizes) <= {5, 3, 1, 4}, sizes
    np.testing.assert_allclose(expected.transform(dense), codes, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        expected.history_["val_loss"], fitted.history_["val_loss"], rtol=1e-4
    )


def parts(X, weights=None):
    """Yield batches of five rows, alone or with something that is no target."""
    for start in range(0, len(X), 5):
        rows = slice(start, start + 5)
        yield X[rows] if weights is None else (X[rows], X[rows, 0], weights[rows])


@pytest.mark.parametrize("kind", ["dataset", "function", "generator"])
def test_batches(kind, X):
    """Codes, rows out of codes, and scores of batches are those of the array."""
    source = {
        "dataset": lambda X: Dataset(X, X[:, 0]),
        "function": lambda X: lambda: parts(X),
        "generator": parts,
    }[kind]
    expected = transformer(shuffle=False, batch_size=5).fit(X)

    fitted = transformer(shuffle=False, batch_size=5).fit(source(X))
    codes = fitted.transform(source(X))

    np.testing.assert_array_equal(expected.transform(X), codes)
    np.testing.assert_array_equal(
        expected.inverse_transform(codes), fitted.inverse_transform(source(codes))
    )
    np.testing.assert_array_equal(expected.reconstruct(X), fitted.reconstruct(source(X)))
    assert expected.score(X) == fitted.score(source(X))


def test_batches_to_validate_on_with_weights(X):
    """Batches validate without targets, and their weights count in scores."""
    weights = np.arange(24) % 3 + 1.0
    fitted = transformer(shuffle=False).fit(X, X_val=lambda: parts(X))

    expected = transformer(shuffle=False).fit(X, X_val=X)
    assert np.isclose(expected.history_["val_loss"], fitted.history_["val_loss"])
    assert pytest.approx(fitted.score(X, sample_weight=weights)) == fitted.score(parts(X, weights))
    with pytest.raises(InputError, match="sample_weight is given too"):
        fitted.score(parts(X), sample_weight=weights)


def test_codes_of_another_width_in_batches(X):
    """The error is that of an array, not one of a backend about it."""
    with pytest.raises(InputError, match=r"\(3,\).*\(2,\)"):
        transformer().fit(X).inverse_transform(lambda: parts(X))


@pytest.mark.costly
def test_pipelines_and_searches(X, y):
    """It is a step like any other, and a search chooses the width of the code."""
    pipeline = make_pipeline(StandardScaler(), transformer(), LogisticRegression()).fit(X, y)
    assert (24,) == pipeline.predict(X).shape

    quick = transformer(epochs=60, run_eagerly=False)
    search = GridSearchCV(quick, {"model__width": [1, 3]}, cv=2).fit(X)
    assert {"model__width": 3} == search.best_params_


def test_validation_and_weights(X):
    """Validation data have no target of their own; weights apply in `fit` and in `score`."""
    weights = np.r_[np.ones(12), np.zeros(12)]

    fitted = transformer().fit(X, sample_weight=weights, X_val=X[:4], sample_weight_val=weights[:4])

    assert {"loss", "val_loss"} == set(fitted.history_)
    assert np.isclose(fitted.score(X[:12]), fitted.score(X, sample_weight=weights))
    assert 0 > fitted.score(X)


def test_an_encoder_of_features(X):
    """It applies before the model, and its inverse after the decoder."""

    class Scaling(KerasTransformer):
        @property
        def feature_encoder(self):
            return FunctionTransformer(
                lambda X: X * np.float32(10), inverse_func=lambda X: X / np.float32(10)
            )

    fitted = Scaling(functional, loss="mse", **QUICK).fit(X)

    again = fitted.inverse_transform(fitted.transform(X))
    assert np.allclose(fitted.model_.predict(10 * X, verbose=0), 10 * again, atol=1e-4)
    assert np.allclose(fitted.reconstruct(X), again, atol=1e-4)


def test_names_need_a_flat_code(X):
    """A code of several dimensions is transformed to, but has no columns."""

    def build():
        return keras.Sequential(
            [
                keras.layers.Input((3,)),
                keras.layers.Reshape((3, 1), name="code"),
                keras.layers.Flatten(),
                keras.layers.Dense(3),
            ]
        )

    fitted = transformer(build).fit(X)

    assert (24, 3, 1) == fitted.transform(X).shape
    with pytest.raises(ModelOutputError, match="Flatten"):
        fitted.get_feature_names_out()

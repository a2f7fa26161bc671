"""Sparse X stays sparse until it is a batch, and the model is that of the dense array."""

import sys

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from memory_growth import memory_growth
from reference_models import TwoLayers, classifier, linear, regressor, softmax
from shared_step_models import ON_JAX, only_where_shared
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference import KerasRegressor
from scikeras_reference._data.sparse import canonical, fits_encoder
from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._training.fit import SETTING, explain
from scikeras_reference.exceptions import InputError

pytestmark = pytest.mark.slow

KINDS = [
    f"{fmt}_{kind}" for fmt in ("csr", "csc", "coo", "lil", "dok") for kind in ("array", "matrix")
]
on_torch = keras.backend.backend() == "torch"


@pytest.fixture
def dense(rng):
    """Return numbers, most of which are zero."""
    values = rng.normal(size=(24, 3)).astype(np.float32)
    return np.where(rng.random((24, 3)) < 0.4, values, 0).astype(np.float32)


@pytest.fixture
def toarray_rows(monkeypatch):
    """Return the list of the numbers of rows that are made dense at once."""
    rows = []
    for cls in (sp.csr_matrix, sp.csr_array):
        original = cls.toarray

        def recording(self, *args, original=original, **kwargs):
            rows.append(self.shape[0])
            return original(self, *args, **kwargs)

        monkeypatch.setattr(cls, "toarray", recording)
    return rows


def weights_of(wrapper):
    return wrapper.model_.get_weights()


def assert_same(expected, wrapper, X, dense):
    """Check that two wrappers have the same weights, history and predictions, bit for bit."""
    for ours, theirs in zip(weights_of(expected), weights_of(wrapper), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert expected.history_ == wrapper.history_
    np.testing.assert_array_equal(expected.predict(dense), wrapper.predict(X))


@pytest.mark.parametrize("kind", KINDS)
def test_formats(kind, dense, target):
    """Each format, as array and as matrix, trains the model that the dense array trains (SKL-5)."""
    X = getattr(sp, kind)(dense)
    expected = regressor(shuffle=False, epochs=2, batch_size=5).fit(dense, target)

    wrapper = regressor(shuffle=False, epochs=2, batch_size=5).fit(X, target)

    assert_same(expected, wrapper, X, dense)
    assert ((24, 3), np.float32) == (wrapper.X_shape_, wrapper.X_dtype_)


@pytest.mark.skipif(on_torch, reason="PyTorch draws the order of rows from a generator of its own")
@pytest.mark.parametrize(
    "params",
    [
        {"shuffle": True, "epochs": 2, "batch_size": 5},
        {"shuffle": True, "batch_size": -1},
        {"validation_split": 0.3, "epochs": 2, "batch_size": 5, "validation_batch_size": 2},
        {"fit__steps_per_epoch": 3, "epochs": 2},
    ],
    ids=["batches", "all-rows", "validation-split", "steps"],
)
def test_shuffled_rows(params, dense, target):
    """The order of the rows is that of the dense array, under the same seed."""
    X = sp.csr_array(dense)
    expected = regressor(**params).fit(dense, target)

    assert_same(expected, regressor(**params).fit(X, target), X, dense)


@pytest.mark.fast
def test_dense_and_sparse_rows_in_turn(dense, target):
    """A step that was traced for dense rows is not given sparse ones, nor the other way round."""
    X = sp.csr_array(dense)
    wrapper = regressor(run_eagerly=False).fit(dense, target)
    expected = wrapper.predict(dense)

    for rows in (X, dense, X):
        np.testing.assert_allclose(expected, wrapper.predict(rows), rtol=1e-5)


def hidden(meta):
    n_features = meta["n_features_in_"]
    return keras.Sequential(
        [
            keras.layers.Input((n_features,)),
            keras.layers.Dense(3, activation="relu"),
            keras.layers.Dense(1),
        ]
    )


@only_where_shared
@pytest.mark.skipif(
    ON_JAX, reason="JAX shares the steps of dense batches, which sparse rows become"
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
def test_a_shared_step_trains_on_sparse_rows(dtype, dense, target, monkeypatch):
    """Weights, history and predictions are those of Keras's sparse batches, bit for bit."""
    X = sp.csr_array((dense * 3).astype(dtype))
    params = {"model": hidden, "run_eagerly": False, "epochs": 2, "batch_size": 5}
    params |= {"validation_split": 0.25, "validation_batch_size": 4}
    weights = np.arange(24) % 3 + 1.0
    CACHE.clear()

    shared = regressor(**params).fit(X, target, weights)
    traced = [step for step in CACHE.values() if not isinstance(step, NotSharedError)]
    again = regressor(**params).fit(X.toarray(), target, weights)
    monkeypatch.setenv(SETTING, "0")
    plain = regressor(**params).fit(X, target, weights)

    assert 2 == len(traced)
    for other in (again, plain):
        for ours, theirs in zip(weights_of(shared), weights_of(other), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert shared.history_ == other.history_
    np.testing.assert_array_equal(plain.model_.predict(X, verbose=0)[:, 0], shared.predict(X))


@only_where_shared
@pytest.mark.skipif(ON_JAX, reason="Keras's sparse batches are those of TensorFlow")
def test_a_model_with_a_sparse_input_has_a_step_of_its_own(dense, target):
    """It multiplies sparse batches as they are, and nothing is made dense."""
    wrapper = regressor(model=sparse_input, run_eagerly=False).fit(sp.csr_array(dense), target)

    assert "sparse batches" in str(explain(wrapper.model_))


def test_weights_validation_and_further_fits(dense, y):
    """Weights of rows and of classes, data to validate on, warm fits and partial fits."""
    weights = np.arange(24) % 3 + 1.0

    def trained(X):
        wrapper = classifier(
            class_weight={"no": 2.0, "yes": 1.0}, warm_start=True, shuffle=False, batch_size=7
        )
        wrapper.fit(X, y, weights, validation_split=0.25)
        wrapper.fit(X, y, X_val=X[:5], y_val=y[:5], sample_weight_val=weights[:5])
        return wrapper.partial_fit(X[:6], y[:6])

    X = sp.csr_matrix(dense)
    expected, wrapper = trained(dense), trained(X)

    assert_same(expected, wrapper, X, dense)
    np.testing.assert_array_equal(expected.predict_proba(dense), wrapper.predict_proba(X))
    assert expected.score(dense, y, weights) == wrapper.score(X, y, weights)


@pytest.mark.parametrize("n_empty", [3, 24])
def test_the_last_rows_may_be_empty(n_empty, dense, target):
    """Keras 3.12 fails on TensorFlow where the last rows have no entry."""
    dense[-n_empty:] = 0
    X = sp.csr_array(dense)
    expected = regressor(shuffle=False).fit(dense, target, X_val=dense, y_val=target)

    wrapper = regressor(shuffle=False).fit(X, target, X_val=X, y_val=target)

    assert_same(expected, wrapper, X, dense)
    assert np.count_nonzero(dense) == X.nnz


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64", "float64"])
def test_dtypes(dtype, dense, target):
    """Booleans, integers and doubles have the values that they have in a dense array."""
    numbers = (dense * 3).astype(dtype)
    X = sp.csr_array(numbers)
    expected = regressor(shuffle=False).fit(numbers, target)

    wrapper = regressor(shuffle=False).fit(X, target)

    assert_same(expected, wrapper, X, numbers)
    assert np.dtype(dtype) == wrapper.X_dtype_


def test_duplicates_are_added_and_nothing_is_written_to(target):
    """Entries for one place are summed, stored zeros are zeros, and X stays as it was (HYG-1)."""
    parts = np.array([1.0, 2.0, 0.0, 4.0]), np.array([2, 0, 1, 0]), np.array([0, 1, 3, 4])
    X = sp.csr_matrix(parts, shape=(3, 3))
    X.data[:], X.indices[:] = [1.0, 2.0, 0.0, 4.0], [2, 2, 1, 0]
    X = sp.csr_matrix((X.data, X.indices, np.array([0, 2, 3, 4])), shape=(3, 3))
    for array in (X.data, X.indices, X.indptr):
        array.setflags(write=False)
    before = [X.data.copy(), X.indices.copy(), X.indptr.copy()]
    dense = np.array([[0, 0, 3], [0, 0, 0], [4, 0, 0]], dtype=np.float64)
    expected = regressor(shuffle=False).fit(dense, target[:3])

    wrapper = regressor(shuffle=False).fit(X, target[:3])

    assert_same(expected, wrapper, X, dense)
    for ours, theirs in zip(before, [X.data, X.indices, X.indptr], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_foreign_byte_order():
    """Numbers in the other byte order are read as numbers."""
    X = sp.csr_array(np.eye(3))
    X.data = X.data.astype(">f8")

    assert canonical(X).dtype.isnative
    np.testing.assert_array_equal(np.eye(3), canonical(X).toarray())


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(value, dense, target):
    """Refused before anything is built (HYG-5)."""
    dense[0, 0] = value
    with pytest.raises(ValueError, match="Input X contains"):
        regressor(model=None).fit(sp.csr_array(dense), target)


def test_numbers_out_of_range(target):
    """Numbers that Keras's floats cannot hold are refused, as in a dense array."""
    with pytest.raises(InputError, match="X"):
        regressor().fit(sp.csr_array(np.full((24, 3), 1e300)), target)


class Noisy(keras.Sequential):
    """A model whose own step looks at its batch."""

    shapes: list

    def train_step(self, *args):
        *state, data = args
        type(self).shapes.append(np.shape(np.asarray(data[0])))
        return super().train_step(*state, data)


def own_step(meta):
    return Noisy([keras.layers.Input((meta["n_features_in_"],)), keras.layers.Dense(1)])


def own_class(meta):
    return TwoLayers()


def sparse_input(meta):
    return keras.Sequential(
        [keras.layers.Input((meta["n_features_in_"],), sparse=True), keras.layers.Dense(1)]
    )


ON_TORCH = keras.backend.backend() == "torch"


@pytest.mark.parametrize(
    "build",
    [linear, own_class, *([] if ON_TORCH else [sparse_input])],  # Keras has none there
)
def test_no_more_than_a_batch_is_dense(build, dense, target, toarray_rows):
    """Neither a fit nor a prediction makes the whole matrix dense, whatever the model."""
    X = sp.csr_array(dense)
    expected = regressor(model=linear, shuffle=False, batch_size=5).fit(dense, target)

    wrapper = regressor(
        model=build, shuffle=False, batch_size=5, validation_split=0.0, random_state=0
    ).fit(X, target)
    predicted = wrapper.predict(X)

    assert max(toarray_rows, default=0) <= 5
    if build is sparse_input:
        np.testing.assert_allclose(expected.predict(dense), predicted, rtol=1e-5, atol=1e-6)


@pytest.mark.fast
def test_steps_of_a_users_own_get_dense_batches(dense, target):
    """A method that reads its batch reads the array that it would get from a dense X."""
    if keras.backend.backend() == "jax":
        pytest.skip("steps are traced on JAX")
    Noisy.shapes = []

    regressor(model=own_step, batch_size=12, shuffle=False).fit(sp.csr_array(dense), target)

    assert [(12, 3), (12, 3)] == Noisy.shapes


def test_a_users_own_fit_gets_an_array(dense, target, spy):
    """A model with a method ``fit`` or ``predict`` of its own is given what it was written for."""
    build, cls = spy
    wrapper = regressor(model=build).fit(sp.csr_array(dense), target)
    wrapper.predict(sp.csr_array(dense))

    np.testing.assert_array_equal(dense, cls.fits[0]["x"])
    np.testing.assert_array_equal(dense, cls.predicts[0]["x"])


class Widened(TransformerMixin, BaseEstimator):
    """An encoder that takes arrays only, unless it is told to say otherwise."""

    def __init__(self, sparse=False):
        self.sparse = sparse
        self.seen = []

    def fit(self, X):
        self.seen.append(sp.issparse(X))
        return self

    def transform(self, X):
        self.seen.append(sp.issparse(X))
        return X * 2

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.sparse
        return tags


@pytest.mark.parametrize("sparse", [False, True])
def test_encoders_of_a_users_own(sparse, dense, target):
    """An encoder gets a sparse matrix if its tag says so, and an array otherwise (DATA-1)."""

    class Own(KerasRegressor):
        @property
        def feature_encoder(self):
            return Widened(sparse)

    X = sp.csr_array(dense)
    params = {"loss": "mse", "verbose": 0, "random_state": 0, "run_eagerly": True}
    expected = Own(linear, **params).fit(dense, target)

    wrapper = Own(linear, **params).fit(X, target)

    tolerance = 1e-6 if ON_TORCH else 0  # it adds in another order where rows lie otherwise
    np.testing.assert_allclose(expected.predict(dense), wrapper.predict(X), tolerance, tolerance)
    assert {sparse} == set(wrapper.feature_encoder_.seen)


@pytest.mark.parametrize(
    ("expected", "encoder"),
    [
        (True, FunctionTransformer()),
        (False, FunctionTransformer(validate=True)),
        (False, FunctionTransformer(np.sqrt)),
        (True, FunctionTransformer(np.sqrt, accept_sparse=True)),
        (False, make_pipeline(FunctionTransformer(np.sqrt))),
        (True, make_pipeline(FunctionTransformer(), "passthrough")),
        (False, object()),
    ],
)
def test_who_takes_sparse_matrices(expected, encoder):
    """A function of the user's own gets an array, unless it says that it takes more."""
    assert expected == sp.issparse(fits_encoder(sp.csr_array(np.eye(2)), encoder))


def test_pipelines_and_searches(y):
    """A text pipeline ends in a Keras model, and is searched (SKL-5, SER-3)."""
    texts = np.array(["a film that is bad", "a good film to see", "see this"] * 8)
    pipeline = make_pipeline(CountVectorizer(), classifier(model=softmax, batch_size=8))

    search = GridSearchCV(pipeline, {"kerasclassifier__epochs": [1, 2]}, cv=2).fit(texts, y)
    assert set(search.predict(texts)) <= {"no", "yes"}
    assert (24,) == cross_val_predict(pipeline, texts, y, cv=2).shape


DATA = """
import scipy.sparse as sp
columns = 6000
X = sp.csr_matrix((np.ones(columns, "float32"), (np.arange(columns), np.arange(columns))))
data = (X, np.arange(columns, dtype="float32") / columns)
"""


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is in other units elsewhere")
def test_memory_of_a_one_hot_matrix():
    """At most twice what bare Keras takes, and far from the 137 MiB of the dense matrix."""
    wrapped = memory_growth(DATA, "wrapped")
    assert wrapped < 100
    if not on_torch:  # whose bare Keras takes no sparse matrix
        assert wrapped < 2 * memory_growth(DATA, "bare") + 10

"""Rows that are read when they are needed: split, searched, and trained on as arrays are."""

import pickle

import h5py
import keras
import numpy as np
import pytest
import scipy.sparse
from reference_models import classifier, regressor, softmax
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GridSearchCV, cross_val_predict, train_test_split
from sklearn.preprocessing import StandardScaler

from scikeras_reference import KerasRegressor
from scikeras_reference.exceptions import InputError
from scikeras_reference.utils.data import Rows

pytestmark = pytest.mark.slow

on_jax = keras.backend.backend() == "jax"


class Chunked:
    """What a dask array is to its reader: chunks, and an array of what was selected."""

    def __init__(self, array, size):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype
        sizes = [min(size, len(array) - start) for start in range(0, len(array), size)]
        self.chunks = (tuple(sizes), (array.shape[1],))

    def __getitem__(self, key):
        assert isinstance(key, slice) or np.all(np.diff(key) > 0)
        return self.array[key]


class Dataset(keras.utils.PyDataset):
    """Batches of five rows, which counts how often each is read."""

    def __init__(self, X, y, size=5, **kwargs):
        super().__init__(**kwargs)
        self.X, self.y, self.size = X, y, size
        self.read = []

    @property
    def num_batches(self):
        return -(-len(self.X) // self.size)

    def __getitem__(self, index):
        self.read.append(index)
        part = slice(index * self.size, (index + 1) * self.size)
        return self.X[part], self.y[part]


@pytest.fixture(params=["memmap", "hdf5", "chunked-hdf5", "chunked", "dataset"])
def rows(request, X, target, tmp_path):
    """Return the rows of X out of each kind of source."""
    if request.param == "memmap":
        np.save(tmp_path / "X.npy", X)
        yield Rows(np.load(tmp_path / "X.npy", mmap_mode="r"))
    elif request.param == "chunked":
        yield Rows(Chunked(X, 7))
    elif request.param == "dataset":
        yield Rows(Dataset(X, target))
    else:
        chunks = (7, 3) if request.param == "chunked-hdf5" else None
        with h5py.File(tmp_path / "X.h5", "w") as file:
            yield Rows(file.create_dataset("X", data=X, chunks=chunks))


def test_reading(rows, X):
    """Slices, numbers in any order, masks and parts of parts have the values of the array."""
    assert ((24, 3), np.float32, 24) == (rows.shape, rows.dtype, len(rows))
    np.testing.assert_array_equal(X, np.asarray(rows))
    np.testing.assert_array_equal(X[3:9], rows[3:9].read())
    some = [5, 0, 23, 5]
    np.testing.assert_array_equal(X[some], rows[some].read())
    np.testing.assert_array_equal(X[X[:, 0] > 0], rows[X[:, 0] > 0, ...].read())
    np.testing.assert_array_equal(X[some][[-1, 1]], rows[some][np.array([3, 1])].read())
    np.testing.assert_array_equal(X[[-1, 0]], rows[[-1, 0]].read())
    assert (0, 3) == rows[:0].read().shape


def test_order_of_training(rows):
    """All rows, each once, in an order that the generator decides."""
    orders = [rows.permuted(np.random.RandomState(seed)) for seed in (0, 0, 1)]

    np.testing.assert_array_equal(np.arange(24), np.sort(orders[0]))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert orders[0].tolist() != orders[2].tolist()


def test_training(rows, X, target):
    """A fit to rows has the bits of a fit to the array; so have predictions and scores."""
    params = {"shuffle": False, "batch_size": 5, "epochs": 2, "validation_split": 0.25}
    weights = np.arange(24) % 3 + 1.0
    expected = regressor(**params).fit(X, target, weights)

    wrapper = regressor(**params).fit(rows, target, weights)

    assert expected.history_ == wrapper.history_
    np.testing.assert_array_equal(expected.predict(X), wrapper.predict(rows))
    assert expected.score(X, target, weights) == wrapper.score(rows, target, weights)
    assert ((24, 3), np.float32, 3) == (wrapper.X_shape_, wrapper.X_dtype_, wrapper.n_features_in_)
    np.testing.assert_array_equal(
        expected.partial_fit(X, target, shuffle=False).predict(X),
        wrapper.partial_fit(rows, target, shuffle=False).predict(X),
    )


def test_shuffled_training(X, target, tmp_path):
    """Rows that can be read one by one have the order of an array, where Keras draws from NumPy."""
    np.save(tmp_path / "X.npy", X)
    rows = Rows(np.load(tmp_path / "X.npy", mmap_mode="r"))
    expected, wrapper = (regressor(batch_size=5).fit(data, target) for data in (X, rows))

    again = regressor(batch_size=5).fit(rows, target)

    np.testing.assert_array_equal(wrapper.predict(X), again.predict(X))
    if on_jax:
        np.testing.assert_array_equal(expected.predict(X), wrapper.predict(X))


def test_blocks_are_read_once(X, target):
    """A pass over a shuffled data set reads each of its batches once or twice, not for each row."""
    dataset = Dataset(X, target)
    rows = Rows(dataset)
    wrapper = regressor(batch_size=4).fit(rows, target, epochs=1)
    dataset.read.clear()

    wrapper.fit(rows, target)

    assert len(dataset.read) <= 4 * rows._source.blocks().size


@pytest.mark.costly
def test_searches(rows, X, y):
    """A search splits rows, and predictions come back in order (SER-3)."""
    search = GridSearchCV(
        classifier(model=softmax, batch_size=8, shuffle=False), {"epochs": [1, 2]}, cv=2
    )
    expected = search.fit(X, y).cv_results_["mean_test_score"]

    np.testing.assert_array_equal(expected, search.fit(rows, y).cv_results_["mean_test_score"])
    assert (24,) == cross_val_predict(classifier(model=softmax), rows, y, cv=2).shape
    train, test, *_ = train_test_split(rows, y, test_size=0.25, random_state=0)
    assert (18, 6) == (len(train), len(test))


def test_sparse_rows(X, target):
    """Rows of a sparse matrix are dense in batches only."""
    sparse = scipy.sparse.coo_array(np.where(X > 0, X, 0))
    dense = sparse.toarray()
    expected = regressor(shuffle=False).fit(dense, target)

    rows = Rows(sparse)

    assert scipy.sparse.issparse(rows[2:5].read())
    np.testing.assert_array_equal(
        expected.predict(dense), regressor(shuffle=False).fit(rows, target).predict(rows)
    )


def test_targets_inside(X, target):
    """The targets of a data set are read with those of its rows."""
    rows = Rows(Dataset(X, target))

    np.testing.assert_array_equal(target, rows.targets())
    np.testing.assert_array_equal(target[[7, 2]], rows[[7, 2]].targets())
    with pytest.raises(InputError, match="Only the batches"):
        Rows(X).targets()


def test_pickles(X, tmp_path):
    """Rows of HDF5 go to other processes, which open the file."""
    with h5py.File(tmp_path / "X.h5", "w") as file:
        file["X"] = X
    with h5py.File(tmp_path / "X.h5", "r") as file:
        copy = pickle.loads(pickle.dumps(Rows(file["X"])[2:4]))
    np.testing.assert_array_equal(X[2:4], copy.read())


class Scaling(KerasRegressor):
    @property
    def feature_encoder(self):
        return StandardScaler()


class SameScaling(KerasRegressor):
    shared = StandardScaler()

    @property
    def feature_encoder(self):
        return self.shared


class Learning(TransformerMixin, BaseEstimator):
    def fit(self, X):
        return self

    def transform(self, X):
        return X


class NotInParts(KerasRegressor):
    @property
    def feature_encoder(self):
        return Learning()


def test_encoders_learn_in_parts(rows, X, target):
    """An encoder sees all rows part by part; one that cannot is refused, with the remedy."""
    params = {"model": regressor().model, "loss": "mse", "verbose": 0, "random_state": 0}
    wrapper = Scaling(**params, shuffle=False).fit(rows, target)

    np.testing.assert_allclose(StandardScaler().fit(X).mean_, wrapper.feature_encoder_.mean_)
    with pytest.raises(InputError, match="learns from all rows at once.*partial_fit"):
        NotInParts(**params).fit(rows, target)


class Largest:
    """An encoder in parts that is no estimator of scikit-learn."""

    largest_ = 0.0

    def fit(self, X):
        self.largest_ = 0.0
        return self.partial_fit(X)

    def partial_fit(self, X):
        self.largest_ = max(self.largest_, float(np.abs(X).max()))
        return self

    def transform(self, X):
        return X / self.largest_


def test_an_encoder_of_no_library_learns_in_parts(rows, X, target):
    """It needs the methods only."""

    class Scaled(KerasRegressor):
        @property
        def feature_encoder(self):
            return Largest()

    wrapper = Scaled(regressor().model, loss="mse", verbose=0).fit(rows, target)
    assert float(np.abs(X).max()) == pytest.approx(wrapper.feature_encoder_.largest_)


def test_a_shared_encoder_starts_anew(rows, X, target):
    """What the encoder of a subclass learned in one fit is forgotten in the next."""
    wrapper = SameScaling(regressor().model, loss="mse", verbose=0)
    for _ in range(2):
        assert len(X) == wrapper.fit(rows, target).feature_encoder_.n_samples_seen_


@pytest.mark.fast
def test_data_that_do_not_fit(rows, X, target):
    """Another width is refused at once, a NaN when it is read (API-13)."""
    wrapper = regressor().fit(rows, target)
    with pytest.raises(ValueError, match="features"):
        wrapper.predict(Rows(X[:, :2].copy()))
    with pytest.raises(ValueError, match="NaN"):
        regressor().fit(Rows(np.where(np.arange(24)[:, None] == 20, np.nan, X)), target)


@pytest.mark.parametrize(
    ("source", "match"),
    [([1, 2], "list, which cannot be indexed"), ({"a": np.eye(2), "b": np.eye(3)}, "differ")],
)
def test_sources_that_have_no_rows(source, match):
    """Refused, with what has rows."""
    with pytest.raises(InputError, match=match):
        Rows(source)


def test_batches_of_several_sizes(X, target):
    """Rows finds rows by their number, so batches have to be of one size."""

    class Uneven(Dataset):
        def __getitem__(self, index):
            batch = super().__getitem__(index)
            return (batch[0][:3], batch[1][:3]) if index == 1 else batch

    with pytest.raises(InputError, match="Batch 1 has 3 rows, and the first has 5"):
        Rows(Uneven(X, target)).read()


def test_columns_and_single_rows(X):
    """Rows is no array: columns are refused, and a number is not a slice."""
    with pytest.raises(InputError, match="not by columns"):
        Rows(X)[:, 0]
    with pytest.raises(InputError, match="indexed by a slice"):
        Rows(X)[0]
    assert "Rows(shape=(24, 3), dtype=float32)" == repr(Rows(X))


@pytest.mark.parametrize("key", [[24], [-25], [0.5], [True, False], ["a"]])
@pytest.mark.parametrize("of_some", [False, True])
def test_rows_that_are_not_there(key, of_some, X):
    """Refused when they are chosen; a mask that is too short would choose other rows silently."""
    rows = Rows(np.vstack([X, X]))[24:] if of_some else Rows(X)

    with pytest.raises(IndexError, match="There are 24 rows"):
        rows[key]
    assert (0, 3) == rows[[]].read().shape
    np.testing.assert_array_equal(X[[-1, 2]], rows[[-1, 2]].read())

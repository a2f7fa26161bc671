"""X that yields batches: data sets, loaders, generators, and functions that return them."""

import sys

import keras
import numpy as np
import pytest
from memory_growth import memory_growth
from reference_models import base, classifier, regressor, sequential, softmax
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from test_rows import Dataset, NotInParts, Scaling

from scikeras_reference._data.batch_sources import is_batches
from scikeras_reference.exceptions import InputError, ModelOutputError

pytestmark = pytest.mark.slow

SIZE = 5


def parts(X, y, weights=None):
    """Yield batches of five rows."""
    for start in range(0, len(X), SIZE):
        rows = slice(start, start + SIZE)
        yield (X[rows], y[rows]) if weights is None else (X[rows], y[rows], weights[rows])


class Loader:
    """What a ``DataLoader`` of PyTorch is to its reader: iterable again and again, with a length."""

    def __init__(self, X, y):
        self.batches = [list(batch) for batch in parts(X, y)]

    def __iter__(self):
        return iter(self.batches)

    def __len__(self):
        return len(self.batches)


def tf_dataset(X, y):
    tensorflow = pytest.importorskip("tensorflow")
    return tensorflow.data.Dataset.from_tensor_slices((X, y)).batch(SIZE)


SOURCES = {
    "tf.data": tf_dataset,
    "PyDataset": Dataset,
    "loader": Loader,
    "function": lambda X, y: lambda: parts(X, y),
}
if keras.backend.backend() != "tensorflow":
    del SOURCES["tf.data"]  # a second backend in the process takes long


@pytest.fixture(params=SOURCES)
def source(request):
    """Return a function that makes a source of batches of X and y."""
    return SOURCES[request.param]


def assert_same(expected, wrapper, X):
    for ours, theirs in zip(
        expected.model_.get_weights(), wrapper.model_.get_weights(), strict=True
    ):
        assert_equal(ours, theirs)
    assert_equal(expected.predict(X), wrapper.predict(X))


def assert_equal(expected, found):
    if keras.backend.backend() == "torch" and found.dtype.kind == "f":
        # It adds in another order in several threads, which batches of unknown size get.
        np.testing.assert_allclose(expected, found, rtol=1e-5, atol=1e-6)
    else:
        np.testing.assert_array_equal(expected, found)


def test_classification(source, X, y3):
    """Labels are found, encoded and decoded as those of arrays; so are scores and probabilities."""
    params = {"model": softmax, "shuffle": False, "epochs": 2, "batch_size": SIZE}
    expected = classifier(**params).fit(X, y3)

    wrapper = classifier(**params).fit(source(X, y3))

    assert_same(expected, wrapper, X)
    assert expected.history_ == wrapper.history_
    assert (["a", "b", "c"], "multiclass", 3) == (
        wrapper.classes_.tolist(),
        wrapper.target_type_,
        wrapper.n_features_in_,
    )
    np.testing.assert_array_equal(expected.predict(X), wrapper.predict(source(X, y3)))
    np.testing.assert_array_equal(expected.predict_proba(X), wrapper.predict_proba(source(X, y3)))
    assert expected.score(X, y3) == wrapper.score(source(X, y3))


def test_regression_and_further_fits(source, X, target):
    """A regressor, warm and partial fits, and batches to validate on."""
    params = {"shuffle": False, "batch_size": SIZE, "warm_start": True}
    expected, wrapper = regressor(**params), regressor(**params)

    expected.fit(X, target, X_val=X[:8], y_val=target[:8], validation_batch_size=SIZE)
    wrapper.fit(source(X, target), X_val=source(X[:8], target[:8]))
    np.testing.assert_allclose(
        expected.history_["val_loss"], wrapper.history_["val_loss"], rtol=1e-6
    )
    expected.fit(X, target).partial_fit(X, target)
    wrapper.fit(source(X, target)).partial_fit(source(X, target))

    assert_same(expected, wrapper, X)
    assert expected.history_.keys() == wrapper.history_.keys()
    np.testing.assert_allclose(expected.history_["loss"], wrapper.history_["loss"], rtol=1e-6)
    assert (2, 1) == (wrapper.current_epoch, wrapper.y_ndim_)


def test_weights(X, y):
    """Weights in the batches, and those of classes, multiply as they do for arrays (API-5)."""
    weights = np.arange(24) % 3 + 1.0
    for class_weight in ({"no": 2.0, "yes": 1.0}, "balanced"):
        params = {"class_weight": class_weight, "shuffle": False, "batch_size": SIZE}
        labels = np.where(np.arange(24) < 7, "no", "yes")
        expected = classifier(**params).fit(X, labels, weights)

        wrapper = classifier(**params).fit(lambda labels=labels: parts(X, labels, weights))

        for ours, theirs in zip(
            expected.model_.get_weights(), wrapper.model_.get_weights(), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert expected.score(X, y, weights) == wrapper.score(parts(X, y, weights))


def test_generators(X, y3):
    """A generator is read once: for one epoch, with the classes given, or in steps."""
    params = {"model": softmax, "shuffle": False, "batch_size": SIZE}
    expected = classifier(**params).fit(X, y3)

    wrapper = classifier(**params).fit(parts(X, y3), classes=["a", "b", "c"])

    assert_same(expected, wrapper, X)
    np.testing.assert_array_equal(expected.predict(X), wrapper.predict(parts(X, y3)))
    assert expected.score(X, y3) == wrapper.score(parts(X, y3))
    wrapper.partial_fit(parts(X, y3))
    assert_same(expected.partial_fit(X, y3), wrapper, X)

    def endless():
        while True:
            yield from parts(X, y3)

    stepped = classifier(**params, epochs=2)
    assert 2 == stepped.fit(endless(), classes=["a", "b", "c"], steps_per_epoch=3).current_epoch


@pytest.mark.parametrize(
    ("fit", "match"),
    [
        (lambda X, y: classifier().fit(parts(X, y)), "find the classes.*classes="),
        (lambda X, y: regressor(epochs=2).fit(parts(X, np.ones(24))), "each epoch.*function"),
        (lambda X, y: classifier().fit(Dataset(X, y), y), "y is given too.*Rows"),
        (lambda X, y: classifier().fit(Dataset(X, y), sample_weight=X[:, 0]), "sample_weight is"),
        (
            lambda X, y: classifier(validation_split=0.2).fit(Dataset(X, y)),
            "validation_split.*X_val",
        ),
        (lambda X, y: classifier().fit(lambda: iter(())), "has no batches"),
        (lambda X, y: classifier().fit(lambda: [(X, y, y, y)]), "4 items"),
        (lambda X, y: classifier().fit(lambda: [X]), "requires y"),
        (lambda X, y: classifier().fit(lambda: zip(X, y, strict=True)), r"shape \(3,\).*batch\(32"),
        (lambda X, y: classifier().fit(X, y).predict(lambda: X), "single rows"),
        (lambda X, y: classifier().fit(lambda: None), "returned a NoneType"),
        (
            lambda X, y: regressor(epochs=2).fit(Dataset(X, X[:, 0]), X_val=parts(X, X[:, 0])),
            "X_val is a",
        ),
        (lambda X, y: classifier().fit([(X, y), (X, y)]), "list of 2 batches.*Rows"),
        (
            lambda X, y: regressor().fit(Dataset(X, X[:, 0])).score(lambda: [(X,)]),
            "without targets",
        ),
        (lambda X, y: regressor().fit(lambda: [((X, X), y)]), "tuple of 2 arrays.*dict of arrays"),
        (lambda X, y: regressor().fit(lambda: [((X, X[:, :1]), y)]), "dict of arrays"),
        (lambda X, y: regressor().fit(lambda: [(X, {"a": y})]), "y is a dict.*several outputs"),
        (
            lambda X, y: base().fit(lambda: [(X, (X[:, 0], X[:, 0]))]),
            "y is a tuple.*several outputs",
        ),
        (lambda X, y: regressor().fit(zip(X, X[:, 0], strict=True)), "single rows.*batch"),
    ],
)
def test_what_cannot_be_done(fit, match, X, y):
    """Refused before training, with the remedy (HYG-5)."""
    with pytest.raises(InputError, match=match):
        fit(X, y)


def test_a_later_batch_whose_target_does_not_fit(X):
    """Keras would spread it over the outputs."""
    wrapper = base(model=sequential, model__n_features=3, model__units=3)
    with pytest.raises(ModelOutputError, match="compares them number by number"):
        wrapper.fit(lambda: [(X, X), (X, X[:, 0])])


@pytest.mark.fast
@pytest.mark.parametrize(
    "source",
    [
        lambda: iter(()),
        lambda: lambda: iter(()),
        lambda: Loader(np.ones((0, 3)), np.ones(0)),
        lambda: Dataset(np.ones((0, 3)), np.ones(0)),
    ],
    ids=["iterator", "function", "loader", "PyDataset"],
)
def test_no_batches_to_predict_from(source, X, target):
    """The error is ours, with the remedy where an iterator was read before."""
    wrapper = regressor().fit(X, target)
    for method in (wrapper.predict, wrapper.score):
        with pytest.raises(InputError, match="has no batches"):
            method(source())

    generator = parts(X, target)
    wrapper.predict(generator)
    with pytest.raises(InputError, match="no batches left: it can be read once"):
        wrapper.predict(generator)


@pytest.mark.fast
def test_a_source_that_changes_its_length(X, target):
    """Batches that are missing in a later pass are noticed, not trained around."""
    lengths = iter([24, 24, 10, 10, 10])

    def batches():
        n = next(lengths)
        return parts(X[:n], target[:n])

    with pytest.raises(InputError, match="X ended after 2 batches"):
        regressor(epochs=2).fit(batches)


def test_a_batch_that_cannot_be_read(source, X, target):
    """The error is about the data, on every backend, wherever the batch is (HYG-5)."""
    X = np.where(np.arange(24)[:, None] == 22, np.nan, X)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        regressor().fit(source(X, target))


def test_data_without_an_end(X, target):
    """They need a number of steps, or a fit would never end."""

    class Endless(Dataset):
        num_batches = None

        def __getitem__(self, index):
            return super().__getitem__(index % 5)

    wrapper = regressor(epochs=2).fit(Endless(X, target), steps_per_epoch=3)
    assert 2 == wrapper.current_epoch
    with pytest.raises(InputError, match="without an end.*steps_per_epoch"):
        regressor().fit(Endless(X, target))
    with pytest.raises(InputError, match="without an end.*steps_per_epoch"):
        wrapper.predict(Endless(X, target))
    assert (15,) == wrapper.predict(Endless(X, target), steps=3).shape


def test_encoders_learn_in_parts(source, X, target):
    """An encoder sees all batches; one that learns from all rows at once is refused."""
    params = {"model": regressor().model, "loss": "mse", "verbose": 0}

    wrapper = Scaling(**params).fit(source(X, target))

    np.testing.assert_allclose(StandardScaler().fit(X).mean_, wrapper.feature_encoder_.mean_)
    with pytest.raises(InputError, match="learns from all rows at once"):
        NotInParts(**params).fit(source(X, target))


def test_events_and_order_of_a_data_set(X, target):
    """A PyDataset hears of epochs, and its batches are shuffled unless it says otherwise."""

    class Listening(Dataset):
        heard: list = []  # noqa: RUF012

        def on_epoch_end(self):
            self.heard.append("end")

    dataset = Listening(X, target)
    regressor(epochs=2, batch_size=None).fit(dataset, shuffle=False)
    assert 2 <= len(Listening.heard)
    assert list(range(5)) == dataset.read[-5:]

    shuffled = Dataset(X, target)
    regressor(random_state=1).fit(shuffled)
    assert list(range(5)) == sorted(shuffled.read[-5:])
    assert list(range(5)) != shuffled.read[-5:]


def test_scores_of_a_source_that_shuffles(X, target):
    """Targets are read in the pass in which they are predicted for."""
    generator = np.random.default_rng(0)

    def shuffled():
        order = generator.permutation(24)
        return parts(X[order], target[order])

    wrapper = regressor(epochs=3).fit(X, target)

    assert wrapper.score(X, target) == pytest.approx(wrapper.score(shuffled), rel=1e-5)


def test_initialize_and_base(X, target):
    """`initialize` looks at a batch, and the base wrapper needs no target (INIT-8)."""
    assert (24,) == regressor().initialize(Dataset(X, target)).predict(X).shape
    model = base(loss=None).model
    assert model is not None
    assert (24, 1) == base().fit(Dataset(X, target[:, None])).predict(Dataset(X, target)).shape


def test_no_data_set_is_split_silently(X, y):
    """A search cannot split a data set by rows: it stops, whoever says so."""
    search = GridSearchCV(classifier(), {"epochs": [1]}, cv=2, error_score="raise")
    with pytest.raises((ValueError, TypeError), match="batches|Expected|inconsistent"):
        search.fit(Dataset(X, y), y)


@pytest.mark.parametrize(
    ("expected", "X"),
    [
        (False, np.eye(2)),
        (False, [[1.0]]),
        (False, {"a": 1}),
        (False, "text"),
        (False, None),
        (False, 3),
        (False, {1, 2}),
        (False, dict),
        (True, iter([])),
        (True, len),
    ],
)
def test_what_yields_batches(expected, X):
    """Arrays and lists do not; what is iterated or called does."""
    assert expected == is_batches(X)


def test_importing_needs_no_data_library():
    """No library of data is imported for the sake of looking at X."""
    assert "torch" not in sys.modules or keras.backend.backend() == "torch"


DATA = """
class Data(keras.utils.PyDataset):
    num_batches = 10
    def __getitem__(self, index):
        X = np.full((1024, 8192), index / 10, "float32")  # 32 MiB
        return X, X[:, 0]
columns, data = 8192, (Data(),)
"""


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is in other units elsewhere")
def test_memory_of_a_data_set():
    """At most one and a half times what bare Keras takes for ten batches of 32 MiB."""
    assert memory_growth(DATA, "wrapped") < 1.5 * memory_growth(DATA, "bare")

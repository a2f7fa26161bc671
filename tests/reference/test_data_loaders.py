"""Real loaders of PyTorch, which work on every backend; needs PyTorch."""

import keras
import numpy as np
import pytest
from reference_models import classifier, regressor
from test_rows import Scaling

from scikeras_reference.exceptions import InputError, WrapperWarning

pytestmark = pytest.mark.slow

SIZE = 5
PARAMS = {"shuffle": False, "batch_size": SIZE, "epochs": 2}


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def data(torch):
    return torch.utils.data


@pytest.fixture
def loader(torch, data):
    """Return a function that makes a loader of arrays."""

    def load(*arrays, **options):
        tensors = data.TensorDataset(*map(torch.as_tensor, arrays))
        return data.DataLoader(tensors, **{"batch_size": SIZE, **options})

    return load


def assert_same(expected, wrapper):
    for ours, theirs in zip(
        expected.model_.get_weights(), wrapper.model_.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    assert expected.history_ == wrapper.history_


def test_classification(loader, X):
    """Fits, partial fits with given classes, answers and scores have the bits of arrays."""
    y = np.arange(24) % 3
    expected, wrapper = classifier(**PARAMS).fit(X, y), classifier(**PARAMS).fit(loader(X, y))

    assert_same(expected, wrapper)
    assert (expected.classes_.tolist(), expected.classes_.dtype) == (
        wrapper.classes_.tolist(),
        wrapper.classes_.dtype,
    )
    for method in ("predict", "predict_proba"):
        answers = getattr(expected, method)(X)
        for source in (loader(X), loader(X, y), [batch for (batch,) in loader(X)].__iter__):
            np.testing.assert_array_equal(answers, getattr(wrapper, method)(source))
    assert expected.score(X, y) == wrapper.score(loader(X, y))

    expected, wrapper = classifier(**PARAMS), classifier(**PARAMS)
    for _ in range(2):
        expected.partial_fit(X, y, classes=[0, 1, 2, 3])
        wrapper.partial_fit(loader(X, y), classes=[0, 1, 2, 3])
    assert_same(expected, wrapper)
    assert [0, 1, 2, 3] == wrapper.classes_.tolist()


def test_regression(loader, X, target):
    """Weights in the batches, a loader to validate on, and a last batch that is left out."""
    weights = np.arange(24) % 3 + 1.0
    expected = regressor(**PARAMS).fit(
        X, target, weights, X_val=X[:10], y_val=target[:10], validation_batch_size=SIZE
    )
    wrapper = regressor(**PARAMS).fit(loader(X, target, weights), X_val=loader(X[:10], target[:10]))

    assert_same(expected, wrapper)
    score = wrapper.score(loader(X, target, weights))
    assert expected.score(X, target, weights) == score
    assert_same(expected.partial_fit(X, target), wrapper.partial_fit(loader(X, target)))

    whole = loader(X, target, drop_last=True)
    wrapper = regressor(**PARAMS).fit(whole)
    assert_same(regressor(**PARAMS).fit(X[:20], target[:20]), wrapper)
    assert (20,) == wrapper.predict(whole).shape


def test_a_stream(data, X, target):
    """A data set without a length is counted, or read for the steps that are given."""

    class Stream(data.IterableDataset):
        def __iter__(self):
            return zip(X, target, strict=True)

    stream = data.DataLoader(Stream(), batch_size=SIZE)
    expected = regressor(**PARAMS).fit(X, target)

    for options in ({}, {"steps_per_epoch": 5}):
        assert_same(expected, wrapper := regressor(**PARAMS).fit(stream, **options))
    np.testing.assert_array_equal(expected.predict(X), wrapper.predict(stream))
    assert expected.score(X, target) == wrapper.score(stream)


def two_inputs(meta):
    """Build a model of numbers and of a city."""
    numbers = keras.Input(meta["X_shape_"]["numbers"][1:], name="numbers")
    city = keras.Input((1,), dtype="int32", name="city")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(3, 2)(city))
    joined = keras.layers.Concatenate()([numbers, embedded])
    return keras.Model([numbers, city], keras.layers.Dense(1)(joined))


def test_named_inputs(data, X, target):
    """Batches of dicts, as the loader makes them of rows that are dicts."""
    inputs = {"numbers": X[:, :2], "city": np.arange(24)[:, None] % 3}
    rows = [({name: array[i] for name, array in inputs.items()}, target[i]) for i in range(24)]
    batches = data.DataLoader(rows, batch_size=SIZE)
    expected, wrapper = regressor(**PARAMS, model=two_inputs), regressor(**PARAMS, model=two_inputs)

    assert_same(expected.fit(inputs, target), wrapper.fit(batches))

    assert expected.X_dtype_ == wrapper.X_dtype_
    np.testing.assert_array_equal(expected.predict(inputs), wrapper.predict(batches))


def test_shuffling(torch, loader, X, target):
    """The seed of a fit decides the order, and PyTorch's generator is as it was (HYG-2)."""
    batches = loader(X, target, shuffle=True)
    before = torch.random.get_rng_state()

    fits = [regressor(epochs=2).fit(batches) for _ in range(2)]

    assert_same(*fits)
    assert torch.equal(before, torch.random.get_rng_state())
    assert fits[0].score(X, target) == pytest.approx(fits[0].score(batches), rel=1e-5)
    scaled = Scaling(model=regressor().model, loss="mse", verbose=0).fit(batches)
    np.testing.assert_allclose(X.mean(axis=0), scaled.feature_encoder_.mean_, rtol=1e-5, atol=1e-7)


@pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="others warn of processes that are forked"
)
@pytest.mark.filterwarnings("ignore:os.fork.. was called:RuntimeWarning")  # JAX is installed, too
def test_two_workers(loader, X, target):
    """Batches that other processes make, for one pass or for all."""
    expected = regressor(**PARAMS).fit(X, target)
    for persistent in (False, True):
        batches = loader(X, target, num_workers=2, persistent_workers=persistent)
        wrapper = regressor(**PARAMS).fit(batches)
        assert_same(expected, wrapper)
        assert expected.score(X, target) == wrapper.score(batches)


def test_tensors_that_numpy_does_not_have(torch, X, target):
    """Numbers of 16 bits keep their values, and sparse tensors are sparse matrices."""
    positive = torch.as_tensor(X * (X > 0))

    def batches(form):
        parts = zip(positive.split(SIZE), torch.as_tensor(target).split(SIZE), strict=True)
        return [(form(x), y) for x, y in parts].__iter__

    for form in (torch.Tensor.to_sparse, torch.Tensor.bfloat16):
        dense = form(positive).to_dense().float().numpy()
        expected = regressor(**PARAMS).fit(dense, target)
        wrapper = regressor(**PARAMS).fit(batches(form))
        assert_same(expected, wrapper)
        np.testing.assert_array_equal(expected.predict(dense), wrapper.predict(batches(form)))


def test_a_length_that_is_too_small(data, X, target):
    """Workers that share a stream make more batches than its loader says: a warning, once."""

    class Stream(data.IterableDataset):
        def __iter__(self):
            return zip(X, target, strict=True)

        def __len__(self):
            return 12

    batches = data.DataLoader(Stream(), batch_size=4)
    with pytest.warns(WrapperWarning, match="DataLoader whose length is 3.*more batches") as caught:
        wrapper = regressor(epochs=3).fit(batches)
    assert 1 == sum(warning.category is WrapperWarning for warning in caught)
    with pytest.warns(WrapperWarning, match="DataLoader whose length is 3"):
        score = wrapper.score(batches)
    assert wrapper.score(X[:12], target[:12]) == pytest.approx(score, rel=1e-5)


@pytest.mark.parametrize(
    ("rows", "options", "match"),
    [
        (lambda X, y: list(zip(X.tolist(), y, strict=True)), {}, "3 tensors of 5.*columns"),
        (lambda X, y: list(zip(X.tolist(), y, strict=True)), {"batch_size": 3}, "columns"),
        (lambda X, y: [({"a": x.tolist()}, v) for x, v in zip(X, y, strict=True)], {}, "columns"),
        (lambda X, y: X.tolist(), {}, "single rows.*columns"),
        (lambda X, y: list(zip(X, y, strict=True)), {"batch_size": None}, "single rows"),
        (
            lambda X, y: [({"a": x}, v) for x, v in zip(X, y, strict=True)],
            {"batch_size": None},
            "single rows",
        ),
        (lambda X, y: X, {}, r"requires y to be passed.*Let them be \(X, y\)"),
        (lambda X, y: [{"a": x, "b": v} for x, v in zip(X, y, strict=True)], {}, "requires y"),
        (lambda X, y: list(zip(X[:0], y, strict=False)), {}, "has no batches"),
    ],
)
def test_what_cannot_be_trained_on(rows, options, match, data, X, target):
    """Refused before training, with the remedy: above all columns in the place of rows (HYG-5)."""
    batches = data.DataLoader(rows(X, target), **{"batch_size": SIZE, **options})
    with pytest.raises(InputError, match=match):
        regressor().fit(batches)


def test_a_data_set_without_its_loader(torch, data, X, target):
    """The error names the loader."""
    rows = data.TensorDataset(torch.as_tensor(X), torch.as_tensor(target))
    with pytest.raises(InputError, match=r"TensorDataset.*DataLoader\(X, batch_size=32\)"):
        regressor().fit(rows)


class Column:
    """What a tensor of PyTorch with one axis is to its reader."""

    ndim = 1

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def detach(self):
        raise AssertionError("it is refused before it is read")


@pytest.mark.fast
@pytest.mark.parametrize("n_rows", [3, 5])
def test_columns_are_no_rows(n_rows, X, target):
    """A list of columns is never read as rows, not even where there are as many of both."""
    columns = [Column(column[:n_rows]) for column in X.T]
    with pytest.raises(InputError, match=f"3 tensors of {n_rows} numbers each: columns"):
        regressor().fit([(columns, target[:n_rows])].__iter__)

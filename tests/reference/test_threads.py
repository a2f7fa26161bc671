"""Small models use one thread of PyTorch; the number is put back, and the user can choose it."""

import keras
import numpy as np
import pytest
from keras import layers

from scikeras_reference import KerasRegressor
from scikeras_reference._backends.threads import in_suitable_threads
from scikeras_reference.exceptions import ParameterError
from scikeras_reference.utils import torch_threads

ON_TORCH = keras.backend.backend() == "torch"
X = np.linspace(0, 1, 48, dtype="float32").reshape(16, 3)


def on_torch(test):
    """Mark a test that is about the backend PyTorch."""
    only = pytest.mark.skipif(not ON_TORCH, reason="it is about the backend PyTorch")
    return pytest.mark.backend(only(test))


class Recorder(keras.callbacks.Callback):
    """Notes the number of threads during a training and a prediction."""

    def __init__(self, seen):
        super().__init__()
        self.seen = seen

    def __deepcopy__(self, memo):
        return self

    def on_epoch_begin(self, epoch, logs=None):
        import torch

        self.seen.append(torch.get_num_threads())

    def on_predict_begin(self, logs=None):
        self.on_epoch_begin(0)


def perceptron():
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, "relu"), layers.BatchNormalization(), layers.Dense(1)]
    )


def wide():
    return keras.Sequential([keras.Input((3,)), layers.Dense(40_000), layers.Dense(1)])


def convolution():
    first = [keras.Input((3,)), layers.Reshape((3, 1)), layers.Conv1D(2, 2)]
    return keras.Sequential([*first, layers.Flatten(), layers.Dense(1)])


def anything():
    return keras.Sequential([keras.Input((3,)), layers.Lambda(lambda x: x), layers.Dense(1)])


def nested():
    return keras.Sequential([keras.Input((3,)), perceptron(), layers.Dense(1)])


@pytest.fixture
def three_threads():
    """Return the module of PyTorch, which has three threads during a test."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield torch
    torch.set_num_threads(before)


def numbers(build, **parameters):
    """Return the numbers of threads that a training and a prediction had."""
    seen = []
    estimator = KerasRegressor(
        build, loss="mse", optimizer="sgd", epochs=1, verbose=0, callbacks=[Recorder(seen)],
        **parameters,
    )  # fmt: skip
    estimator.fit(X, X[:, 0]).predict(X)
    return seen


@on_torch
@pytest.mark.parametrize(
    ("build", "parameters", "threads"),
    [
        (perceptron, {}, 1),
        (nested, {}, 1),
        (perceptron, {"batch_size": 300_000}, 3),
        (wide, {}, 3),
        (convolution, {}, 3),
        (anything, {}, 3),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_small_models_use_one_thread(build, parameters, threads, three_threads):
    """Those whose work is known and little; afterwards PyTorch has its threads again."""
    assert [threads] * 2 == numbers(build, **parameters)
    assert 3 == three_threads.get_num_threads()


class Batches(keras.utils.PyDataset):
    """Four batches of some rows."""

    num_batches = 4

    def __init__(self, rows):
        super().__init__()
        self.rows = rows

    def __getitem__(self, index):
        return np.resize(X, (self.rows, 3)), np.resize(X[:, 0], self.rows)


@on_torch
@pytest.mark.parametrize(("rows", "threads"), [(16, 1), (300_000, 3)])
@pytest.mark.parametrize("kind", ["numbered", "generated", "loaded"])
def test_batches_of_a_data_set_are_counted_in_the_first(kind, rows, threads, three_threads):
    """Its parameters do not tell how many rows they have."""
    data, seen = Batches(rows), []
    if kind == "generated":
        data = (Batches(rows)[number] for number in range(4))
    elif kind == "loaded":
        data = [tuple(map(three_threads.as_tensor, Batches(rows)[0]))] * 4
        data = three_threads.utils.data.DataLoader(data, batch_size=None)
    KerasRegressor(perceptron, loss="mse", epochs=1, verbose=0, callbacks=[Recorder(seen)]).fit(
        data
    )
    assert [threads] == seen
    assert 3 == three_threads.get_num_threads()


@on_torch
def test_rows_of_a_data_set_are_not_those_of_calls_in_its_callbacks(three_threads):
    """A callback may predict from another data set, of which nothing is known."""
    seen = []
    other = KerasRegressor(perceptron, loss="mse", verbose=0, callbacks=[Recorder(seen)])
    other.fit(X, X[:, 0])
    seen.clear()
    predict = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: other.predict(Batches(300_000))
    )
    KerasRegressor(wide, loss="mse", epochs=1, verbose=0, callbacks=[predict]).fit(Batches(32))
    assert [3] == seen


@on_torch
@pytest.mark.parametrize(("number", "threads"), [(2, 2), (None, 3)])
def test_the_number_can_be_chosen(number, threads, three_threads):
    """In a block, for models of any size; outside of it the default holds."""
    with torch_threads(number):
        assert [threads] * 2 == numbers(perceptron)
        assert [threads] * 2 == numbers(wide)
    assert [1, 1] == numbers(perceptron)
    assert 3 == three_threads.get_num_threads()


@on_torch
def test_a_failed_fit_puts_the_threads_back(three_threads):
    """Whatever ends it."""
    with pytest.raises(ValueError, match="shape|dimension|axis"):
        numbers(lambda: keras.Sequential([keras.Input((7,)), layers.Dense(1)]))
    assert 3 == three_threads.get_num_threads()


@on_torch
def test_what_a_callback_chooses_stays(three_threads):
    """It is not put back to what it was before."""
    choose = keras.callbacks.LambdaCallback(
        on_train_end=lambda logs: three_threads.set_num_threads(2)
    )
    KerasRegressor(perceptron, loss="mse", callbacks=[choose], verbose=0).fit(X, X[:, 0])
    assert 2 == three_threads.get_num_threads()


@on_torch
def test_one_thread_gives_the_same_bits(three_threads):
    """The results of small models do not depend on the number of threads."""

    def results(number):
        with torch_threads(number):
            estimator = KerasRegressor(
                perceptron, loss="mse", optimizer="adam", epochs=3, random_state=0, verbose=0
            ).fit(X, X[:, 0])
            return [*estimator.model_.get_weights(), estimator.predict(X)]

    for one, three in zip(results(1), results(3), strict=True):
        np.testing.assert_array_equal(three, one)


@pytest.mark.parametrize("number", [0, -1, 1.5, "2", True])
def test_what_is_no_number_of_threads_is_refused(number):
    """The message names the argument."""
    with pytest.raises(ParameterError, match="number="), torch_threads(number):
        pass


@pytest.mark.skipif(ON_TORCH, reason="it is about other backends")
def test_only_pytorch_needs_another_number_of_threads():
    """On other backends no call is added to a fit."""
    assert repr is in_suitable_threads(repr)

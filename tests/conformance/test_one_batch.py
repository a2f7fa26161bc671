"""Training and prediction without an input pipeline give the results of Keras with one."""

import keras
import numpy as np
import pytest

from scikeras_conformance.doubles.one_batch import is_one_batch, predict_one_batch, train_one_batch
from scikeras_conformance.doubles.without_training import changes_no_weight

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = X.sum(axis=1, keepdims=True)


def model_of(outputs: int = 1) -> keras.Model:
    """Make a compiled model of two inputs that takes its first weights from NumPy."""
    first, second = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    joined = keras.layers.Concatenate()([first, second])
    heads = [keras.layers.Dense(1, name=f"out{number}") for number in range(outputs)]
    model = keras.Model({"a": first, "b": second}, [head(joined) for head in heads])
    generator = np.random.default_rng(1)
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    metrics = ["mae"] if outputs == 1 else [["mae"]] * outputs  # as Keras 3.12 wants them
    model.compile("adam", ["mse"] * outputs, metrics=metrics, run_eagerly=True)
    return model


def dense_model(rate=0.0, layer=keras.layers.Dense, constraint=None, **settings):
    """Make a compiled model of one layer that is not trained to predict Y yet."""
    inputs = keras.Input((3,))
    outputs = layer(1, kernel_initializer="ones", kernel_constraint=constraint)(inputs)
    model = keras.Model(inputs, outputs)
    optimizer = keras.optimizers.SGD(rate, **settings)
    model.compile(optimizer, "mse", weighted_metrics=["mae"], run_eagerly=True)
    return model


DATA = {"a": X, "b": X[:, ::-1].copy()}


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("weights", [pytest.param(None, marks=pytest.mark.slow), np.arange(8.0)])
@pytest.mark.parametrize("first", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_training_is_the_same(outputs, weights, first):
    """History, epochs, weights and predictions are those of `Model.fit` and `Model.predict`."""
    given = {
        "x": DATA,
        "y": [Y] * outputs,
        "sample_weight": weights,
        "epochs": 3,
        "initial_epoch": first,
    }
    if outputs == 1:
        given["y"] = Y
    elif weights is not None:
        given["sample_weight"] = [weights] * outputs
    assert is_one_batch(given)
    plain, quick = model_of(outputs), model_of(outputs)
    expected = plain.fit(**given, shuffle=False, verbose=0)
    found = train_one_batch(quick, given)
    assert list(expected.history) == list(found.history)
    assert expected.epoch == found.epoch
    assert quick.history is found
    for name, values in expected.history.items():
        np.testing.assert_allclose(found.history[name], values, rtol=1e-5)
    for ours, theirs in zip(quick.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert is_one_batch({"x": DATA})
    predictions = predict_one_batch(quick, {"x": DATA})
    wanted = quick.predict(DATA, verbose=0)
    for ours, theirs in zip(
        keras.tree.flatten(predictions), keras.tree.flatten(wanted), strict=True
    ):
        assert theirs.dtype == ours.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("weights", [None, np.arange(8.0)])
def test_steps_that_change_no_weight_are_the_same(weights):
    """Without gradients, logs, weights and the number of steps are those of `Model.fit`."""
    given = {"x": X, "y": 2 * Y, "sample_weight": weights, "epochs": 3}
    plain, quick = dense_model(), dense_model()
    assert changes_no_weight(quick)
    expected = plain.fit(**given, verbose=0).history
    found = train_one_batch(quick, given).history
    assert set(expected) == set(found) == {"loss", "mae"}
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6)
    for ours, theirs in zip(quick.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, ours)
    assert int(plain.optimizer.iterations) == int(quick.optimizer.iterations) == 3
    assert plain.optimizer.built
    assert quick.optimizer.built


def test_a_loss_that_is_no_number_reaches_the_weights():
    """As by `Model.fit`, whatever the learning rate is: zero times infinity is no number."""
    model = dense_model()
    train_one_batch(model, {"x": np.full_like(X, np.inf), "y": Y})
    assert np.isnan(model.get_weights()[0]).all()


class Noisy(keras.layers.Dense):
    """A layer that computes something else in training."""

    def call(self, inputs, training=None):
        """Add one in training."""
        return super().call(inputs) + (1.0 if training else 0.0)


@pytest.mark.parametrize("name", ["train_step", "train_on_batch", "compute_loss"])
def test_a_method_that_is_replaced_is_called(name):
    """Checks replace the step of one model, to see or to end its training."""
    model, calls = dense_model(), []
    original = getattr(model, name)

    def replaced(*args, **kwargs):
        calls.append(name)
        return original(*args, **kwargs)

    setattr(model, name, replaced)
    train_one_batch(model, {"x": X, "y": Y, "epochs": 2})
    # On JAX, Keras computes the loss of symbols first, to build what depends on it.
    builds = name == "compute_loss" and keras.backend.backend() == "jax"
    assert [name] * (3 if builds else 2) == calls


class Bare(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule that cannot be saved, which is zero."""

    def __call__(self, step):
        """Return the rate."""
        return 0.0 * step


@pytest.mark.parametrize(
    "settings",
    [
        {"rate": 0.1},
        {"rate": Bare()},
        {"rate": keras.optimizers.schedules.ExponentialDecay(0.0, 1, 0.5)},
        {"momentum": 0.9},
        {"weight_decay": 0.1},
        {"use_ema": True},
        {"constraint": "non_neg"},
        {"layer": Noisy},
    ],
    ids="-".join,
)
def test_any_other_step_is_made_with_gradients(settings):
    """Only what is surely without an effect is left out."""
    assert not changes_no_weight(dense_model(**settings))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"x": []},
        {"x": X.tolist()},
        {"x": X[:0]},
        {"x": X.astype(object)},
        {"x": X, "y": Y[:5]},
        {"x": X, "y": Y, "batch_size": 4},
        {"x": X, "y": Y, "batch_size": "8"},
        {"x": np.zeros((33, 3))},
        {"x": X, "y": Y, "callbacks": [keras.callbacks.Callback]},
        {"x": X, "y": Y, "callbacks": keras.callbacks.Callback()},
        {"x": X, "y": Y, "callbacks": keras.callbacks.CallbackList([keras.callbacks.Callback()])},
        {"x": X, "y": Y, "validation_split": 0.9},
        {"x": X, "y": Y, "validation_split": 1},
        {"x": X, "y": Y, "validation_split": "0.5"},
        {"x": X, "y": Y, "validation_data": [X, Y]},
        {"x": X, "y": Y, "validation_data": (X,)},
        {"x": X, "y": Y, "validation_data": (X, Y.tolist())},
        {"x": X, "y": Y, "validation_data": (X, Y), "validation_batch_size": 5},
        {"x": X, "y": Y, "validation_data": (X, Y), "validation_freq": 2},
        {"x": X, "y": Y, "validation_data": (X, Y), "validation_steps": 1},
        {"x": X, "y": Y, "class_weight": {0: 2.0}},
        {"x": X, "y": Y, "steps_per_epoch": 1},
        {"x": X, "y": Y, "epochs": 1.0},
        {"x": X, "steps": 1},
        {"x": X, "y": Y, "unheard_of": True},
    ],
    ids="-".join,
)
def test_what_is_out_of_the_ordinary_is_left_to_keras(given):
    """Keras decides what becomes of a call that this module does not understand fully."""
    assert not is_one_batch(given)


@pytest.mark.parametrize(
    "validation",
    [
        {"validation_data": ({name: x[:5] for name, x in DATA.items()}, Y[:5] * 2)},
        {"validation_data": (DATA, Y * 2, np.arange(8.0)), "validation_batch_size": 8},
        {"validation_split": 0.3},
    ],
    ids=["data", "weights", "split"],
)
@pytest.mark.parametrize(
    "weights", [pytest.param(None, marks=pytest.mark.slow), np.arange(1.0, 9.0)]
)
def test_validation_is_the_same(validation, weights):
    """What is logged in training and in validation, and what is learned, is as by `Model.fit`."""
    given = {"x": DATA, "y": Y, "sample_weight": weights, "epochs": 3, **validation}
    assert is_one_batch(given)
    plain, quick = model_of(), model_of()
    expected = plain.fit(**given, shuffle=False, verbose=0)
    found = train_one_batch(quick, given)
    assert {"loss", "mae", "val_loss", "val_mae"} == set(expected.history)
    assert list(expected.history) == list(found.history)
    for name, values in expected.history.items():
        np.testing.assert_allclose(found.history[name], values, rtol=1e-5)
    for ours, theirs in zip(quick.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def noting(seen):
    """Return a callback that writes down what it is called for, and with what."""

    def note(name):
        def called(self, *args, **kwargs):
            values = (*args, *kwargs.values())
            seen.append((name, *(sorted(v) if isinstance(v, dict) else v for v in values)))

        return called

    phases = ("train", "epoch", "train_batch", "test", "test_batch", "predict", "predict_batch")
    names = [f"on_{phase}_{end}" for phase in phases for end in ("begin", "end")]
    return type("Noting", (keras.callbacks.Callback,), {name: note(name) for name in names})()


@pytest.mark.parametrize("validation", [{}, {"validation_data": (DATA, Y * 2)}], ids=["", "val"])
def test_callbacks_see_the_same(validation):
    """Events, numbers of batches and epochs, names of logs, parameters, and when training stops."""
    seen = []
    for train in (keras.Model.fit, train_one_batch):
        events, own, model = [], keras.callbacks.History(), model_of()
        callback = noting(events)
        stop = keras.callbacks.EarlyStopping("loss", min_delta=1e9)
        given = {"x": DATA, "y": Y, "epochs": 9, "callbacks": [callback, own, stop], **validation}
        assert is_one_batch(given)
        if train is train_one_batch:
            history = train(model, given)
        else:
            history = train(model, **given, verbose=0)
        assert own is history is model.history
        seen.append((events, callback.params, own.epoch, list(own.history)))
    assert seen[0] == seen[1]
    assert 2 == len(seen[0][2])
    assert bool(validation) == ("on_test_end" in {name for name, *_ in seen[0][0]})


def test_callbacks_of_a_prediction_see_the_same():
    """Events, numbers of batches, names and kinds of logs, and parameters."""
    seen = []
    for predict in (keras.Model.predict, predict_one_batch):
        events, kinds = [], []
        callback = noting(events)
        other = keras.callbacks.LambdaCallback()
        other.on_predict_batch_end = lambda _, logs, kinds=kinds: kinds.append(
            type(logs["outputs"])
        )
        given = {"x": DATA, "callbacks": [callback, other]}
        assert is_one_batch(given)
        model = model_of()
        if predict is predict_one_batch:
            predictions = predict(model, given)
        else:
            predictions = predict(model, **given, verbose=0)
        seen.append((events, kinds, callback.params, predictions.tolist()))
    assert seen[0] == seen[1]
    assert "on_predict_batch_end" in {name for name, *_ in seen[0][0]}


def test_what_says_nothing_is_no_obstacle():
    """The arguments that wrappers pass on with their defaults change nothing."""
    given = {"x": X, "y": Y, "batch_size": None, "verbose": 1, "callbacks": [], "shuffle": True}
    defaults = {"validation_split": 0.0, "class_weight": None, "validation_freq": 1}
    assert is_one_batch(given | defaults)

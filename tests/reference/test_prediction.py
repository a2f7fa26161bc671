"""Small predictions take one step instead of a pipeline, and nothing else changes."""

import keras
import numpy as np
import pytest
import scipy.sparse
from reference_models import Counting, classifier, regressor

from scikeras_reference._training import predict as _prediction
from scikeras_reference._training.predict import predict

layers = keras.layers
QUIET = {"verbose": 0, "batch_size": None}
ROWS = np.random.default_rng(0).normal(size=(32, 6))
MANY = np.random.default_rng(1).normal(size=(100, 6))


class PipelineUsedError(AssertionError):
    """Raised in place of starting the pipeline."""


def take_the_pipeline_away(monkeypatch):
    """Make ``Model.predict`` fail, so that only the short way is left."""

    def refuse(*args, **kwargs):
        raise PipelineUsedError

    monkeypatch.setattr(keras.Model, "predict", refuse)
    monkeypatch.setitem(_prediction._METHODS, "predict", refuse)


@pytest.fixture
def no_pipeline(monkeypatch):
    take_the_pipeline_away(monkeypatch)


def compiled(model, **kwargs):
    model.compile("sgd", "mse", **kwargs)
    return model


def dense(**kwargs):
    parts = [layers.Input((6,)), layers.Dense(8, activation="relu"), layers.BatchNormalization()]
    return compiled(keras.Sequential([*parts, layers.Dropout(0.5), layers.Dense(3)]), **kwargs)


def double():
    return compiled(keras.Sequential([layers.Input((6,)), layers.Dense(3, dtype="float64")]))


def convolution():
    parts = [layers.Input((6,)), layers.Reshape((6, 1)), layers.Conv1D(4, 2), layers.LSTM(3)]
    return compiled(keras.Sequential(parts))


def several(answer):
    inputs = [layers.Input((6,), name="first"), layers.Input((6,), name="second")]
    joined = layers.Concatenate()(inputs)
    outputs = {"one": layers.Dense(1)(joined), "two": layers.Dense(2)(joined)}
    if answer is list:
        return compiled(keras.Model(inputs, list(outputs.values())))
    named = {tensor.name: tensor for tensor in inputs}
    return compiled(keras.Model(named, outputs))


def assert_same(expected, got):
    """See that two nests of arrays are the same, down to dtypes and bits."""
    keras.tree.assert_same_structure(expected, got)
    for one, other in zip(keras.tree.flatten(expected), keras.tree.flatten(got), strict=True):
        assert type(one) is type(other)
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        assert one.tobytes() == other.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 2, 31, 32])
@pytest.mark.parametrize(
    "make",
    [
        dense,
        lambda: dense(run_eagerly=True),
        # The compiler of PyTorch is a process of its own.
        pytest.param(lambda: dense(jit_compile=True), marks=pytest.mark.process),
        lambda: dense(steps_per_execution=4),
        double,
        convolution,
    ],
    ids=["dense", "eager", "compiled", "several-steps", "float64", "convolution"],
)
def test_one_step_gives_the_bits_of_predict(make, rows, monkeypatch):
    """Whatever the model and the number of rows, the answer is that of ``Model.predict``."""
    model = make()
    if keras.backend.backend() == "torch" and model.steps_per_execution > 1:
        pytest.skip("Keras refuses several steps per execution on PyTorch")
    expected = model.predict(ROWS[:rows], verbose=0)

    take_the_pipeline_away(monkeypatch)

    assert_same(expected, predict(model, ROWS[:rows], QUIET))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8"])
def test_input_of_any_dtype_is_fed_as_the_pipeline_feeds_it(dtype, monkeypatch):
    """Floats are cast to Keras's default, integers stay what they are."""
    model, x = dense(), ROWS.astype(dtype)
    expected = model.predict(x, verbose=0)

    take_the_pipeline_away(monkeypatch)

    assert_same(expected, predict(model, x, QUIET))


@pytest.mark.parametrize("answer", [list, dict])
def test_nests_of_inputs_and_outputs_keep_their_structure(answer, monkeypatch):
    """Lists and dicts of arrays come back as the same lists and dicts."""
    model = several(answer)
    x = [ROWS, ROWS[::-1]] if answer is list else {"first": ROWS, "second": ROWS[::-1]}
    expected = model.predict(x, verbose=0)

    take_the_pipeline_away(monkeypatch)

    assert_same(expected, predict(model, x, QUIET))


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX compiles for each shape anyway")
def test_other_numbers_of_rows_are_not_traced_anew():
    """A model is traced at most twice, however many numbers of rows it is asked about."""
    traced = []

    class Tracing(layers.Layer):
        def call(self, inputs):
            traced.append(inputs.shape)
            return inputs

    model = compiled(keras.Sequential([layers.Input((6,)), Tracing()]))
    traced.clear()

    for rows in range(1, 33):
        predict(model, ROWS[:rows], QUIET)

    assert keras.backend.backend() != "tensorflow" or len(traced) <= 2, traced


@pytest.mark.parametrize(
    "arguments",
    [
        {"verbose": 1},
        {"verbose": "auto"},
        {},
        {"verbose": 0, "steps": 1},
        {"verbose": 0, "callbacks": [keras.callbacks.Callback()]},
        {"verbose": 0, "callbacks": keras.callbacks.CallbackList([])},
    ],
    ids=["bar", "auto", "default", "steps", "callback", "list-of-callbacks"],
)
def test_whoever_watches_gets_the_pipeline(arguments, no_pipeline):
    """A progress bar, a callback or several batches need what ``Model.predict`` does."""
    with pytest.raises(PipelineUsedError):
        predict(dense(), ROWS, arguments)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="tried on TensorFlow only")
@pytest.mark.parametrize("size", [93, 31, 16, 5, 1])
@pytest.mark.parametrize(
    ("make", "x"),
    [
        (dense, MANY),
        (convolution, MANY),
        (lambda: several(list), [MANY, MANY[::-1]]),
        (lambda: several(dict), {"first": MANY, "second": MANY[::-1]}),
    ],
    ids=["dense", "convolution", "list", "dict"],
)
def test_batches_are_asked_one_by_one(make, x, size, monkeypatch):
    """Cutting the rows by hand gives what the pipeline gives, also in a last batch of its own."""
    model = make()
    expected = model.predict(x, verbose=0, batch_size=size)
    clone = make()
    clone.set_weights(model.get_weights())

    take_the_pipeline_away(monkeypatch)

    for asked in (model, clone, clone):
        assert_same(expected, predict(asked, x, {"verbose": 0, "batch_size": size}))


class Stopping(layers.Layer):
    """Calls a function in the third batch."""

    batches = 0
    stop = None

    def call(self, inputs):
        self.batches += 1
        if self.stop is not None and self.batches == 3:
            self.stop()
        return inputs


def test_a_layer_stops_a_prediction():
    """Keras looks after each batch, and returns what it has."""
    layer = Stopping()
    model = compiled(keras.Sequential([layers.Input((6,)), layer]), run_eagerly=True)
    layer.stop = lambda: setattr(model, "stop_predicting", True)
    layer.batches = 0
    expected = model.predict(MANY, verbose=0, batch_size=8)
    assert (24, 6) == expected.shape

    layer.batches = 0
    assert_same(expected, predict(model, MANY, {"verbose": 0, "batch_size": 8}))


@pytest.mark.skipif(
    not hasattr(keras.config, "set_max_steps_per_epoch"), reason="Keras has no such limit"
)
def test_a_limit_of_steps_gets_the_pipeline():
    """Keras predicts for the first batches only, and warns."""
    model = dense()
    keras.config.set_max_steps_per_epoch(2)
    try:
        with pytest.warns(UserWarning, match="max_steps_per_epoch|Limiting"):
            found = predict(model, ROWS, {"verbose": 0, "batch_size": 4})
    finally:
        keras.config.set_max_steps_per_epoch(None)
    assert (8, 3) == found.shape


class Total(layers.Layer):
    """Returns one number for a whole batch, in an array of the given shape."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def call(self, inputs):
        return keras.ops.reshape(keras.ops.sum(inputs), self.shape)


def predicted_or_refused(call):
    """Return what a call predicts, or the message of its error."""
    try:
        return call()
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("shape", [(), (1,)], ids=["no-axis", "one-row"])
def test_outputs_that_are_not_one_row_each_are_all_returned(shape):
    """Whatever Keras makes of several of them, none is lost; JAX joins no plain numbers."""
    model = compiled(keras.Sequential([layers.Input((6,)), Total(shape)]))
    expected = predicted_or_refused(lambda: model.predict(ROWS, verbose=0, batch_size=8))
    found = predicted_or_refused(lambda: predict(model, ROWS, {"verbose": 0, "batch_size": 8}))

    if isinstance(expected, str):
        assert "concatenate" in expected
        assert (shape, found) == ((), expected)
    else:
        assert_same(expected, found)


def test_only_arrays_are_joined():
    """Keras has other ways for sparse and ragged outputs, and for rows of different shapes."""
    rows = np.zeros((2, 3))
    sparse = scipy.sparse.csr_array(rows)

    assert _prediction._can_be_joined([[rows, rows], [rows[:1], rows[:1]]])
    assert not _prediction._can_be_joined([[rows, sparse], [rows, sparse]])
    assert not _prediction._can_be_joined([rows, rows[:, :2]])
    assert not _prediction._can_be_joined([np.float32(1), np.float32(1)])


@pytest.mark.parametrize("size", [0, -1])
def test_an_impossible_size_is_left_to_the_pipeline(size, no_pipeline):
    """Whatever Keras does about a size that is none, it does here."""
    with pytest.raises(PipelineUsedError):
        predict(dense(), ROWS, {"verbose": 0, "batch_size": size})


def any_length():
    """Return a model whose batches differ in the length of their rows, as far as it knows."""
    parts = [layers.Input((None, 2)), layers.Conv1D(3, 1)]
    return compiled(keras.Sequential(parts)), np.zeros((33, 4, 2))


@pytest.mark.parametrize(
    ("make", "gpu"),
    [(lambda: (dense(), np.repeat(ROWS, 2, axis=0)[:33]), True), (any_length, False)],
    ids=["gpu", "unknown-shape"],
)
def test_many_batches_get_the_pipeline(make, gpu, no_pipeline, monkeypatch):
    """On a GPU it copies meanwhile; and what cannot be joined would be computed twice."""
    monkeypatch.setattr(_prediction, "has_gpu", lambda: gpu)
    model, x = make()
    with pytest.raises(PipelineUsedError):
        predict(model, x, {"verbose": 0, "batch_size": 1})


@pytest.mark.parametrize(
    "name", ["predict_on_batch", "predict_step", "make_predict_function", "predict"]
)
def test_a_model_with_methods_of_its_own_gets_the_pipeline(name, no_pipeline):
    """What a subclass or an instance overrides is called as Keras calls it."""
    inherits = type("Own", (keras.Model,), {name: getattr(keras.Model, name)})
    overrides = type(
        "Other",
        (keras.Model,),
        {name: lambda self, *a, **k: (_ for _ in ()).throw(PipelineUsedError)},
    )
    inputs = layers.Input((6,))
    patched = dense()
    object.__setattr__(patched, name, getattr(patched, name))

    assert predict(compiled(inherits(inputs, layers.Dense(1)(inputs))), ROWS, QUIET).shape == (
        32,
        1,
    )
    for model in (compiled(overrides(inputs, layers.Dense(1)(inputs))), patched):
        with pytest.raises(PipelineUsedError):
            predict(model, ROWS, QUIET)


def test_a_replaced_method_of_keras_is_called(monkeypatch):
    """Whoever watches Keras by replacing a method sees every call of it."""
    monkeypatch.setattr(keras.Model, "predict", lambda self, x, **kwargs: "seen")

    assert "seen" == predict(dense(), ROWS, QUIET)


def test_an_estimator_answers_in_one_step(X, y3, target, no_pipeline):
    """Classes, probabilities and numbers come without the pipeline, unless it is asked for."""
    forest, line = classifier(run_eagerly=False).fit(X, y3), regressor().fit(X, target)

    assert forest.predict(X).shape == y3.shape
    assert forest.predict_proba(X).shape == (len(X), 3)
    assert line.predict(X).shape == target.shape
    with pytest.raises(PipelineUsedError):
        forest.predict(X, verbose=1)
    with pytest.raises(PipelineUsedError):
        classifier(callbacks=Counting).fit(X, y3).predict(X)


class Interrupting(layers.Layer):
    """Raises where it is called, if it is told to."""

    raises = False

    def call(self, inputs):
        if type(self).raises:
            raise KeyboardInterrupt
        return inputs


def interruptible(meta):
    parts = [layers.Input((6,)), Interrupting(), layers.Dropout(0.5), layers.Dense(1)]
    del meta
    return keras.Sequential(parts)


@pytest.mark.slow
def test_a_prediction_that_stops_halfway_leaves_the_model(monkeypatch):
    """By an error in a late batch or by Ctrl-C; Keras on JAX takes the weights off meanwhile."""
    many = np.tile(ROWS, (4, 1))
    wrapper = regressor(model=interruptible, run_eagerly=False).fit(ROWS, ROWS[:, 0])
    expected = wrapper.predict(ROWS)

    def batches():
        yield from np.split(many, 8)
        raise OSError("the disk is gone")

    for method in (wrapper.predict, wrapper.score):
        with pytest.raises(OSError, match="the disk is gone"):
            method(lambda: ((X, X[:, 0]) for X in batches()))
        np.testing.assert_array_equal(expected, wrapper.predict(ROWS))

    again = regressor(model=interruptible, run_eagerly=False).fit(ROWS, ROWS[:, 0])
    monkeypatch.setattr(Interrupting, "raises", True)
    with pytest.raises(KeyboardInterrupt):  # in the first step, which is traced
        again.predict(many)
    monkeypatch.setattr(Interrupting, "raises", False)
    np.testing.assert_array_equal(expected, again.predict(ROWS))

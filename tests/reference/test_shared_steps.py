"""Models of equal structure share a traced step, and nobody can tell by the results."""

import gc
import os
import pickle
import random
import threading
import weakref

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reference_models import Doubling, ScaledLoss, TwoLayers, classifier, scaled_error
from sklearn.model_selection import GridSearchCV

from scikeras_reference import KerasRegressor, _steps
from scikeras_reference._shared_steps import keras_internals as internals
from scikeras_reference._shared_steps.cache import CACHE, SETTING, StepCache
from scikeras_reference._shared_steps.fingerprint import UnprovenError, fingerprint
from scikeras_reference._training.fit import fit
from scikeras_reference._training.seeding import seeded
from scikeras_reference.exceptions import ParameterError

pytestmark = pytest.mark.skipif(
    keras.backend.backend() == "torch" or keras.__version__.startswith(internals.UNSHARED),
    reason="steps are shared where Keras compiles them, and with newer versions of Keras",
)
ON_JAX = keras.backend.backend() == "jax"

layers = keras.layers
RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(21, 6))
LABELS = RNG.integers(0, 3, size=21)
WEIGHTS = RNG.uniform(0.5, 2.0, size=21)
EXAMPLES = int(os.environ.get("SCIKERAS_REFERENCE_EXAMPLES", "5"))
"""How many random architectures are trained; more of them outside the ordinary run."""


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch):
    monkeypatch.setenv(SETTING, "1")
    CACHE.clear()
    with seeded(0):
        yield
    CACHE.clear()


def shared():
    """Count the steps that have been traced so far; a failure to trace is none."""
    return sum(step is not None for step in CACHE._steps.values())


def trained(make, x, y, weights=None, **arguments):
    """Train a new model under a seed; give all that can be seen of it afterwards."""
    keras.utils.set_random_seed(7)
    model = make()
    arguments = {"epochs": 2, "batch_size": 8, "verbose": 0, **arguments}
    history = fit(model, x, y, weights, arguments)
    seen = [
        history.history,
        history.params,
        [(v.path, v.numpy().tobytes()) for v in model.variables],
        [(v.name, v.numpy().tobytes()) for v in model.optimizer.variables],
        [(v.name, v.numpy().tobytes()) for v in model.metrics_variables],
        [a.tobytes() for a in keras.tree.flatten(model.predict_on_batch(x))],
        random.getstate(),
        np.random.get_state()[1].tobytes(),  # noqa: NPY002 - Keras draws from it
        layers.Dense(1).name,
    ]
    return model, seen


def without(monkeypatch, *args, **kwargs):
    monkeypatch.setenv(SETTING, "0")
    _, seen = trained(*args, **kwargs)
    monkeypatch.setenv(SETTING, "1")
    return seen


def renamed(seen):
    """Leave out names, which Keras counts up from model to model."""
    return [
        [item[1] for item in part]
        if isinstance(part, list) and part and isinstance(part[0], tuple)
        else part
        for part in seen[:-1]
    ]


def check(monkeypatch, make, x, y, weights=None, *, shares=True, **arguments):
    """See that three fits are the same: without a cache, with an empty one, with a full one."""
    CACHE.clear()
    expected = renamed(without(monkeypatch, make, x, y, weights, **arguments))
    assert 0 == shared()
    first = renamed(trained(make, x, y, weights, **arguments)[1])
    assert shares == (shared() > 0)
    count = shared()
    second = renamed(trained(make, x, y, weights, **arguments)[1])
    assert count == shared()
    for name, *parts in zip(
        ["history", "params", "weights", "optimizer", "metrics", "outputs", "random", "numpy"],
        expected,
        first,
        second,
        strict=True,
    ):
        assert parts[0] == parts[1], f"{name}, traced anew"
        assert parts[0] == parts[2], f"{name}, traced before"


def dense(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=("accuracy",), units=4):
    """Build and compile a small classifier."""
    parts = [layers.Input((6,)), layers.Dense(units, activation="relu"), layers.Dense(3, "softmax")]
    model = keras.Sequential(parts)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


# -- the same bits ------------------------------------------------------------------------------

VECTOR = st.sampled_from(
    [
        lambda: layers.Dense(5, activation="tanh", kernel_regularizer="l2"),
        lambda: layers.Dense(3, activity_regularizer=keras.regularizers.L1(0.1)),
        lambda: layers.Dropout(0.4),
        layers.BatchNormalization,
        layers.LayerNormalization,
        lambda: layers.Dense(4, kernel_constraint="non_neg"),
        lambda: layers.GaussianNoise(0.3),
        lambda: layers.LeakyReLU(0.2),
    ]
)
SEQUENCE = st.sampled_from(
    [
        lambda: layers.Conv1D(3, 2, activation="relu"),
        lambda: layers.SpatialDropout1D(0.3),
        layers.BatchNormalization,
        lambda: layers.MaxPooling1D(1),
        layers.LayerNormalization,
    ]
)
TO_VECTOR = st.sampled_from(
    [
        lambda: layers.LSTM(3, dropout=0.2),
        lambda: layers.GRU(3, kernel_regularizer="l2"),
        lambda: layers.SimpleRNN(3),
        lambda: layers.Bidirectional(layers.SimpleRNN(2)),
        layers.Flatten,
        layers.GlobalAveragePooling1D,
    ]
)
OPTIMIZERS = {
    name: getattr(keras.optimizers, name)
    for name in sorted(dir(keras.optimizers))
    if isinstance(getattr(keras.optimizers, name), type)
    and issubclass(getattr(keras.optimizers, name), keras.optimizers.Optimizer)
    and name not in {"Optimizer", "LossScaleOptimizer", "MultiOptimizer"}
}
UNSHARED = {"Muon", "ScheduleFreeAdamW"}
"""They tell variables apart by path, or assign to them when Keras happens to build them."""
OPTIONS = st.sampled_from(
    [
        {},
        {"clipnorm": 0.5},
        {"global_clipnorm": 0.5},
        {"clipvalue": 0.1},
        {"weight_decay": 0.01},
        {"use_ema": True, "ema_overwrite_frequency": 2},
        {"gradient_accumulation_steps": 2},
        {"loss_scale_factor": 4.0},
    ]
)


@st.composite
def architectures(draw):
    """Draw a function that builds and compiles a model of several inputs and outputs, or of one."""
    body = draw(st.lists(VECTOR, max_size=3))
    sequence = draw(st.none() | st.tuples(st.lists(SEQUENCE, max_size=2), TO_VECTOR))
    two_inputs, two_outputs = draw(st.booleans()), draw(st.booleans())
    name = draw(st.sampled_from(sorted(OPTIMIZERS)))
    optimizer = OPTIMIZERS[name]
    options = draw(OPTIONS)
    metrics = draw(
        st.sampled_from(
            [None, ["accuracy"], [keras.metrics.SparseTopKCategoricalAccuracy, "accuracy"]]
        )
    )
    weighted = draw(st.booleans())

    def make():
        inputs = [layers.Input((6,), name=f"in{i}") for i in range(1 + two_inputs)]
        x = layers.Concatenate()(inputs) if two_inputs else inputs[0]
        if sequence is not None:
            x = layers.Reshape((-1, 2))(x)
            for part in sequence[0]:
                x = part()(x)
            x = sequence[1]()(x)
        for part in body:
            x = part()(x)
        outputs = [
            layers.Dense(3, activation="softmax", name=f"out{i}")(x) for i in range(1 + two_outputs)
        ]
        model = keras.Model(
            inputs if two_inputs else inputs[0], outputs if two_outputs else outputs[0]
        )
        made = [metrics and [m if isinstance(m, str) else m(k=2) for m in metrics] for _ in outputs]
        model.compile(
            optimizer(0.01, **options),
            "sparse_categorical_crossentropy",
            metrics=made if metrics and two_outputs else made[0],
            weighted_metrics=[["accuracy"], ["accuracy"]]
            if weighted and two_outputs
            else (["accuracy"] if weighted else None),
        )
        return model

    return make, two_inputs, two_outputs, name not in UNSHARED


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),  # an example is as small as it need be, and takes seconds
    suppress_health_check=list(HealthCheck),
)
@given(
    architecture=architectures(),
    weighted=st.booleans(),
    arguments=st.fixed_dictionaries(
        {
            "batch_size": st.sampled_from([7, 8, 32]),
            "shuffle": st.booleans(),
            "validation_split": st.sampled_from([0.0, 0.3]),
        }
    ),
)
def test_random_architectures_train_to_the_same_bits(architecture, weighted, arguments):
    """With and without a shared step: the same history, weights, state, outputs, random numbers."""
    make, two_inputs, two_outputs, shares = architecture
    x = [ROWS, ROWS[::-1]] if two_inputs else ROWS
    y = [LABELS, LABELS[::-1]] if two_outputs else LABELS
    with pytest.MonkeyPatch.context() as patch:
        check(patch, make, x, y, WEIGHTS if weighted else None, shares=shares, **arguments)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_of_keras_trains_to_the_same_bits(name, monkeypatch):
    """Whatever state an optimizer keeps, it is the model's own; some are never shared."""
    check(
        monkeypatch,
        lambda: dense(OPTIMIZERS[name]()),
        ROWS,
        LABELS,
        shares=name not in UNSHARED,
        epochs=1,
    )


def test_a_model_of_many_kinds_of_layers_trains_to_the_same_bits(monkeypatch):
    """Embedding, attention, convolution, recurrence (one that hides its seed), and a nested model."""

    def make():
        inputs = layers.Input((6,), dtype="int64")
        x = layers.Embedding(5, 4)(inputs)
        x = layers.MultiHeadAttention(2, 2, dropout=0.2)(x, x) + x
        x = layers.LayerNormalization()(layers.TimeDistributed(layers.Dense(4))(x))
        x = layers.SpatialDropout1D(0.2)(layers.Conv1D(3, 2, padding="same")(x))
        x = layers.Bidirectional(layers.SimpleRNN(2, dropout=0.2))(x)
        x = keras.Sequential([layers.Input((4,)), layers.Dense(3), layers.BatchNormalization()])(x)
        model = keras.Model(inputs, layers.Dense(3, activation="softmax")(keras.ops.tanh(x)))
        rate = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
        model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy")
        return model

    rows = np.random.default_rng(0).integers(0, 5, size=(21, 6))
    check(monkeypatch, make, rows, LABELS, epochs=1)


def test_what_differs_in_value_alone_is_shared():
    """Learning rates, initial weights and seeds of dropout are state, not structure."""
    for rate in (0.1, 0.01):
        trained(lambda rate=rate: dense(keras.optimizers.Adam(rate)), ROWS, LABELS)

    # JAX compiles a step for each shape of a batch, and the last batch has fewer rows.
    assert (2 if ON_JAX else 1) == shared()


@pytest.mark.parametrize(
    "other",
    [
        lambda: dense(units=5),
        lambda: dense("sgd"),
        lambda: dense(keras.optimizers.Adam(beta_1=0.5)),
        lambda: dense(metrics=()),
        lambda: dense(loss=keras.losses.SparseCategoricalCrossentropy(reduction="sum")),
        lambda: dense(metrics=[keras.metrics.SparseTopKCategoricalAccuracy(2)]),
    ],
    ids=["units", "optimizer", "beta", "metrics", "reduction", "other-metric"],
)
def test_what_differs_in_structure_is_not_shared(other):
    """Two models of different structure have two digests."""
    assert fingerprint(dense(), training=True) == fingerprint(dense(), training=True)
    assert fingerprint(dense(), training=True) != fingerprint(other(), training=True)


# -- what is never shared -----------------------------------------------------------------------


def own_train_step():
    """Build a model whose class trains in a way of its own."""

    class Own(keras.Sequential):
        def train_step(self, data):
            return super().train_step(data)

    model = Own([layers.Input((6,)), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def with_layer(layer):
    model = keras.Sequential([layers.Input((6,)), layer(), layers.Dense(3, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def subclassed():
    model = TwoLayers(3)
    model.compile("sgd", "mse")
    return model


def patched():
    """Build a layer whose instance answers in a way of its own."""
    model = dense()
    layer = model.layers[0]
    object.__setattr__(layer, "call", lambda inputs: 2 * keras.ops.relu(inputs))
    return model


def compiled(**options):
    model = dense()
    model.compile("sgd", "sparse_categorical_crossentropy", **options)
    return model


def frozen_later():
    model = dense()
    model.layers[0].trainable = False
    return model


def own_activation(x):
    return x * 2


def own_penalty(weights):
    return keras.ops.sum(weights)


@pytest.mark.parametrize(
    "make",
    [
        own_train_step,
        subclassed,
        patched,
        frozen_later,
        lambda: with_layer(Doubling),
        lambda: with_layer(lambda: layers.Lambda(lambda x: x)),
        lambda: with_layer(lambda: layers.Dense(4, activation=own_activation)),
        lambda: with_layer(lambda: layers.Dense(4, kernel_regularizer=own_penalty)),
        lambda: with_layer(lambda: layers.Dense(4, kernel_constraint=own_activation)),
        lambda: dense(loss=ScaledLoss(2.0)),
        lambda: dense(loss=scaled_error),
        lambda: dense(metrics=[scaled_error]),
        lambda: dense(metrics=[keras.metrics.MeanMetricWrapper(scaled_error)]),
        lambda: dense(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())),
        lambda: dense(keras.optimizers.SGD(lambda: 0.1)),
        lambda: compiled(run_eagerly=True),
        lambda: compiled(steps_per_execution=2),
        lambda: compiled(jit_compile=not ON_JAX),
        lambda: with_layer(lambda: layers.Dense(420_000)),
    ],
    ids=[
        "train_step", "subclass", "patched", "frozen-later", "layer", "lambda", "activation",
        "regularizer", "constraint", "loss", "loss-function", "metric-function", "wrapped-metric",
        "loss-scale", "rate-function", "eager", "several-steps", "xla", "large",
    ],
)  # fmt: skip
def test_code_that_could_differ_unseen_is_never_shared(make):
    """Whatever is not Keras's own, or not traced in the usual way, is left to Keras."""
    model = make()

    assert not _steps.provable(model, training=True)


def test_an_optimizer_of_the_users_own_is_never_shared():
    """A subclass of a class of Keras is not that class."""

    class Own(keras.optimizers.SGD):
        pass

    with pytest.raises(UnprovenError, match="Own"):
        fingerprint(dense(Own()), training=True)


class OwnDict(dict):
    """A container that could do anything when it is read."""


def dense_with(value):
    """Build a model with something more in one of its layers."""
    model = dense()
    object.__setattr__(model.layers[0], "extra", value)
    return model


@pytest.mark.parametrize(
    ("value", "other"),
    [
        (np.arange(3), np.arange(4)),
        (np.float32(1), np.float64(1)),
        (keras.ops.ones(2), keras.ops.zeros(2)),
        ({"a", "b"}, {"a", "c"}),
        ({"a": [1.5]}, {"a": [2.5]}),
        ((1, b"x"), (True, b"x")),
        (keras.activations.relu, keras.activations.gelu),
    ],
    ids=["array", "number", "tensor", "set", "dict", "tuple", "function"],
)
def test_every_attribute_is_read_to_the_bottom(value, other):
    """What is equal has one digest, and what differs in value or in type has two."""
    first = fingerprint(dense_with(value), training=True)
    assert first == fingerprint(dense_with(value), training=True)
    assert first != fingerprint(dense_with(other), training=True)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.array([object()]), "array of objects"),
        ({object()}, "no order"),
        (OwnDict(), "OwnDict.* is not Keras's own"),
        (threading.Lock(), "lock is not Keras's own"),
        (dense_with, "is not Keras's own"),
    ],
    ids=["objects", "set", "container", "lock", "function"],
)
def test_an_attribute_that_cannot_be_read_ends_the_proof(value, why):
    """There is no digest of what could differ unseen."""
    with pytest.raises(UnprovenError, match=why):
        fingerprint(dense_with(value), training=True)


def test_a_class_of_keras_that_somebody_changed_is_never_shared(monkeypatch):
    """A method that was replaced for the whole process is noticed, and so is a model of one's own."""
    monkeypatch.setattr(layers.Dense, "call", lambda self, inputs: inputs)
    with pytest.raises(UnprovenError, match="replaced a method"):
        fingerprint(dense(), training=True)
    with pytest.raises(UnprovenError, match="not one of Keras's own models"):
        fingerprint(subclassed(), training=True)


@pytest.mark.parametrize(
    ("arguments", "y"),
    [
        ({"validation_split": 0.999}, LABELS),
        ({"validation_split": np.float64(0.25)}, LABELS),
        ({"validation_data": [ROWS, LABELS]}, LABELS),
        ({"batch_size": 7.0}, LABELS),
        ({}, LABELS[:, None]),
    ],
    ids=["split-of-nothing", "split-of-numpy", "list", "float", "column"],
)
def test_unusual_arguments_mean_what_they_mean_to_keras(arguments, y, monkeypatch):
    """Bits and errors are those of ``Model.fit``, shared or not."""

    def outcome(train):
        keras.utils.set_random_seed(7)
        model = dense()
        try:
            with seeded(3):
                history = train(model, {"epochs": 2, "verbose": 0, **arguments})
        except Exception as error:
            return type(error), str(error)
        return history.history, [weight.tobytes() for weight in model.get_weights()]

    plain = outcome(lambda model, kwargs: model.fit(ROWS, y, **kwargs))
    assert plain == outcome(lambda model, kwargs: fit(model, ROWS, y, None, kwargs))


def test_a_configuration_that_leaves_out_an_argument_is_noticed(monkeypatch):
    """Keras's Huber does not write down its delta: it is read, and differs from the prototype's."""

    def make(delta=3.0):
        model = keras.Sequential([layers.Input((6,)), layers.Dense(1)])
        model.compile("sgd", keras.losses.Huber(delta=delta))
        return model

    assert fingerprint(make(1.0), training=True) != fingerprint(make(3.0), training=True)
    default = "delta" in keras.losses.Huber(delta=3.0).get_config()
    check(monkeypatch, make, ROWS, ROWS[:, 0], shares=default, epochs=1)


def test_what_cannot_be_read_is_left_to_keras(monkeypatch):
    """Neither an unknown version of Keras nor an error in the proof makes a ``fit`` fail."""

    def fails(model, **kwargs):
        raise AttributeError("moved")

    monkeypatch.setattr(internals, "runs_plainly", fails)
    check(monkeypatch, dense, ROWS, LABELS, shares=False, epochs=1)
    monkeypatch.undo()

    monkeypatch.setattr(internals, "CHECKED", ("3.99.",))
    check(monkeypatch, dense, ROWS, LABELS, shares=False, epochs=1)


def test_one_setting_switches_it_off(monkeypatch):
    """With 0, nothing is shared; with a word that means nothing, nothing is guessed."""
    monkeypatch.setenv(SETTING, "0")
    trained(dense, ROWS, LABELS)
    assert 0 == len(CACHE)

    monkeypatch.setenv(SETTING, "no")
    with pytest.raises(ParameterError, match=f"{SETTING} is 'no'"):
        trained(dense, ROWS, LABELS)


# -- callbacks and later calls ------------------------------------------------------------------


class Meddling(keras.callbacks.Callback):
    """Changes and uses the model while it is trained."""

    def on_train_begin(self, logs=None):
        self.model.layers[0].activation = keras.activations.tanh

    def on_epoch_end(self, epoch, logs=None):
        self.model.evaluate(ROWS, LABELS, verbose=0)
        self.model.train_on_batch(ROWS[:4], LABELS[:4])
        self.model.optimizer.learning_rate = 0.1


class Breaking(Meddling):
    """Makes the model one that cannot be shared, when training has begun."""

    def on_train_begin(self, logs=None):
        self.model.layers[0].activation = own_activation


@pytest.mark.parametrize("callback", [Meddling, Breaking])
def test_callbacks_may_change_and_use_the_model(callback, monkeypatch):
    """What is traced is the model as it is at the first batch, and other data go Keras's way."""
    check(
        monkeypatch,
        dense,
        ROWS,
        LABELS,
        shares=callback is Meddling,
        callbacks=[callback()],
        validation_data=(ROWS[:9], LABELS[:9]),
    )


def test_a_trained_model_is_left_as_keras_leaves_it(monkeypatch):
    """Training goes on, through the wrapper or without it, with the same bits."""

    def go_on(model):
        fit(model, ROWS[:16], LABELS[:16], None, {"verbose": 0, "batch_size": 8})
        fit(model, ROWS, LABELS, None, {"verbose": 0, "batch_size": 8})
        model.fit(ROWS, LABELS, verbose=0)
        model.evaluate(ROWS, LABELS, verbose=0)
        return [w.tobytes() for w in model.get_weights()]

    monkeypatch.setenv(SETTING, "0")
    expected = go_on(trained(dense, ROWS, LABELS)[0])
    monkeypatch.setenv(SETTING, "1")
    for _ in range(2):
        model = trained(dense, ROWS, LABELS)[0]
        assert model.train_function is model.test_function is None
        assert expected == go_on(model)


def test_an_error_is_the_one_that_keras_raises(monkeypatch):
    """A step that cannot be traced is Keras's to complain about, each time anew."""
    monkeypatch.setenv(SETTING, "0")
    with pytest.raises(ValueError) as expected:
        trained(dense, ROWS, ROWS)
    monkeypatch.setenv(SETTING, "1")
    for _ in range(2):
        with pytest.raises(ValueError) as error:
            trained(dense, ROWS, ROWS)
        assert str(expected.value) == str(error.value)


# -- the cache ----------------------------------------------------------------------------------


def test_the_bound_holds_over_a_thousand_structures():
    """The cache keeps the structures used last, and lets the others go."""
    cache = StepCache(64)
    structures = [keras.Sequential([layers.Input((1,)), layers.Dense(n)]) for n in range(1, 21)]
    digests = {fingerprint(model, training=False) for model in structures}
    assert 20 == len(digests)

    kept = []
    for number in range(1000):
        key = number.to_bytes(4)
        step = cache.get(key, type("Step", (), {}))
        kept.append(weakref.ref(step))
        assert cache.get(key, lambda: pytest.fail("traced twice")) is step
        del step
        assert len(cache) <= 64
    gc.collect()

    assert [False] * 936 + [True] * 64 == [reference() is not None for reference in kept]


def test_the_cache_keeps_no_model_and_no_data():
    """When a model and its data are gone, nothing of them is left but the graph."""
    x = np.array(ROWS)
    model, _ = trained(dense, x, LABELS)
    references = [weakref.ref(model), weakref.ref(model.optimizer), weakref.ref(x)]
    del model, x
    gc.collect()

    assert 0 < shared()
    assert [None, None, None] == [reference() for reference in references]
    assert not [
        o
        for o in gc.get_objects()
        if type(o) is keras.Sequential and o.built and o.count_params() == 43
    ]


def graphs():
    """Count what the backend keeps of traced functions in this process."""
    gc.collect()
    if ON_JAX:
        from jax.extend.backend import get_backend

        return len(get_backend().live_executables())
    kinds = {"FuncGraph", "ConcreteFunction", "AtomicFunction"}
    return sum(type(o).__name__ in kinds for o in gc.get_objects())


def test_fits_of_one_structure_leave_no_graphs_behind():
    """After the first fit, neither training nor shuffling nor validating adds to the memory."""

    def train():
        trained(dense, ROWS, LABELS, validation_split=0.3)[0].predict_function = None

    train()
    train()
    before = graphs()
    for _ in range(5):
        train()

    assert before == graphs()


def test_threads_train_models_of_one_structure(monkeypatch):
    """Threads trace a step once, and each trains its own model."""
    results, errors = [], []

    def train():
        try:
            model = keras.Sequential(
                [layers.Input((6,)), layers.Dense(3, "softmax", kernel_initializer="ones")]
            )
            model.compile("sgd", "sparse_categorical_crossentropy")
            fit(model, ROWS, LABELS, None, {"epochs": 3, "verbose": 0, "shuffle": False})
            results.append([w.tobytes() for w in model.get_weights()])
        except Exception as error:
            errors.append(error)

    monkeypatch.setenv(SETTING, "0")
    train()
    monkeypatch.setenv(SETTING, "1")
    threads = [threading.Thread(target=train) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == errors
    assert [results[0]] * 5 == results
    assert 1 == shared()


def test_nothing_of_it_is_pickled(X, y3):
    """A pickle is as large as without shared steps, and what comes out of it goes on as well."""
    params = {"run_eagerly": False, "epochs": 2}
    first = classifier(**params).fit(X, y3)
    first.predict(X)
    again = pickle.loads(pickle.dumps(first))
    for trace in (b"SharedGraph", b"SharedProgram", b"_jax_steps", b"_tensorflow_steps"):
        assert trace not in pickle.dumps(first)
    assert first.predict_proba(X).tobytes() == again.predict_proba(X).tobytes()
    one, other = first.partial_fit(X, y3), again.partial_fit(X, y3)
    assert one.predict_proba(X).tobytes() == other.predict_proba(X).tobytes()


def line(units=4):
    return keras.Sequential([layers.Input((6,)), layers.Dense(units), layers.Dense(1)])


def test_a_search_gives_the_same_results_with_few_steps(monkeypatch):
    """Every fold and every candidate scores the same; each structure is traced once."""
    search = GridSearchCV(
        KerasRegressor(line, loss="mse", verbose=0, random_state=0, optimizer="sgd"),
        {"model__units": [2, 4], "optimizer__learning_rate": [0.1, 0.01]},
        cv=3,
    )
    monkeypatch.setenv(SETTING, "0")
    plain = search.fit(ROWS, ROWS[:, 0])
    expected = plain.cv_results_["mean_test_score"], plain.predict(ROWS)
    monkeypatch.setenv(SETTING, "1")
    got = search.fit(ROWS, ROWS[:, 0])

    assert expected[0].tobytes() == got.cv_results_["mean_test_score"].tobytes()
    assert expected[1].tobytes() == got.predict(ROWS).tobytes()
    # Training and predicting, two structures each; predictions of 21 rows are of another shape, and
    # on JAX so is training on them.
    assert (6 if ON_JAX else 5) == shared()

"""Models of equal structure share a traced step, and nobody can tell by the results."""

import os

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shared_step_models import (
    LABELS,
    ON_JAX,
    ROWS,
    WEIGHTS,
    check,
    dense,
    empty_cache,
    layers,
    only_where_shared,
    shared,
    trained,
)

from scikeras_reference._shared_steps.fingerprint import fingerprint

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture

EXAMPLES = int(os.environ.get("SCIKERAS_REFERENCE_EXAMPLES", "3"))
"""How many random architectures are trained; more of them outside the ordinary run."""

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
        lambda: layers.Rescaling(0.5, offset=-0.1),
        lambda: layers.Normalization(mean=0.2, variance=0.7),
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

    def make(**how):
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
            **how,
        )
        return model

    return make, two_inputs, two_outputs, name not in UNSHARED


def of_random_architectures(examples):
    """Test with that many architectures and ways to train them, the same ones in every run."""
    sizes = {
        "batch_size": st.sampled_from([7, 8, 32]),
        "shuffle": st.booleans(),
        "validation_split": st.sampled_from([0.0, 0.3]),
    }

    def decorated(test):
        drawn = given(
            architecture=architectures(),
            weighted=st.booleans(),
            arguments=st.fixed_dictionaries(sizes),
        )(test)
        return settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),  # an example is as small as it need be, and takes seconds
            suppress_health_check=list(HealthCheck),
        )(drawn)

    return decorated


def compare(architecture, weighted, arguments, **how):
    """Train a model of that architecture with and without a shared step."""
    make, two_inputs, two_outputs, shares = architecture
    x = [ROWS, ROWS[::-1]] if two_inputs else ROWS
    y = [LABELS, LABELS[::-1]] if two_outputs else LABELS
    weights = WEIGHTS if weighted else None
    with pytest.MonkeyPatch.context() as patch:
        check(patch, lambda: make(**how), x, y, weights, shares=shares, **arguments)


@pytest.mark.slow
@of_random_architectures(EXAMPLES)
def test_random_architectures_train_to_the_same_bits(architecture, weighted, arguments):
    """With and without a shared step: the same history, weights, state, outputs, random numbers."""
    compare(architecture, weighted, arguments)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.skipif(ON_JAX, reason="on JAX, XLA compiles every step")
@of_random_architectures(max(EXAMPLES // 4, 3))
def test_random_architectures_compiled_by_xla_train_to_the_same_bits(
    architecture, weighted, arguments
):
    """On TensorFlow, with ``jit_compile=True``."""
    compare(architecture, weighted, arguments, jit_compile=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_of_keras_trains_to_the_same_bits(name, monkeypatch):
    """Whatever state an optimizer keeps, it is the model's own; some are never shared."""

    def make():
        model = keras.Sequential([layers.Input((6,)), layers.Dense(3, "softmax")])
        model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy")
        return model

    check(monkeypatch, make, ROWS, LABELS, shares=name not in UNSHARED, epochs=1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "weighted",
    [
        pytest.param(False, id="plain", marks=pytest.mark.exhaustive),
        pytest.param(True, id="weighted", marks=pytest.mark.costly),
    ],
)
def test_every_loss_of_keras_trains_to_the_same_bits(weighted, monkeypatch):
    """Also those that multiply by constants: a graph is optimized by the shapes in it.

    Each is that of an output of its own, so the history shows which one differs.
    """
    rng = np.random.default_rng(1)
    x, flat = rng.normal(size=(160, 6)), rng.integers(0, 3, size=160)
    one_hot, ones = np.eye(3)[flat], flat[:, None] > 0
    losses = {
        **{
            name: (getattr(keras.losses, name)(), one_hot)
            for name in (
                *("BinaryCrossentropy", "BinaryFocalCrossentropy", "CategoricalCrossentropy"),
                *("CategoricalFocalCrossentropy", "CategoricalHinge", "CosineSimilarity", "Dice"),
                *("Hinge", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError"),
                *("MeanAbsolutePercentageError", "MeanSquaredError", "Poisson", "SquaredHinge"),
                *("MeanSquaredLogarithmicError", "Tversky"),
            )
        },
        "smooth": (keras.losses.CategoricalCrossentropy(label_smoothing=0.1), one_hot),
        "sum": (keras.losses.MeanSquaredError(reduction="sum"), one_hot),
        "numbers": (keras.losses.SparseCategoricalCrossentropy(), flat),
        "generalized": (keras.losses.CategoricalGeneralizedCrossEntropy(q=0.6), flat),
        "circle": (keras.losses.Circle(), flat),
        "logits": (keras.losses.BinaryCrossentropy(from_logits=True), ones.astype("float32")),
    }

    def make():
        inputs = layers.Input((6,))
        heads = {name: layers.Dense(3, "sigmoid", name=name)(inputs) for name in losses}
        heads["logits"] = layers.Dense(1, name="logits")(inputs)
        model = keras.Model(inputs, list(heads.values()))
        model.compile("sgd", [loss for loss, _ in losses.values()])
        return model

    y = [target for _, target in losses.values()]
    check(monkeypatch, make, x, y, rng.random(160) if weighted else None, epochs=3)


@pytest.mark.costly
@pytest.mark.slow
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


@pytest.mark.slow
@pytest.mark.skipif(ON_JAX, reason="on JAX, XLA compiles every step")
def test_a_step_compiled_by_xla_trains_to_the_same_bits(monkeypatch):
    """On TensorFlow; a step that XLA compiles is not that of a model that it does not compile."""

    def make(jit_compile=True):
        parts = [layers.Dense(4, "tanh"), layers.Dropout(0.3), layers.Dense(3, "softmax")]
        model = keras.Sequential([layers.Input((6,)), *parts])
        model.compile("adam", "sparse_categorical_crossentropy", jit_compile=jit_compile)
        return model

    check(monkeypatch, make, ROWS, LABELS, WEIGHTS, epochs=1)
    digests = {fingerprint(make(jit), training=True) for jit in (True, False)}
    assert 2 == len(digests)


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

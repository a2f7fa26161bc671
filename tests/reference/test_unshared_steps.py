"""What is never shared, and the reasons that are logged and explained."""

import threading

import keras
import numpy as np
import pytest
from reference_models import Quadrupling, TwoLayers
from shared_step_models import (
    LABELS,
    ON_JAX,
    ROWS,
    check,
    dense,
    empty_cache,
    layers,
    only_where_shared,
    trained,
)

from scikeras_reference._shared_steps import eligibility, refusal_log
from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.eligibility import require_shareable
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._training.fit import SETTING, fit
from scikeras_reference._training.seeding import seeded
from scikeras_reference.exceptions import ParameterError
from scikeras_reference.shared_steps import available, count_fits, explain

pytestmark = only_where_shared
__all__ = ["empty_cache"]  # the fixture


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


def printed_error(y_true, y_pred):
    print(y_true.shape)
    return keras.ops.mean(y_true - y_pred, axis=-1)


class PrintedLoss(keras.losses.Loss):
    """A loss whose calls can be noticed."""

    call = staticmethod(printed_error)


@pytest.mark.parametrize(
    "make",
    [
        own_train_step,
        subclassed,
        patched,
        frozen_later,
        lambda: with_layer(Quadrupling),
        lambda: with_layer(lambda: layers.Lambda(lambda x: x)),
        lambda: dense(loss=PrintedLoss()),
        lambda: dense(loss=printed_error),
        lambda: dense(metrics=[printed_error]),
        lambda: dense(metrics=[keras.metrics.MeanMetricWrapper(printed_error)]),
        lambda: dense(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())),
        lambda: dense(keras.optimizers.SGD(lambda: 0.1)),
        lambda: compiled(run_eagerly=True),
        lambda: compiled(steps_per_execution=2),
        pytest.param(
            lambda: compiled(jit_compile=False),
            marks=pytest.mark.skipif(not ON_JAX, reason="XLA is no condition on TensorFlow"),
        ),
        lambda: with_layer(lambda: layers.Dense(420_000)),
    ],
    ids=[
        "train_step", "subclass", "patched", "frozen-later", "layer", "lambda",
        "loss", "loss-function", "metric-function", "wrapped-metric",
        "loss-scale", "rate-function", "eager", "several-steps", "xla", "large",
    ],
)  # fmt: skip
def test_code_that_could_differ_unseen_is_never_shared(make):
    """Whatever is not Keras's own, or not traced in the usual way, is left to Keras."""
    model = make()

    with pytest.raises(NotSharedError):
        require_shareable(model, training=True)
    assert explain(model)


def test_an_optimizer_of_the_users_own_is_never_shared():
    """A subclass of a class of Keras is not that class."""

    class Own(keras.optimizers.SGD):
        pass

    with pytest.raises(NotSharedError, match="Own"):
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
        (OwnDict(), "OwnDict is not Keras's own"),
        (threading.Lock(), "lock is not Keras's own"),
        (dense_with, "is not Keras's own"),
    ],
    ids=["objects", "set", "container", "lock", "function"],
)
def test_an_attribute_that_cannot_be_read_ends_the_proof(value, why):
    """There is no digest of what could differ unseen."""
    with pytest.raises(NotSharedError, match=why):
        fingerprint(dense_with(value), training=True)


def test_a_model_of_the_users_own_class_has_no_fingerprint():
    """A subclass may do anything."""
    with pytest.raises(NotSharedError, match="TwoLayers is not Keras's own"):
        fingerprint(subclassed(), training=True)


@pytest.mark.slow
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


@pytest.mark.costly
@pytest.mark.slow
def test_what_cannot_be_read_is_left_to_keras(monkeypatch):
    """Neither an unknown version of Keras nor an error in the proof makes a ``fit`` fail."""

    def fails(*args, **kwargs):
        raise AttributeError("moved")

    monkeypatch.setattr(eligibility, "require_attributes", fails)
    check(monkeypatch, dense, ROWS, LABELS, shares=False, epochs=1)
    assert "Keras could not be inspected (AttributeError: moved)" == explain(dense())
    monkeypatch.undo()

    monkeypatch.setattr(keras, "__version__", "3.99.0")
    check(monkeypatch, dense, ROWS, LABELS, shares=False, epochs=1)


def test_one_setting_switches_it_off(monkeypatch):
    """With 0, nothing is shared; with a word that means nothing, nothing is guessed."""
    monkeypatch.setenv(SETTING, "0")
    trained(dense, ROWS, LABELS)
    assert 0 == len(CACHE)

    monkeypatch.setenv(SETTING, "no")
    with pytest.raises(ParameterError, match=f"{SETTING} is 'no'"):
        trained(dense, ROWS, LABELS)


# -- reasons ------------------------------------------------------------------------------------


@pytest.fixture
def lines(caplog, monkeypatch):
    """Return the lines that were logged about shared steps."""
    caplog.set_level("INFO", logger=refusal_log.LOGGER.name)
    monkeypatch.setattr(refusal_log, "_logged", set())
    return lambda: [r.getMessage() for r in caplog.records if r.name == refusal_log.LOGGER.name]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (subclassed, "the class reference_models.TwoLayers is neither keras.Sequential nor"),
        (patched, "a Dense has a call of its own"),
        (frozen_later, "a layer was frozen or thawed after compile"),
        (lambda: with_layer(Quadrupling), "the class reference_models.Quadrupling is not Keras's own"),
        (lambda: with_layer(lambda: layers.Discretization([0.5])), "Discretization is not among"),
        (
            lambda: dense(loss=printed_error),
            f"the function {__name__}.printed_error is not Keras's own: it reads print",
        ),
        (lambda: compiled(run_eagerly=True), "run_eagerly=True"),
        (lambda: compiled(steps_per_execution=2), "steps_per_execution=2"),
        (lambda: with_layer(lambda: layers.Dense(420_000)), "has more than 4194304 weights"),
    ],
    ids=[
        "subclass", "patched", "frozen", "layer", "preprocessing",
        "loss", "eager", "several-steps", "large",
    ],
)  # fmt: skip
def test_the_reason_is_the_real_one(make, reason):
    """A user reads what to change."""
    assert reason in explain(make())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: p.setenv(SETTING, "0"), f"sharing is turned off by {SETTING}=0"),
        (
            lambda p: p.setattr(keras, "__version__", "3.99.0"),
            "Keras 3.99.0 was not checked; shared steps know 3.15",
        ),
        (
            lambda p: p.setattr(keras.backend, "backend", lambda: "torch"),
            "the backend torch has no shared steps",
        ),
    ],
    ids=["setting", "version", "backend"],
)
def test_a_general_obstacle_is_named(change, reason, monkeypatch):
    """It makes sharing unavailable, and each model says why."""
    model = dense()
    assert available()
    change(monkeypatch)

    assert not available()
    assert reason == explain(model)


@pytest.mark.slow
def test_each_reason_is_logged_once_and_explained(lines):
    """One line for a class, however many models of it are trained and used."""
    for _ in range(2):
        model, _ = trained(lambda: dense(loss=printed_error, metrics=()), ROWS, ROWS[:, :3])

    reason = explain(model)
    assert [f"Sequential does not share its steps: {reason}"] == lines()


def test_what_is_shared_logs_nothing(lines):
    """There is no reason."""
    model, _ = trained(dense, ROWS, LABELS)

    assert explain(model) is None
    assert [] == lines()


def test_a_reason_of_the_data_is_remembered(lines):
    """It is known only after ``fit``; what Keras traced by itself stays with the model."""
    model, _ = trained(dense, ROWS, LABELS, steps_per_epoch=1)
    if ON_JAX:
        assert explain(model) is None
    else:
        assert "fit is given steps_per_epoch" == explain(model)
        assert ["Sequential does not share its steps: fit is given steps_per_epoch"] == lines()


@pytest.mark.slow
def test_a_block_counts_its_fits(lines):
    """Each fit counts once in every block around it; the line is logged, also after an error."""
    with count_fits() as outer:
        trained(dense, ROWS, LABELS)
        with pytest.raises(ZeroDivisionError), count_fits() as inner:
            trained(dense, ROWS, LABELS)
            trained(lambda: compiled(run_eagerly=True), ROWS, LABELS)
            raise ZeroDivisionError
    trained(dense, ROWS, LABELS)

    assert (2, {"run_eagerly=True": 1}) == (outer.shared, dict(outer.reasons))
    assert (1, 2) == (inner.shared, inner.fits)
    assert [
        "2 fits, 1 with shared steps; without: 1 (run_eagerly=True)",
        "3 fits, 2 with shared steps; without: 1 (run_eagerly=True)",
    ] == [line for line in lines() if " fits, " in line]


def test_predictions_do_not_count():
    """A model that could not share its prediction trains with shared steps all the same."""
    model, _ = trained(dense, ROWS, LABELS)
    for kind in ("predict", "test", "train"):
        refusal_log.refuse(model, kind, NotSharedError("of an earlier call"))
    with count_fits() as counts:
        fit(model, ROWS, LABELS, None, {"verbose": 0})

    assert (1, 1) == (counts.fits, counts.shared)
    assert "of an earlier call" == explain(model)


def test_a_fit_that_fails_is_not_counted(lines):
    """Only trainings that ended are."""
    with count_fits() as counts, pytest.raises(ValueError, match="shape|rank|dimension"):
        trained(dense, ROWS[:, :1], LABELS)
    assert 0 == counts.fits


@pytest.mark.slow
def test_where_sharing_is_off_every_fit_says_why(monkeypatch):
    """So does the count."""
    monkeypatch.setenv(SETTING, "0")
    with count_fits() as counts:
        trained(dense, ROWS, LABELS)
    assert {f"sharing is turned off by {SETTING}=0": 1} == counts.reasons

"""Metrics are right, or refused, whatever they count; and losses that mix up rows are noticed."""

import warnings

import keras
import numpy as np
import pytest
from reference_models import QUICK, sequential

from scikeras_reference import KerasClassifier
from scikeras_reference.exceptions import (
    CompilationError,
    OutputRangeWarning,
    TargetFormWarning,
)

pytestmark = pytest.mark.slow

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
THREE = np.arange(24) % 3
TWO = (ROWS[:, 0] > 0).astype(int)
BOTH = np.stack([TWO, (ROWS[:, 1] > 0).astype(int)], axis=1)
SPARSE, ONE_HOT = "sparse_categorical_crossentropy", "categorical_crossentropy"


def build(units=3, activation="softmax"):
    return sequential(3, units, activation)


def fitted(y=THREE, **params):
    return KerasClassifier(build, **{"batch_size": -1, "optimizer": "sgd", **QUICK, **params}).fit(
        ROWS, y
    )


def entropy(y_true, y_pred):
    return -keras.ops.sum(y_true * keras.ops.log(y_pred + 1e-7), axis=-1)


@pytest.mark.parametrize(
    "metric",
    [
        keras.metrics.TopKCategoricalAccuracy(k=2),
        keras.metrics.OneHotIoU(num_classes=3, target_class_ids=[1]),
        keras.metrics.MeanMetricWrapper(entropy, name="wrapped"),
    ],
    ids=["top-k", "one-class", "own-function"],
)
def test_metrics_that_look_right_for_some_outputs(metric):
    """They read units, and class numbers would give another number that looks like theirs."""
    with pytest.raises(CompilationError, match="unit by unit"):
        fitted(loss=SPARSE, metrics=[metric])
    assert 2 == len(fitted(loss=ONE_HOT, metrics=[metric]).history_)


@pytest.mark.parametrize("loss", [SPARSE, ONE_HOT])
def test_top_k_of_class_numbers(loss):
    """The one for class numbers is taken under a sparse loss, and refused under another."""
    metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2)
    if loss == ONE_HOT:
        with pytest.raises(CompilationError, match="SparseTopK"):
            fitted(loss=loss, metrics=[metric])
    else:
        assert 2 == len(fitted(loss=loss, metrics=[metric]).history_)


@pytest.mark.fast
@pytest.mark.parametrize("loss", [SPARSE, ONE_HOT])
@pytest.mark.parametrize(
    ("metric", "message"),
    [
        (keras.metrics.Accuracy, "Accuracy is zero whatever.*'accuracy'"),
        (keras.metrics.Mean, "Mean cannot be computed"),
    ],
)
def test_metrics_that_say_nothing(metric, message, loss):
    """Refused before training, with the cause."""
    with pytest.raises(CompilationError, match=message):
        fitted(loss=loss, metrics=[metric])


LOGITS = {
    "loss": keras.losses.BinaryCrossentropy(from_logits=True),
    "model__units": 1,
    "model__activation": None,
}


@pytest.mark.parametrize(
    "metric",
    [
        keras.metrics.BinaryAccuracy(threshold=0.0),
        keras.metrics.Precision(thresholds=0.0),
        keras.metrics.AUC(from_logits=True),
        keras.metrics.BinaryCrossentropy(from_logits=True),
        keras.metrics.Hinge(),
    ],
    ids=lambda metric: metric.name,
)
def test_metrics_of_logits(metric):
    """Those that are made for logits are taken, and nothing is said."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", OutputRangeWarning)
        assert 2 == len(fitted(TWO, metrics=[metric], **LOGITS).history_)


@pytest.mark.parametrize("metric", ["accuracy", "AUC", "Precision", "binary_accuracy", "mse"])
def test_metrics_that_take_logits_for_probabilities(metric):
    """Their numbers would be others than those of the predictions, and this is said."""
    with pytest.warns(OutputRangeWarning, match=f"metric {metric}|metric [A-Z].*logits"):
        fitted(TWO, metrics=[metric], **LOGITS)


# By its name, it looks at five classes, of which there are three; on PyTorch, Keras refuses that.
ON_TORCH = keras.backend.backend() == "torch"
BY_NAME = pytest.param(
    "top_k_categorical_accuracy", marks=pytest.mark.skipif(ON_TORCH, reason="k is out of range")
)


@pytest.mark.parametrize(
    "metric", ["accuracy", BY_NAME, keras.metrics.TopKCategoricalAccuracy(k=2)]
)
def test_the_largest_logit_is_the_largest_probability(metric):
    """Metrics of the order of several units need no probabilities."""
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", OutputRangeWarning)
        fitted(loss=loss, metrics=[metric], model__activation=None)


def flattening(y_true, y_pred):
    """Flatten the outputs alone, so that targets of shape (n, 1) meet each of them."""
    p = keras.ops.reshape(y_pred, (-1,))
    return -(y_true * keras.ops.log(p) + (1 - y_true) * keras.ops.log(1 - p))


def whole_batch(y_true, y_pred):
    """Compute one number of a batch, in which rows belong together."""
    both = 2 * keras.ops.sum(y_true * y_pred) + 1
    return 1 - both / (keras.ops.sum(y_true) + keras.ops.sum(y_pred) + 1)


def test_a_loss_that_compares_all_rows_with_all_rows():
    """It is warned about, with the cause; a loss of whole batches is not."""
    params = {"model__units": 1, "model__activation": "sigmoid"}
    with pytest.warns(TargetFormWarning, match="every row of a batch with every other.*flattens"):
        fitted(TWO, loss=flattening, **params)
    with warnings.catch_warnings():
        warnings.simplefilter("error", TargetFormWarning)
        fitted(TWO, loss=whole_batch, **params)
        fitted(loss=whole_batch)


@pytest.mark.parametrize("y", [TWO, BOTH], ids=["one-unit", "multilabel"])
@pytest.mark.parametrize("metric", [keras.metrics.MeanIoU(2), keras.metrics.IoU(2, [1])])
def test_metrics_that_cut_probabilities_to_class_numbers(metric, y):
    """They would be the same whatever is predicted; the one with a threshold is taken."""
    params = {"loss": "binary_crossentropy", "model__activation": "sigmoid"}
    params["model__units"] = 1 if y is TWO else y.shape[1]
    with pytest.raises(CompilationError, match="takes outputs for class numbers.*BinaryIoU"):
        fitted(y, metrics=[metric], **params)

    assert 2 == len(fitted(y, metrics=[keras.metrics.BinaryIoU()], **params).history_)


class Tracking(keras.Model):
    """Lists the metrics that it resets by itself, as the guides of Keras have it."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1, activation="sigmoid")
        self.tracker = keras.metrics.Mean(name="loss")

    def build(self, input_shape):
        self.dense.build(input_shape)
        self.built = True

    def call(self, inputs):
        return self.dense(inputs)

    @property
    def metrics(self):
        return [self.tracker]


def test_a_model_that_lists_metrics_of_its_own():
    """Those that it was compiled with are refused as those of any other model."""

    def compiled():
        model = Tracking()
        model.compile("sgd", "binary_crossentropy", metrics=[keras.metrics.CategoricalAccuracy()])
        return model

    with pytest.raises(CompilationError, match="CategoricalAccuracy has the same value"):
        KerasClassifier(compiled, **QUICK).fit(ROWS, TWO)


class Unready(Tracking):
    """Makes its metrics when it is trained."""

    @property
    def metrics(self):
        return [self.made_by_fit]


def test_metrics_of_a_model_are_not_asked_for_too_early():
    """A model is initialized without a look at what it lists as its metrics."""

    def compiled():
        model = Unready()
        model.compile("sgd", "binary_crossentropy")
        return model

    assert KerasClassifier(compiled, **QUICK).initialize(ROWS, TWO).model_.compiled

"""Losses and metrics of the user's own: where labels are told apart, and what they are called."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from reference_models import QUICK, regressor

from scikeras_reference import KerasClassifier
from scikeras_reference._data.loss_targets import TargetForm
from scikeras_reference._data.target_probe import takes_scores
from scikeras_reference._training.fit import own_names

X = np.linspace(-1, 1, 40, dtype=np.float32).reshape(-1, 1)
LABELS = (X[:, 0] > 0.3).astype(int)


def of_logits(y, p):
    return keras.losses.binary_crossentropy(y, p, from_logits=True)


def weighted(y, p):
    """Return the crossentropy of logits, in which one class counts more."""
    return ops.where(y > 0, 7.0, 1.0) * ops.relu(p) - p * y + ops.log1p(ops.exp(-ops.abs(p)))


def focal(y, p):
    return keras.losses.binary_focal_crossentropy(y, p, from_logits=True)


def own_hinge(y, p):
    return ops.mean(ops.maximum(1.0 - (2.0 * y - 1.0) * p, 0.0), axis=-1)


def of_probabilities(y, p):
    return 0.1 * keras.losses.binary_crossentropy(y, p)


def unclipped(y, p):
    return -ops.mean(y * ops.log(p) + (1.0 - y) * ops.log(1.0 - p), axis=-1)


def squares(y, p):
    return ops.mean(ops.square(y - p), axis=-1)


def products(y, p):
    return ops.mean((1.0 - 2.0 * y) * p, axis=-1)


class OfLogits(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return of_logits(y_true, y_pred)


@pytest.mark.parametrize("loss", [of_logits, focal, own_hinge, OfLogits()])
@pytest.mark.parametrize("units", [1, 3])
def test_losses_of_scores_are_known(loss, units):
    """Their value shows it, whatever they are called."""
    form = TargetForm.NUMBERS if units == 1 else TargetForm.ONE_HOT
    assert takes_scores(loss, form, units)


@pytest.mark.parametrize("loss", [of_probabilities, unclipped, squares, products, weighted])
def test_other_losses_are_left_alone(loss):
    """Nothing is concluded from losses of probabilities, of numbers, or that fall below zero."""
    assert not takes_scores(loss, TargetForm.NUMBERS, 1)


def between(activation=None):
    """Return a builder of a model whose outputs lie on both sides of zero, below one half."""

    def build(meta):
        start = keras.initializers.Constant(0.4)
        units = meta["n_classes_"] if meta["target_type_"] == "multilabel-indicator" else 1
        dense = layers.Dense(units, activation, kernel_initializer=start)
        return keras.Sequential([keras.Input((1,)), dense])

    return build


@pytest.mark.parametrize("loss", [of_logits, OfLogits()])
def test_labels_are_told_apart_at_zero(loss):
    """As they are for the loss of Keras that computes the same."""
    params = {**QUICK, "optimizer": "sgd", "optimizer__learning_rate": 1e-9}
    own, known = (
        KerasClassifier(between(), loss=given, **params).fit(X, LABELS)
        for given in (loss, keras.losses.BinaryCrossentropy(from_logits=True))
    )
    np.testing.assert_array_equal((X[:, 0] > 0).astype(int), own.predict(X))
    np.testing.assert_array_equal(known.predict(X), own.predict(X))
    np.testing.assert_array_equal(known.predict_proba(X), own.predict_proba(X))


def test_labels_of_an_indicator_are_told_apart_at_zero():
    """Each column by itself."""
    params = {**QUICK, "optimizer": "sgd", "optimizer__learning_rate": 1e-9}
    y = np.column_stack([LABELS, LABELS])
    fitted = KerasClassifier(between(), loss=of_logits, **params).fit(X, y)
    np.testing.assert_array_equal(X[:, [0, 0]] > 0, fitted.predict(X) == 1)


def test_labels_of_probabilities_are_told_apart_at_one_half():
    """A last layer that returns probabilities says what they are, and the loss does not."""
    params = {**QUICK, "optimizer": "sgd", "optimizer__learning_rate": 1e-9}
    fitted = KerasClassifier(between("sigmoid"), loss=of_probabilities, **params).fit(X, LABELS)
    np.testing.assert_array_equal((X[:, 0] > 0).astype(int), fitted.predict(X))


def test_metrics_of_the_users_own_keep_their_names():
    """Only what has the name of a metric of Keras, and computes it, gets the full name."""

    def mae(y, p):
        return ops.max(ops.abs(y - p))

    metrics = [mae, keras.metrics.RootMeanSquaredError(name="mse"), "mape"]
    history = regressor(metrics=metrics, epochs=2).fit(X, X[:, 0], X_val=X, y_val=X[:, 0]).history_
    names = ["loss", "mae", "mean_absolute_percentage_error", "mse"]
    assert sorted([*names, *(f"val_{name}" for name in names)]) == sorted(history)
    assert {"mae", "mse"} == own_names(metrics)


@pytest.mark.slow
def test_metrics_given_as_classes_have_the_same_names_in_each_fit():
    """Keras numbers the metrics of a process, and callbacks monitor them by name."""
    auc, precision = keras.metrics.AUC, keras.metrics.Precision
    params = {**QUICK, "optimizer": "sgd", "loss": "binary_crossentropy"}
    weighted = {"compile__weighted_metrics": [auc], "metrics__1__thresholds": 0.9}
    for _ in range(2):
        made = KerasClassifier(between("sigmoid"), metrics=[precision] * 2, **weighted, **params)
        history = made.fit(X, LABELS, X_val=X, y_val=LABELS).history_
        names = ["auc", "loss", "precision", "precision_1"]
        assert sorted([*names, *(f"val_{name}" for name in names)]) == sorted(history)
        one = KerasClassifier(between("sigmoid"), metrics=auc, **params).fit(X, LABELS)
        assert {"auc", "loss"} == set(one.history_)

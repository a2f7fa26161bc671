"""Class weights weigh training only, and classes are not lost to validation."""

import functools
import warnings

import keras
import numpy as np
import pytest
from reference_models import classifier, sequential
from sklearn.utils.class_weight import compute_sample_weight

from scikeras_reference import KerasClassifier
from scikeras_reference.exceptions import (
    ExclusiveLabelsWarning,
    ParameterError,
    ValidationSplitWarning,
    WrapperWarning,
)
from scikeras_reference.utils.transformers import ClassifierLabelEncoder

N = 40
X = np.random.default_rng(0).normal(size=(N, 3)).astype(np.float32)
Y = np.array(["no", "yes"] * (N // 2))
WEIGHTS = {"no": 1.0, "yes": 50.0}
SAMPLE_WEIGHT = np.linspace(0.1, 2, N)
SPELLINGS = {
    "parameter": ({"class_weight": WEIGHTS}, {}),
    "balanced": ({"class_weight": "balanced"}, {}),
    "routed": ({"fit__class_weight": WEIGHTS}, {}),
    "call": ({}, {"class_weight": WEIGHTS}),
}
ROWS = {
    "parameter": ({"validation_split": 0.3}, {}),
    "routed": ({"fit__validation_split": 0.3}, {}),
    "call": ({}, {"validation_split": 0.3}),
    "validation_data": ({}, {"validation_data": (X[28:], Y[28:])}),
    "X_val": ({}, {"X_val": X[28:], "y_val": Y[28:]}),
}


def build():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(0.0),
        "sparse_categorical_crossentropy",
        weighted_metrics=["accuracy"],
        run_eagerly=True,
    )
    return model


@functools.cache
def unweighted_logs(rows, *, weighted):
    """Return the history without class weights, which many tests compare with."""
    params, call = ROWS[rows]
    return logs(params, call, SAMPLE_WEIGHT if weighted else None)


def logs(params, call, weights=None, method="fit"):
    """Return the history of a model that is made of the same weights each time, and stays so."""
    wrapper = KerasClassifier(build, verbose=0, random_state=3, **params)
    return getattr(wrapper, method)(X, Y, sample_weight=weights, **call).history_


@pytest.mark.parametrize(
    "weights",
    [
        pytest.param(None, id="unweighted", marks=pytest.mark.slow),
        pytest.param(SAMPLE_WEIGHT, id="weighted"),
    ],
)
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_class_weights_weigh_training_only(spelling, rows, weights):
    """What is validated is the same with and without them; what is trained on is not."""
    params, call = ROWS[rows]
    more, more_call = SPELLINGS[spelling]

    plain = unweighted_logs(rows, weighted=weights is not None)
    weighted = logs({**params, **more}, {**call, **more_call}, weights)

    for name in ("val_loss", "val_accuracy"):
        assert plain[name] == weighted[name]
    if spelling != "balanced":
        assert weighted["loss"] != plain["loss"]


def test_class_weights_weigh_training_in_partial_fit():
    """The split applies there as well."""
    plain = logs({"validation_split": 0.3}, {}, method="partial_fit")
    weighted = logs({"validation_split": 0.3, "class_weight": WEIGHTS}, {}, method="partial_fit")
    assert plain["val_loss"] == weighted["val_loss"]


def test_training_is_that_of_sample_weights():
    """Rows are cut where Keras cuts them, and the trained weights have the same bits."""
    by_class = compute_sample_weight(WEIGHTS, Y)
    params = {"validation_split": 0.3, "model": build_trainable, "random_state": 0, "verbose": 0}

    one = KerasClassifier(**params, class_weight=WEIGHTS).fit(X, Y)
    other = KerasClassifier(**params).fit(X, Y, sample_weight=by_class)

    for left, right in zip(one.model_.get_weights(), other.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(right, left)


def build_trainable():
    model = build()
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


@pytest.mark.parametrize("weight", [np.nan, np.inf, -1.0, "heavy", None])
def test_weights_that_are_no_numbers(weight):
    """They are refused before training, and the message names the label."""
    with pytest.raises(ParameterError, match="class_weight=.*for 'yes'"):
        classifier(class_weight={"no": 1.0, "yes": weight}).fit(X, Y)


CODES = np.array([0] * 25 + [1] * 10 + [2] * 5)
ONE_HOT = np.eye(3)[CODES]


def one_hot(y, **params):
    wrapper = classifier(
        **{"loss": "categorical_crossentropy", "shuffle": False, **params},
        model=lambda: sequential(3, 3, "softmax"),
    )
    return wrapper.fit(X, y)


@pytest.mark.parametrize("class_weight", [{0: 1, 1: 2, 2: 3}, "balanced"])
def test_columns_of_exclusive_classes_are_weighted_as_labels(class_weight):
    """A one-hot y weighs its rows like the labels that it stands for."""
    by_label = one_hot(CODES, class_weight=class_weight).history_["loss"]
    by_column = one_hot(ONE_HOT, class_weight=class_weight).history_["loss"]
    assert by_label == by_column


def test_one_label_in_each_row_and_an_elementwise_loss():
    """Whether rows are exclusive is not assumed silently, and can be said."""
    with pytest.warns(ExclusiveLabelsWarning, match="exclusive=True"):
        one_hot(ONE_HOT, loss="binary_crossentropy")


class Exclusive(KerasClassifier):
    exclusive = True

    @property
    def target_encoder(self):
        return ClassifierLabelEncoder(self.loss, exclusive=self.exclusive)


class Independent(Exclusive):
    exclusive = False


@pytest.mark.parametrize("cls", [Exclusive, Independent])
def test_exclusive_or_not_is_up_to_the_encoder(cls):
    """Said once, it is not warned about; exclusive rows get one label each."""
    wrapper = cls(
        lambda: sequential(3, 3, "sigmoid"),
        loss="binary_crossentropy",
        run_eagerly=True,
        verbose=0,
    ).fit(X, ONE_HOT)
    if cls is Exclusive:
        assert {1.0} == set(wrapper.predict(X).sum(axis=1))
        np.testing.assert_allclose(wrapper.predict_proba(X).sum(axis=1), 1, rtol=1e-5)
    else:
        assert (N, 3) == wrapper.predict(X).shape


def test_a_class_that_validation_takes_whole():
    """The warning names the class; rows in another order give none."""
    order = np.argsort(Y, kind="stable")
    labels = np.where(np.arange(N) < 30, Y, "maybe")
    with pytest.warns(ValidationSplitWarning, match="'maybe'"):
        classifier(validation_split=0.25).fit(X, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error", WrapperWarning)
        classifier(validation_split=0.25).fit(X, Y)
        classifier(validation_split=0.25).fit(X[order], Y[order])

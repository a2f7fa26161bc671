"""Unusual calls that are right are neither refused nor warned about."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference.exceptions import InputError, ParameterError, TargetFormWarning

X = np.linspace(-1, 1, 60, dtype="float32").reshape(20, 3)


def softmax(meta):
    units = meta["n_outputs_expected_"] if meta["n_outputs_expected_"] > 1 else meta["n_classes_"]
    return keras.Sequential([keras.Input((3,)), layers.Dense(units, "softmax")])


def classifier(**given):
    given = {"model": softmax, "optimizer": "sgd", "verbose": 0, **given}
    return KerasClassifier(**given)


@pytest.mark.parametrize(
    "metric",
    [
        keras.metrics.Precision(class_id=3),
        keras.metrics.Recall(class_id=3),
        keras.metrics.OneHotIoU(10, target_class_ids=[3]),
        keras.metrics.Precision(thresholds=0.999),
    ],
    ids=["precision", "recall", "one-hot-iou", "threshold"],
)
def test_metrics_of_one_class_of_many(metric):
    """They are zero for predictions of other classes, and say something about theirs."""
    y = np.arange(20) % 10
    fitted = classifier(loss="categorical_crossentropy", metrics=[metric]).fit(X, y)
    assert 2 == len(fitted.history_)


@pytest.mark.parametrize("name", ["accuracy", "Accuracy", "ACC"])
def test_keras_reads_accuracy_in_any_case(name):
    """It chooses the metric by the form of the target."""
    y = np.arange(20) % 3
    found = []
    for given in (name, keras.metrics.SparseCategoricalAccuracy()):
        keras.utils.set_random_seed(3)
        fitted = classifier(loss="sparse_categorical_crossentropy", metrics=[given], epochs=2)
        history = fitted.fit(X, y).history_
        (metric,) = history.keys() - {"loss"}
        found.append(history[metric])
    assert found[0] == found[1]


def test_accuracy_of_several_logits():
    """Keras compares the largest units, which are the same for logits and probabilities."""
    y = (np.arange(80).reshape(20, 4) % 3 == 0).astype(int)

    def logits():
        return keras.Sequential([keras.Input((3,)), layers.Dense(4)])

    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert classifier(model=logits, loss=loss, metrics=["accuracy"]).fit(X, y)


def test_a_loss_of_proportions_keeps_the_form_in_which_rows_are_right():
    """It compares the means of a batch, whichever row is which; the user is told of that."""

    def proportions(y_true, y_pred):
        return ops.mean(ops.square(ops.mean(y_true, 0) - ops.mean(y_pred, 0)))

    y = np.arange(20) % 3
    with pytest.warns(TargetFormWarning, match="every row of a batch"):
        fitted = classifier(loss=proportions, run_eagerly=True).fit(X, y)
    assert (20, 3) == fitted.target_encoder_.transform(y).shape


def test_a_dict_of_losses_for_a_model_of_ones_own():
    """Keras trains it by the names of what it returns, which nobody knows before."""

    class Named(keras.Model):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(1)

        def call(self, inputs):
            return {"out": self.dense(inputs)}

    def build():
        model = Named()
        model.compile(optimizer="sgd", loss={"out": "mse"})
        return model

    assert BaseWrapper(build, verbose=0).fit(X, X[:, :1]).history_["loss"]


@pytest.mark.parametrize("weight", [1e-50, 1e39])
def test_scores_have_the_precision_of_numpy(weight):
    """Keras computes nothing there; training refuses such weights."""

    def linear():
        return keras.Sequential([keras.Input((3,)), layers.Dense(1)])

    fitted = KerasRegressor(linear, loss="mse", verbose=0).fit(X, X[:, 0])
    expected = fitted.score(X, X[:, 0])
    assert expected == pytest.approx(fitted.score(X, X[:, 0], sample_weight=np.full(20, weight)))
    with pytest.raises(InputError, match="float32"):
        fitted.fit(X, X[:, 0], sample_weight=np.full(20, weight))


def test_the_product_of_weights_is_looked_at():
    """Each of them can be a number of 32 bits, and the product none."""
    y = np.arange(20) % 2
    made = classifier(loss="categorical_crossentropy", class_weight={0: 1e20, 1: 1.0})
    with pytest.raises(InputError, match="times class_weight"):
        made.fit(X, y, sample_weight=np.full(20, 1e20))
    with pytest.raises(InputError, match="times class_weight"):
        made.fit(lambda: [(X, y, np.full(20, 1e20))], classes=[0, 1])


def test_a_generator_to_validate_with_once():
    """One epoch reads it once; more of them need a function that returns a new one."""
    y = np.arange(20) % 2

    def batches():
        yield X[:10], y[:10]
        yield X[10:], y[10:]

    made = classifier(loss="categorical_crossentropy", epochs=1)
    assert "val_loss" in made.fit(X, y, validation_data=batches()).history_
    with pytest.raises(InputError, match="unless validation_steps is given"):
        made.set_params(epochs=2).fit(X, y, validation_data=batches())


def test_rows_as_validation_split_are_refused_with_what_can_be_given():
    """A pair of index arrays is what a splitter returns, and no splitter."""
    with pytest.raises(ParameterError, match="a splitter of scikit-learn"):
        classifier(loss="categorical_crossentropy", validation_split=[[0], [1]]).fit(
            X, np.arange(20) % 2
        )

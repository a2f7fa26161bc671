"""Unusual calls that are right are neither refused nor warned about."""

import warnings

import keras
import numpy as np
import pytest
from keras import layers, ops
from sklearn.preprocessing import LabelEncoder

from scikeras_reference import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference._data.classifier_encoder import ClassifierLabelEncoder
from scikeras_reference.exceptions import (
    InputError,
    ParameterError,
    RoutingError,
    TargetFormWarning,
)

X = np.linspace(-1, 1, 60, dtype="float32").reshape(20, 3)


def softmax(meta):
    units = meta["n_outputs_expected_"] if meta["n_outputs_expected_"] > 1 else meta["n_classes_"]
    return keras.Sequential([keras.Input((3,)), layers.Dense(units, "softmax")])


def classifier(**given):
    given = {"model": softmax, "optimizer": "sgd", "verbose": 0, **given}
    return KerasClassifier(**given)


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype int64")  # by OneHotIoU, on JAX
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


@pytest.mark.parametrize("name", ["crossentropy", "CE", "CrossEntropy"])
@pytest.mark.parametrize("encode", [np.asarray, lambda y: np.eye(3)[y]], ids=["labels", "one-hot"])
def test_keras_reads_crossentropy_in_any_case(name, encode):
    """It chooses the loss by the form of the target."""
    y, found = np.arange(20) % 3, []
    form = "sparse_categorical" if encode is np.asarray else "categorical"
    for loss in (name, f"{form}_crossentropy"):
        keras.utils.set_random_seed(3)
        found.append(classifier(loss=loss, epochs=2).fit(X, encode(y)).history_["loss"])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "metric",
    [
        keras.metrics.Precision(thresholds=0.9),
        keras.metrics.Recall(thresholds=0.99),
        keras.metrics.TruePositives(thresholds=[0.95]),
        keras.metrics.FalsePositives(thresholds=0.999),
        keras.metrics.BinaryAccuracy(threshold=0.999),
        keras.metrics.BinaryIoU(target_class_ids=[1], threshold=0.99),
        keras.metrics.BinaryAccuracy(threshold=5.0),
        keras.metrics.RecallAtPrecision(0.5),
    ],
    ids=lambda metric: metric.name,
)
def test_thresholds_that_few_outputs_reach(metric):
    """A metric of one unit says something where outputs do."""
    encoder = ClassifierLabelEncoder().fit(np.arange(20) % 2)
    encoder.set_model_output("binary_crossentropy", [(None, 1)])
    encoder.check_metrics([metric])


class OwnCompile(keras.Sequential):
    """A model whose ``compile`` takes what it needs."""

    def compile(self, optimizer, loss):
        super().compile(optimizer=optimizer, loss=loss)


class OwnFit(keras.Sequential):
    """A model whose ``fit`` takes what it needs."""

    def fit(self, x, y, epochs=1):
        return super().fit(x, y, epochs=epochs, verbose=0)


def test_a_fit_that_takes_little():
    """It is not given what nobody asked for, and refuses what somebody did."""

    def build():
        return OwnFit([keras.Input((3,)), layers.Dense(1)])

    assert 2 == len(KerasRegressor(build, loss="mse").fit(X, X[:, 0], epochs=2).history_["loss"])
    with pytest.raises(RoutingError, match="takes no argument sample_weight"):
        KerasRegressor(build, loss="mse").fit(X, X[:, 0], sample_weight=np.ones(20))


def test_a_compile_that_takes_little():
    """It is not given what nobody asked for, and refuses what somebody did."""

    def build():
        return OwnCompile([keras.Input((3,)), layers.Dense(1)])

    assert KerasRegressor(build, loss="mse", verbose=0).fit(X, X[:, 0]).history_["loss"]
    with pytest.raises(RoutingError, match="takes no argument metrics"):
        KerasRegressor(build, loss="mse", metrics=["mae"], verbose=0).fit(X, X[:, 0])


class OwnLoss(keras.Model):
    """An autoencoder of three outputs that computes its loss from X."""

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        del y, sample_weight, training
        returned, mean, spread = y_pred
        return ops.mean(ops.square(x - returned)) + ops.mean(ops.square(mean + spread))


def several_outputs():
    inputs = keras.Input((3,))
    mean, spread = layers.Dense(2)(inputs), layers.Dense(2)(inputs)
    both = layers.concatenate([mean, spread])
    model = OwnLoss(inputs, [layers.Dense(3)(both), mean, spread])
    model.compile("sgd")
    return model


@pytest.mark.parametrize(
    "given",
    [{"X_val": X[:5]}, {"validation_data": (X[:5],)}, {"validation_data": (X[:5], None)}],
    ids=["X_val", "one", "none"],
)
def test_a_model_without_a_target(given):
    """It may have any number of outputs, and is validated without a target."""
    fitted = BaseWrapper(several_outputs, verbose=0).fit(X, **given)
    assert {"loss", "val_loss"} == set(fitted.history_)
    assert 3 == len(fitted.predict(X))


@pytest.mark.parametrize("weights", [{0: 2.0}, {0: 2.0, 1: 3.0}], ids=["one", "two"])
def test_weights_of_some_classes(weights):
    """The others weigh one, also in a batch that lacks a class."""
    y, full = np.arange(20) % 3, {0: 2.0, 1: 1.0, 2: 1.0, **weights}
    order, found = np.argsort(y, kind="stable"), []
    loss = "sparse_categorical_crossentropy"
    for given in (weights, full):
        keras.utils.set_random_seed(3)
        made = classifier(loss=loss, class_weight=given, shuffle=False)
        made.fit(lambda: ((X[rows], y[rows]) for rows in order.reshape(4, 5)))
        found.append(made.partial_fit(X[y > 1], y[y > 1]).history_["loss"])
    assert found[0] == found[1]
    with pytest.raises(ParameterError, match="does not fit y"):
        classifier(loss=loss, class_weight={0: 2.0, 7: 1.0}).fit(X, y)


class Numbers(LabelEncoder):
    """Labels as numbers; what they are is in its metadata, and nowhere else."""

    def fit(self, y):
        super().fit(y)
        self.labels = vars(self).pop("classes_")
        return self

    def transform(self, y):
        return np.searchsorted(self.labels, y)

    def inverse_transform(self, y):
        return self.labels[np.argmax(y, axis=1)]

    def get_metadata(self):
        return {"classes_": self.labels, "n_classes_": 3, "n_outputs_expected_": 1}


def test_weights_of_some_classes_with_an_encoder_of_ones_own():
    """All labels are known, whether the encoder has them or gives them as metadata."""
    own = type("Own", (KerasClassifier,), {"target_encoder": property(lambda self: Numbers())})
    y, loss, found = np.arange(20) % 3, "sparse_categorical_crossentropy", []
    for given in ({0: 2.0}, None):
        keras.utils.set_random_seed(3)
        made = own(softmax, loss=loss, class_weight=given, verbose=0).initialize(X, y)
        found.append(made.partial_fit(X[y > 1], y[y > 1]).history_["loss"])
    assert found[0] == found[1]


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_loss_that_is_given_after_initialize(method):
    """The target is encoded as it wants it."""
    y, found = np.arange(20) % 3, []
    for late in (True, False):
        keras.utils.set_random_seed(3)
        loss = "categorical_crossentropy"
        made = classifier(loss=None if late else loss, warm_start=True).initialize(X, y)
        getattr(made.set_params(loss=loss), method)(X, y)
        found.append(made.history_["loss"])
    assert found[0] == found[1]


@pytest.mark.slow
def test_sequences_of_any_length():
    """A model whose input has no fixed length takes them, as bare Keras does; others do not."""

    def build(length):
        pooled = [layers.Dense(2), layers.GlobalAveragePooling1D(), layers.Dense(1)]
        return keras.Sequential([keras.Input((length, 3)), *pooled])

    rows, longer = X.reshape(5, 4, 3), X.reshape(4, 5, 3)
    fitted = BaseWrapper(build, length=None, loss="mse", verbose=0)
    fitted.fit(rows, X[:5, :1], X_val=longer, y_val=X[:4, :1])
    expected = fitted.model_.predict(longer, verbose=0)
    np.testing.assert_array_equal(expected, fitted.predict(longer))
    fitted.partial_fit(longer, X[:4, :1])
    with pytest.raises(InputError, match="expecting 3 dimensions"):
        fitted.predict(X[:, :, None, None])
    with pytest.raises(ValueError, match="expecting 4 features"):
        fitted.set_params(length=4).fit(rows, X[:5, :1]).predict(longer)


def test_a_metric_that_a_builder_compiles_in_as_a_class():
    """Keras makes it without arguments."""

    def build():
        model = keras.Sequential([keras.Input((3,)), layers.Dense(1, "sigmoid")])
        model.compile("sgd", "binary_crossentropy", metrics=[keras.metrics.MeanAbsoluteError])
        return model

    history = KerasClassifier(build, verbose=0).fit(X, np.arange(20) % 2).history_
    assert {"loss", "mean_absolute_error"} == set(history)

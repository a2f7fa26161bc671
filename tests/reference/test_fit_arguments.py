"""What reaches Model.fit and Model.predict: batch sizes, routed arguments, callbacks, validation, weights."""

import keras
import numpy as np
import pytest
from reference_models import Counting, base, classifier, regressor, sequential
from sklearn.base import clone
from test_rows import Dataset

from scikeras_reference.exceptions import InputError, WrapperError


@pytest.mark.parametrize(
    ("expected", "params"),
    [
        (7, {"batch_size": 7}),
        (8, {"batch_size": 7, "fit__batch_size": 8, "predict__batch_size": 8}),
        (24, {"batch_size": -1}),
        (24, {"fit__batch_size": -1, "predict__batch_size": -1}),
    ],
)
def test_batch_sizes(expected, params, spy, X, target):
    """Routed values win over plain ones; -1 means all rows (API-8, ROUTE-11)."""
    build, log = spy
    regressor(model=build, **params).fit(X, target).predict(X)

    assert expected == log.fits[0]["batch_size"] == log.predicts[0]["batch_size"]


def test_all_rows_to_validate_on(spy, X, target):
    """They are one batch, also where they are more than those that are trained on."""
    build, Spy = spy
    wrapper = regressor(model=build, validation_batch_size=-1)
    wrapper.fit(X[:5], target[:5], X_val=X, y_val=target)
    wrapper.set_params(validation_split=0.2).fit(X, target)
    assert [24, 24] == [call["validation_batch_size"] for call in Spy.fits]


def test_routed_parameters_reach_their_method_only(spy, X, target):
    """``fit__x`` and ``predict__x`` do not mix; ``predict__x`` serves ``score`` too."""
    build, log = spy
    wrapper = regressor(model=build, fit__steps_per_epoch=1, predict__steps=1, batch_size=24)

    wrapper.fit(X, target).predict(X)
    wrapper.score(X, target)

    assert 1 == log.fits[0]["steps_per_epoch"]
    assert "steps" not in log.fits[0]
    assert [1, 1] == [call["steps"] for call in log.predicts]
    assert "steps_per_epoch" not in log.predicts[0]


def test_arguments_of_one_call(spy, X, target):
    """They win over parameters, and are forgotten afterwards (API-11)."""
    build, log = spy
    wrapper = regressor(model=build, batch_size=5).fit(X, target, batch_size=6)

    wrapper.predict(X, batch_size=7)
    wrapper.predict(X)

    assert [6, 7, 5] == [call["batch_size"] for call in (*log.fits, *log.predicts)]


def test_callbacks_of_both_methods(X, target):
    """One class gives one new callback for each fit, which sees both methods (API-10)."""
    Counting.made = 0
    wrapper = regressor(callbacks=Counting).fit(X, target)
    wrapper.predict(X)
    callback = wrapper._fit_state.callbacks[0][0]

    assert (1, ["train", "predict"]) == (Counting.made, callback.seen)
    wrapper.partial_fit(X, target)
    assert 1 == Counting.made
    wrapper.fit(X, target)
    assert 2 == Counting.made


def test_callbacks_of_one_method(X, target):
    """``fit__callbacks`` and ``predict__callbacks`` (ROUTE-16)."""
    wrapper = regressor(
        fit__callbacks=Counting,
        fit__callbacks__label="fit",
        predict__callbacks={"x": [Counting]},
        predict__callbacks__label="predict",
    ).fit(X, target)
    wrapper.predict(X)

    fit, predict = wrapper._fit_state.callbacks
    assert [("fit", ["train"])] == [(callback.label, callback.seen) for callback in fit]
    assert [("predict", ["predict"])] == [(callback.label, callback.seen) for callback in predict]


class Logging(keras.callbacks.Callback):
    """Writes into a list that belongs to somebody else."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines
        self.epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1
        self.lines.append("epoch")

    def on_predict_end(self, logs=None):
        self.lines.append("predict")


def test_instances_of_callbacks(X, target):
    """They report to where they were told to, and are themselves left as they were (INIT-5)."""
    both, fit, predict = [], [], []
    wrapper = regressor(
        callbacks=Logging(both), fit__callbacks=Logging(fit), predict__callbacks=[Logging(predict)]
    )

    wrapper.fit(X, target).predict(X)

    assert (["epoch", "predict"], ["epoch"], ["predict"]) == (both, fit, predict)
    assert 0 == wrapper.callbacks.epochs
    assert wrapper.callbacks.model is None
    clone(wrapper).fit(X, target)
    assert ["epoch", "predict"] == both


def test_callbacks_of_one_call(X, target):
    """They are used as they are, so that they can be looked into."""
    mine = Counting()
    wrapper = regressor(callbacks=Counting).fit(X, target, callbacks=[mine])
    wrapper.predict(X, callbacks=[mine])

    assert ["train", "predict"] == mine.seen
    assert [] == wrapper._fit_state.callbacks[0][0].seen


def test_early_stopping_on_validation_data(X, target):
    """A callback finds the validation loss under Keras's own name."""
    stop = keras.callbacks.EarlyStopping
    wrapper = regressor(
        callbacks=stop,
        callbacks__monitor="val_mae",
        callbacks__min_delta=1e9,
        metrics=["mae"],
        epochs=9,
    )

    wrapper.fit(X, target, X_val=X, y_val=target)

    assert 2 == wrapper.current_epoch


@pytest.mark.parametrize(
    "how",
    [
        lambda w, X, y: w.fit(X, y, X_val=X[:4], y_val=y[:4], sample_weight_val=np.ones(4)),
        lambda w, X, y: w.fit(X, y, validation_data=(X[:4], y[:4])),
        lambda w, X, y: w.set_params(fit__validation_data=(X[:4], y[:4], np.ones(4))).fit(X, y),
    ],
    ids=["arguments", "keyword", "routed"],
)
def test_validation_data_is_encoded(how, X, y3):
    """Labels of validation data are encoded like those of the training (API-9)."""
    wrapper = how(classifier(), X, y3)

    assert 1 == len(wrapper.history_["val_loss"])


def test_validation_data_is_checked(X, y):
    """Both halves, the shape, and the labels."""
    with pytest.raises(InputError, match="X_val and y_val go together"):
        classifier().fit(X, y, X_val=X)
    with pytest.raises(InputError, match="unknown categories"):
        classifier().fit(X, y, X_val=X, y_val=["maybe"] * 24)
    with pytest.raises(ValueError, match="features"):
        classifier().fit(X, y, X_val=X[:, :2], y_val=y)


@pytest.mark.slow
def test_validation_data_in_batches(X, y3):
    """They are encoded as `X_val` is, however they are given (DATA-3)."""
    labels = y3[:8]
    expected = classifier().fit(X, y3, X_val=X[:8], y_val=labels).history_

    for batches in (
        lambda: iter([(X[:4], labels[:4]), (X[4:8], labels[4:])]),
        Dataset(X[:8], labels),
    ):
        for wrapper, call in (
            (classifier(), {"validation_data": batches}),
            (classifier(fit__validation_data=batches), {}),
        ):
            found = wrapper.fit(X, y3, **call).history_
            assert pytest.approx(expected["val_loss"]) == found["val_loss"]


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (lambda X: (X, X[:, 0]), "compares them number by number"),
        (lambda X: (X,), "y is None"),
    ],
    ids=["width", "none"],
)
def test_targets_of_validation_batches_fit_the_output(batch, message, X):
    """Keras would spread them over the outputs, as it would those of training batches."""
    wrapper = base(model=sequential, model__n_features=3, model__units=3)
    with pytest.raises(WrapperError, match=message):
        wrapper.fit(X, X, validation_data=lambda: iter([batch(X[:8])]))


@pytest.mark.parametrize("data", [np.ones((24, 3)), {"x": 1}, 3, "text"])
def test_validation_data_of_other_kinds(data, X, target):
    """What is neither arrays nor batches is refused before training."""
    with pytest.raises(InputError, match=f"validation_data is a {type(data).__name__}"):
        regressor().fit(X, target, validation_data=data)


def test_validation_labels_in_another_form(X, y3):
    """One-hot rows are no labels, where the fit was given labels."""
    rows = np.eye(3)[np.searchsorted(["a", "b", "c"], y3)]
    with pytest.raises(InputError, match="one column of labels.*argmax"):
        classifier().fit(X, y3, X_val=X, y_val=rows)


def test_sample_weights_reach_keras(spy, X, target):
    """As given, and without a word if there are none (API-6)."""
    build, log = spy
    weights = np.arange(24)
    wrapper = regressor(model=build).fit(X, target, weights)
    wrapper.partial_fit(X, target)

    np.testing.assert_array_equal(weights, log.fits[0]["sample_weight"])
    assert log.fits[1]["sample_weight"] is None


@pytest.mark.parametrize("method", ["fit", "partial_fit", "score"])
def test_weights_that_are_all_zero(method, X, target):
    """There is nothing to learn from, and nothing to score (API-6)."""
    wrapper = regressor().fit(X, target)

    with pytest.raises(InputError, match="No (training )?samples had any weight"):
        getattr(wrapper, method)(X, target, sample_weight=np.zeros(24))

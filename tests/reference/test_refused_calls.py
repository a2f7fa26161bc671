"""Arguments that cannot mean what they say are refused before training, with the remedy."""

import functools

import keras
import numpy as np
import pytest
from reference_models import QUICK, base, classifier, compiled, linear, regressor, sequential

from scikeras_reference import KerasRegressor
from scikeras_reference.exceptions import (
    BuilderCountError,
    BuilderError,
    CompilationError,
    ConstructionError,
    InputError,
    ParameterError,
    RoutingError,
)

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype(np.float32)
NUMBERS = ROWS[:, 0]


def takes_epochs(meta, epochs):
    return linear(meta)


def takes_a_property(n_features_in_):
    return None


def takes_nothing():
    return None


def asks_for_an_attribute(meta):
    return meta.n_features_in_


@pytest.mark.parametrize(
    ("error", "message", "params"),
    [
        (BuilderError, "epochs is a parameter of the wrapper.*model__epochs.*params",
         {"model": takes_epochs}),
        (BuilderError, "argument meta", {"model": takes_a_property}),
        (BuilderError, "optimizer__learning_rate", {"model": takes_nothing, "learning_rate": 0.1}),
        (BuilderError, "optimizer__learning_rate", {"model": takes_nothing, "lr": 0.1}),
        (BuilderCountError, "leave one of them out", {"build_fn": takes_nothing}),
        (AttributeError, r"meta\['n_features_in_'\]", {"model": asks_for_an_attribute}),
        (ConstructionError, r"loss holds a partial.*Huber\(\.\.\.\).*loss__x",
         {"loss": functools.partial(keras.losses.Huber, delta=2.0)}),
        (ConstructionError, "metrics holds a partial.*metrics__x",
         {"metrics": [functools.partial(keras.metrics.Precision, thresholds=0.5)]}),
        (CompilationError, "names out, and the model has one output, without a name",
         {"loss": {"out": "mse"}}),
        (CompilationError, "a list of 2, and the model has one output", {"loss": ["mse", "mae"]}),
        (ParameterError, "epochs is \\[1\\]", {"epochs": [1]}),
        (ParameterError, "batch_size is \\[8\\]", {"batch_size": [8]}),
        (ParameterError, "steps_per_epoch is 0", {"fit__steps_per_epoch": 0}),
        (ParameterError, "initial_epoch is -1", {"fit__initial_epoch": -1}),
        (ParameterError, "returned a list of 4 items.*two arrays of positions",
         {"validation_split": lambda X, y: [X, X, y, y]}),
        (ParameterError, "returned a generator.*two arrays of positions",
         {"validation_split": lambda X, y: (part for part in ())}),
    ],
)  # fmt: skip
def test_parameters(error, message, params):
    """The error names the parameter, and nothing was trained."""
    wrapper = regressor(**params)
    with pytest.raises(error, match=message):
        wrapper.fit(ROWS, NUMBERS)
    assert not wrapper.initialized_


def test_a_misspelt_argument_of_fit():
    """Arguments of the wrapper are suggested too."""
    with pytest.raises(RoutingError, match="Did you mean sample_weight"):
        regressor().fit(ROWS, NUMBERS, sample_weights=np.ones(24))


def test_no_target():
    """A loss has something to compare outputs with."""
    with pytest.raises(InputError, match="y is None, and the loss MeanSquaredError.*add_loss"):
        base(model=sequential, model__n_features=3, model__units=1).fit(ROWS)


def test_an_optimizer_of_an_earlier_model():
    """It is bound to the weights of that; the wrapper's own is copied."""
    optimizer = keras.optimizers.SGD(0.01)

    def build(meta):
        model = linear(meta)
        model.compile(optimizer, "mse", run_eagerly=True)
        return model

    first = regressor(model=build).fit(ROWS, NUMBERS)
    before = first.predict(ROWS)
    with pytest.raises(CompilationError, match="SGD object of an earlier model.*copies"):
        regressor(model=build).fit(ROWS, NUMBERS)
    np.testing.assert_array_equal(before, first.predict(ROWS))
    for _ in range(2):
        KerasRegressor(linear, loss="mse", optimizer=optimizer, **QUICK).fit(ROWS, NUMBERS)
        regressor(model=compiled).fit(ROWS, NUMBERS)


@pytest.mark.parametrize(
    ("message", "fit"),
    [
        ("y has dtype <U1.*KerasClassifier", lambda: base().fit(ROWS, np.full(24, "a"))),
        ("y is a ndarray", lambda: regressor().fit(ROWS, np.array(5.0))),
        ("y is a tuple.*column for each", lambda: base().fit(ROWS, (NUMBERS, NUMBERS))),
        ("X is None", lambda: regressor().fit(None, NUMBERS)),
        ("sample_weight holds values that are no numbers",
         lambda: regressor().fit(ROWS, NUMBERS, ["a"] * 24)),
        ("No validation samples had any weight",
         lambda: regressor().fit(ROWS, NUMBERS, validation_data=(ROWS, NUMBERS, np.zeros(24)))),
    ],
)  # fmt: skip
def test_data_that_cannot_be_meant(message, fit):
    """The error names the argument."""
    with pytest.raises(InputError, match=message):
        fit()


@pytest.mark.parametrize("name", ["evaluate", "summary", "get_weights", "layers"])
def test_what_the_keras_model_has(name):
    """An attribute error says where it is, once there is a model."""
    wrapper = regressor()
    with pytest.raises(AttributeError) as unfitted:
        getattr(wrapper, name)
    assert "model_" not in str(unfitted.value)
    with pytest.raises(AttributeError, match=f"model_.{name}"):
        getattr(wrapper.fit(ROWS, NUMBERS), name)
    assert not hasattr(wrapper, "predict_proba")


def test_validation_batches_that_are_read_once():
    """The error names what was given; one epoch reads them once."""
    batches = iter([(ROWS[:4], NUMBERS[:4])])
    with pytest.raises(InputError, match="^validation_data is a list_iterator"):
        regressor(epochs=2).fit(ROWS, NUMBERS, validation_data=batches)


def test_class_weights_out_of_range():
    """Keras's floats would make them infinite, and the loss no number."""
    labels = np.arange(24) % 2
    with pytest.raises(InputError, match="class_weight has numbers up to"):
        classifier(class_weight={0: 1e300, 1: 1.0}).fit(ROWS, labels)


def pretrained(meta):
    """Return a model that was trained on a flat target."""
    model = sequential(3, 1)
    model.compile("sgd", "mse")
    model.fit(ROWS, NUMBERS, verbose=0)
    model.evaluate(ROWS, NUMBERS, verbose=0)
    return model


@pytest.mark.slow
def test_a_model_that_the_builder_trained():
    """It is trained further, on targets of the shape of its output."""
    fitted = KerasRegressor(pretrained, verbose=0, validation_split=0.25).fit(ROWS, NUMBERS)
    assert {"loss", "val_loss"} == set(fitted.history_)

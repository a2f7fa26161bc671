"""Names of losses and metrics."""

import functools

import keras
import pytest
from reference_models import ScaledLoss, scaled_error

from scikeras_reference._data.loss_and_metric_names import snake_case
from scikeras_reference.exceptions import UnknownNameError
from scikeras_reference.utils import loss_name, metric_name


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("mean_squared_error", "MeanSquaredError"),
        ("kl_divergence", "KLDivergence"),
        ("f1_score", "F1Score"),
        ("auc", "AUC"),
        ("huber", "huber"),
    ],
)
def test_snake_case(expected, name):
    """Class names become the names of the functions that do the same."""
    assert expected == snake_case(name)


CROSSENTROPY = [
    "categorical_crossentropy",
    "CategoricalCrossentropy",
    keras.losses.categorical_crossentropy,
]


@pytest.mark.parametrize(
    "loss",
    [*CROSSENTROPY, keras.losses.CategoricalCrossentropy, keras.losses.CategoricalCrossentropy()],
)
def test_one_name_for_each_way_to_give_a_loss(loss):
    """Name, function, class and instance have the same name."""
    assert "categorical_crossentropy" == loss_name(loss)


@pytest.mark.parametrize(
    "metric",
    [*CROSSENTROPY, keras.metrics.CategoricalCrossentropy, keras.metrics.CategoricalCrossentropy()],
)
def test_one_name_for_each_way_to_give_a_metric(metric):
    """Name, function, class and instance have the same name."""
    assert "categorical_crossentropy" == metric_name(metric)


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("mean_squared_error", "mse"),
        ("mean_squared_error", "MSE"),
        ("kl_divergence", "kld"),
        ("crossentropy", "ce"),
        ("binary_crossentropy", "bce"),
    ],
)
def test_abbreviations_of_losses(expected, name):
    """An abbreviation stands for the full name."""
    assert expected == loss_name(name)


@pytest.mark.parametrize(
    ("expected", "name"), [("accuracy", "acc"), ("mean_absolute_error", "mae"), ("auc", "AUC")]
)
def test_abbreviations_of_metrics(expected, name):
    """An abbreviation stands for the full name, also one that only Keras resolves."""
    assert expected == metric_name(name)


@pytest.mark.parametrize("thing", [object(), object, [], 3])
@pytest.mark.parametrize(("function", "what"), [(loss_name, "loss"), (metric_name, "metric")])
def test_other_things_have_no_name(function, what, thing):
    """The error says what it could have been."""
    with pytest.raises(TypeError, match=f"``{what}`` must be a name"):
        function(thing)


@pytest.mark.parametrize("function", [loss_name, metric_name])
def test_unknown_names(function):
    """A name that Keras does not know is an error, not a name."""
    with pytest.raises(UnknownNameError, match="Unknown (loss|metric): 'nonsense'"):
        function("nonsense")


def test_objects_of_the_users_own():
    """A function and a class of the user's own go by their own names."""
    assert ("scaled_error", "scaled_loss") == (loss_name(scaled_error), loss_name(ScaledLoss))
    assert "partial" == loss_name(functools.partial(scaled_error))

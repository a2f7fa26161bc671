"""Keras objects out of names, classes, instances, functions, and nests of them."""

import keras
import numpy as np
import pytest
from reference_models import Counting, ForgetfulMetric, ScaledLoss, scaled_error

from scikeras_reference._model.callbacks import make_callbacks
from scikeras_reference._model.compilation import (
    compile_arguments,
    make_losses,
    make_metrics,
    make_optimizer,
)
from scikeras_reference.exceptions import (
    ConstructionError,
    RoutingError,
    SerializationError,
    UnknownNameError,
)

SGD = keras.optimizers.SGD


@pytest.mark.parametrize("value", ["sgd", "SGD", SGD])
def test_optimizers_from_names_and_classes(value):
    """Routed parameters reach the constructor (ROUTE-6)."""
    optimizer = make_optimizer(value, {"learning_rate": 0.5})

    assert isinstance(optimizer, SGD)  # some backends bring a subclass
    assert 0.5 == float(optimizer.learning_rate)


def test_optimizer_instances_are_rebuilt():
    """The caller's optimizer is not the one that trains, also when it was used (INIT-5)."""
    mine = SGD(0.25, momentum=0.5)

    made = make_optimizer(mine, {})

    assert made is not mine
    assert mine.get_config() == made.get_config()


def test_optimizers_from_configurations():
    """A dict is what ``keras.optimizers.serialize`` gives."""
    config = keras.optimizers.serialize(SGD(0.25))

    assert 0.25 == float(make_optimizer(config, {}).learning_rate)
    with pytest.raises(ConstructionError, match="optimizer is a dict"):
        make_optimizer({"class_name": "Nonsense", "config": {}}, {})


def test_schedules_are_built():
    """A class among the arguments of the optimizer is built from what is routed to it."""
    optimizer = make_optimizer(
        "sgd",
        {
            "learning_rate": keras.optimizers.schedules.ExponentialDecay,
            "learning_rate__initial_learning_rate": 0.5,
            "learning_rate__decay_steps": 10,
            "learning_rate__decay_rate": 0.5,
        },
    )

    assert 0.5 == float(optimizer.learning_rate)


def test_no_optimizer():
    """None stays None, and takes no parameters (COMP-6)."""
    assert make_optimizer(None, {}) is None
    with pytest.raises(RoutingError, match="optimizer is None"):
        make_optimizer(None, {"learning_rate": 1})


@pytest.mark.parametrize("value", [3, object(), len, dict, ["sgd"]])
def test_things_that_are_no_optimizer(value):
    """The error names the parameter."""
    with pytest.raises(ConstructionError, match="optimizer is"):
        make_optimizer(value, {})


@pytest.mark.parametrize(
    ("make", "name", "hint"),
    [
        (make_optimizer, "Adamm", "Adam"),
        (make_losses, "mean_squared_err", "mean_squared_error"),
        (make_metrics, "AUCC", "AUC"),
        (make_optimizer, "adamm", "adam"),
        (make_metrics, "acuracy", "accuracy"),
        (make_losses, "crossentropi", "crossentropy"),
    ],
)
def test_unknown_names(make, name, hint):
    """The nearest name of Keras is suggested."""
    with pytest.raises(UnknownNameError, match=rf"{name}.*Did you mean {hint}\?"):
        make(name, {})


@pytest.mark.parametrize(
    ("expected", "value"),
    [
        ("MeanSquaredError", "mse"),
        ("MeanSquaredError", "MeanSquaredError"),
        ("KLDivergence", "kld"),
        ("BinaryCrossentropy", "binary_crossentropy"),
        ("Huber", keras.losses.Huber),
        ("ScaledLoss", ScaledLoss),
    ],
)
def test_losses_become_instances(expected, value):
    """Names and classes become instances, with routed parameters (BUILD-5, ROUTE-7)."""
    loss = make_losses(value, {"reduction": "sum"})

    assert (expected, "sum") == (type(loss).__name__, loss.reduction)


@pytest.mark.parametrize("value", ["crossentropy", "ce", scaled_error, None])
def test_losses_that_stay(value):
    """Names that only Keras can resolve, and functions, stay as they are."""
    assert make_losses(value, {}) is value


def test_nests_of_losses():
    """Lists and dicts keep their structure; None stands for an output without a loss."""
    made = make_losses({"a": ["mse", None], "b": ("mae",)}, {"a__0__name": "mine"})

    assert "mine" == made["a"][0].name
    assert made["a"][1] is None
    assert "MeanAbsoluteError" == type(made["b"][0]).__name__


def test_loss_instances_are_copied_whole():
    """A loss keeps what its configuration does not hold, and shares no state."""
    mine = ScaledLoss(scale=[3.0])

    made = make_losses([mine], {})[0]

    assert made is not mine
    assert [3.0] == made.scale
    assert made.scale is not mine.scale


def test_a_model_that_is_a_loss_is_not_copied():
    """It is only called, and may be large, or not be rebuilt from a configuration."""
    compare = keras.Sequential([keras.layers.Dense(1)])
    assert compare is make_losses(compare, {})
    assert [compare] == make_metrics(compare, {})


def test_losses_from_configurations():
    """A dict with a class name is a configuration, not a dict of outputs."""
    config = keras.losses.serialize(keras.losses.BinaryCrossentropy(from_logits=True))

    assert make_losses(config, {}).from_logits


@pytest.mark.parametrize(("make", "what"), [(make_losses, "loss"), (make_metrics, "metrics")])
def test_things_that_are_no_loss_or_metric(make, what):
    """The error names the parameter."""
    with pytest.raises(ConstructionError, match=f"{what} holds 3"):
        make(["mse", 3], {})


def test_metrics_carry_the_name_that_was_given():
    """Logs have the keys that Keras gives, so that callbacks find them."""
    made = make_metrics(["mse", "AUC", keras.metrics.MeanAbsoluteError], {})

    assert ["mse", "AUC", "mean_absolute_error"] == [metric.name for metric in made]
    assert [keras.metrics.MeanSquaredError, keras.metrics.AUC, keras.metrics.MeanAbsoluteError] == [
        type(metric) for metric in made
    ]


def test_metrics_take_routed_parameters():
    """Also by index and by key, and a routed name wins (ROUTE-8, ROUTE-10)."""
    made = make_metrics(
        {"a": ["mse", "AUC"], "b": keras.metrics.AUC},
        {"dtype": "float16", "a__1__num_thresholds": 5, "b__name": "mine"},
    )

    assert (5, "mine") == (made["a"][1].num_thresholds, made["b"].name)
    assert "float16" == made["a"][0].dtype


def test_one_metric_becomes_a_list():
    """Keras takes no single metric."""
    assert [scaled_error] == make_metrics(scaled_error, {})
    assert ["acc"] == make_metrics("acc", {})
    assert make_metrics(None, {}) is None


def test_metric_instances_are_rebuilt():
    """The caller's metric is not updated."""
    mine = keras.metrics.MeanSquaredError(name="mine")

    made = make_metrics([mine], {})[0]

    assert made is not mine
    assert "mine" == made.name


def test_metrics_that_cannot_be_rebuilt():
    """A configuration that is seen to be incomplete is refused, with a remedy."""
    with pytest.raises(SerializationError, match=r"get_config\(\) does not hold scale"):
        make_metrics([ForgetfulMetric(2)], {})


def test_errors_of_constructors_say_where():
    """The constructor's own error is kept; a note says which parameter it was made for."""
    with pytest.raises(TypeError) as caught:
        make_losses([keras.losses.Huber], {"nonsense": 1})

    assert ["Huber could not be made for loss__0 with nonsense."] == caught.value.__notes__


def test_values_that_are_classes_stay_classes():
    """A dtype is not an object to build."""

    class Typed(Counting):
        def __init__(self, dtype, kind):
            super().__init__()
            self.given = (dtype, kind)

    made = make_callbacks(Typed, {"dtype": np.float64, "kind": int})

    assert (np.float64, int) == made[0].given


def test_nests_of_callbacks_become_a_list():
    """Lists and dicts of callbacks, by index and key, come out flat (ROUTE-5)."""
    made = make_callbacks(
        {"a": [Counting, Counting], "b": Counting},
        {"label": "x", "a__1__label": "y"},
    )

    assert ["x", "y", "x"] == [callback.label for callback in made]
    assert [] == make_callbacks(None, {})


def test_positional_callbacks():
    """A class as positional argument is built as well (ROUTE-14)."""
    made = make_callbacks(Counting, {"0": "x", "1": Counting, "1__0": "y"})[0]

    assert ("x", "y") == (made.label, made.other.label)


def test_callback_instances_are_copied():
    """What is set on a callback is set on a copy; where it reports to stays what it was (INIT-5)."""
    mine = Counting("x")
    theirs = keras.callbacks.History()
    theirs.history = {"loss": []}

    made = make_callbacks([mine, theirs], {})
    made[0].label = "y"
    made[0].seen.append("train")
    made[1].history["loss"].append(1.0)

    assert ("x", ["train"]) == (mine.label, mine.seen)
    assert {"loss": []} == theirs.history


def test_callbacks_that_cannot_be_copied_deeply():
    """A callback with an open file is copied on the surface; its old model is not copied at all."""
    mine = Counting("x")
    mine.file = (line for line in [])
    mine.set_model(keras.Sequential())

    made = make_callbacks(mine, {})[0]

    assert made is not mine
    assert made.file is mine.file


@pytest.mark.parametrize("value", [3, [Counting, "early"], len])
def test_things_that_are_no_callback(value):
    """The error names the parameter."""
    with pytest.raises(ConstructionError, match="``callbacks`` must be one of"):
        make_callbacks(value, {})


NAMED = {"optimizer": "sgd", "loss": "mse", "metrics": "mae", "run_eagerly": True}


def test_compile_arguments():
    """Names become objects, and ``compile__x`` is passed on, over a plain value (COMP-8)."""
    made = compile_arguments(
        NAMED,
        {
            "compile__loss_weights": [1.0],
            "compile__loss": "mae",
            "compile__weighted_metrics": ["mse"],
            "compile__weighted_metrics__0__name": "mine",
            "optimizer__learning_rate": 0.5,
            "fit__epochs": 2,
        },
    )

    assert {
        "optimizer",
        "loss",
        "metrics",
        "run_eagerly",
        "loss_weights",
        "weighted_metrics",
    } == set(made)
    assert "MeanAbsoluteError" == type(made["loss"]).__name__
    assert ("mine", 0.5) == (
        made["weighted_metrics"][0].name,
        float(made["optimizer"].learning_rate),
    )
    keras.Sequential([keras.layers.Dense(1)]).compile(**made)

"""What losses and metrics are called."""

import re
from collections.abc import Callable
from typing import Any

import keras

from scikeras_reference.exceptions import UnknownNameError

__all__ = [
    "DEFERRED_LOSSES",
    "DEFERRED_METRICS",
    "FULL_METRIC_NAMES",
    "is_deferred_loss",
    "is_deferred_metric",
    "loss_name",
    "metric_name",
    "snake_case",
]

# What these names stand for depends on the outputs of the model, so only Keras can resolve them.
_DEFERRED = {"crossentropy": "crossentropy", "ce": "crossentropy"}
DEFERRED_LOSSES = frozenset(_DEFERRED)
_DEFERRED_METRICS = {"accuracy": "accuracy", "acc": "accuracy"}
DEFERRED_METRICS = frozenset(_DEFERRED_METRICS)


def is_deferred_loss(loss: object) -> bool:
    """Return whether only Keras can resolve a loss; it reads such names in any case.

    >>> is_deferred_loss("CrossEntropy"), is_deferred_loss("mse"), is_deferred_loss(None)
    (True, False, False)
    """
    return isinstance(loss, str) and loss.lower() in DEFERRED_LOSSES


def is_deferred_metric(metric: object) -> bool:
    """Return whether only Keras can resolve a metric; it reads such names in any case.

    >>> is_deferred_metric("Accuracy"), is_deferred_metric("mse")
    (True, False)
    """
    return isinstance(metric, str) and metric.lower() in DEFERRED_METRICS


def snake_case(name: str) -> str:
    """Return the name of the function that computes what a class of this name computes.

    >>> snake_case("MeanSquaredError"), snake_case("KLDivergence"), snake_case("AUC")
    ('mean_squared_error', 'kl_divergence', 'auc')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def loss_name(loss: Any) -> str:
    """Return the full name of a loss, in snake case.

    Parameters
    ----------
    loss : str, keras.losses.Loss, type or callable
        A name or an abbreviation, an instance, a class or a function.

    Returns
    -------
    str
        The same name, whichever way the loss was given.

    Raises
    ------
    TypeError
        If `loss` is none of those.
    ValueError
        If Keras knows no loss of that name.

    Examples
    --------
    >>> import keras
    >>> loss_name("mse"), loss_name("BinaryCrossentropy"), loss_name(keras.losses.Huber)
    ('mean_squared_error', 'binary_crossentropy', 'huber')
    """
    return _name_of(loss, "loss", keras.losses.Loss, keras.losses.get, _DEFERRED)


def metric_name(metric: Any) -> str:
    """Return the full name of a metric, in snake case.

    Parameters
    ----------
    metric : str, keras.metrics.Metric, type or callable
        A name or an abbreviation, an instance, a class or a function.

    Returns
    -------
    str
        The same name, whichever way the metric was given.

    Raises
    ------
    TypeError
        If `metric` is none of those.
    ValueError
        If Keras knows no metric of that name.

    Examples
    --------
    >>> metric_name("mae"), metric_name("acc"), metric_name("AUC")
    ('mean_absolute_error', 'accuracy', 'auc')
    """
    deferred = {**_DEFERRED, **_DEFERRED_METRICS}
    return _name_of(metric, "metric", keras.metrics.Metric, keras.metrics.get, deferred)


def _name_of(
    thing: Any, what: str, kind: type, get: Callable[[str], Any], deferred: dict[str, str]
) -> str:
    if isinstance(thing, str):
        if thing.lower() in deferred:
            return deferred[thing.lower()]
        thing = _known(thing, what, get)
    if isinstance(thing, kind):
        return snake_case(type(thing).__name__)
    if isinstance(thing, type):
        name = thing.__name__ if issubclass(thing, kind) else None
    else:
        name = getattr(thing, "__name__", type(thing).__name__) if callable(thing) else None
    if name is None:
        raise TypeError(
            f"``{what}`` must be a name, a function, an instance or a subclass of"
            f" {kind.__name__}; it is {thing!r}."
        )
    return snake_case(name)


def _known(name: str, what: str, get: Callable[[str], Any]) -> Any:
    try:
        return get(name)
    except ValueError as error:
        raise UnknownNameError(
            f"Unknown {what}: {name!r} is not a name that Keras knows. Give a name, a class, an"
            f" instance or a function of keras.{'losses' if what == 'loss' else 'metrics'}."
        ) from error


FULL_METRIC_NAMES = frozenset(
    snake_case(name)
    for name, value in vars(keras.metrics).items()
    if isinstance(value, type) and issubclass(value, keras.metrics.Metric)
)
"""Names that `metric_name` leaves as they are; it makes an object of each name to find out."""

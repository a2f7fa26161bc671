"""What losses and metrics are called, and which form of target a loss wants."""

import functools
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import keras

from scikeras_reference.exceptions import UnknownNameError

__all__ = [
    "DEFERRED_LOSSES",
    "DEFERRED_METRICS",
    "TargetForm",
    "first_loss",
    "loss_name",
    "metric_name",
    "snake_case",
    "target_form",
    "uses_logits",
    "uses_margins",
]

# What these names stand for depends on the outputs of the model, so only Keras can resolve them.
_DEFERRED = {"crossentropy": "crossentropy", "ce": "crossentropy"}
DEFERRED_LOSSES = frozenset(_DEFERRED)
_DEFERRED_METRICS = {"accuracy": "accuracy", "acc": "accuracy"}
DEFERRED_METRICS = frozenset({*_DEFERRED_METRICS, *(name.upper() for name in _DEFERRED_METRICS)})


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


_SPARSE = frozenset({"sparse_categorical_crossentropy"})
_CATEGORICAL = frozenset(
    {
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_generalized_cross_entropy",
        "categorical_hinge",
    }
)
# These compare target and output element by element: a target of one column would silently be
# broadcast to all of the outputs.
_ELEMENTWISE = frozenset(
    {
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "cosine_similarity",
        "dice",
        "hinge",
        "huber",
        "kl_divergence",
        "log_cosh",
        "mean_absolute_error",
        "mean_absolute_percentage_error",
        "mean_squared_error",
        "mean_squared_logarithmic_error",
        "poisson",
        "squared_hinge",
        "tversky",
    }
)
_MARGIN = frozenset({"hinge", "squared_hinge"})


class TargetForm(Enum):
    """How class labels have to be encoded for a loss."""

    INTEGER = "integer"
    CATEGORICAL = "categorical"
    ELEMENTWISE = "elementwise"


def first_loss(loss: Any) -> Any:
    """Return the loss of the first output of a loss, or of a list or dict of losses.

    >>> first_loss(["mse"]), first_loss({"out": "mae"}), first_loss(None)
    ('mse', 'mae', None)
    """
    while isinstance(loss, (list, tuple, Mapping)):
        items = list(loss.values()) if isinstance(loss, Mapping) else list(loss)
        loss = items[0] if items else None
    return loss


def target_form(loss: Any) -> TargetForm:
    """Return how labels are encoded for `loss`: as integers, unless it is known to need more.

    >>> [target_form(loss).value for loss in ("categorical_crossentropy", ["mse"], None)]
    ['categorical', 'elementwise', 'integer']
    """
    names = _names(first_loss(loss))
    for known, form in (
        (_SPARSE, TargetForm.INTEGER),
        (_CATEGORICAL, TargetForm.CATEGORICAL),
        (_ELEMENTWISE, TargetForm.ELEMENTWISE),
    ):
        if names & known:
            return form
    return TargetForm.INTEGER


def uses_logits(loss: Any) -> bool:
    """Return whether `loss` takes the model's outputs for logits.

    >>> import keras
    >>> uses_logits(keras.losses.BinaryCrossentropy(from_logits=True)), uses_logits("mse")
    (True, False)
    """
    loss = first_loss(loss)
    if isinstance(loss, functools.partial):
        return bool(loss.keywords.get("from_logits", uses_logits(loss.func)))
    return getattr(loss, "from_logits", False) is True


def uses_margins(loss: Any) -> bool:
    """Return whether `loss` takes the model's outputs for margins around zero.

    >>> uses_margins("hinge"), uses_margins("mse")
    (True, False)
    """
    return bool(_names(first_loss(loss)) & _MARGIN)


def _names(loss: Any) -> set[str]:
    """Return the names of a loss: its own and, for a subclass, those of its bases."""
    if isinstance(loss, functools.partial):
        return _names(loss.func)
    if loss is None or (isinstance(loss, str) and loss in DEFERRED_LOSSES):
        return set()
    wrapped = getattr(loss, "fn", None)
    try:
        cls = loss if isinstance(loss, type) else type(loss)
        if hasattr(cls, "get_config"):
            names = {loss_name(base) for base in cls.__mro__ if hasattr(base, "get_config")}
        else:
            names = {loss_name(loss)}
    except (TypeError, ValueError):
        return set()
    if callable(wrapped) and not isinstance(loss, type):
        names |= _names(wrapped)
    return names

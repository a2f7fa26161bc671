"""What losses and metrics are called, and what a loss says about targets and outputs.

Keras's own losses are listed by the form of target that they compute the right value for. They are
recognized by identity and not by name; `tests/reference/test_target_forms.py` compares the list
with what each of them computes. `scikeras_reference._data.form_probe` tries every other loss.
"""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import keras
import numpy as np

from scikeras_reference.exceptions import UnknownNameError

__all__ = [
    "DEFERRED_LOSSES",
    "DEFERRED_METRICS",
    "FormOfLoss",
    "TargetForm",
    "describe_loss",
    "encode_classes",
    "first_loss",
    "known_form",
    "labels_compete",
    "loss_name",
    "metric_name",
    "snake_case",
    "uses_logits",
    "uses_margins",
]

# What these names stand for depends on the outputs of the model, so only Keras can resolve them.
_DEFERRED = {"crossentropy": "crossentropy", "ce": "crossentropy"}
DEFERRED_LOSSES = frozenset(_DEFERRED)
_DEFERRED_METRICS = {"accuracy": "accuracy", "acc": "accuracy"}
DEFERRED_METRICS = frozenset({*_DEFERRED_METRICS, *(name.upper() for name in _DEFERRED_METRICS)})


class TargetForm(Enum):
    """A form that class labels can be encoded in."""

    NUMBERS = "class numbers of shape (n, 1)"
    FLAT_NUMBERS = "class numbers of shape (n,)"
    ONE_HOT = "one-hot rows"


_NUMBERS = ("sparse_categorical_crossentropy", "circle")
_FLAT_NUMBERS = ("categorical_generalized_cross_entropy",)
_COMPETING_ONE_HOT = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
)
_ELEMENTWISE = (
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
)
_MARGIN = ("hinge", "squared_hinge")
# With one unit their value does not depend on the output, or not in the right direction.
_NEED_SEVERAL_UNITS = (
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "circle",
    "cosine_similarity",
    "sparse_categorical_crossentropy",
)
_FORMS = {
    **dict.fromkeys(_NUMBERS, TargetForm.NUMBERS),
    **dict.fromkeys(_FLAT_NUMBERS, TargetForm.FLAT_NUMBERS),
    **dict.fromkeys((*_COMPETING_ONE_HOT, *_ELEMENTWISE), TargetForm.ONE_HOT),
}


@dataclass(frozen=True, slots=True)
class FormOfLoss:
    """What is known about a loss and its target.

    Parameters
    ----------
    form : TargetForm
        The form to train on.
    is_shown : bool
        Whether the loss is known, or was shown, to compute the right value for that form.
    needs_several_units : bool
        Whether the loss can learn nothing from the single unit that the model has.
    takes_one_hot : bool
        Whether rows with a number for each unit can be the target.
    """

    form: TargetForm
    is_shown: bool = True
    needs_several_units: bool = False
    takes_one_hot: bool = False


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


def encode_classes(codes: Any, form: TargetForm, n_units: int) -> Any:
    """Encode class numbers.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        From 0.
    form : TargetForm
        How.
    n_units : int
        Width of one-hot rows.

    Returns
    -------
    ndarray of ``keras.config.floatx()``
        Of shape (n_samples, 1), (n_samples,) or (n_samples, n_units).

    Examples
    --------
    >>> encode_classes(np.array([1, 0]), TargetForm.ONE_HOT, 2)
    array([[0., 1.],
           [1., 0.]], dtype=float32)
    """
    floatx = keras.config.floatx()
    if form is TargetForm.ONE_HOT:
        encoded = np.zeros((len(codes), n_units), dtype=floatx)
        encoded[np.arange(len(codes)), codes] = 1
        return encoded
    numbers = codes.astype(floatx)
    return numbers if form is TargetForm.FLAT_NUMBERS else numbers.reshape(-1, 1)


def first_loss(loss: Any) -> Any:
    """Return the loss of the first output of a loss, or of a list or dict of losses.

    >>> first_loss(["mse"]), first_loss({"out": "mae"}), first_loss(None)
    ('mse', 'mae', None)
    """
    while isinstance(loss, (list, tuple, Mapping)):
        items = list(loss.values()) if isinstance(loss, Mapping) else list(loss)
        loss = items[0] if items else None
    return loss


def known_form(loss: Any, n_units: int | None, n_classes: int) -> FormOfLoss | None:
    """Return which form of target `loss` wants; None if it has to be tried on known outputs.

    Parameters
    ----------
    loss : str, keras.losses.Loss, type, callable, or list or dict of them
        What ``Model.loss`` holds.
    n_units : int or None
        Width of the output of the model; None as long as it is unknown.
    n_classes : int
        Number of classes.

    Examples
    --------
    >>> known_form("categorical_crossentropy", 3, 3).form.value
    'one-hot rows'
    >>> known_form(["sparse_categorical_crossentropy"], 3, 3).form.value
    'class numbers of shape (n, 1)'
    """
    loss = first_loss(loss)
    if isinstance(loss, str) and loss not in DEFERRED_LOSSES:
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            loss = None  # compilation says what is wrong with the name
    if loss is None or isinstance(loss, str):
        return FormOfLoss(TargetForm.NUMBERS)  # Keras resolves these names by the target's shape
    name = _keras_name(loss)
    if name in _FORMS:
        form = _FORMS[name]
        if n_units == 1:
            useless = name in _NEED_SEVERAL_UNITS and n_classes > 1
            return FormOfLoss(TargetForm.NUMBERS, needs_several_units=useless)
        if n_units is None and name in _ELEMENTWISE:
            return FormOfLoss(TargetForm.NUMBERS, takes_one_hot=True)
        return FormOfLoss(form, takes_one_hot=form is TargetForm.ONE_HOT)
    if n_units is None or n_classes < 2 or isinstance(loss, type):
        return FormOfLoss(TargetForm.NUMBERS, takes_one_hot=True)
    return None


def describe_loss(loss: Any) -> str:
    """Return what a loss is called, for messages.

    >>> describe_loss("mse"), describe_loss(keras.losses.Huber())
    ("'mse'", 'Huber')
    """
    loss = first_loss(loss)
    if isinstance(loss, str):
        return repr(loss)
    if isinstance(loss, functools.partial):
        return describe_loss(loss.func)
    return str(getattr(loss, "__name__", type(loss).__name__))


def labels_compete(loss: Any) -> bool:
    """Return whether the units of the output stand for classes that exclude each other in `loss`.

    >>> labels_compete("categorical_crossentropy"), labels_compete("binary_crossentropy")
    (True, False)
    """
    return _keras_name(first_loss(loss), base=True) not in _ELEMENTWISE


def uses_logits(loss: Any) -> bool:
    """Return whether `loss` takes the model's outputs for logits.

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
    return _keras_name(first_loss(loss), base=True) in _MARGIN


@functools.cache
def _keras_losses() -> dict[Any, str]:
    """Return the functions and the classes of ``keras.losses``, each with the function's name."""
    found = {}
    for name, value in vars(keras.losses).items():
        if isinstance(value, type) and issubclass(value, keras.losses.Loss):
            found[value] = snake_case(name)
        elif callable(value) and name in _FORMS:
            found[value] = name
    return found


def _keras_name(loss: Any, *, base: bool = False) -> str | None:
    """Return the name of the function of Keras that computes `loss`; None if it is another one.

    Parameters
    ----------
    loss : object
        A name, a class, an instance, a function or a partial.
    base : bool, default=False
        Whether the nearest class or function of Keras that `loss` derives from counts too, though
        it may compute something else.
    """
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            return None
    if isinstance(loss, functools.partial):
        return _keras_name(loss.func, base=base) if base or not loss.args else None
    known = _keras_losses()
    cls = loss if isinstance(loss, type) else type(loss)
    if not issubclass(cls, keras.losses.Loss):
        if base and hasattr(loss, "__wrapped__"):
            return _keras_name(loss.__wrapped__, base=True)
        try:
            return known.get(loss)
        except TypeError:  # cannot be hashed
            return None
    wrapped = vars(loss).get("fn") if not isinstance(loss, type) else None
    for klass in cls.__mro__:
        if klass in known and known[klass] in _FORMS:
            same = all(getattr(cls, name) is getattr(klass, name) for name in ("__call__", "call"))
            replaced = wrapped is not None and known.get(wrapped) != known[klass]
            return known[klass] if base or (same and not replaced) else None
    return _keras_name(wrapped, base=base) if wrapped is not None and _is_wrapper(cls) else None


def _is_wrapper(cls: type) -> bool:
    """Return whether instances do nothing but call the function that they hold."""
    wrapper = next(base for base in keras.losses.MeanSquaredError.__mro__ if "call" in vars(base))
    return cls is wrapper

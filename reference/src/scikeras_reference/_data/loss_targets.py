"""Which form of target a loss computes the right value for.

Keras's own losses are listed, by identity and not by name; `tests/reference/test_loss_targets.py`
compares the list with what each of them computes. `target_probe` tries every other loss on known
outputs.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import keras
import numpy as np

from scikeras_reference._data.loss_and_metric_names import is_deferred_loss, snake_case

__all__ = [
    "FormOfLoss",
    "TargetForm",
    "describe_loss",
    "encode_classes",
    "first_loss",
    "form_of_loss",
    "is_of_keras",
    "labels_compete",
    "needs_equal_shapes",
    "takes_probabilities",
    "uses_logits",
    "uses_margins",
    "uses_scores",
]


class TargetForm(Enum):
    """A form that class labels can be encoded in."""

    NUMBERS = "class numbers of shape (n, 1)"
    FLAT_NUMBERS = "class numbers of shape (n,)"
    ONE_HOT = "one-hot rows"

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return type(self), (self.value,)  # skops knows no other way to rebuild a member


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
_PROBABILITIES = (
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "sparse_categorical_crossentropy",
)
_FORMS = {
    **dict.fromkeys(_NUMBERS, TargetForm.NUMBERS),
    **dict.fromkeys(_FLAT_NUMBERS, TargetForm.FLAT_NUMBERS),
    **dict.fromkeys((*_COMPETING_ONE_HOT, *_ELEMENTWISE), TargetForm.ONE_HOT),
}
_KERAS_LOSSES: dict[Any, str] = {
    value: snake_case(name)
    for name, value in vars(keras.losses).items()
    if name in _FORMS or (isinstance(value, type) and issubclass(value, keras.losses.Loss))
}
"""The functions and the classes of ``keras.losses``, each with the function's name."""


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
    spreads : bool
        Whether the loss was seen to compare every row of a batch with every other.
    """

    form: TargetForm
    is_shown: bool = True
    needs_several_units: bool = False
    takes_one_hot: bool = False
    spreads: bool = False


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


def form_of_loss(loss: Any, n_units: int | None, n_classes: int) -> FormOfLoss | None:
    """Return which form of target `loss` wants; None if that has to be tried.

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
    >>> form_of_loss("categorical_crossentropy", 3, 3).form.value
    'one-hot rows'
    >>> form_of_loss(["sparse_categorical_crossentropy"], 3, 3).form.value
    'class numbers of shape (n, 1)'
    """
    loss = first_loss(loss)
    name = _keras_name(loss)
    if name is None and isinstance(loss, str):
        if is_deferred_loss(loss):
            # Keras resolves these names by the shapes of the target and of the output.
            return FormOfLoss(TargetForm.NUMBERS, takes_one_hot=True)
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            loss = None  # compilation says what is wrong with the name
    if loss is None:
        return FormOfLoss(TargetForm.NUMBERS)
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


def is_of_keras(loss: Any) -> bool:
    """Return whether `loss` is one of Keras's own, and not one that derives from it.

    >>> is_of_keras("mse"), is_of_keras(lambda y_true, y_pred: 0.0)
    (True, False)
    """
    return isinstance(first_loss(loss), str) or _keras_name(first_loss(loss)) is not None


def labels_compete(loss: Any) -> bool:
    """Return whether the units of the output stand for classes that exclude each other in `loss`.

    >>> labels_compete("categorical_crossentropy"), labels_compete("binary_crossentropy")
    (True, False)
    """
    return _keras_name(first_loss(loss), base=True) not in _ELEMENTWISE


def needs_equal_shapes(loss: Any) -> bool:
    """Return whether `loss` is one of Keras's own that compares targets and outputs one by one.

    >>> needs_equal_shapes("mse"), needs_equal_shapes("sparse_categorical_crossentropy")
    (True, False)
    """
    return _keras_name(loss) in {*_COMPETING_ONE_HOT, *_ELEMENTWISE}


def takes_probabilities(loss: Any) -> bool:
    """Return whether `loss` is a crossentropy of Keras that takes outputs for probabilities.

    >>> takes_probabilities("binary_crossentropy"), takes_probabilities("mse")
    (True, False)
    """
    loss = first_loss(loss)
    known = is_deferred_loss(loss) or _keras_name(loss, base=True) in _PROBABILITIES
    return known and not uses_logits(loss)


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


def uses_scores(loss: Any) -> bool:
    """Return whether `loss` takes any number for an output, as hinge losses do.

    >>> uses_scores("hinge"), uses_scores("categorical_hinge"), uses_scores("mse")
    (True, True, False)
    """
    return _keras_name(first_loss(loss), base=True) in {*_MARGIN, "categorical_hinge"}


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
    cls = loss if isinstance(loss, type) else type(loss)
    if not issubclass(cls, keras.losses.Loss):
        if base and hasattr(loss, "__wrapped__"):
            return _keras_name(loss.__wrapped__, base=True)
        try:
            return _KERAS_LOSSES.get(loss)
        except TypeError:  # cannot be hashed
            return None
    wrapped = vars(loss).get("fn") if not isinstance(loss, type) else None
    for klass in cls.__mro__:
        name = _KERAS_LOSSES.get(klass)
        if name in _FORMS:
            same = all(getattr(cls, m) is getattr(klass, m) for m in ("__call__", "call"))
            replaced = wrapped is not None and _KERAS_LOSSES.get(wrapped) != name
            return name if base or (same and not replaced) else None
    return _keras_name(wrapped, base=base) if wrapped is not None and _is_wrapper(cls) else None


def _is_wrapper(cls: type) -> bool:
    """Return whether instances do nothing but call the function that they hold."""
    wrapper = next(base for base in keras.losses.MeanSquaredError.__mro__ if "call" in vars(base))
    return cls is wrapper

"""What a compiled loss says about the targets that it wants and the outputs that it gets."""

import functools
from collections.abc import Mapping
from enum import Enum
from typing import Any

from scikeras_reference.utils import DEFERRED_LOSSES, loss_name

__all__ = ["TargetForm", "first_loss", "target_form", "uses_logits", "uses_margins"]

_SPARSE = frozenset({"sparse_categorical_crossentropy"})
_CATEGORICAL = frozenset(
    {
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "categorical_generalized_cross_entropy",
        "categorical_hinge",
    }
)
# These compare target and output element by element, so that a target of one column would be
# spread over all of the outputs, silently.
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
    """Give the loss of the first output, out of a loss or a list or dict of losses.

    >>> first_loss(["mse"]), first_loss({"out": "mae"}), first_loss(None)
    ('mse', 'mae', None)
    """
    while isinstance(loss, (list, tuple, Mapping)):
        items = list(loss.values()) if isinstance(loss, Mapping) else list(loss)
        loss = items[0] if items else None
    return loss


def target_form(loss: Any) -> TargetForm:
    """Tell how to encode labels for `loss`: integers, unless it is known to want more.

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
    """Tell whether the model's outputs are logits to `loss`.

    >>> import keras
    >>> uses_logits(keras.losses.BinaryCrossentropy(from_logits=True)), uses_logits("mse")
    (True, False)
    """
    loss = first_loss(loss)
    if isinstance(loss, functools.partial):
        return bool(loss.keywords.get("from_logits", uses_logits(loss.func)))
    return getattr(loss, "from_logits", False) is True


def uses_margins(loss: Any) -> bool:
    """Tell whether the model's outputs are margins around zero to `loss`.

    >>> uses_margins("hinge"), uses_margins("mse")
    (True, False)
    """
    return bool(_names(first_loss(loss)) & _MARGIN)


def _names(loss: Any) -> set[str]:
    """Names that a loss goes by; a subclass goes by those of its bases too."""
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

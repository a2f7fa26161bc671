"""Refuses or warns of a target, a loss and an output that make no sense together."""

import warnings
from collections.abc import Sequence
from typing import Any

from scikeras_reference._data.loss_targets import FormOfLoss, takes_probabilities
from scikeras_reference.exceptions import (
    ExclusiveLabelsWarning,
    ModelOutputError,
    OutputRangeWarning,
    TargetFormWarning,
)

__all__ = [
    "check_indicator_form",
    "check_label_form",
    "warn_of_independent_columns",
    "warn_of_linear_layer",
    "warn_of_range",
    "width_of_output",
]

TOLERANCE = 1e-3
"""How far from 0 and 1 rounding may take a probability."""


def width_of_output(
    shapes: Sequence[tuple[int | None, ...]], kind: str, n_classes: int, *, is_decoded: bool
) -> int | None:
    """Return the number of units of a single output; None if there is no such number.

    Parameters
    ----------
    shapes : sequence of tuple
        One shape for each output, rows included.
    kind : str
        Type of the target.
    n_classes : int
        Number of classes or labels.
    is_decoded : bool
        Whether the default encoder decodes the output, which needs one row for each sample.

    Raises
    ------
    ModelOutputError
        A ``ValueError`` with the width that the last layer should have.
    """
    if len(shapes) != 1:
        return None
    (shape,) = shapes
    if len(shape) > 2:
        if is_decoded:
            raise ModelOutputError(
                f"The output of the model has the shape {shape}, but classes are read from one row"
                " of units for each sample: (None, n_units). Put a Flatten or a pooling layer"
                " before the last layer."
            )
        return None
    width = shape[1] if len(shape) == 2 else 1
    if width is None:
        return None
    if kind == "multilabel-indicator":
        fits, wanted = width == n_classes, str(n_classes)
    elif width == 1:
        fits, wanted = n_classes <= 2, str(n_classes)
    else:
        fits, wanted = width >= n_classes, f"{n_classes}, or one for two classes"
    if not fits:
        raise ModelOutputError(
            f"The output of the model has {width} units, but the target ({kind}) has {n_classes}"
            f" classes or labels. Give the last layer as many units: {wanted}. The builder finds"
            " the number in meta['n_classes_']."
        )
    return width


def check_indicator_form(found: FormOfLoss, loss: str, n_units: int) -> None:
    """Refuse a loss that takes class numbers, for a target of several columns.

    Raises
    ------
    ModelOutputError
        A ``ValueError`` with both remedies.
    """
    if not found.takes_one_hot and n_units != 1:
        raise ModelOutputError(
            f"y has a column of indicators (one-hot) for each of {n_units} units, but"
            f" the loss {loss} takes class numbers. Give labels,"
            " y.argmax(axis=1), or loss='categorical_crossentropy' (for several labels at"
            " once: 'binary_crossentropy')."
        )


def check_label_form(found: FormOfLoss, loss: str, n_classes: int) -> None:
    """Refuse a loss that learns nothing from one unit; warn if the form of target is a guess.

    Raises
    ------
    ModelOutputError
        A ``ValueError`` with both remedies.
    """
    if found.needs_several_units:
        raise ModelOutputError(
            f"The model has one unit, and the loss {loss} compares several units, so"
            " that it would learn nothing. Give loss='binary_crossentropy', or give the last"
            f" layer {n_classes} units with a softmax."
        )
    if not found.is_shown and found.spreads:
        warnings.warn(
            f"The loss {loss} compares every row of a batch with every other: its value is the same"
            " if the rows of the outputs are exchanged. Unless it is meant to compare batches, it"
            " flattens the outputs, or the target, and not both. Both are given to it with one row"
            " for each sample: (n, 1) for a model of one unit.",
            TargetFormWarning,
            stacklevel=2,
        )
    elif not found.is_shown:
        warnings.warn(
            "It could not be shown which form of target the loss"
            f" {loss} computes the right value for, class numbers or one-hot rows."
            f" The model is trained on {found.form.value}. To choose the form, override"
            " target_encoder in a subclass: return ClassifierLabelEncoder(self.loss,"
            " form='numbers'), or form='one-hot'.",
            TargetFormWarning,
            stacklevel=2,
        )


def warn_of_independent_columns(loss: str, n_labels: int) -> None:
    """Warn that every row has one label, and that the loss does not know it."""
    warnings.warn(
        f"Each row of y has exactly one label, but the loss {loss} treats the {n_labels} columns as"
        " independent, so that predictions may have several labels or none. If the classes exclude"
        " each other, give labels (y.argmax(axis=1)) or loss='categorical_crossentropy', or"
        " override target_encoder in a subclass: return ClassifierLabelEncoder(self.loss,"
        " exclusive=True). If a row may have several labels: exclusive=False.",
        ExclusiveLabelsWarning,
        stacklevel=2,
    )


def warn_of_linear_layer(loss: Any, name: str) -> bool:
    """Warn if `loss` takes the outputs of a linear layer for probabilities; return whether."""
    if not takes_probabilities(loss):
        return False
    warnings.warn(
        f"The last layer is linear, but the loss {name} takes its outputs for probabilities: it"
        " clips them, and so does predict_proba. Give the last layer activation='sigmoid' (for one"
        " unit, or several labels) or 'softmax', or the loss from_logits=True.",
        OutputRangeWarning,
        stacklevel=2,
    )
    return True


def warn_of_range(outputs: Any) -> bool:
    """Warn if outputs have to be clipped to be probabilities; return whether they have to."""
    if not outputs.size or -TOLERANCE <= outputs.min() <= outputs.max() <= 1 + TOLERANCE:
        return False
    warnings.warn(
        f"The model returns numbers from {outputs.min():.3g} to {outputs.max():.3g}, which are no"
        " probabilities; predict_proba clips and scales them. Give the last layer"
        " activation='sigmoid' or 'softmax'. If the outputs are logits, give the loss"
        " from_logits=True (a loss of your own: an attribute from_logits).",
        OutputRangeWarning,
        stacklevel=2,
    )
    return True

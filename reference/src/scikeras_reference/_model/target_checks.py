"""Checks an encoded target against the model: its values, and its shape."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from scikeras_reference._data.target_forms import needs_equal_shapes
from scikeras_reference._model import model_errors
from scikeras_reference._model.built_model import (
    Shape,
    fits,
    is_inherited,
    is_missing,
    knows_its_inputs,
)

__all__ = ["check_target"]


def check_target(model: Any, target: Any, shapes: Sequence[Shape]) -> None:
    """Check that Keras need not spread a target over the outputs of a model.

    Only Keras's own losses are judged that compare a target with an output number by number. A
    loss, a ``train_step`` or a ``compute_loss`` of the user's own may take any target.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    target : array, or list, tuple or dict of arrays, or None
        The encoded y.
    shapes : sequence of tuple
        The shape of each output.

    Raises
    ------
    ModelOutputError
        A ``ValueError`` with both shapes.
    InputError
        A ``ValueError``, for a target that holds no numbers, or where there is none for a loss.
    """
    if not all(is_inherited(model, m) for m in ("train_step", "compute_loss")):
        return
    _require_numbers(target)
    losses, targets = getattr(model, "loss", None), target
    if target is None:
        if not is_missing(losses):
            raise model_errors.missing_target(losses)
        return
    if isinstance(losses, (Mapping, list, tuple)) and len(shapes) == 1:
        _check_one_loss(model, losses)
    if isinstance(losses, Mapping) or isinstance(targets, Mapping):
        names = list(getattr(model, "output_names", []))
        losses = [losses.get(n) for n in names] if isinstance(losses, Mapping) else losses
        targets = [targets.get(n) for n in names] if isinstance(targets, Mapping) else targets
    losses = list(losses) if isinstance(losses, (list, tuple)) else [losses]
    targets = list(targets) if isinstance(targets, (list, tuple)) else [targets]
    if not len(losses) == len(targets) == len(shapes):
        return
    for loss, array, shape in zip(losses, targets, shapes, strict=True):
        actual = getattr(array, "shape", None)
        if loss is None or not actual or not needs_equal_shapes(loss):
            continue
        wanted = tuple(shape)[1:]
        if not fits(wanted, tuple(actual)[1:]):
            raise model_errors.spread_target(wanted, tuple(actual)[1:], loss)


def _require_numbers(target: Any) -> None:
    for array in keras.tree.flatten(target):
        if getattr(getattr(array, "dtype", None), "kind", "f") in tuple("USOTmM"):
            raise model_errors.target_of_other_values(array)


def _check_one_loss(model: Any, losses: Any) -> None:
    """Check that a list or a dict of losses for a single output has one entry, with its name."""
    names = list(getattr(model, "output_names", None) or [])
    is_right = True  # a class of the user's own may return a dict
    if not isinstance(losses, Mapping):
        is_right = len(losses) == 1 or is_missing(losses)
    elif isinstance(model, keras.Sequential) or knows_its_inputs(model):
        is_right = isinstance(getattr(model, "output", None), Mapping) or set(losses) <= set(names)
    if not is_right:
        raise model_errors.unfit_losses(losses, names)

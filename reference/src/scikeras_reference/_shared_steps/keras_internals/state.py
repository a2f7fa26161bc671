"""The state of a Keras model: its class, outputs, compilation, and variables."""
# ruff: noqa: SLF001 - this module looks behind public names

from typing import Any

import keras

from scikeras_reference._shared_steps.private_names import module
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = [
    "build_state",
    "mark_called",
    "model_classes",
    "names_matter",
    "state",
    "trainable_changed_since_compile",
]


def model_classes() -> tuple[type, ...]:
    """Return Keras's own classes of models that are described by their layers."""
    return (keras.Sequential, module("keras.src.models.functional").Functional)


def mark_called(model: Any) -> None:
    """Do to a model what tracing its own step does: exporting it takes a model that was called."""
    model._called = True


def names_matter(model: Any) -> bool:
    """Whether outputs are told apart by their names, in losses, metrics or logs."""
    compiled = (getattr(model, name, None) for name in ("_compile_loss", "_compile_metrics"))
    given = [
        getattr(part, name, None)
        for part in compiled
        if part is not None
        for name in ("_user_loss", "_user_loss_weights", "_user_metrics", "_user_weighted_metrics")
    ]
    return len(model.outputs) != 1 or _is_nested(_outputs(model)) or any(map(_is_dict, given))


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (list, tuple, dict))


def trainable_changed_since_compile(model: Any) -> bool:
    """Whether layers were frozen or thawed after ``compile``, which Keras heeds in part."""
    return any(layer.trainable != flag for layer, flag in model._compiled_trainable_state.items())


def build_state(model: Any, y: Any) -> None:
    """Make the variables that Keras would make while it traces the first step.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    y : nested structure of keras.KerasTensor
        What the targets of a batch look like.

    Raises
    ------
    NotSharedError
        If targets and outputs are nested in different ways; then nothing was changed.
    """
    outputs = _outputs(model)
    if not _are_nested_alike(y, outputs):
        raise NotSharedError("targets and outputs are nested in different ways")
    if isinstance(y, (list, tuple)):
        y = type(outputs)(y)
    if not model.optimizer.built:
        with keras.name_scope(model.optimizer.name, caller=model.optimizer):
            model.optimizer.build(model.trainable_variables)
    if model._compile_loss is not None and not model._compile_loss.built:
        model._compile_loss.build(y, outputs)
    if model._compile_metrics is not None and not model._compile_metrics.built:
        model._compile_metrics.build(y, outputs)


def state(model: Any, *, training: bool) -> list[Any]:
    """Return every variable that a step of the model reads or writes, each one once."""
    variables = list(model.variables)
    if training:
        variables += [*model.optimizer.variables, *model.metrics_variables]
    return list({id(variable): variable for variable in variables}.values())


def _are_nested_alike(y: Any, outputs: Any) -> bool:
    if _is_dict(y) or _is_dict(outputs):
        return _is_dict(y) and _is_dict(outputs) and list(y) == list(outputs)
    if _is_nested(y) or _is_nested(outputs):
        return _is_nested(y) and _is_nested(outputs) and len(y) == len(outputs)
    return True


def _outputs(model: Any) -> Any:
    functional = getattr(model, "_functional", None) or model
    return functional._outputs_struct

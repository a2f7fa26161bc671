"""Which steps of training change no weight."""

from typing import Any

import keras

__all__ = ["changes_no_weight"]

OF_STEPS = (
    *("train_on_batch", "train_step", "test_on_batch", "test_step"),
    *("compute_loss", "compute_metrics"),
)
"""Methods of models that take part in a step."""

AT_REST = {
    "momentum": 0.0,
    "weight_decay": None,
    "use_ema": False,
    "gradient_accumulation_steps": None,
    "loss_scale_factor": None,
}
"""Settings with which a learning rate of zero leaves everything but the number of steps."""


def changes_no_weight(model: keras.Model) -> bool:
    """Whether a step of training would give what a step of validation gives, and no new weights.

    That is so at a learning rate of zero, if no layer computes anything else in training. Only what
    is surely so counts: Keras's own SGD without further settings, and dense layers.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    """
    return (
        _is_at_rest(model.optimizer)
        and all(_is_dense(layer) for layer in model.layers)
        and all(variable.constraint is None for variable in model.trainable_variables)
        and all(_is_of_keras(model, name) for name in OF_STEPS)
    )


def _is_of_keras(model: keras.Model, name: str) -> bool:
    """Whether a method is Keras's own; a check may have replaced that of one model."""
    method = getattr(model, name)
    return getattr(method, "__func__", None) is getattr(keras.Model, name)


def _is_at_rest(optimizer: Any) -> bool:
    if type(optimizer) is not keras.optimizers.SGD:
        return False
    if any(getattr(optimizer, name, ...) != value for name, value in AT_REST.items()):
        return False
    # Of a schedule there is no such variable. Its configuration is not asked for: it may have none.
    rates = [variable for variable in optimizer.variables if variable.name == "learning_rate"]
    return bool(rates) and float(rates[0]) == 0.0


def _is_dense(layer: object) -> bool:
    return type(layer) is keras.layers.InputLayer or (
        isinstance(layer, keras.layers.Dense) and type(layer).call is keras.layers.Dense.call
    )

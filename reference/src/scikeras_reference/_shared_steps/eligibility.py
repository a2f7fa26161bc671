"""Whether a model may share its steps, as far as can be seen before tracing.

Every function here raises `NotSharedError`, whose message is the reason, or returns nothing.
"""

import math
import sys
from typing import Any

import keras

from scikeras_reference._backends.execution import has_gpu, limit_of
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.keras_internals import state
from scikeras_reference._shared_steps.private_names import (
    BACKENDS,
    require_attributes,
    require_names,
    require_versions,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError, class_name

__all__ = ["require_available", "require_shareable", "require_usual_process"]

MAX_WEIGHTS = 1 << 22
"""A prototype has weights of its own; for a larger model they might not fit into memory."""


def require_available() -> None:
    """Check that steps can be shared in this process, whatever the model."""
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise NotSharedError(f"the backend {backend} has no shared steps")
    require_versions()
    require_names()


def require_shareable(model: Any, *, training: bool) -> None:
    """Check that Keras would trace a step of the model in its usual way, here and now.

    Not one of a class of the user's own, nor with methods that somebody replaced, nor on several
    devices, nor with more than one step in a function, nor compiled by XLA for a GPU on TensorFlow,
    nor not compiled on JAX.
    """
    require_usual_process(model)
    if type(model) not in state.model_classes():
        raise NotSharedError(
            f"the class {class_name(type(model))} is neither keras.Sequential nor keras.Model"
        )
    if not model.built:
        raise NotSharedError("the model is not built yet")
    require_attributes(model, training=training)
    _require_usual_settings(model)
    if training:
        _require_trainable(model)
    fingerprint(model, training=training)


def require_usual_process(model: Any) -> None:
    """Check that the steps of a model run in the usual way, here and now, whatever they do."""
    require_available()
    _require_usual_tracing()
    if _is_distributed(model):
        raise NotSharedError("the model runs under a distribution strategy")


def _require_usual_tracing() -> None:
    if keras.backend.backend() == "jax":
        from scikeras_reference._shared_steps.jax.internals import require_usual_tracing
    else:
        from scikeras_reference._shared_steps.tensorflow.internals import require_usual_tracing
    require_usual_tracing()


def _require_usual_settings(model: Any) -> None:
    if model.run_eagerly:
        raise NotSharedError("run_eagerly=True")
    _require_usual_compilation(model)
    if model.steps_per_execution != 1:
        raise NotSharedError(f"steps_per_execution={model.steps_per_execution}")
    if sum(math.prod(variable.shape) for variable in model.variables) > MAX_WEIGHTS:
        raise NotSharedError(f"the model has more than {MAX_WEIGHTS} weights")


def _require_usual_compilation(model: Any) -> None:
    if keras.backend.backend() == "jax":
        if not model.jit_compile:
            raise NotSharedError(f"jit_compile={model.jit_compile}")
    elif model.jit_compile and has_gpu():
        raise NotSharedError("XLA compiles the step for a GPU")


def _require_trainable(model: Any) -> None:
    if not model.compiled or model.optimizer is None or model._compile_loss is None:  # noqa: SLF001
        raise NotSharedError("the model is not compiled with an optimizer and a loss")
    if not model.trainable_variables:
        raise NotSharedError("the model has no weights to train")
    for name in ("max_epochs", "max_steps_per_epoch"):
        if limit_of(name):
            raise NotSharedError(f"keras.config.{name} is set")


def _is_distributed(model: Any) -> bool:
    if keras.distribution.distribution() is not None:
        return True
    if keras.backend.backend() == "jax":
        return False
    strategy = sys.modules["tensorflow"].distribute.has_strategy()
    return bool(strategy or model._distribute_strategy is not None)  # noqa: SLF001

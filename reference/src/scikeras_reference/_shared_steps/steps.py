"""Steps that models of equal structure share, on the backends where Keras compiles them.

Most of a small ``fit`` is tracing and compiling one training step, anew for each clone of an
estimator, and each time the same thing comes out. It is done once for each structure instead:
`_tensorflow_steps` and `_jax_steps` say how.
"""

from typing import Any

import keras

from scikeras_reference._shared_steps import keras_internals as internals
from scikeras_reference._shared_steps.cache import is_sharing
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.jax_steps import SharedProgram
from scikeras_reference._shared_steps.tensorflow_steps import SharedGraph

__all__ = ["lend_predict_function", "provable", "shared_function", "takes_any_batch"]

_KINDS = {"tensorflow": SharedGraph, "jax": SharedProgram}


def provable(model: Any, *, training: bool) -> bool:
    """Whether the step of that model may be shared, as far as can be seen before tracing."""
    if not is_sharing() or keras.backend.backend() not in _KINDS or not internals.is_checked():
        return False
    try:
        if not internals.runs_plainly(model, training=training):
            return False
        fingerprint(model, training=training)
    except Exception:  # what cannot be read cannot be proven; Keras trains it as it is
        return False
    return True


def shared_function(model: Any, kind: str) -> Any:
    """Give what stands for the function ``"train"``, ``"test"`` or ``"predict"`` of a model."""
    return _KINDS[keras.backend.backend()](model, kind)


def takes_any_batch() -> bool:
    """Whether a shared step runs on what Keras's own input pipeline gives; so on JAX.

    On TensorFlow the pipeline is a part of what Keras traces.
    """
    return bool(keras.backend.backend() == "jax")


def lend_predict_function(model: Any) -> None:
    """Let the model predict with a shared step, unless it has a function for that already.

    Like the function that Keras would have made in its place, it stays until the model is compiled
    again.
    """
    if getattr(model, "predict_function", None) is None and provable(model, training=False):
        model.predict_function = shared_function(model, "predict")

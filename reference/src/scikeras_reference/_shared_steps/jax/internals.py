"""Private JAX APIs, and those of Keras on it, used by shared steps; listed in `private_names`."""
# ruff: noqa: SLF001 - this module looks behind public names

import functools
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from scikeras_reference._shared_steps.private_names import module
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = [
    "PLATFORMS",
    "build_for",
    "context",
    "is_array",
    "require_usual_tracing",
    "restored_state",
    "set_value",
    "settings",
    "signature",
    "state_given",
    "step_function",
]

PLATFORMS = ("cpu",)
"""Where it was tried whether JAX always makes the same program of the same step."""

# With these, JAX runs Python code again, or does not compile, when a step is called.
_REFUSED = (
    "jax_check_tracer_leaks",
    "jax_debug_infs",
    "jax_debug_nans",
    "jax_default_device",
    "jax_disable_jit",
    "jax_no_execution",
    "jax_no_tracing",
)


def settings() -> dict[str, Any]:
    """Return every setting of JAX, as it is in this thread and here."""
    return dict(_jax().config.values)


def context() -> Any:
    """Return what makes JAX trace a function anew, or run it otherwise, besides its arguments."""
    config = _jax().config
    return _config().trace_context(), config.jax_debug_nans, config.jax_debug_infs


def require_usual_tracing() -> None:
    """Check that JAX would compile a function here as it does in a thread that has just begun.

    Raises
    ------
    NotSharedError
        If it would not.
    """
    if module("keras.src.backend.config").is_nnx_enabled():
        raise NotSharedError("NNX is switched on")
    if _jax().default_backend() not in PLATFORMS:
        raise NotSharedError(f"JAX runs on {_jax().default_backend()}, and not on a CPU")
    now = settings()
    changed = next((name for name in _REFUSED if now[name]), None)
    if changed is not None:
        raise NotSharedError(f"{changed} is set")
    if _scopes() != _scopes_of_a_new_thread(len(_config().trace_context_names())):
        raise NotSharedError("a block changes a setting of JAX, a device or a mesh")
    if not module("jax._src.core").trace_state_clean():
        raise NotSharedError("it is trained inside a function that JAX traces")


def signature(leaf: Any) -> tuple[Any, ...] | None:
    """Return all of an array that a compiled step depends on, besides its values.

    None stands for what is no array, or lies where the caller wants it.
    """
    if type(leaf) is np.ndarray:
        return (leaf.shape, leaf.dtype) if leaf.dtype.kind in "biuf" else None
    array, place = _array_and_place()
    if type(leaf) is not array or leaf.committed or leaf.sharding != place:
        return None
    return leaf.shape, leaf.dtype, leaf.weak_type


def is_array(leaf: Any) -> bool:
    """Whether it is an array of NumPy or of JAX, not of another library, and not being traced."""
    return type(leaf) is np.ndarray or type(leaf) is _array_and_place()[0]


@functools.lru_cache(maxsize=1)
def _array_and_place() -> tuple[Any, Any]:
    """Return the class of JAX's arrays, and where they are unless they are put elsewhere."""
    jax = _jax()
    return type(jax.numpy.zeros(())), jax.sharding.SingleDeviceSharding(jax.local_devices()[0])


def _scopes() -> list[Any]:
    """Return what blocks of code switch on and no setting says: meshes and the like."""
    config = _config()
    known = config.config.values
    pairs = zip(config.trace_context_names(), config.trace_context(), strict=True)
    return [value for name, value in pairs if name not in known]


@functools.lru_cache(maxsize=1)
def _scopes_of_a_new_thread(_count: int) -> list[Any]:
    """Return those of a thread that has just begun; looked up again when there are more of them."""
    found: list[list[Any]] = []
    thread = threading.Thread(target=lambda: found.append(_scopes()))
    thread.start()
    thread.join()
    return found[0]


def build_for(model: Any, batch: Any) -> None:
    """Make the variables that Keras makes before the first batch."""
    model._symbolic_build(data_batch=batch)


def state_given(model: Any, kind: str) -> Any:
    """Return the state that Keras hands to a step of that kind."""
    return model._get_jax_state(
        trainable_variables=True,
        non_trainable_variables=True,
        optimizer_variables=kind == "train",
        metrics_variables=kind != "predict",
    )


@contextmanager
def restored_state(model: Any, kind: str, given: Sequence[Sequence[Any]]) -> Iterator[None]:
    """Put the state that a step was given back into the model, within the block.

    Keras takes it out of the model for the time of an epoch, and configurations need some of it.
    """
    parts = [model.trainable_variables, model.non_trainable_variables]
    parts += [model.optimizer.variables] if kind == "train" else []
    parts += [model.metrics_variables] if kind != "predict" else []
    variables = [variable for part in parts for variable in part]
    before = [variable._value for variable in variables]
    values = [value for part in given for value in part]
    try:
        for variable, value in zip(variables, values, strict=True):
            variable._value = value
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable._value = value


def step_function(model: Any, kind: str) -> Any:
    """Return the function that Keras compiles for that model."""
    if kind != "predict":
        return getattr(model, f"{kind}_step")

    def predict_step(state: Any, data: Any) -> Any:
        outputs, rest = model.predict_step(state, data)
        return outputs, (state[0], rest)

    return predict_step


def set_value(variable: Any, value: Any) -> None:
    """Set the value of a variable, whatever it is."""
    variable._value = value


def _jax() -> Any:
    return sys.modules["jax"]


def _config() -> Any:
    return module("jax._src.config")

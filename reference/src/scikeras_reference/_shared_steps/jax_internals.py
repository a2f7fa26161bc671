"""What JAX, and Keras on it, keep to themselves, as far as shared steps need it.

Checked with the versions of JAX in `CHECKED`, and of Keras in `_keras_internals`. With any other
version nothing is shared, so a name that moves costs speed and never a result.
`tests/reference/test_jax_steps.py` fails when one of them moves.
"""
# ruff: noqa: SLF001 - this module is one of those that look behind the public names

import functools
import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = [
    "CHECKED",
    "build_for",
    "compiles_plainly",
    "context",
    "holding",
    "is_array",
    "is_checked",
    "set_value",
    "settings",
    "signature",
    "state_given",
    "step_function",
]

CHECKED = ("0.10.",)

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


def is_checked() -> bool:
    """Whether the names below mean what they are taken for."""
    return str(_jax().__version__).startswith(CHECKED)


def settings() -> dict[str, Any]:
    """Give every setting of JAX, as it is in this thread and here."""
    return dict(_jax().config.values)


def context() -> Any:
    """Give what makes JAX trace a function anew, or run it otherwise, apart from its arguments."""
    config = _jax().config
    return _config().trace_context(), config.jax_debug_nans, config.jax_debug_infs


def compiles_plainly() -> bool:
    """Whether JAX would compile a function here as it does in a thread that has just begun.

    Not on other devices than the CPU, where it was not tried whether it always makes the same
    program of the same step.
    """
    now = settings()
    return (
        bool(_jax().default_backend() == "cpu")
        and not any(now[name] for name in _REFUSED)
        and _scopes() == _scopes_of_a_new_thread(len(_config().trace_context_names()))
        and bool(_module("jax._src.core").trace_state_clean())
    )


def signature(leaf: Any) -> tuple[Any, ...] | None:
    """Give all of an array that a compiled step depends on, besides its values.

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
    """Give the class of JAX's arrays, and where they are unless they are put elsewhere."""
    jax = _jax()
    return type(jax.numpy.zeros(())), jax.sharding.SingleDeviceSharding(jax.local_devices()[0])


def _scopes() -> list[Any]:
    """Give what blocks of code switch on and no setting says: meshes and the like."""
    config = _config()
    known = config.config.values
    pairs = zip(config.trace_context_names(), config.trace_context(), strict=True)
    return [value for name, value in pairs if name not in known]


@functools.lru_cache(maxsize=1)
def _scopes_of_a_new_thread(_count: int) -> list[Any]:
    """Give them for a thread that has just begun; anew when there are more of them than before."""
    found: list[list[Any]] = []
    thread = threading.Thread(target=lambda: found.append(_scopes()))
    thread.start()
    thread.join()
    return found[0]


# -- the state of a model, which is an argument of Keras's own steps ------------------------------


def build_for(model: Any, batch: Any) -> None:
    """Make the variables that Keras makes before the first batch."""
    model._symbolic_build(data_batch=batch)


def state_given(model: Any, kind: str) -> Any:
    """Give the state that Keras hands to a step of that kind."""
    return model._get_jax_state(
        trainable_variables=True,
        non_trainable_variables=True,
        optimizer_variables=kind == "train",
        metrics_variables=kind != "predict",
    )


@contextmanager
def holding(model: Any, kind: str, given: Sequence[Sequence[Any]]) -> Iterator[None]:
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
    """Give the function that Keras compiles for that model."""
    if kind != "predict":
        return getattr(model, f"{kind}_step")

    def predict_step(state: Any, data: Any) -> Any:
        outputs, rest = model.predict_step(state, data)
        return outputs, (state[0], rest)

    return predict_step


def set_value(variable: Any, value: Any) -> None:
    """Give a variable another value, whatever it is."""
    variable._value = value


# -- modules ------------------------------------------------------------------------------------


def _jax() -> Any:
    return sys.modules["jax"]


def _config() -> Any:
    return _module("jax._src.config")


def _module(name: str) -> Any:
    return sys.modules.get(name) or importlib.import_module(name)

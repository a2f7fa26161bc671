"""What JAX keeps to itself, as far as shared steps need it.

Checked with the versions of JAX in `CHECKED`. With any other version nothing is shared, so a name
that moves costs speed and never a result. `tests/reference/test_jax_internals.py` fails when one of
them moves.
"""

import functools
import importlib
import sys
import threading
from typing import Any

import numpy as np

__all__ = [
    "CHECKED",
    "compiles_plainly",
    "context",
    "is_checked",
    "settings",
    "signature",
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
    jax = _jax()
    if isinstance(leaf, jax.core.Tracer) or not isinstance(leaf, jax.Array):
        return None
    if leaf.committed or leaf.sharding != _default_place():
        return None
    return leaf.shape, leaf.dtype, leaf.weak_type


@functools.lru_cache(maxsize=1)
def _default_place() -> Any:
    jax = _jax()
    return jax.sharding.SingleDeviceSharding(jax.local_devices()[0])


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


def _jax() -> Any:
    return sys.modules["jax"]


def _config() -> Any:
    return _module("jax._src.config")


def _module(name: str) -> Any:
    return sys.modules.get(name) or importlib.import_module(name)

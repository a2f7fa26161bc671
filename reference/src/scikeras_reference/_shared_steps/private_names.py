"""Private Keras, TensorFlow and JAX names used by shared steps, and the versions they exist in.

`NAMES` is the whole list, and a test compares it with the code: a name that moved is renamed here
and in the modules that read it. `require_names` is called before a step is shared, so a name that
moves costs speed, and nothing else.
"""

import importlib
import sys
from typing import Any, NamedTuple

import keras

from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = [
    "JAX_VERSIONS",
    "KERAS_VERSIONS",
    "NAMES",
    "OLDER_KERAS_VERSIONS",
    "PrivateName",
    "module",
    "require_attributes",
    "require_names",
    "require_versions",
]

KERAS_VERSIONS = ("3.15",)
"""Versions of Keras whose private names were checked."""
OLDER_KERAS_VERSIONS = ("3.12", "3.13", "3.14")
"""Versions that are supported, but without shared steps: they keep these things elsewhere."""
JAX_VERSIONS = ("0.10", "0.11", "0.12")
"""Versions of JAX whose private names were checked."""

BACKENDS = ("tensorflow", "jax")


class PrivateName(NamedTuple):
    """One private name of a library."""

    owner: str
    """A module, or the kind of object that has the attribute, in angle brackets."""
    name: str
    backends: tuple[str, ...] = BACKENDS
    """Where it is used."""

    @property
    def in_module(self) -> bool:
        """Whether it is a name of a module, and not of an object."""
        return not self.owner.startswith("<")


_TF = ("tensorflow",)
_JAX = ("jax",)
NAMES = (
    PrivateName("keras.src.models.functional", "Functional"),
    PrivateName("keras.src.ops.node", "Node"),
    PrivateName("keras.src.trainers.data_adapters.data_adapter", "DataAdapter", _TF),
    PrivateName("keras.src.trainers.data_adapters.array_data_adapter", "ArrayDataAdapter", _TF),
    PrivateName("keras.src.backend.config", "is_nnx_enabled", _JAX),
    PrivateName("keras.src.saving.serialization_lib", "tf", _JAX),
    PrivateName("tensorflow.python.eager.context", "context", _TF),
    PrivateName("tensorflow.python.framework.config", "is_op_determinism_enabled", _TF),
    PrivateName("jax._src.config", "config", _JAX),
    PrivateName("jax._src.config", "trace_context", _JAX),
    PrivateName("jax._src.config", "trace_context_names", _JAX),
    PrivateName("jax._src.core", "trace_state_clean", _JAX),
    PrivateName("<model>", "_called"),
    PrivateName("<model>", "_compile_loss"),
    PrivateName("<model>", "_compile_metrics"),
    PrivateName("<model>", "_compiled_trainable_state"),
    PrivateName("<model>", "_loss_tracker"),
    PrivateName("<model>", "_distribute_strategy", _TF),
    PrivateName("<model>", "_get_jax_state", _JAX),
    PrivateName("<model>", "_symbolic_build", _JAX),
    PrivateName("<sequential>", "_functional"),
    PrivateName("<functional>", "_nodes_by_depth"),
    PrivateName("<functional>", "_operations_by_depth"),
    PrivateName("<functional>", "_outputs_struct"),
    PrivateName("<loss>", "_flat_losses"),
    PrivateName("<loss>", "_user_loss"),
    PrivateName("<loss>", "_user_loss_weights"),
    PrivateName("<metrics>", "_user_metrics"),
    PrivateName("<metrics>", "_user_weighted_metrics"),
    PrivateName("<variable>", "_aggregation"),
    PrivateName("<variable>", "_autocast"),
    PrivateName("<variable>", "_constraint"),
    PrivateName("<variable>", "_dtype"),
    PrivateName("<variable>", "_layout"),
    PrivateName("<variable>", "_overwrite_with_gradient"),
    PrivateName("<variable>", "_regularizer"),
    PrivateName("<variable>", "_shape"),
    PrivateName("<variable>", "_trainable"),
    PrivateName("<variable>", "_value"),
    PrivateName("<value>", "_unique_id", _TF),
    PrivateName("<context>", "_seed", _TF),
    PrivateName("<context>", "device_name", _TF),
    PrivateName("<context>", "op_callbacks", _TF),
)

_COMPILED = frozenset({"_compiled_trainable_state"})


def require_versions() -> None:
    """Check that the installed versions are among those that were checked.

    Raises
    ------
    NotSharedError
        If one of them is not.
    """
    _require_version("Keras", keras.__version__, KERAS_VERSIONS)
    if keras.backend.backend() == "jax":
        _require_version("JAX", sys.modules["jax"].__version__, JAX_VERSIONS)


def require_names() -> None:
    """Check that every private name of a module exists; of objects, see `require_attributes`.

    Raises
    ------
    NotSharedError
        If one of them does not.
    """
    backend = keras.backend.backend()
    for owner, name, backends in NAMES:
        if backend in backends and not owner.startswith("<"):
            try:
                getattr(module(owner), name)
            except (ImportError, AttributeError) as error:
                raise NotSharedError(f"{_library(owner)} has no {owner}.{name}") from error


def require_attributes(model: Any, *, training: bool) -> None:
    """Check that a model and its parts have the private attributes that shared steps read.

    Those that ``compile`` makes are needed for training only.

    Raises
    ------
    NotSharedError
        If one of them is missing.
    """
    backend = keras.backend.backend()
    parts = objects(model)
    for owner, name, backends in NAMES:
        if not training and name in _COMPILED:
            continue
        if backend in backends and (part := parts.get(owner)) is not None:
            missing = object()
            if getattr(part, name, missing) is missing:
                raise NotSharedError(f"{_library(owner)} has no {type(part).__name__}.{name}")


def objects(model: Any) -> dict[str, Any]:
    """Return the objects whose attributes stand in `NAMES`, as far as this model has them."""
    functional = getattr(model, "_functional", None)
    variable = next(iter(model.variables), None)
    found = {
        "<model>": model,
        "<sequential>": model if isinstance(model, keras.Sequential) else None,
        "<functional>": model if functional is None else functional,
        "<loss>": getattr(model, "_compile_loss", None),
        "<metrics>": getattr(model, "_compile_metrics", None),
        "<variable>": variable,
    }
    if keras.backend.backend() == "tensorflow":
        found["<value>"] = getattr(variable, "_value", None)
        found["<context>"] = module("tensorflow.python.eager.context").context()
    return found


def module(name: str) -> Any:
    """Return a module, and import it if it is not there yet."""
    return sys.modules.get(name) or importlib.import_module(name)


def _require_version(library: str, version: str, checked: tuple[str, ...]) -> None:
    if not version.startswith(tuple(f"{known}." for known in checked)):
        known = ", ".join(checked)
        raise NotSharedError(f"{library} {version} was not checked; shared steps know {known}")


def _library(owner: str) -> str:
    if owner.startswith(("tensorflow.", "<value>", "<context>")):
        return f"TensorFlow {sys.modules['tensorflow'].__version__}"
    if owner.startswith("jax."):
        return f"JAX {sys.modules['jax'].__version__}"
    return f"Keras {keras.__version__}"

"""Configurations of Keras objects that are read from files, and the names that they may hold."""

import copy
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from scikeras_reference._serialization.custom_objects import custom_object_scope, custom_objects
from scikeras_reference.exceptions import ArchiveError, SerializationError

__all__ = ["as_json", "check_config", "from_config", "library_name", "library_object", "to_config"]

_MODULES = {
    "losses": keras.losses,
    "metrics": keras.metrics,
    "optimizers": keras.optimizers,
    "activations": keras.activations,
    "initializers": keras.initializers,
    "regularizers": keras.regularizers,
    "callbacks": keras.callbacks,
}
_FUNCTIONS = ("losses", "metrics", "activations")
_TOOLS = frozenset({"get", "serialize", "deserialize"})
# Callbacks that write to files or to the network need the consent of whoever loads them.
_HARMLESS_CALLBACKS = frozenset({"EarlyStopping", "ReduceLROnPlateau", "TerminateOnNaN", "History"})
_MAX_DEPTH = 100


def _public(module: str) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(_MODULES[module]).items()
        if not name.startswith("_")
        and name not in _TOOLS
        and callable(value)
        and (module != "callbacks" or name in _HARMLESS_CALLBACKS)
    }


def library_name(value: Any) -> str | None:
    """Return the public name of a class or a function of Keras; None for others.

    >>> library_name(keras.losses.Huber), library_name(print) is None
    ('keras.losses.Huber', True)
    """
    for module in _MODULES:
        for name, found in _public(module).items():
            if found is value:
                return f"keras.{module}.{name}"
    return None


def library_object(name: object) -> Any:
    """Return the class or function of Keras that a public name stands for; None for others.

    >>> library_object("keras.losses.Huber").__name__, library_object("keras.utils.get_file")
    ('Huber', None)
    """
    prefix, _, module_and_name = str(name).partition(".")
    module, _, last = module_and_name.partition(".")
    return _public(module).get(last) if prefix == "keras" and module in _MODULES else None


def to_config(value: Any, path: str) -> Any:
    """Return the configuration of a Keras object, if it is complete.

    Raises
    ------
    SerializationError
        A ``TypeError``, if an object made of it would have other attributes.
    """
    try:
        with custom_object_scope(custom_objects(value)):
            config = as_json(keras.saving.serialize_keras_object(value))
            # Keras puts objects into the configuration that it reads.
            again = keras.saving.deserialize_keras_object(copy.deepcopy(config), safe_mode=False)
    except Exception as error:
        raise SerializationError(
            f"{path}: {type(value).__name__} cannot be rebuilt from its configuration ({error})."
            " Define get_config(), or use pickle."
        ) from error
    if isinstance(value, keras.losses.Loss) and (lost := _lost(value, again)):
        raise SerializationError(
            f"{path}: the configuration of {type(value).__name__} does not hold {', '.join(lost)}."
            " Give the class, and its arguments with loss__; complete its get_config(); or use"
            " pickle."
        )
    return config


def as_json(config: Any) -> Any:
    """Return a configuration without the objects that some optimizers of Keras leave in it."""
    if isinstance(config, Mapping):
        return {str(key): as_json(item) for key, item in config.items()}
    if isinstance(config, (list, tuple)):
        return [as_json(item) for item in config]
    if isinstance(config, np.generic):
        return config.item()
    if hasattr(config, "get_config"):
        return as_json(keras.saving.serialize_keras_object(config))
    return config


def _lost(value: Any, again: Any) -> list[str]:
    """Return the attributes that a loss made of a configuration has lost."""
    before, after = _simple_attributes(value), _simple_attributes(again)
    return [name for name, attribute in before.items() if after.get(name) != attribute]


def _simple_attributes(value: Any) -> dict[str, Any]:
    """Return numbers and texts, also those in the dicts of arguments that Keras's losses keep."""
    found: dict[str, Any] = {}
    for name, attribute in vars(value).items():
        items = attribute.items() if isinstance(attribute, Mapping) else [(name, attribute)]
        found |= {n: a for n, a in items if isinstance(a, (bool, int, float, str, np.generic))}
    return found


def from_config(config: Any, allowed: Mapping[str, Any], safe_mode: bool) -> Any:
    """Return the object of a configuration, after `check_config`.

    Raises
    ------
    ArchiveError
        A ``ValueError``, if Keras refuses it.
    """
    check_config(config, allowed)
    try:
        with custom_object_scope(allowed):
            return keras.saving.deserialize_keras_object(
                config, custom_objects=dict(allowed), safe_mode=safe_mode
            )
    except Exception as error:
        raise ArchiveError(f"Keras cannot make an object of the archive: {error}") from error


def check_config(config: Any, allowed: Mapping[str, Any], depth: int = 0) -> None:
    """Refuse a configuration that names classes or functions of others than Keras.

    Keras imports the modules that a configuration names. Here, nothing is imported: what is not of
    Keras has to be among `allowed`.

    Raises
    ------
    ArchiveError
        A ``ValueError`` with the name that would have to be allowed.
    """
    if depth > _MAX_DEPTH:
        raise ArchiveError("The archive has a configuration that is nested too deeply.")
    if isinstance(config, list):
        for item in config:
            check_config(item, allowed, depth + 1)
    if not isinstance(config, dict):
        return
    if "class_name" in config:
        module = config.get("module")
        of_keras = module is None or str(module).partition(".")[0] in {"keras", "builtins"}
        names = [config.get("registered_name"), config["class_name"]]
        if config["class_name"] == "function":
            names = [config.get("config")]
            of_keras = any(str(names[0]) in _public(name) for name in _FUNCTIONS)
        is_allowed = any(isinstance(name, str) and _is_allowed(name, allowed) for name in names)
        if not of_keras and not is_allowed:
            name = next((name for name in names if isinstance(name, str)), "?")
            short = name.rpartition(">")[2]
            raise ArchiveError(
                f"The archive needs {short!r} of the module {str(module)!r}, which is not allowed."
                f" If you trust it, pass the object: load(path, custom_objects={{{short!r}: ...}})."
            )
    for item in config.values():
        check_config(item, allowed, depth + 1)


def _is_allowed(name: str, allowed: Mapping[str, Any]) -> bool:
    return name in allowed or name.rpartition(">")[2] in allowed

"""The settings that Keras has for the whole process, and their restoration after each check."""

import sys
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from scikeras_conformance.catalog.printable import show
from scikeras_conformance.runner.lazy_module import LazyModule

__all__ = ["at_start", "current", "differences", "put", "restored_settings"]

keras = LazyModule("keras")

SWITCHES = ("traceback filtering", "interactive logging")
LIMITS = ("max_epochs", "max_steps_per_epoch")
OBJECTS = "custom objects"
UNSAFE = "unsafe deserialization"

OF_THE_SUITE = "scikeras_conformance>"
"""The start of the names under which the suite registers its own classes."""


def current() -> dict[str, Any]:
    """Return every setting by a name to show."""
    return {
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "image_data_format": keras.config.image_data_format(),
        "dtype_policy": keras.config.dtype_policy().name,
        "backend": keras.config.backend(),
        **{name: getattr(keras.config, _getter(name))() for name in SWITCHES},
        **{name: getattr(keras.config, name)() for name in LIMITS if _has(name)},
        UNSAFE: _loads_lambdas(),
        OBJECTS: dict(keras.saving.get_custom_objects()),
    }


@cache
def _stored_lambda() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a lambda is not safe to load is what is asked
        return keras.saving.serialize_keras_object(lambda x: x)


def _loads_lambdas() -> bool:
    """Whether Keras loads code without being told to; nothing else says so."""
    try:
        keras.saving.deserialize_keras_object(_stored_lambda())
    except ValueError:
        return False
    return True


def put(values: dict[str, Any]) -> None:
    """Restore the settings to what they were when `values` were read.

    The suite's own classes stay registered: the module that registers them is imported once.
    """
    if _loads_lambdas() != values[UNSAFE]:
        if values[UNSAFE]:
            keras.config.enable_unsafe_deserialization()
        else:  # Keras has no opposite of that
            keras.utils.clear_session(free_memory=False)
    keras.config.set_floatx(values["floatx"])
    keras.config.set_epsilon(values["epsilon"])
    keras.config.set_image_data_format(values["image_data_format"])
    keras.config.set_dtype_policy(values["dtype_policy"])
    for name in SWITCHES:
        if getattr(keras.config, _getter(name))() != values[name]:
            verb = "enable" if values[name] else "disable"
            getattr(keras.config, f"{verb}_{name.replace(' ', '_')}")()
    for name in LIMITS:
        if _has(name):
            getattr(keras.config, f"set_{name}")(values[name])
    objects = keras.saving.get_custom_objects()
    own = {name: item for name, item in objects.items() if name.startswith(OF_THE_SUITE)}
    objects.clear()
    objects.update({**own, **values[OBJECTS]})


def _getter(switch: str) -> str:
    return f"is_{switch.replace(' ', '_')}_enabled"


def _has(name: str) -> bool:
    """Whether the installed Keras has a setting; some are newer than the oldest one supported."""
    return hasattr(keras.config, name)


@cache
def at_start() -> dict[str, Any]:
    """Return the settings as they were when this was called for the first time.

    That is before the subject was used. A subject that changes them has often done so by the time
    that a check asks for it, and would change nothing any more.
    """
    return current()


@contextmanager
def restored_settings(own_packages: Collection[str] = ()) -> Iterator[list[str]]:
    """Restore the settings of Keras after a block, and list those that the subject had changed.

    Classes that are registered because their module is imported do not count, and stay: those of
    the suite, of the subject, and of whatever it imports when it is used.

    Parameters
    ----------
    own_packages : collection of str, default=()
        The packages of the subject.
    """
    at_start()
    changes: list[str] = []
    before, modules = current(), set(sys.modules)
    try:
        yield changes
    finally:
        after = current()
        registered, now = before[OBJECTS], after[OBJECTS]
        allowed = {
            name: item
            for name, item in now.items()
            if name not in registered and _is_imported(name, item, own_packages, modules)
        }
        expected = {**before, OBJECTS: {**registered, **allowed}}
        changes += differences(expected, after)
        if changes:
            put(expected)


def _is_imported(name: str, item: Any, own_packages: Collection[str], modules: set[str]) -> bool:
    """Whether an object was registered by the import of the module that defines it."""
    module = str(getattr(item, "__module__", ""))
    return (
        name.startswith(OF_THE_SUITE)
        or module.partition(".")[0] in own_packages
        or (module in sys.modules and module not in modules)
    )


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the settings that differ, each with its old and its new value."""
    old, new = _flat(before), _flat(after)
    return [
        f"{name} ({show(old.get(name))} -> {show(new.get(name))})"
        for name in {**old, **new}
        if not _equal(old.get(name), new.get(name))
    ]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if name != OBJECTS}
    return {**plain, **{f"custom object {name}": item for name, item in values[OBJECTS].items()}}


def _equal(old: Any, new: Any) -> bool:
    """Whether two settings are the same; objects are by identity, which they may not define."""
    return old is new or (isinstance(old, (str, int, float)) and bool(old == new))

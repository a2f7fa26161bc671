"""Finds the classes and functions of a Keras object that Keras would not find itself.

Keras saves a model by describing its parts by name, and looks the names up when it loads it. Names
of classes and functions that were never registered with Keras are found only if they can be
imported, and never if they live in ``__main__`` or in a function. So each of them that is not
Keras's own is collected, to be pickled by reference or by value as Python does it.
"""

import inspect
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras

__all__ = ["custom_object_scope", "custom_objects", "is_from_a_library"]

_LIBRARIES = ("keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "builtins")


def custom_objects(root: object) -> dict[str, Any]:
    """Return the custom classes and functions within a Keras object, by their registered name."""
    found = {}
    for value in _reachable(root):
        thing = value if inspect.isfunction(value) else type(value)
        if not is_from_a_library(thing):
            found[keras.saving.get_registered_name(thing)] = thing
    return found


@contextmanager
def custom_object_scope(custom: Mapping[str, Any]) -> Iterator[None]:
    """Let Keras find `custom` by name, without the warnings that it causes itself."""
    with keras.saving.custom_object_scope(custom), warnings.catch_warnings():
        # Keras reads TensorFlow's variables in a way that NumPy 2 deprecates.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        yield


def is_from_a_library(thing: Any) -> bool:
    """Return whether a class or function belongs to Keras, a backend, NumPy or Python."""
    return (getattr(thing, "__module__", None) or "").partition(".")[0] in _LIBRARIES


def _reachable(root: object) -> Iterator[Any]:
    """Yield the functions and describable objects that `root` is made of, itself included."""
    seen: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        value = stack.pop()
        if id(value) in seen or isinstance(value, type):
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            stack.extend(value)
        elif inspect.isfunction(value):
            yield value
        elif _is_part(value):
            if hasattr(type(value), "get_config"):
                yield value
            # Keras wraps some methods and keeps the wrapped ones on the instance.
            stack.extend(
                part
                for name, part in vars(value).items()
                if not (inspect.isfunction(part) and hasattr(type(value), name))
            )


def _is_part(value: object) -> bool:
    if not hasattr(value, "__dict__") or isinstance(value, keras.Variable):
        return False
    return hasattr(type(value), "get_config") or type(value).__module__.partition(".")[0] == "keras"

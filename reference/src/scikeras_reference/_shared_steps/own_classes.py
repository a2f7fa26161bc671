"""Classes of the user's own in a model: layers and losses.

A step may call the methods of such a class if all of them can be written down, as functions of the
user's own are: they do nothing but compute, and read nothing but their arguments, attributes of the
object that are a part of the digest, and what functions may read. A prototype is made by
``__init__``, ``build`` and ``get_config``, which may do nothing but make an object.
"""

import sys
from collections.abc import Collection
from types import FunctionType
from typing import Any

import keras
import numpy as np

from scikeras_reference._shared_steps.bytecode import Chain
from scikeras_reference._shared_steps.keras_internals.attributes import IGNORED
from scikeras_reference._shared_steps.keras_internals.own_code import is_proven
from scikeras_reference._shared_steps.method_bytecode import RECEIVER, method_reading
from scikeras_reference._shared_steps.own_functions import Describer, variable
from scikeras_reference._shared_steps.refusal_log import NotSharedError, class_name

__all__ = ["class_description", "is_own_class"]

_MAKING = frozenset({"__init__", "build", "get_config"})
"""Methods that make an object like another one. They may assign to its attributes."""
_STEP = frozenset({"call", "compute_mask", "compute_output_shape"})
"""Methods that a step calls."""
_FACTS = frozenset(
    {
        "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__doc__",
        "__firstlineno__", "__module__", "__qualname__", "__static_attributes__",
    }
)  # fmt: skip
"""What Python writes into a class, and no step reads."""
_OF_DTYPE = frozenset({"compute_dtype", "dtype", "variable_dtype"})
"""Attributes that follow from the dtype policy, which is in the digest."""
_ASSIGNABLE = frozenset({"built", "input_spec", "supports_masking"})
"""Attributes of Keras that a layer may set."""
_PLAIN = (type(None), bool, int, float, str, bytes)
_MADE = tuple(
    f"keras.src.{name}"
    for name in ("constraints", "initializers", "layers", "losses", "models.seq", "regularizers")
)
"""Modules whose classes a method may make objects of."""
_FINDING = tuple(
    f"keras.src.{name}"
    for name in ("activations", "constraints", "initializers", "losses", "regularizers")
)
"""Modules whose functions `get` and `serialize` a method may call."""


def is_own_class(cls: type) -> bool:
    """Return whether it is a class of the user's that inherits from a class of Keras alone."""
    return cls.__bases__ in {(keras.Layer,), (keras.Loss,)}


def class_description(part: Any, seen: Collection[str]) -> list[Any]:
    """Return a nested structure that says all that a class of the user's own does in a step.

    Parameters
    ----------
    part : keras.Layer or keras.Loss
        An object of a class for which `is_own_class` is true.
    seen : collection of str
        The names of its attributes that are in the digest; a step may read no others.

    Returns
    -------
    list
        Of text, numbers, bytes, arrays, and functions of Keras.

    Raises
    ------
    NotSharedError
        If a method may read or do more than can be written down.
    """
    cls = type(part)
    try:
        describer = _MethodDescriber(part, seen)
        described = describer.all_methods()
        describer.require_nothing_changed()
        _require_no_registered_name([described, list(vars(part).values())])
    except NotSharedError as error:
        raise NotSharedError(f"the class {class_name(cls)} is not Keras's own: {error}") from error
    return described


class _MethodDescriber(Describer):
    """Describes the methods of one object of a class of the user's own."""

    def __init__(self, part: Any, seen: Collection[str]) -> None:
        super().__init__()
        self._part = part
        self._seen = seen
        self._class = type(part)
        self._base = self._class.__bases__[0]
        self._methods, self._constants = _members(self._class, self._base)
        self._makes = False
        """Whether the method at hand makes an object."""

    def all_methods(self) -> list[Any]:
        """Describe every method, and the values in the class."""
        methods = {name: self._method(name) for name in sorted(self._methods)}
        return [self._base.__name__, *map(list, methods.items()), *self._constants.items()]

    def _method(self, name: str) -> Any:
        function = self._methods[name]
        if (number := self.number(function)) is not None:
            return ["again", number]
        before, self._makes = self._makes, name in _MAKING
        found = method_reading(function.__code__, makes=self._makes)
        self._require_usual_changes(name, found.assigned)
        if unusual := found.inherited - (_MAKING if self._makes else frozenset()):
            raise NotSharedError(f"{name} calls super().{min(unusual)}")
        if "super" in function.__globals__ or any(
            variable(function, name) is not self._class for name in found.classes
        ):
            raise NotSharedError(f"{name} uses super in an unusual way")
        described = self.described(function, found.reading)
        self._makes = before
        return described

    def _require_usual_changes(self, method: str, assigned: frozenset[str]) -> None:
        for name in sorted(assigned):
            is_usual = name in _ASSIGNABLE or not hasattr(self._base, name)
            if not self._makes or not is_usual or _is_hidden(name):
                raise NotSharedError(f"{method} assigns to self.{name}")

    def read(self, function: FunctionType, chain: Chain) -> Any:
        """Describe what a chain of attributes leads to, one of the object or another one."""
        if chain[0] == RECEIVER:
            return self._of_object(chain[1], chain[2:])
        return super().read(function, chain)

    def _of_object(self, name: str, attributes: Chain) -> Any:
        found = vars(self._part)
        what = ".".join(("self", name, *attributes))
        value = found.get(name)
        if name in found and self._is_seen(name, value):
            if not (self._makes and attributes == ("build",) and isinstance(value, keras.Layer)):
                self.require_harmless(attributes, value, what)
            self._reads_mutable |= isinstance(value, (list, dict, set, np.ndarray))
            return ["attribute", name, value is None]
        if name in self._constants:
            self.require_harmless(attributes, self._constants[name], what)
            return ["constant", name]
        if not attributes:
            if name in self._methods:
                return [name, self._method(name)]
            if name in _OF_DTYPE or (self._makes and name == "add_weight"):
                return ["of Keras", name]
        raise NotSharedError(f"it reads {what}")

    def _is_seen(self, name: str, value: Any) -> bool:
        """Whether a method may read an attribute: a step may not, unless it is in the digest."""
        if value is None or name in self._seen:
            return True
        return self._makes and (name.endswith("_initializer") or type(value) in _PLAIN)

    def known(self, owner: Any, name: str, value: Any) -> str | None:
        """Return the name of what Keras makes parts of a model with, besides functions."""
        if self._makes and (_is_made_of_keras(value) or _finds_parts(value)):
            return f"{value.__module__}.{value.__qualname__}"
        return super().known(owner, name, value)


def _members(cls: type, base: type) -> tuple[dict[str, FunctionType], dict[str, Any]]:
    """Return the methods and the constants of a class; check that there is nothing else in it."""
    methods, constants = {}, {}
    for name, value in vars(cls).items():
        if name in _FACTS:
            continue
        is_expected = name in _MAKING or name in _STEP or not hasattr(base, name)
        is_special = name.startswith("__") and name != "__init__"
        if not is_expected or is_special or _is_hidden(name):
            raise NotSharedError(f"it has a {name} of its own")
        if isinstance(value, FunctionType) and not vars(value):
            methods[name] = value
        elif type(value) in _PLAIN:
            constants[name] = value
        else:
            raise NotSharedError(f"its {name} is not a method")
    if type(cls) is not type(base):
        raise NotSharedError("its class is not of the usual class")
    return methods, constants


def _require_no_registered_name(described: Any) -> None:
    """Check that no text names an object that users registered: Keras makes parts out of names."""
    registered = keras.saving.get_custom_objects()
    if isinstance(described, str):
        if name := next((name for name in registered if name in described), None):
            raise NotSharedError(f"it may name {name}")
    elif registered and isinstance(described, (list, tuple)):
        for item in described:
            _require_no_registered_name(item)


def _is_hidden(name: str) -> bool:
    return name in IGNORED - {"build"} or name.startswith("_self_")


def _is_made_of_keras(value: Any) -> bool:
    """Whether it is a class of Keras whose objects are parts of a model."""
    if not isinstance(value, type) or not value.__module__.startswith(_MADE):
        return False
    is_keras = vars(sys.modules[value.__module__]).get(value.__qualname__) is value
    return is_keras and (is_proven(value.__module__) or "initializers" in value.__module__)


def _finds_parts(value: Any) -> bool:
    return (
        isinstance(value, FunctionType)
        and value.__module__ in _FINDING
        and value.__name__ in {"get", "serialize"}
        and vars(sys.modules[value.__module__]).get(value.__name__) is value
    )

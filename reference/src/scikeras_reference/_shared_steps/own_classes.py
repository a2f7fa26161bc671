"""Classes of the user's own in a model: layers and losses.

A step may call the methods of such a class if all of them can be written down, as functions of the
user's own are: they do nothing but compute, and read nothing but their arguments, attributes of the
object that are a part of the digest, and what functions may read. A prototype is made by
``__init__``, ``build`` and ``get_config``, which may do nothing but make an object.
"""

import builtins
import sys
from collections.abc import Collection, Iterator
from types import FunctionType
from typing import Any

import keras

from scikeras_reference._shared_steps.bytecode import Chain
from scikeras_reference._shared_steps.keras_internals.attributes import IGNORED_FOR_PREDICTIONS
from scikeras_reference._shared_steps.keras_internals.own_code import is_proven
from scikeras_reference._shared_steps.method_bytecode import RECEIVER, method_reading
from scikeras_reference._shared_steps.own_functions import Describer, Effects, variable
from scikeras_reference._shared_steps.refusal_log import NotSharedError, class_name

__all__ = ["class_description", "is_own_class"]

_MAKING = {
    "Layer": frozenset({"__init__", "build", "get_config"}),
    "Loss": frozenset({"__init__", "get_config"}),
}
"""Methods that make an object like another one, by the base class. They may assign to it."""
_OVERRIDING = {
    "Layer": frozenset({"call", "compute_mask", "compute_output_shape"}),
    "Loss": frozenset({"call"}),
}
"""Methods of Keras that a class may define otherwise, by the base class."""
_WRITTEN_BY_PYTHON = frozenset(
    {
        "__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__doc__",
        "__firstlineno__", "__module__", "__qualname__", "__static_attributes__",
    }
)  # fmt: skip
"""What every class has, and no step reads."""
_OF_DTYPE = frozenset({"compute_dtype", "dtype", "variable_dtype"})
"""Attributes that follow from the dtype policy, which is in the digest."""
_ASSIGNABLE = frozenset({"built", "input_spec", "supports_masking"})
"""Attributes of Keras that a layer may set."""
_PLAIN = (type(None), bool, int, float, str, bytes)
_HAVE_PARTS = tuple(
    f"keras.src.{name}"
    for name in (
        *("constraints", "initializers", "layers", "losses", "models.sequential"),
        "regularizers",
    )
)
"""Modules whose classes a method may make objects of."""
_FIND_PARTS = tuple(
    f"keras.src.{name}" for name in ("activations", "constraints", "initializers", "regularizers")
)
"""Modules whose functions `get` and `serialize` a method may call."""
_TRACKING = frozenset({"keras", "tensorflow"})
"""Packages with containers that stand in the place of a list or a dict."""
_SUPER = super


def is_own_class(cls: type) -> bool:
    """Return whether it is a class of the user's that inherits from Layer or Loss alone."""
    bases = cls.__bases__
    is_direct = len(bases) == 1 and (bases[0] is keras.Layer or bases[0] is keras.Loss)
    return is_direct and not cls.__module__.startswith("keras.")


def class_description(
    part: Any, seen: Collection[str], effects: Effects | None = None
) -> list[Any]:
    """Return a nested structure that says all that a class of the user's own does in a step.

    Parameters
    ----------
    part : keras.Layer or keras.Loss
        An object of a class for which `is_own_class` is true.
    seen : collection of str
        The names of its attributes that are in the digest; a step may read no others.
    effects : Effects, optional
        What other code in the same model may do; that of this class is added.

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
        describer = _ClassDescriber(part, seen, effects or Effects())
        described = describer.all_members()
        describer.effects.require_harmless()
        describer.require_nothing_named([described, vars(part)])
    except NotSharedError as error:
        raise NotSharedError(f"the class {class_name(cls)} is not Keras's own: {error}") from error
    return described


class _ClassDescriber(Describer):
    """Describes the methods of one object of a class of the user's own."""

    def __init__(self, part: Any, seen: Collection[str], effects: Effects) -> None:
        super().__init__(effects)
        self._part = part
        self._seen = seen
        self._class = type(part)
        self._base = self._class.__bases__[0]
        self._making = _MAKING[self._base.__name__]
        self._methods, self._constants = _members(self._class, self._base)
        self._makes = False
        """Whether what is read stands in a method that makes an object."""
        self._may_make_names = False

    def all_members(self) -> list[Any]:
        """Describe every method, and the values in the class."""
        return [
            self._base.__name__,
            *([name, self._method(name)] for name in sorted(self._methods)),
            *([name, self.value(self._constants[name])] for name in sorted(self._constants)),
        ]

    def _method(self, name: str) -> Any:
        function = self._methods[name]
        if (number := self.number(f"method {name}")) is not None:
            return ["again", number]
        makes = name in self._making
        found = method_reading(function.__code__, makes=makes)
        for attribute in sorted(found.assigned):
            if not makes or not self._is_assignable(attribute):
                raise NotSharedError(f"{name} assigns to self.{attribute}")
        if unusual := found.inherited - (self._making if makes else frozenset()):
            raise NotSharedError(f"{name} calls super().{min(unusual)}")
        if found.inherited and not self._has_usual_super(function, found.classes):
            raise NotSharedError(f"{name} uses super in an unusual way")
        before, self._makes = self._makes, makes
        # What a comparison in a method that makes an object leads to is in the digest.
        reading = found.reading._replace(compares=found.reading.compares and not makes)
        self._may_make_names |= makes and reading.makes_text
        described = self.described(function, reading)
        self._makes = before
        return described

    def function(self, function: FunctionType) -> list[Any]:
        """Describe a function, which may not do what only a method may that makes an object."""
        self._may_make_names |= self._makes
        before, self._makes = self._makes, False
        described = super().function(function)
        self._makes = before
        return described

    def require_nothing_named(self, texts: Any) -> None:
        """Check that no text is the name of an object that is registered, and was not read.

        Keras makes initializers, regularizers, constraints and activations by their names.
        """
        names = [
            name
            for name, value in keras.saving.get_custom_objects().items()
            if value is not self._class
        ]
        if names and self._may_make_names:
            raise NotSharedError(f"it may make a name, and {names[0]} is registered with Keras")
        for text in _texts(texts):
            if name := next((n for n in names if n == text or repr(n) in text), None):
                raise NotSharedError(f"it may name {name}, which is registered with Keras")

    def _is_assignable(self, name: str) -> bool:
        if name in _ASSIGNABLE:
            return self._base is keras.Layer
        is_taken = hasattr(self._base, name) or name in self._methods or name in self._constants
        return not (is_taken or _is_hidden(name))

    def _has_usual_super(self, function: FunctionType, classes: Collection[str]) -> bool:
        return (
            builtins.super is _SUPER
            and "super" not in function.__globals__
            and all(variable(function, name) is self._class for name in classes)
        )

    def read(self, function: FunctionType, chain: Chain) -> Any:
        """Describe what a chain of attributes leads to, one of the object or another one."""
        if chain[0] == RECEIVER:
            return self._of_object(chain[1], chain[2:])
        return super().read(function, chain)

    def _of_object(self, name: str, attributes: Chain) -> Any:
        what = ".".join(("self", name, *attributes))
        found = vars(self._part)
        if name in found:
            value = found[name]
            if not (value is None or name in self._seen or self._is_for_making(name, value)):
                raise NotSharedError(f"it reads {what}")
            if not (self._makes and attributes == ("build",) and isinstance(value, keras.Layer)):
                self.require_harmless(attributes, value, what)
            return ["attribute", name, self._attribute(value)]
        if name in self._constants:
            self.require_harmless(attributes, self._constants[name], what)
            return ["constant", name]
        if not attributes:
            if name in self._methods and name not in self._making:
                self._may_make_names |= self._makes
                return [name, self._method(name)]
            if name in _OF_DTYPE or (self._makes and name == "add_weight"):
                return ["of Keras", name]
        if not hasattr(self._class, name):
            return ["absent", name]  # the method raises if it comes here
        raise NotSharedError(f"it reads {what}")

    def _is_for_making(self, name: str, value: Any) -> bool:
        """Whether an attribute outside of the digest may be read: a prototype is compared later."""
        return self._makes and (name.endswith("_initializer") or type(value) in _PLAIN)

    def _attribute(self, value: Any) -> Any:
        """Describe what the digest does not tell of the value of an attribute."""
        cls = type(value)
        if isinstance(value, (list, tuple, dict)):
            if cls not in {list, tuple, dict} and cls.__module__.split(".")[0] not in _TRACKING:
                raise NotSharedError(f"it reads an object of the class {class_name(cls)}")
            self.effects.reads_mutable = True
            items = value.items() if isinstance(value, dict) else value
            return [cls.__name__, *map(self._attribute, items)]
        if cls.__module__.startswith("keras.") or is_own_class(cls):
            # Equality of tensors is computed; of anything else, it is identity.
            self.effects.has_objects |= not isinstance(value, keras.Variable)
            return "a part"
        return self.value(value)

    def known(self, owner: Any, name: str, value: Any) -> str | None:
        """Return the name of what Keras makes parts of a model with, besides functions."""
        if self._makes and (
            _is_part_of_keras(value) or _finds_parts(value) or value in (TypeError, ValueError)
        ):
            return f"{value.__module__}.{value.__qualname__}"
        return super().known(owner, name, value)


def _members(cls: type, base: type) -> tuple[dict[str, FunctionType], dict[str, Any]]:
    """Return the methods and the constants of a class; check that there is nothing else in it."""
    methods, constants = {}, {}
    expected = _MAKING[base.__name__] | _OVERRIDING[base.__name__]
    for name, value in vars(cls).items():
        if name in _WRITTEN_BY_PYTHON:
            continue
        is_new = not (hasattr(base, name) or name.startswith("__") or _is_hidden(name))
        if name not in expected and not is_new:
            raise NotSharedError(f"it has a {name} of its own")
        if isinstance(value, FunctionType) and not vars(value):
            methods[name] = value
        elif type(value) in _PLAIN and name not in expected:
            constants[name] = value
        else:
            raise NotSharedError(f"its {name} is not a method")
    if type(cls) is not type(base) or len(set(map(id, methods.values()))) < len(methods):
        raise NotSharedError("it has a metaclass, or a method by two names")
    return methods, constants


def _texts(values: Any) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict):
        yield from _texts(list(values.items()))
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _texts(value)


def _is_hidden(name: str) -> bool:
    """Whether attributes of that name are never a part of the digest."""
    return name in IGNORED_FOR_PREDICTIONS or name.startswith("_self_")


def _is_part_of_keras(value: Any) -> bool:
    """Whether it is a class of Keras whose objects are parts of a model."""
    if not isinstance(value, type) or not value.__module__.startswith(_HAVE_PARTS):
        return False
    is_keras = vars(sys.modules[value.__module__]).get(value.__qualname__) is value
    return is_keras and (is_proven(value.__module__) or "initializers" in value.__module__)


def _finds_parts(value: Any) -> bool:
    return (
        isinstance(value, FunctionType)
        and value.__module__ in _FIND_PARTS
        and value.__name__ in {"get", "serialize"}
        and vars(sys.modules[value.__module__]).get(value.__name__) is value
    )

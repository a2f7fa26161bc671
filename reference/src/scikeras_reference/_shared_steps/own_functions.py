"""Functions of the user's own in a model, such as losses and metrics.

A step may call such a function if all of it can be written down: its code does nothing but compute,
and reads nothing but its arguments, numbers, arrays, functions of Keras and of the backend that
compute alone, and other functions of this kind. If two functions are written down alike, so are
their traces.
"""

import builtins
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import keras
import numpy as np

from scikeras_reference._shared_steps.bytecode import (
    HARMLESS_ATTRIBUTES,
    WRITING_ATTRIBUTES,
    Chain,
    Reading,
    is_format,
    reading,
)
from scikeras_reference._shared_steps.keras_internals.own_code import is_proven
from scikeras_reference._shared_steps.library_functions import (
    BUILTINS,
    CALLING,
    LIBRARIES,
    OF_KERAS,
    SETTINGS_OF_KERAS,
    name_in_backend,
    pinned,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError, class_name

__all__ = ["Describer", "Effects", "description", "variable"]

_MISSING = object()
_READABLE = HARMLESS_ATTRIBUTES | {"build"}
"""Attributes that code may read without a look at what they are."""
_PLAIN = (type(None), bool, int, float, str, bytes)


@dataclass
class Effects:
    """What the code of the user's in one model may do, all of it together.

    Each of these is harmless alone. Values go from one function or class to another.
    """

    reads_mutable: bool = False
    may_write: bool = False
    takes_remainder: bool = False
    has_format: bool = False
    has_objects: bool = False
    compares: bool = False

    def require_harmless(self) -> None:
        """Check that nothing that was read could be changed, and no identity be noticed."""
        if self.reads_mutable and self.may_write:
            raise NotSharedError("it may change an array, a list or a dict in place")
        if self.takes_remainder and self.has_format:
            raise NotSharedError("it may make text of a tensor")
        if self.has_objects and self.compares:
            raise NotSharedError("it may ask whether two objects are the same")


def description(function: FunctionType, effects: Effects | None = None) -> list[Any]:
    """Return a nested structure that says all that the function does.

    Parameters
    ----------
    function : function
        One that is not Keras's own.
    effects : Effects, optional
        What other code in the same model may do; that of this function is added.

    Returns
    -------
    list
        Of text, numbers, bytes, arrays, and functions of Keras.

    Raises
    ------
    NotSharedError
        If it may read or do more than can be written down.
    """
    describer = Describer(effects or Effects())
    try:
        _require_name(function)
        described = describer.function(function)
        describer.effects.require_harmless()
    except NotSharedError as error:
        name = f"{function.__module__}.{function.__qualname__}"
        raise NotSharedError(f"the function {name} is not Keras's own: {error}") from error
    return described


def _require_name(function: FunctionType) -> None:
    """Check that the function can be found by its name, when a model is made of a configuration."""
    if function.__name__ == "<lambda>":
        raise NotSharedError("a lambda has no name to find it by")


class Describer:
    """Describes a function and those that it calls."""

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self._numbers: dict[int | str, int] = {}

    def function(self, function: FunctionType) -> list[Any]:
        """Describe one function, or say which one it is if it was described before."""
        if (number := self.number(id(function))) is not None:
            return ["again", number]
        if vars(function).keys() & _READABLE:
            raise NotSharedError(f"the function {function.__name__} has attributes")
        return self.described(function, reading(function.__code__))

    def number(self, key: int | str) -> int | None:
        """Return the number of what was described before; else remember it."""
        known = len(self._numbers)
        number = self._numbers.setdefault(key, known)
        return number if number < known else None

    def described(self, function: FunctionType, found: Reading) -> list[Any]:
        """Describe one function whose code was read."""
        if type(function.__globals__) is not dict or not _has_usual_builtins(function):
            raise NotSharedError("its module or its builtins are not the usual ones")
        self.effects.may_write |= found.changes_in_place
        self.effects.takes_remainder |= found.takes_remainder
        self.effects.compares |= found.compares
        self.effects.has_format |= found.has_format
        return [
            _code(function.__code__),
            [self.read(function, chain) for chain in found.chains],
            self.value(function.__defaults__),
            self.value(function.__kwdefaults__),
        ]

    def read(self, function: FunctionType, chain: Chain) -> Any:
        """Describe what a chain of attributes leads to."""
        value, owner, name = variable(function, chain[0]), None, chain[0]
        attributes = list(chain[1:])
        while isinstance(value, ModuleType):
            if not attributes:
                raise NotSharedError(f"it uses the module {value.__name__} as a value")
            owner, name = value, attributes.pop(0)
            value = _attribute(owner, name)
        self.require_harmless(attributes, value, ".".join(chain))
        if value is _MISSING:
            raise NotSharedError(f"there is no {'.'.join(chain)}")
        known = self.known(owner, name, value)
        return self.value(value) if known is None else ["named", known]

    def require_harmless(self, attributes: Sequence[str], value: Any, what: str) -> None:
        """Check that reading these attributes of a value changes nothing."""
        if not HARMLESS_ATTRIBUTES.issuperset(attributes):
            raise NotSharedError(f"it reads {what}")
        self.effects.may_write |= not WRITING_ATTRIBUTES.isdisjoint(attributes)
        if attributes and callable(value):
            raise NotSharedError(f"it reads {what}, an attribute of a function")

    def known(self, owner: Any, name: str, value: Any) -> str | None:
        """Return the name of a function that computes alone, if it is of a library we know."""
        if owner is None and name in BUILTINS and value is BUILTINS[name]:
            return name
        own_name = str(getattr(value, "__name__", name))
        if isinstance(value, np.ufunc) and vars(np).get(own_name) is value:
            self.effects.may_write = True  # a ufunc can be given an array to write to
            return pinned(f"numpy.{name if owner is np else own_name}", value)
        if isinstance(value, BuiltinFunctionType) and value.__self__ is math:
            return f"math.{own_name}"
        return None if owner is None else name_in_backend(name, value, owner)

    def value(self, value: Any) -> Any:
        """Describe what a variable is."""
        if type(value) in _PLAIN:
            self.effects.has_format |= is_format(value)
            return _equal_to_itself(value)
        if type(value) in {tuple, list}:
            self.effects.reads_mutable |= type(value) is list
            return [type(value).__name__, *map(self.value, value)]
        if type(value) is dict:
            self.effects.reads_mutable = True
            return ["dict", *map(self.value, value.items())]
        if type(value) is np.ndarray:
            self.effects.reads_mutable = True
            # The order of elements in memory is the order in which NumPy adds them up.
            return ["array", value.strides, value.flags.num, value]
        if isinstance(value, FunctionType):
            return self._function_value(value)
        if _is_number_type(value):
            return ["named", f"numpy.{value.__name__}"]
        if _is_number_type(type(value)):
            return ["number", value]
        if _is_dtype(value):
            return ["dtype", repr(value)]
        if keras.ops.is_tensor(value) and (kind := _kind_of_tensor(value)) is not None:
            return ["tensor", kind, value]
        raise NotSharedError(f"it reads an object of the class {class_name(type(value))}")

    def _function_value(self, function: FunctionType) -> Any:
        module, name = str(function.__module__), function.__name__
        if vars(function).keys() & _READABLE:
            raise NotSharedError(f"the function {name} has attributes")
        # Names may be copied from another function; what is found by them is not.
        if vars(sys.modules.get(module, builtins)).get(name) is function:
            if module == "keras.src.backend.config" and name in SETTINGS_OF_KERAS:
                return ["named", f"{module}.{name}"]
            if is_proven(module) and module.startswith(OF_KERAS) and name not in CALLING:
                return function
        if (known := name_in_backend(name, function)) is not None:
            return ["named", known]
        if module.partition(".")[0] in LIBRARIES:
            raise NotSharedError(f"it calls {module}.{name}")
        return self.function(function)


def _equal_to_itself(value: Any) -> Any:
    if value != value:  # noqa: PLR0124 - only NaN is not, and has a sign that text does not show
        raise NotSharedError("it reads a number that is NaN")
    return value


def variable(function: FunctionType, name: str) -> Any:
    """Return the value of a variable that is not one of the function itself."""
    code = function.__code__
    if name in code.co_freevars:
        try:
            return (function.__closure__ or ())[code.co_freevars.index(name)].cell_contents
        except ValueError:
            raise NotSharedError(f"its variable {name} has no value yet") from None
    space = function.__globals__
    if name in space:
        return space[name]
    if name in BUILTINS:
        return vars(builtins).get(name)
    raise NotSharedError(f"it reads {name}")


def _has_usual_builtins(function: FunctionType) -> bool:
    return getattr(function, "__builtins__", None) is vars(builtins)


def _attribute(module: ModuleType, name: str) -> Any:
    """Return what a module holds, without running code of the user's."""
    if type(module) is ModuleType:
        return vars(module).get(name, _MISSING)
    if type(module).__module__.partition(".")[0] in LIBRARIES:
        return getattr(module, name, _MISSING)
    raise NotSharedError(f"{class_name(type(module))} is not the usual class of modules")


def _is_number_type(value: Any) -> bool:
    """Whether it is one of NumPy's own types of numbers: other types of NumPy's make text."""
    return (
        isinstance(value, type)
        and issubclass(value, (np.number, np.bool_))
        and vars(np).get(value.__name__) is value
    )


def _is_dtype(value: Any) -> bool:
    if isinstance(value, np.dtype):
        return value.names is None
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and type(value) is getattr(tensorflow, "DType", None)


def _kind_of_tensor(value: Any) -> Any:
    """Return all that matters of a tensor besides its values; None for one that is not usual."""
    if keras.backend.backend() == "jax":
        from scikeras_reference._shared_steps.jax.internals import signature

        found = signature(value)
        return None if found is None else repr(found)
    is_usual = type(value) is type(sys.modules["tensorflow"].constant(0))  # not one of a graph
    return value.device if is_usual else None


def _code(code: CodeType) -> list[Any]:
    """Return everything of the code but the lines and files that it comes from."""
    return [
        code.co_code,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        *map(list, (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)),
        [
            _code(c) if isinstance(c, CodeType) else repr(_equal_to_itself(c))
            for c in code.co_consts
        ],
    ]

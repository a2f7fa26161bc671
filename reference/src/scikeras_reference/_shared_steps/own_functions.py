"""Functions of the user's own in a model, such as losses and metrics.

A step may call such a function if all of it can be written down: its code does nothing but compute,
and reads nothing but its arguments, numbers, arrays, functions of Keras and of the backend that
compute alone, and other functions of this kind. If two functions are written down alike, so are
their traces.
"""

import builtins
import math
import sys
from collections.abc import Collection, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import keras
import numpy as np

from scikeras_reference._shared_steps.bytecode import (
    HARMLESS_ATTRIBUTES,
    WRITING_ATTRIBUTES,
    Chain,
    is_format,
    reading,
)
from scikeras_reference._shared_steps.keras_internals.own_code import is_proven
from scikeras_reference._shared_steps.refusal_log import NotSharedError, class_name

__all__ = ["description"]

_BUILTINS = {
    function.__name__: function
    for function in (
        *(abs, bool, dict, enumerate, float, int, isinstance, len, list, max, min, range),
        *(reversed, round, sum, tuple, zip),
    )
}
_OF_KERAS = tuple(f"keras.src.{name}." for name in ("activations", "losses", "metrics", "ops"))
_CALLING = frozenset(
    {
        "associative_scan", "cond", "custom_gradient", "fori_loop", "map", "scan", "switch",
        "vectorized_map", "while_loop",
    }
)  # fmt: skip
"""Functions of Keras that call others, for which JAX keeps what it has traced once."""
_NOT_OF_JAX = frozenset(
    {
        "apply_along_axis", "apply_over_axes", "array_repr", "array_str", "from_dlpack",
        "frombuffer", "fromfile", "fromfunction", "fromiter", "frompyfunc", "fromstring",
        "get_printoptions", "load", "piecewise", "printoptions", "save", "savez",
        "set_printoptions", "ufunc", "vectorize",
    }
)  # fmt: skip
"""Functions of JAX that read or write files and settings, make text, or call functions."""
_LIBRARIES = frozenset({"jax", "keras", "numpy", "tensorflow"})
_SETTINGS_OF_KERAS = frozenset({"epsilon", "floatx", "image_data_format"})
_OF_TENSORFLOW = frozenset(
    {
        "abs", "add", "argmax", "argmin", "argsort", "boolean_mask", "broadcast_to", "cast",
        "clip_by_value", "concat", "constant", "convert_to_tensor", "cos", "cumsum", "divide",
        "einsum", "equal", "exp", "expand_dims", "eye", "fill", "floor", "gather", "gather_nd",
        "greater", "greater_equal", "identity", "less", "less_equal", "linspace", "logical_and",
        "logical_not", "logical_or", "matmul", "maximum", "minimum", "multiply", "negative",
        "norm", "not_equal", "one_hot", "ones", "ones_like", "pad", "pow", "range", "rank",
        "reduce_all", "reduce_any", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod",
        "reduce_sum", "repeat", "reshape", "reverse", "round", "shape", "sigmoid", "sign",
        "sin", "size", "slice", "sort", "split", "sqrt", "square", "squeeze", "stack",
        "stop_gradient", "subtract", "tanh", "tensordot", "tile", "transpose", "unstack",
        "where", "zeros", "zeros_like",
    }
)  # fmt: skip
_OF_TENSORFLOW_LINALG = frozenset(
    {"diag", "diag_part", "einsum", "matmul", "matvec", "norm", "tensordot", "trace"}
)
_OF_TENSORFLOW_NN = frozenset(
    {
        "elu", "gelu", "l2_loss", "l2_normalize", "leaky_relu", "log_softmax", "moments",
        "relu", "relu6", "selu", "sigmoid", "sigmoid_cross_entropy_with_logits", "silu",
        "softmax", "softmax_cross_entropy_with_logits", "softplus",
        "sparse_softmax_cross_entropy_with_logits", "swish", "tanh",
        "weighted_cross_entropy_with_logits",
    }
)  # fmt: skip
_MISSING = object()
_PLAIN = (type(None), bool, int, float, str, bytes)
_originals: dict[str, Any] = {}
"""What functions of NumPy and JAX were when they were first read."""


def description(function: FunctionType) -> list[Any]:
    """Return a nested structure that says all that the function does.

    Parameters
    ----------
    function : function
        One that is not Keras's own.

    Returns
    -------
    list
        Of text, numbers, bytes, arrays, and functions of Keras.

    Raises
    ------
    NotSharedError
        If it may read or do more than can be written down.
    """
    describer = _Describer()
    try:
        _require_name(function)
        described = describer.function(function)
        describer.require_nothing_changed()
    except NotSharedError as error:
        name = f"{function.__module__}.{function.__qualname__}"
        raise NotSharedError(f"the function {name} is not Keras's own: {error}") from error
    return described


def _require_name(function: FunctionType) -> None:
    """Check that the function can be found by its name, when a model is made of a configuration."""
    if function.__name__ == "<lambda>":
        raise NotSharedError("a lambda has no name to find it by")


class _Describer:
    """Describes a function and those that it calls."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._reads_mutable = False
        self._may_write = False
        self._takes_remainder = False
        self._has_format = False

    def function(self, function: FunctionType) -> list[Any]:
        """Describe one function, or say which one it is if it was described before."""
        known = len(self._numbers)
        number = self._numbers.setdefault(id(function), known)
        if number < known:
            return ["again", number]
        if type(function.__globals__) is not dict or not _has_usual_builtins(function):
            raise NotSharedError("its module or its builtins are not the usual ones")
        found = reading(function.__code__)
        self._may_write |= found.changes_in_place
        self._takes_remainder |= found.takes_remainder
        self._has_format |= found.has_format
        return [
            _code(function.__code__),
            [self._read(function, chain) for chain in found.chains],
            self.value(function.__defaults__),
            self.value(function.__kwdefaults__),
        ]

    def require_nothing_changed(self) -> None:
        """Check that no array or list that was read could be changed, and no tensor be shown."""
        if self._reads_mutable and self._may_write:
            raise NotSharedError("it may change an array, a list or a dict in place")
        if self._takes_remainder and self._has_format:
            raise NotSharedError("it may make text of a tensor")

    def _read(self, function: FunctionType, chain: Chain) -> Any:
        value, owner, name = _variable(function, chain[0]), None, chain[0]
        attributes = list(chain[1:])
        while isinstance(value, ModuleType):
            if not attributes:
                raise NotSharedError(f"it uses the module {value.__name__} as a value")
            owner, name = value, attributes.pop(0)
            value = _attribute(owner, name)
        for attribute in attributes:
            if attribute not in HARMLESS_ATTRIBUTES:
                raise NotSharedError(f"it reads {'.'.join(chain)}")
        self._may_write |= not WRITING_ATTRIBUTES.isdisjoint(attributes)
        if attributes and callable(value):
            raise NotSharedError(f"it reads {'.'.join(chain)}, an attribute of a function")
        if value is _MISSING:
            raise NotSharedError(f"there is no {'.'.join(chain)}")
        known = self._known(owner, name, value)
        return self.value(value) if known is None else ["named", known]

    def _known(self, owner: Any, name: str, value: Any) -> str | None:
        """Return the name of a function that computes alone, if it is of a library we know."""
        if owner is None and name in _BUILTINS and value is _BUILTINS[name]:
            return name
        own_name = str(getattr(value, "__name__", name))
        if isinstance(value, np.ufunc) and vars(np).get(own_name) is value:
            self._may_write = True  # a ufunc can be given an array to write to
            return _pinned(f"numpy.{name if owner is np else own_name}", value)
        if isinstance(value, BuiltinFunctionType) and value.__self__ is math:
            return f"math.{own_name}"
        for module, names in _functions_of_backends():
            if owner is module and name in names and _is_of_library(value):
                return _pinned(f"{module.__name__}.{name}", value)
        return None

    def value(self, value: Any) -> Any:
        """Describe what a variable is."""
        if type(value) in _PLAIN:
            self._has_format |= is_format(value)
            return value
        if type(value) in {tuple, list}:
            self._reads_mutable |= type(value) is list
            return [type(value).__name__, *map(self.value, value)]
        if type(value) is dict:
            self._reads_mutable = True
            return ["dict", *map(self.value, value.items())]
        if type(value) is np.ndarray:
            self._reads_mutable = True
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
        if vars(function).keys() & HARMLESS_ATTRIBUTES:
            raise NotSharedError(f"the function {name} has attributes")
        # Names may be copied from another function; what is found by them is not.
        if vars(sys.modules.get(module, builtins)).get(name) is function:
            if module == "keras.src.backend.config" and name in _SETTINGS_OF_KERAS:
                return ["named", f"{module}.{name}"]
            if is_proven(module) and module.startswith(_OF_KERAS) and name not in _CALLING:
                return function
        for owner, names in _functions_of_backends():
            if name in names and vars(owner).get(name) is function and _is_of_library(function):
                return ["named", _pinned(f"{owner.__name__}.{name}", function)]
        if module.partition(".")[0] in _LIBRARIES:
            raise NotSharedError(f"it calls {module}.{name}")
        return self.function(function)


def _variable(function: FunctionType, name: str) -> Any:
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
    if name in _BUILTINS:
        return vars(builtins).get(name)
    raise NotSharedError(f"it reads {name}")


def _has_usual_builtins(function: FunctionType) -> bool:
    return getattr(function, "__builtins__", None) is vars(builtins)


def _attribute(module: ModuleType, name: str) -> Any:
    """Return what a module holds, without running code of the user's."""
    if type(module) is ModuleType:
        return vars(module).get(name, _MISSING)
    if type(module).__module__.partition(".")[0] in _LIBRARIES:
        return getattr(module, name, _MISSING)
    raise NotSharedError(f"{class_name(type(module))} is not the usual class of modules")


def _functions_of_backends() -> Iterator[tuple[Any, Collection[str]]]:
    """Yield modules of the backend, and which of their functions compute alone."""
    if keras.backend.backend() == "tensorflow":
        tensorflow = sys.modules["tensorflow"]
        yield tensorflow, _OF_TENSORFLOW
        yield tensorflow.math, vars(tensorflow.math).keys()
        yield tensorflow.nn, _OF_TENSORFLOW_NN
        yield tensorflow.linalg, _OF_TENSORFLOW_LINALG
    else:
        jax = sys.modules["jax"]
        yield jax.lax, {"stop_gradient"}
        for module in (jax.numpy, jax.numpy.linalg, jax.nn):
            yield module, vars(module).keys() - _NOT_OF_JAX


def _pinned(name: str, value: Any) -> str:
    """Return the name of a function, if nobody has replaced it since it was first read."""
    if _originals.setdefault(name, value) is not value:
        raise NotSharedError(f"somebody replaced {name}")
    return name


def _is_of_library(value: Any) -> bool:
    """Whether it is a function or a type of a backend, and not one that a user put there."""
    return callable(value) and str(value.__module__).partition(".")[0] in _LIBRARIES


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
    is_eager = type(value).__module__ == "tensorflow.python.framework.ops"
    return value.device if is_eager and hasattr(value, "numpy") else None


def _code(code: CodeType) -> list[Any]:
    """Return everything of the code but the lines and files that it comes from."""
    return [
        code.co_code,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags,
        *map(list, (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)),
        [_code(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts],
    ]

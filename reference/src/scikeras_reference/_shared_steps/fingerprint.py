"""Proves that two models are of equal structure, out of what they are made of.

`fingerprint` reads every attribute of a model and of its parts and turns them into a digest.
Whatever could make the traced step of one model another than that of the other is in the digest; a
part that cannot be read to the bottom (a class or a function that is not Keras's own, a table, a
lock) makes the proof impossible. What is left out is what no step can see: names, paths, seeds that
have already become variables, and the values of variables.

Attributes are read rather than configurations: some classes leave arguments out of theirs.
"""

import enum
import functools
import hashlib
import sys
from collections.abc import Iterable, Mapping
from types import FunctionType
from typing import Any

import keras
import numpy as np

from scikeras_reference._shared_steps import keras_internals as internals

__all__ = ["UnprovenError", "fingerprint", "variables_of"]

_DEEPEST = 60
_PLAIN = (type(None), bool, int, str, bytes)


class UnprovenError(Exception):
    """Raised where equality of structure cannot be proven; never seen by a user."""


def fingerprint(model: Any, *, training: bool, by_name: bool = False) -> bytes:
    """Give the digest that two models share only if one traced step serves both.

    Parameters
    ----------
    model : keras.Model
        A built model.
    training : bool
        Whether the step trains or evaluates, so that losses, metrics and the optimizer matter.
    by_name : bool, default=False
        Whether the inputs are found by their names.

    Returns
    -------
    bytes
        The same for two models of equal structure.

    Raises
    ------
    UnprovenError
        If some part of the model cannot be compared.
    """
    if type(model) not in internals.model_classes():
        raise UnprovenError(f"{type(model)} is not one of Keras's own models.")
    reader = _Reader(training=training, names=training and internals.names_matter(model))
    reader.value(
        (
            keras.backend.backend(),
            keras.config.floatx(),
            keras.config.epsilon(),
            keras.config.image_data_format(),
            internals.surroundings(),
            reader.names,
            [tensor.name for tensor in model.inputs] if by_name else None,
        )
    )
    if training and internals.trainable_changed_since_compile(model):
        raise UnprovenError("Flags changed after the model was compiled.")
    reader.value(model)
    return hashlib.sha256("\0".join(reader.tokens).encode()).digest()


def variables_of(model: Any, *, training: bool) -> list[Any]:
    """Give every variable that `fingerprint` finds in a model, whether Keras tracks it or not."""
    reader = _Reader(training=training, names=False)
    reader.value(model)
    return reader.variables


class _Reader:
    """Writes down what it reads, in an order that depends on the structure alone."""

    def __init__(self, *, training: bool, names: bool) -> None:
        self.tokens: list[str] = []
        self.variables: list[Any] = []
        self.names = names
        self._ignored = internals.IGNORED if training else internals.IGNORED_FOR_PREDICTIONS
        self._seen: dict[int, int] = {}
        self._depth = 0

    def value(self, value: Any) -> None:
        """Write down any value."""
        if isinstance(value, _PLAIN) and type(value) in _PLAIN:
            self.tokens.append(f"{type(value).__name__}:{value!r}")
        elif type(value) is float:
            self.tokens.append(f"float:{value.hex()}")
        elif isinstance(value, (list, tuple, dict, set, frozenset)):
            self._container(value)
        else:
            self._other(value)

    def _other(self, value: Any) -> None:
        cls = type(value)
        if isinstance(value, (np.ndarray, np.generic)):
            self._array(np.asarray(value))
        elif isinstance(value, FunctionType):
            self._function(value)
        elif _is_keras_class(cls.__module__, cls.__qualname__, id(cls)):
            self._object(value)
        elif keras.ops.is_tensor(value):
            try:
                self._array(np.asarray(value))
            except Exception as error:
                raise UnprovenError("A tensor without a value.") from error
        else:
            raise UnprovenError(f"{cls.__module__}.{cls.__qualname__} is not Keras's own.")

    def _array(self, array: Any) -> None:
        if array.dtype.hasobject:
            raise UnprovenError("An array of objects.")
        self.tokens.append(f"array:{array.dtype.str}{array.shape}{array.tobytes().hex()}")

    def _container(self, value: Any) -> None:
        module = type(value).__module__.partition(".")[0]
        if module not in {"builtins", "collections", "keras", "tensorflow"}:
            raise UnprovenError(f"{type(value)} is not Keras's own.")
        kind = next(kind for kind in (list, tuple, dict, set, frozenset) if isinstance(value, kind))
        self.tokens.append(f"{kind.__name__}:{len(value)}")
        if kind is dict:
            for key, item in value.items():
                self.value(key)
                self.value(item)
        elif kind in {set, frozenset}:
            self._sorted(value)
        else:
            for item in value:
                self.value(item)

    def _sorted(self, values: Iterable[Any]) -> None:
        if not all(isinstance(value, _PLAIN) for value in values):
            raise UnprovenError("A set of objects has no order.")
        self.tokens.extend(sorted(map(repr, values)))

    def _function(self, function: FunctionType) -> None:
        module = sys.modules.get(function.__module__)
        name = function.__qualname__
        if not _is_keras_module(function.__module__) or vars(module).get(name) is not function:
            raise UnprovenError(f"{function} is not Keras's own.")
        self.tokens.append(f"function:{function.__module__}.{name}")

    def _object(self, value: Any) -> None:
        cls = type(value)
        if any(not _is_keras_module(_module_of(cls, name)) for name in internals.CALLED):
            raise UnprovenError(f"Somebody replaced a method of {cls}.")
        if internals.has_identity(value):
            if (number := self._seen.get(id(value))) is not None:
                self.tokens.append(f"again:{number}")
                return
            self._seen[id(value)] = len(self._seen)
            if isinstance(value, keras.Variable):
                self.variables.append(value)
        self.tokens.append(f"object:{cls.__module__}.{cls.__qualname__}")
        if isinstance(value, enum.Enum):
            self.tokens.append(value.name)
            return
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnprovenError("Parts within parts without end.")
        for name, item in sorted(self._attributes(value).items()):
            self.tokens.append(name)
            self.value(item)
        self._depth -= 1

    def _attributes(self, value: Any) -> Mapping[str, Any]:
        special = internals.attributes(value, names=self.names)
        if special is None:
            raise UnprovenError(f"{type(value)} depends on what cannot be compared.")
        return {
            name: item
            for name, item in special.items()
            if name not in self._ignored
            and not name.endswith("_initializer")
            and not name.startswith("_self_")
        }


def _module_of(cls: type, name: str) -> str:
    """Give the module that a method is from; Keras's for a method that is not there."""
    method = getattr(cls, name, None)
    if method is None:
        return internals.PROVEN_MODULES[0]
    return str(getattr(method, "__module__", None))


def _is_keras_module(name: str) -> bool:
    return name.startswith(internals.PROVEN_MODULES) and not name.startswith(
        internals.UNPROVEN_MODULES
    )


@functools.lru_cache(maxsize=1024)
def _is_keras_class(module: str, name: str, identity: int) -> bool:
    """Whether the class of that name is the one that Keras's module holds."""
    return _is_keras_module(module) and id(getattr(sys.modules.get(module), name, None)) == identity

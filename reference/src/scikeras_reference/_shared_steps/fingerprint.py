"""Proves that two models are of equal structure, out of what they are made of.

`fingerprint` reads every attribute of a model and of its parts and turns them into a digest.
Whatever could make the traced step of one model another than that of the other is in the digest; a
part that cannot be read to the bottom (a class or a function of the user's own that may do more
than compute, a table, a lock) makes the proof impossible. What is left out is what no step can see:
names, paths, seeds that have already become variables, and the values of variables.

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

from scikeras_reference._shared_steps.keras_internals import attributes as reading
from scikeras_reference._shared_steps.keras_internals import state
from scikeras_reference._shared_steps.keras_internals.own_code import (
    is_proven,
    require_classes_unreplaced,
    require_unreplaced,
)
from scikeras_reference._shared_steps.own_classes import class_description, is_own_class
from scikeras_reference._shared_steps.own_functions import Describer, Effects, description
from scikeras_reference._shared_steps.refusal_log import NotSharedError, class_name

__all__ = ["fingerprint", "own_code_of", "variables_of"]

MAX_DEPTH = 60
MAX_NUMBERS, MAX_ITEMS = 1 << 22, 10_000
"""Of arrays and of lists, which are a part of the digest, and that is made for each fit."""
_PLAIN = (type(None), bool, int, str, bytes)
_CONTAINERS = (list, tuple, dict, set, frozenset)


def fingerprint(model: Any, *, training: bool, by_name: bool = False) -> bytes:
    """Return the digest that two models share only if one traced step serves both.

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
    NotSharedError
        If some part of the model cannot be compared.
    """
    if type(model) not in state.model_classes():
        raise NotSharedError(f"the class {class_name(type(model))} is not Keras's own")
    require_unreplaced()
    reader = _Reader(training=training, names=training and state.names_matter(model))
    reader.value(
        (
            keras.backend.backend(),
            keras.config.floatx(),
            keras.config.epsilon(),
            keras.config.image_data_format(),
            _trace_settings(),
            reader.names,
            [tensor.name for tensor in model.inputs] if by_name else None,
        )
    )
    if training and state.trainable_changed_since_compile(model):
        raise NotSharedError("a layer was frozen or thawed after compile")
    reader.value(model)
    reader.effects.require_harmless()
    require_classes_unreplaced(reader.classes)
    return hashlib.sha256("\0".join(reader.tokens).encode()).digest()


def variables_of(model: Any, *, training: bool) -> list[Any]:
    """Return every variable that `fingerprint` finds in a model, whether Keras tracks it or not."""
    reader = _Reader(training=training, names=False)
    reader.value(model)
    return reader.variables


def own_code_of(model: Any, *, training: bool) -> list[FunctionType | type]:
    """Return the functions and classes of the user's own that `fingerprint` finds in a model."""
    reader = _Reader(training=training, names=False)
    reader.value(model)
    return reader.own_code


class _Reader:
    """Writes down what it reads, in an order that depends on the structure alone."""

    def __init__(self, *, training: bool, names: bool) -> None:
        self.tokens: list[str] = []
        self.variables: list[Any] = []
        self.own_code: list[FunctionType | type] = []
        self.classes: set[type] = set()
        self.names = names
        self._ignored = reading.IGNORED if training else reading.IGNORED_FOR_PREDICTIONS
        self._seen: dict[int, int] = {}
        self._depth = 0
        self.effects = Effects()

    def value(self, value: Any) -> None:
        """Write down any value."""
        if isinstance(value, _PLAIN) and type(value) in _PLAIN:
            self.tokens.append(f"{type(value).__name__}:{value!r}")
        elif type(value) is float:
            self.tokens.append(f"float:{value.hex()}")
        elif isinstance(value, _CONTAINERS):
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
        elif is_own_class(cls):
            self.own_code.append(cls)
            self._object(value, own=True)
        elif keras.ops.is_tensor(value):
            try:
                array = np.asarray(value)
            except Exception as error:
                raise NotSharedError("a tensor has no value yet") from error
            self._array(array)
        else:
            is_keras = cls.__module__.startswith("keras.")
            whose = "among those of Keras that share steps" if is_keras else "Keras's own"
            raise NotSharedError(f"the class {class_name(cls)} is not {whose}")

    def _array(self, array: Any) -> None:
        if array.dtype.hasobject:
            raise NotSharedError("an array of objects cannot be compared")
        if array.size > MAX_NUMBERS:
            raise NotSharedError(f"an array has more than {MAX_NUMBERS} numbers")
        self.tokens.append(f"array:{array.dtype!r}{array.shape}{array.tobytes().hex()}")

    def _container(self, value: Any) -> None:
        module = type(value).__module__.partition(".")[0]
        if module not in {"builtins", "collections", "keras", "tensorflow"}:
            raise NotSharedError(f"the class {class_name(type(value))} is not Keras's own")
        # TensorFlow's containers are proxies, so that issubclass does not know them.
        kind = next(kind for kind in _CONTAINERS if isinstance(value, kind))
        if len(value) > MAX_ITEMS:
            raise NotSharedError(f"a {kind.__name__} has more than {MAX_ITEMS} items")
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
            raise NotSharedError("a set of objects has no order")
        self.tokens.extend(sorted(map(repr, values)))

    def _function(self, function: FunctionType) -> None:
        module = sys.modules.get(function.__module__)
        name = function.__qualname__
        if is_proven(function.__module__) and vars(module).get(name) is function:
            self.tokens.append(f"function:{function.__module__}.{name}")
            return
        self.tokens.append(f"function of the user's own:{function.__name__}")
        self.own_code.append(function)
        self.value(description(function, self.effects))

    def _object(self, value: Any, *, own: bool = False) -> None:
        cls = type(value)
        self.classes.add(cls)
        if reading.has_identity(value):
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
        if self._depth > MAX_DEPTH:
            raise NotSharedError("its parts are nested too deeply")
        found = self._attributes(value)
        _require_own_initializers(found)
        names = _visible(tuple(found), self._ignored)
        if is_own_class(type(found.get("operation"))):
            self._arguments(found)
        if own:
            self.value(class_description(value, names, self.effects))
        self.tokens.append(str(len(names)))
        for name in names:
            item = found[name]
            self.tokens.append(name)
            if isinstance(item, FunctionType) and callable(getattr(cls, name, None)):
                raise NotSharedError(f"a {class_name(cls)} has a {name} of its own")
            self.value(item)
        self._depth -= 1

    def _arguments(self, node: Mapping[str, Any]) -> None:
        """Look at what a layer of the user's own class is called with, besides tensors."""
        describer = Describer(self.effects)
        for value in keras.tree.flatten([node["args"], node["kwargs"]]):
            if not isinstance(value, keras.KerasTensor):
                describer.value(value)

    def _attributes(self, value: Any) -> Mapping[str, Any]:
        found = reading.attributes(value, names=self.names)
        if found is None:
            raise NotSharedError(
                f"{class_name(type(value))} depends on names or on a layout of devices"
            )
        return found


def _require_own_initializers(found: Mapping[str, Any]) -> None:
    """Check that Keras alone makes the weights of a prototype: code of the user's would notice."""
    for name, item in found.items():
        if not name.endswith("_initializer") or isinstance(item, _PLAIN):
            continue
        if not _is_own_initializer(item):
            kind = class_name(type(item))
            raise NotSharedError(f"a {name} of the class {kind} is not Keras's own")


def _is_own_initializer(value: Any) -> bool:
    """Whether Keras's own code makes the weights, and describes how, with Keras's own values."""
    if not type(value).__module__.startswith("keras.src.initializers."):
        return False
    return all(
        type(held) in {*_PLAIN, float, np.ndarray, keras.random.SeedGenerator}
        or isinstance(held, np.generic)
        or (type(held) in {list, tuple} and all(type(item) in {*_PLAIN, float} for item in held))
        or keras.ops.is_tensor(held)
        or _is_own_initializer(held)
        for held in vars(value).values()
    )


@functools.lru_cache(maxsize=1024)
def _visible(names: tuple[str, ...], ignored: frozenset[str]) -> tuple[str, ...]:
    """Return the names of attributes that a step can see, sorted."""
    return tuple(
        name
        for name in sorted(names)
        if name not in ignored
        and not name.endswith("_initializer")
        and not name.startswith("_self_")
    )


def _trace_settings() -> Any:
    """Return what a step depends on besides the model and the public settings of Keras."""
    if keras.backend.backend() != "jax":
        return None
    from scikeras_reference._shared_steps.jax.internals import settings

    return repr((keras.config.is_flash_attention_enabled(), sorted(settings().items())))


@functools.lru_cache(maxsize=1024)
def _is_keras_class(module: str, name: str, identity: int) -> bool:
    """Whether the class of that name is the one that Keras's module holds."""
    return is_proven(module) and id(getattr(sys.modules.get(module), name, None)) == identity

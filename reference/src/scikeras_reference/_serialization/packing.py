"""Copying and pickling of Keras objects, without a change to Keras itself.

Keras saves a model by describing its parts by name, and looks the names up when it loads it. Names
of classes and functions that were never registered with Keras are found only if they can be
imported, and never if they live in ``__main__`` or in a function. So every class and function
that is not Keras's own is collected beside the saved model, and pickled as Python pickles it.
"""

import copy
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import keras
from sklearn.base import clone

from scikeras_reference.exceptions import SerializationError

__all__ = [
    "PackedLoss",
    "PackedModel",
    "PackedObject",
    "borrow_callback",
    "copy_nest",
    "copy_object",
    "pack",
    "unpack",
]

_OWN_MODULES = ("keras", "tensorflow", "jax", "jaxlib", "torch", "numpy", "builtins")


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A saved model: architecture, weights, compile configuration, state of the optimizer."""

    saved: bytes
    custom: dict[str, Any]
    compilation: "Compilation | None"

    def unpack(self) -> Any:
        """Build the model again."""
        with _scope(self.custom):
            model = pickle.loads(self.saved)  # noqa: S301 - part of a pickle itself
            if self.compilation is not None:
                self.compilation.apply(model)
        return model


@dataclass(frozen=True, slots=True)
class Compilation:
    """How a model was compiled, where Keras would restore it wrongly or not at all."""

    arguments: dict[str, Any]
    loss: Any
    optimizer_state: tuple[Any, ...]

    def apply(self, model: Any) -> None:
        """Compile `model` as the first one was, and put the optimizer where it was."""
        arguments = keras.saving.deserialize_keras_object(self.arguments, safe_mode=False)
        model.compile(loss=unpack(self.loss), **arguments)
        if self.optimizer_state:
            optimizer = model.optimizer
            optimizer.build(model.trainable_variables)
            for variable, value in zip(optimizer.variables, self.optimizer_state, strict=True):
                variable.assign(value)


@dataclass(frozen=True, slots=True)
class PackedObject:
    """An optimizer, a metric, or another object that Keras describes by a configuration."""

    cls: type
    config: dict[str, Any]
    custom: dict[str, Any]

    def unpack(self) -> Any:
        """Build the object again, as it was before it was used."""
        with _scope(self.custom):
            return self.cls.from_config(copy.deepcopy(self.config))  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class PackedLoss:
    """A loss, by its attributes: custom losses often say less in their configuration."""

    cls: type
    attributes: dict[str, Any]

    def unpack(self) -> Any:
        """Build the loss again; its constructor is not called."""
        loss: Any = object.__new__(self.cls)
        vars(loss).update(self.attributes)
        return loss


_Packed = PackedModel | PackedObject | PackedLoss


def pack(value: object) -> Any:
    """Replace the Keras objects in nested lists, tuples and dicts by what pickles safely."""
    return _map(value, _pack_leaf)


def unpack(value: object) -> Any:
    """Undo `pack`; the objects are new ones."""
    return _map(value, lambda leaf: leaf.unpack() if isinstance(leaf, _Packed) else leaf)


def copy_object(value: Any) -> Any:
    """Copy a Keras object as if it had never been used; a model with its weights.

    Parameters
    ----------
    value : keras.Model, Optimizer, Loss, Metric or Callback
        Belongs to the caller, and is left as it is.

    Raises
    ------
    SerializationError
        If Keras cannot rebuild it from what it says about itself.
    """
    if isinstance(value, keras.callbacks.Callback):
        return _copy_callback(value)
    packed = _pack_leaf(value)
    if isinstance(packed, PackedLoss):
        return PackedLoss(packed.cls, _copy_attributes(packed.attributes)).unpack()
    try:
        return packed.unpack()
    except Exception as error:
        raise _cannot_rebuild(value, str(error)) from error


def copy_nest(value: object) -> Any:
    """Copy a parameter for a clone: Keras objects rebuilt, all else as scikit-learn does it."""
    return _map(
        value,
        lambda leaf: (
            copy_object(leaf) if isinstance(leaf, _KERAS_TYPES) else clone(leaf, safe=False)
        ),
    )


_KERAS_TYPES = (
    keras.Model,
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.callbacks.Callback,
)


def _map(value: object, change: Callable[[Any], Any]) -> Any:
    # Exact types only: what a subclass of a container holds besides its items would be lost.
    if type(value) in {list, tuple}:
        items = [_map(item, change) for item in value]  # type: ignore[attr-defined]
        return items if type(value) is list else tuple(items)
    if type(value) is dict:
        return {key: _map(item, change) for key, item in value.items()}
    return change(value)


def _pack_leaf(value: Any) -> Any:
    if isinstance(value, keras.Model):
        return _pack_model(value)
    if isinstance(value, keras.losses.Loss):
        return PackedLoss(type(value), dict(vars(value)))
    if isinstance(value, (keras.optimizers.Optimizer, keras.metrics.Metric)):
        return PackedObject(type(value), _config(value), _custom_objects(value))
    return value


def _pack_model(model: Any) -> PackedModel:
    custom = _custom_objects(model)
    try:
        with _scope(custom):
            compilation = _compilation(model) if _needs_compilation(model) else None
            # What is compiled here need not be compiled by Keras, which might fail at it.
            with _as_uncompiled(model) if compilation else nullcontext():
                return PackedModel(pickle.dumps(model), custom, compilation)
    except SerializationError:
        raise
    except Exception as error:
        raise _cannot_rebuild(model, str(error)) from error


def _needs_compilation(model: Any) -> bool:
    """Whether Keras would lose how the model is compiled.

    It does for classes with a ``compile`` of their own, and for losses that hold more than their
    configuration says: Keras's own ``Huber`` is one, many custom ones are. With an optimizer that
    has made no step yet it fails: on loading it builds the optimizer, and then misses its state.
    """
    if not model.compiled:
        return False
    if model.optimizer is not None and not model.optimizer.built:
        return True
    cls, theirs = type(model), keras.Model
    if cls.compile is not theirs.compile:
        return bool(cls.compile_from_config is theirs.compile_from_config)
    losses = keras.tree.flatten(model.loss)
    return any(callable(loss) and not inspect.isfunction(loss) for loss in losses)


def _compilation(model: Any) -> Compilation:
    try:
        config = model.get_compile_config()
    except Exception as error:
        raise SerializationError(
            f"What the model is compiled with cannot be saved: {error} Keras saves functions,"
            " classes of its own kinds and their instances; a partial, or another object that can"
            " be called, belongs into a function of a module, or into a subclass of"
            " keras.losses.Loss or keras.metrics.Metric."
        ) from error
    arguments = {name: value for name, value in config.items() if name != "loss"}
    optimizer = model.optimizer
    variables = optimizer.variables if optimizer is not None and optimizer.built else ()
    return Compilation(
        arguments, pack(_plain(model.loss)), tuple(map(keras.ops.convert_to_numpy, variables))
    )


def _plain(nest: Any) -> Any:
    """Give a nest in Python's own containers; a model tracks what it holds in others."""
    if isinstance(nest, Mapping):
        return {key: _plain(value) for key, value in nest.items()}
    if isinstance(nest, (list, tuple)):
        return [_plain(value) for value in nest]
    return nest


@contextmanager
def _as_uncompiled(model: Any) -> Iterator[None]:
    model.compiled = False
    try:
        yield
    finally:
        model.compiled = True


@contextmanager
def _scope(custom: dict[str, Any]) -> Iterator[None]:
    """Let Keras find `custom` by name, and keep to itself what it warns of on its own account."""
    with keras.saving.custom_object_scope(custom), warnings.catch_warnings():
        # Keras reads TensorFlow's variables in a way that NumPy 2 wants to see changed.
        warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
        yield


def _config(value: Any) -> dict[str, Any]:
    """Give the configuration of an object; refuse it when it is seen to be incomplete."""
    config: dict[str, Any] = value.get_config()
    cls = type(value)
    maker, describer = (_definer(cls, name) for name in ("__init__", "get_config"))
    if maker is not describer and issubclass(maker, describer):
        names = [
            parameter.name
            for parameter in list(inspect.signature(cls).parameters.values())
            if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
        ]
        missing = [name for name in names if name not in config]
        if missing:
            raise _cannot_rebuild(value, f"get_config() does not hold {', '.join(missing)}")
    return config


def _definer(cls: type, name: str) -> type:
    return next(klass for klass in cls.__mro__ if name in vars(klass))


def borrow_callback(callback: Any) -> Any:
    """Give what one fit uses in place of a callback that belongs to the caller.

    What Keras sets on a callback (its model, its counters) is set on a copy. What a callback of
    the user's own was given to fill, a list or a queue, is the user's to read afterwards: it stays
    the same object, as everything does that a lambda refers to.
    """
    if _is_own(type(callback)):
        return _copy_callback(callback)
    return copy.copy(callback)


def _copy_callback(callback: Any) -> Any:
    # A callback that was used before refers to its model, which is not to be copied with it.
    model = vars(callback).get("_model")
    try:
        return copy.deepcopy(callback, {id(model): model} if model is not None else {})
    except Exception:
        return copy.copy(callback)


def _copy_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    copies = {}
    for name, value in attributes.items():
        try:
            copies[name] = copy.deepcopy(value)
        except Exception:
            copies[name] = value
    return copies


def _cannot_rebuild(value: object, why: str) -> SerializationError:
    name = type(value).__name__
    return SerializationError(
        f"{name} cannot be rebuilt from what Keras knows of it. Define get_config() on {name} with"
        " every argument of its constructor, or give the class and route the arguments to it."
        f" What went wrong: {why}"
    )


def _custom_objects(root: object) -> dict[str, Any]:
    """Classes and functions within a Keras object that are not Keras's own, by their Keras name."""
    found = {}
    for value in _reachable(root):
        thing = value if inspect.isfunction(value) else type(value)
        if not _is_own(thing):
            found[keras.saving.get_registered_name(thing)] = thing
    return found


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


def _is_own(thing: Any) -> bool:
    return (getattr(thing, "__module__", None) or "").partition(".")[0] in _OWN_MODULES

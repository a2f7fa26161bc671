"""Pickling of Keras objects, without a change to Keras itself.

A wrapper's state may hold models, optimizers, losses and metrics. `pack` replaces them by records
that pickle safely, together with the classes and functions that Keras would not find again.
"""

import copy
import inspect
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from scikeras_reference._backends.execution import (
    Undecayed,
    config_of_optimizer,
    exclude_from_decay,
    undecayed,
)
from scikeras_reference._serialization.custom_objects import custom_object_scope, custom_objects
from scikeras_reference._serialization.uncompiled import uncompiled
from scikeras_reference.exceptions import SerializationError

__all__ = [
    "PackedLoss",
    "PackedModel",
    "PackedObject",
    "cannot_rebuild",
    "generator_states",
    "map_leaves",
    "pack",
    "pack_object",
    "restore_generators",
    "unpack",
]


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A saved model: architecture, weights, compile configuration, its optimizer."""

    saved: bytes
    custom: dict[str, Any]
    compilation: "Compilation | None"
    undecayed: Undecayed | None = None

    def unpack(self) -> Any:
        """Return the model, built again."""
        with custom_object_scope(self.custom):
            model = pickle.loads(self.saved)  # noqa: S301 - part of a pickle itself
            if self.compilation is not None:
                self.compilation.apply(model)
        if self.undecayed is not None:
            exclude_from_decay(model.optimizer, self.undecayed, model.trainable_variables)
        return model


@dataclass(frozen=True, slots=True)
class Compilation:
    """How a model was compiled, where Keras would restore it wrongly or not at all."""

    arguments: dict[str, Any]
    loss: Any
    optimizer_state: tuple[Any, ...]

    def apply(self, model: Any) -> None:
        """Compile `model` as the first one was, and restore the state of the optimizer."""
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
    undecayed: Undecayed | None = None

    def unpack(self) -> Any:
        """Return the object, built again as it was before it was used."""
        with custom_object_scope(self.custom):
            made = self.cls.from_config(copy.deepcopy(self.config))  # type: ignore[attr-defined]
        if self.undecayed is not None:
            exclude_from_decay(made, self.undecayed)
        return made


@dataclass(frozen=True, slots=True)
class PackedLoss:
    """A loss, by its attributes: custom losses often say less in their configuration."""

    cls: type
    attributes: dict[str, Any]

    def unpack(self) -> Any:
        """Return the loss, built again without a call of its constructor."""
        loss: Any = object.__new__(self.cls)
        vars(loss).update(self.attributes)
        return loss


def generator_states(model: Any) -> list[Any]:
    """Return the states of the random generators in a model, such as that of dropout.

    Keras does not save them, so that training would go on with other numbers.
    """
    return [keras.ops.convert_to_numpy(variable) for variable in _generators(model)]


def restore_generators(model: Any, states: Sequence[Any]) -> None:
    """Set the states that `generator_states` returned for a model of the same structure."""
    for variable, state in zip(_generators(model), states, strict=True):
        variable.assign(state)


def _generators(model: Any) -> list[Any]:
    return [variable for variable in model.variables if variable.name == "seed_generator_state"]


_Packed = PackedModel | PackedObject | PackedLoss


def pack(value: object) -> Any:
    """Return nested lists, tuples and dicts with their Keras objects packed."""
    return map_leaves(value, pack_object)


def unpack(value: object) -> Any:
    """Return what was packed, with new objects."""
    return map_leaves(value, lambda leaf: leaf.unpack() if isinstance(leaf, _Packed) else leaf)


def map_leaves(value: object, change: Callable[[Any], Any]) -> Any:
    """Return nested lists, tuples and dicts with `change` applied to everything else in them."""
    # Exact types only: what a subclass of a container holds besides its items would be lost.
    if type(value) in {list, tuple}:
        items = [map_leaves(item, change) for item in value]  # type: ignore[attr-defined]
        return items if type(value) is list else tuple(items)
    if type(value) is dict:
        return {key: map_leaves(item, change) for key, item in value.items()}
    return change(value)


def pack_object(value: Any) -> Any:
    """Return the record of a Keras object; anything else as it is."""
    if isinstance(value, keras.Model):
        return _pack_model(value)
    if isinstance(value, keras.losses.Loss):
        return PackedLoss(type(value), dict(vars(value)))
    if isinstance(value, keras.metrics.Metric):
        return PackedObject(type(value), _config(value), custom_objects(value))
    if isinstance(value, keras.optimizers.Optimizer):
        return PackedObject(type(value), _config(value), custom_objects(value), undecayed(value))
    return value


def _pack_model(model: Any) -> PackedModel:
    custom = custom_objects(model)
    try:
        with custom_object_scope(custom):
            compilation = _compilation(model) if _needs_compilation(model) else None
            # What is compiled here need not be compiled by Keras, which might fail at it.
            excluded = undecayed(getattr(model, "optimizer", None), model.trainable_variables)
            with uncompiled([model] if compilation else []):
                return PackedModel(pickle.dumps(model), custom, compilation, excluded)
    except SerializationError:
        raise
    except Exception as error:
        raise cannot_rebuild(model, str(error)) from error


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
            " classes of its own kinds and their instances. Put a partial, or another callable"
            " object, into a function of a module, or into a subclass of keras.losses.Loss or"
            " keras.metrics.Metric."
        ) from error
    arguments = {name: value for name, value in config.items() if name != "loss"}
    optimizer = model.optimizer
    variables = optimizer.variables if optimizer is not None and optimizer.built else ()
    return Compilation(
        arguments,
        pack(_in_plain_containers(model.loss)),
        tuple(map(keras.ops.convert_to_numpy, variables)),
    )


def _in_plain_containers(value: Any) -> Any:
    """Return nested values in Python's own containers; a model keeps them in tracked ones."""
    if isinstance(value, Mapping):
        return {key: _in_plain_containers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_plain_containers(item) for item in value]
    return value


def _config(value: Any) -> dict[str, Any]:
    """Return the configuration of an object; refuse one that is visibly incomplete."""
    is_optimizer = isinstance(value, keras.optimizers.Optimizer)
    config: dict[str, Any] = config_of_optimizer(value) if is_optimizer else value.get_config()
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
            raise cannot_rebuild(value, f"get_config() does not hold {', '.join(missing)}")
    return config


def _definer(cls: type, name: str) -> type:
    return next(klass for klass in cls.__mro__ if name in vars(klass))


def cannot_rebuild(value: object, why: str) -> SerializationError:
    """Return the error for an object that Keras cannot rebuild, with the remedy."""
    name = type(value).__name__
    return SerializationError(
        f"{name} cannot be rebuilt from its configuration. Define get_config() on {name} with every"
        " argument of its constructor, or give the class and route the arguments to it. What went"
        f" wrong: {why}"
    )

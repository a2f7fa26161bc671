"""The errors about what is given as an optimizer, a loss, a metric or a callback."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from scikeras_reference._data.loss_and_metric_names import DEFERRED_LOSSES, DEFERRED_METRICS
from scikeras_reference._parameters.storage import suggestion
from scikeras_reference.exceptions import (
    ConstructionError,
    UnknownArgumentError,
    UnknownNameError,
)

__all__ = ["failed_call", "partial_of_class", "unknown_name"]


def failed_call(
    error: Exception, cls: type, args: tuple[Any, ...], kwargs: Mapping[str, Any], path: str
) -> Exception:
    """Return the error to raise where a class could not be called: a clearer one, or `error`.

    Either has a note that says for which parameter the class was called, and with what.
    """
    given = ", ".join([*map(str, range(len(args))), *kwargs]) or "no parameters"
    note = f"{cls.__name__} could not be made for {path} with {given}."
    unknown = _unknown_arguments(cls, kwargs)
    if unknown and isinstance(error, (TypeError, ValueError)):
        names = _argument_names(cls)
        error = UnknownArgumentError(
            f"{cls.__name__} takes no argument {', '.join(unknown)} (given as"
            f" {', '.join(f'{path}__{name}' for name in unknown)})."
            f"{suggestion(unknown[0], names)} It takes {', '.join(names)}."
        )
    error.add_note(note)
    return error


def unknown_name(get: Callable[[Any], Any], name: str, path: str, module: Any) -> UnknownNameError:
    """Return the error for a name that `get`, the function of that name in `module`, refused."""
    names = [
        public
        for public in vars(module)
        if not public.startswith("_") and public not in _NOT_TO_BE_NAMED
    ]
    if name in names:  # Keras has some objects that it does not find by name
        return UnknownNameError(
            f"{path} is {name!r}, which Keras does not look up by name. Give the object itself:"
            f" {module.__name__}.{name}."
        )
    return UnknownNameError(
        f"{path} is {name!r}, which is not a name that Keras knows."
        f"{suggestion(name, [*names, *_further_names(get, names)])}"
        f" Give the name, the class or an instance from {module.__name__}."
    )


def partial_of_class(cls: type, path: str) -> ConstructionError:
    """Return the error for a ``functools.partial`` of a class of losses or metrics."""
    return ConstructionError(
        f"{path} holds a partial of the class {cls.__name__}, which Keras would call with targets"
        f" and outputs. Give the instance, {cls.__name__}(...), or the class, and its arguments as"
        f" {path}__x."
    )


_NOT_TO_BE_NAMED = frozenset({"get", "serialize", "deserialize", "Loss", "Metric", "Optimizer"})


def _further_names(get: Callable[[Any], Any], names: Iterable[str]) -> list[str]:
    """Return what Keras finds besides the names of its module, such as ``adam`` and ``acc``."""
    deferred = {keras.losses.get: DEFERRED_LOSSES, keras.metrics.get: DEFERRED_METRICS}
    found = [name.lower() for name in deferred.get(get, ())]
    if get is keras.optimizers.get:
        found += [name.lower() for name in names]
    return sorted(set(found).difference(names))


def _argument_names(cls: type) -> list[str]:
    """Return the named arguments of a class and of the base classes that get its ``**kwargs``."""
    names: list[str] = []
    for klass in cls.__mro__:
        init = vars(klass).get("__init__")
        if init is None or klass is object:
            continue
        try:
            parameters = list(inspect.signature(init).parameters.values())[1:]
        except (TypeError, ValueError):
            break
        names += [
            parameter.name
            for parameter in parameters
            if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
            and parameter.name not in names
        ]
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return names


def _unknown_arguments(cls: type, kwargs: Mapping[str, Any]) -> list[str]:
    names = _argument_names(cls)
    return [name for name in kwargs if name not in names] if names else []

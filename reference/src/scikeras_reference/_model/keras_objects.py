"""Makes Keras objects out of names, classes, instances, functions, and lists and dicts of them.

What is given belongs to the caller: instances are rebuilt or copied before Keras sees them (clause
INIT-5). Classes are called with the parameters that were routed to them (chapter ROUTE, see
`scikeras_reference._parameters.routing`).
"""

import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from scikeras_reference._data.loss_and_metric_names import (
    DEFERRED_LOSSES,
    DEFERRED_METRICS,
    is_deferred_loss,
    is_deferred_metric,
    snake_case,
)
from scikeras_reference._parameters.routing import assemble
from scikeras_reference._parameters.storage import suggestion
from scikeras_reference._serialization.copying import copy_callback_for_fit, copy_object
from scikeras_reference.exceptions import (
    ConstructionError,
    UnknownArgumentError,
    UnknownNameError,
)

__all__ = [
    "callbacks_of_call",
    "make_callbacks",
    "make_losses",
    "make_metrics",
    "make_optimizer",
]

_NAMED = "__named__"


def make_optimizer(value: object, routed: Mapping[str, Any], path: str = "optimizer") -> Any:
    """Return an optimizer.

    Parameters
    ----------
    value : str, dict, type, keras.optimizers.Optimizer or None
        None stays None (clause COMP-6).
    routed : mapping of str to object
        Arguments for its constructor.
    path : str, default="optimizer"
        Name of the parameter, for errors.

    Raises
    ------
    ConstructionError
        If `value` does not stand for an optimizer.
    UnknownNameError
        If Keras knows no optimizer of that name.
    RoutingError
        If `routed` holds parameters for something that is not a class.
    """
    if isinstance(value, Mapping):
        value = _from_config(keras.optimizers.get, value, path)
    elif isinstance(value, str):
        value = _optimizer_class(value, path)
    optimizer = _assemble(value, routed, path)
    if optimizer is None or isinstance(optimizer, keras.optimizers.Optimizer):
        return optimizer
    raise ConstructionError(
        f"{path} is {optimizer!r}; it has to be the name, the class or an instance of a Keras"
        " optimizer, or None."
    )


def make_losses(value: object, routed: Mapping[str, Any], path: str = "loss") -> Any:
    """Return a loss, or a list or dict of losses, one for each output.

    Names become instances of the class that they stand for, functions stay functions, and names
    that Keras resolves against a model ("crossentropy") stay names.

    Raises
    ------
    ConstructionError, UnknownNameError, RoutingError
        As for `make_optimizer`.
    """
    value = _resolve(value, lambda name: _loss_class(name, path), keras.losses.get, path)
    losses = _assemble(value, routed, path)
    _check(losses, keras.losses.Loss, "loss", path)
    return losses


def make_metrics(
    value: object,
    routed: Mapping[str, Any],
    path: str = "metrics",
    taken: set[str] | None = None,
) -> Any:
    """Return metrics: a list, a dict, or nested lists of them.

    A metric that was given by name carries that name, as it does when Keras resolves it, so that
    ``EarlyStopping(monitor="val_mse")`` finds it in the logs. One that was given as a class has the
    same name in each fit, where Keras would number those of a process. A single metric becomes a
    list of one, since Keras takes nothing else.

    Parameters
    ----------
    value, routed, path
        As for `make_optimizer`.
    taken : set of str, default=None
        Names of other metrics of the model; those of these are added.

    Raises
    ------
    ConstructionError, UnknownNameError, RoutingError
        As for `make_optimizer`.
    """
    value = _resolve(value, lambda name: _metric_class(name, path), keras.metrics.get, path)
    metrics = _assemble(value, routed, path)
    _check(metrics, keras.metrics.Metric, "metric", path)
    _name_in_order(metrics, value, set() if taken is None else taken)
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], (list, tuple)):
        # The metrics of a single output: Keras takes a list in a list from 3.13 on only.
        return list(metrics[0])
    return metrics if metrics is None or isinstance(metrics, (list, tuple, dict)) else [metrics]


def make_callbacks(value: object, routed: Mapping[str, Any], path: str = "callbacks") -> list[Any]:
    """Return a flat list of callbacks, made of one, or of lists and dicts of them.

    Raises
    ------
    ConstructionError
        If something is neither a callback nor a class of callbacks.
    RoutingError
        If `routed` holds parameters for something that is not a class.
    """
    return _checked_callbacks(_assemble(value, routed, path), path)


def callbacks_of_call(value: object) -> list[Any]:
    """Return the callbacks given to one call of a method as a flat list, without copies.

    A ``CallbackList`` is replaced by its callbacks: it has no model, or that of another fit.

    Raises
    ------
    ConstructionError
        As for `make_callbacks`.
    """
    if isinstance(value, keras.callbacks.CallbackList):
        value = value.callbacks
    made = assemble(value, {}, _make, "callbacks", builds=_is_buildable)
    return _checked_callbacks(made, "callbacks")


def _checked_callbacks(value: object, path: str) -> list[Any]:
    callbacks = list(_leaves(value))
    for callback in callbacks:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ConstructionError(
                f"{path} holds {callback!r}. If specified, ``{path}`` must be one of: a"
                " keras.callbacks.Callback, a subclass of it, or lists and dicts of those."
                " Callbacks of scikit-learn are given to set_callbacks."
            )
    return callbacks


def _assemble(value: object, routed: Mapping[str, Any], path: str) -> Any:
    if not routed and value is None:
        return None
    if not routed and isinstance(value, type) and _is_buildable(value):
        return _make(value, (), {}, path)
    return _copied(assemble(value, routed, _make, path, builds=_is_buildable), value)


def _make(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], path: str) -> Any:
    name = getattr(cls, _NAMED, None)
    if name is not None:
        cls = cls.__mro__[1]
        kwargs.setdefault("name", name)
    try:
        return cls(*args, **kwargs)
    except Exception as error:
        given = [*map(str, range(len(args))), *kwargs]
        note = (
            f"{cls.__name__} could not be made for {path} with"
            f" {', '.join(given) or 'no parameters'}."
        )
        unknown = _unknown_arguments(cls, kwargs)
        if unknown and isinstance(error, (TypeError, ValueError)):
            names = _argument_names(cls)
            clearer = UnknownArgumentError(
                f"{cls.__name__} takes no argument {', '.join(unknown)} (given as"
                f" {', '.join(f'{path}__{name}' for name in unknown)})."
                f"{suggestion(unknown[0], names)} It takes {', '.join(names)}."
            )
            clearer.add_note(note)
            raise clearer from error
        error.add_note(note)
        raise


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


def _is_buildable(cls: type) -> bool:
    # dtype=np.float64 and the like are classes that are meant to stay classes.
    return cls.__module__ != "builtins" and not issubclass(cls, np.generic)


def _copied(made: Any, given: Any) -> Any:
    """Copy the instances that the caller gave, as opposed to those made from a class."""
    if isinstance(made, Mapping):
        return {key: _copied(value, given[key]) for key, value in made.items()}
    if isinstance(made, (list, tuple)):
        items = [_copied(value, origin) for value, origin in zip(made, given, strict=True)]
        return items if isinstance(made, list) else tuple(items)
    if made is given and isinstance(made, keras.callbacks.Callback):
        return copy_callback_for_fit(made)
    if made is given and isinstance(made, _STATEFUL):
        return copy_object(made)
    return made


_STATEFUL = (
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
)


def _resolve(
    value: Any, by_name: Callable[[str], Any], by_config: Callable[[Any], Any], path: str
) -> Any:
    if isinstance(value, str):
        return by_name(value)
    if isinstance(value, Mapping):
        if {"class_name", "config"} <= set(value):
            return _from_config(by_config, value, path)
        return {key: _resolve(item, by_name, by_config, path) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [_resolve(item, by_name, by_config, path) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return value


_optimizers: dict[str, type] = {}
"""Keras's own by name: to find one, Keras makes an object of it, which takes time."""


def _optimizer_class(name: str, path: str) -> Any:
    if name in _optimizers and keras.saving.get_registered_object(name) is None:
        return _optimizers[name]
    found = type(_get(keras.optimizers.get, name, path, keras.optimizers))
    if found in vars(keras.optimizers).values():
        _optimizers[name] = found
    return found


def _loss_class(name: str, path: str) -> Any:
    if is_deferred_loss(name):
        return name
    found = _get(keras.losses.get, name, path, keras.losses)
    if isinstance(found, keras.losses.Loss):
        return type(found)
    return _class_of_function(found) or found


def _metric_class(name: str, path: str) -> Any:
    if is_deferred_metric(name):
        return name
    found = _get(keras.metrics.get, name, path, keras.metrics)
    # A subclass of this one use carries the name to where the class is called.
    return type(type(found).__name__, (type(found),), {_NAMED: name})


def _name_in_order(made: Any, given: Any, taken: set[str]) -> None:
    """Name metrics as in a process that has made no others, where Keras has named them."""
    if isinstance(made, (Mapping, list, tuple)):
        for key in made if isinstance(made, Mapping) else range(len(made)):
            _name_in_order(made[key], given[key], taken)
        return
    if isinstance(given, type) and not hasattr(given, _NAMED):
        # A name without a number may be the one that the class has for all of its metrics.
        base = snake_case(given.__name__)
        if re.fullmatch(rf"{base}_\d+", made.name):
            names = itertools.chain([base], (f"{base}_{number}" for number in itertools.count(1)))
            made.name = next(name for name in names if name not in taken)
    taken.add(getattr(made, "name", None) or str(made))


@functools.lru_cache(maxsize=256)
def _class_of_function(function: Any) -> Any:
    """Return the class in ``keras.losses`` that computes what a function there computes."""
    name = function.__name__
    classes = (value for value in vars(keras.losses).values() if isinstance(value, type))
    return next((cls for cls in classes if snake_case(cls.__name__) == name), None)


_NOT_TO_BE_NAMED = frozenset({"get", "serialize", "deserialize", "Loss", "Metric", "Optimizer"})


def _further_names(get: Callable[[Any], Any], names: Iterable[str]) -> list[str]:
    """Return what Keras finds besides the names of its module, such as ``adam`` and ``acc``."""
    deferred = {keras.losses.get: DEFERRED_LOSSES, keras.metrics.get: DEFERRED_METRICS}
    found = [name.lower() for name in deferred.get(get, ())]
    if get is keras.optimizers.get:
        found += [name.lower() for name in names]
    return sorted(set(found).difference(names))


def _get(get: Callable[[Any], Any], name: str, path: str, module: Any) -> Any:
    try:
        return get(name)
    except ValueError as error:
        names = [
            public
            for public in vars(module)
            if not public.startswith("_") and public not in _NOT_TO_BE_NAMED
        ]
        if name in names:  # Keras has some objects that it does not find by name
            raise UnknownNameError(
                f"{path} is {name!r}, which Keras does not look up by name. Give the object itself:"
                f" {module.__name__}.{name}."
            ) from error
        raise UnknownNameError(
            f"{path} is {name!r}, which is not a name that Keras knows."
            f"{suggestion(name, [*names, *_further_names(get, names)])}"
            f" Give the name, the class or an instance from {module.__name__}."
        ) from error


def _from_config(get: Callable[[Any], Any], config: Any, path: str) -> Any:
    try:
        return get(dict(config))
    except (ValueError, TypeError, KeyError) as error:
        raise ConstructionError(
            f"{path} is a dict that Keras cannot make an object of: {error}"
        ) from error


def _leaves(value: object) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield value


def _check(value: object, kind: type, what: str, path: str) -> None:
    for leaf in _leaves(value):
        cls = leaf.func if isinstance(leaf, functools.partial) else None
        if isinstance(cls, type) and issubclass(cls, kind):
            raise ConstructionError(
                f"{path} holds a partial of the class {cls.__name__}, which Keras would call with"
                f" targets and outputs. Give the instance, {cls.__name__}(...), or the class, and"
                f" its arguments as {path}__x."
            )
        if not (isinstance(leaf, (kind, str)) or callable(leaf)):
            raise ConstructionError(
                f"{path} holds {leaf!r}; a {what} has to be a name, a class, an instance or a"
                " function."
            )

"""Makes the arguments of ``Model.compile``, and compiles (chapter COMP).

Optimizers, losses and metrics are made of names, classes, instances, functions, and lists and dicts
of them. What is given belongs to the caller: instances are rebuilt or copied before Keras sees them
(clause INIT-5). Classes are called with the parameters that were routed to them (chapter ROUTE, see
`scikeras_reference._parameters.routing`).
"""

import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from scikeras_reference._data.automatic_loss import AUTOMATIC, automatic_loss
from scikeras_reference._data.loss_and_metric_names import (
    DEFERRED_LOSSES,
    is_deferred_metric,
    snake_case,
)
from scikeras_reference._model import keras_object_errors
from scikeras_reference._model.built_model import (
    is_inherited,
    is_missing,
    last_activation,
    require_part,
)
from scikeras_reference._parameters.named import check_flag
from scikeras_reference._parameters.routing import assemble, route
from scikeras_reference._parameters.signatures import accepted, check_accepted
from scikeras_reference._serialization.copying import copy_for_fit
from scikeras_reference.exceptions import ConstructionError

__all__ = [
    "assembled",
    "choose_loss",
    "compile_arguments",
    "compile_model",
    "is_complete",
    "leaves",
    "make_losses",
    "make_metrics",
    "make_optimizer",
]

_COMPILED_WITH = ("optimizer", "loss", "metrics", "run_eagerly")
_REQUIRED = ("loss", "optimizer")


def compile_arguments(named: Mapping[str, Any], routed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of ``Model.compile``.

    Parameters
    ----------
    named : mapping of str to object
        The wrapper's named parameters.
    routed : mapping of str to object
        All routed parameters; those of ``optimizer__``, ``loss__``, ``metrics__`` and
        ``compile__`` are used. ``compile__x`` wins over a named ``x`` (clause ROUTE-11).

    Returns
    -------
    dict
        Usable as ``model.compile(**arguments)``, with new objects each time (clause BUILD-5). The
        loss is None for ``loss="auto"``, until there is a model; see `choose_loss`.
    """
    weighted = "weighted_metrics"

    def routed_to(destination: str) -> dict[str, Any]:
        return route(routed, destination) if routed else {}

    direct = {
        name: value
        for name, value in routed_to("compile").items()
        if not name.startswith(f"{weighted}__")
    }
    arguments = {**{name: named[name] for name in _COMPILED_WITH}, **direct}
    if arguments["run_eagerly"] not in (True, False):
        check_flag("run_eagerly", arguments["run_eagerly"])
    is_automatic = _is_automatic(arguments["loss"])
    if is_automatic or is_missing(arguments["loss"]):
        arguments["loss"] = None  # Keras fails on an empty list
    names: set[str] = set()
    optimizer, loss, metrics = map(routed_to, ("optimizer", "loss", "metrics"))
    arguments["optimizer"] = make_optimizer(arguments["optimizer"], optimizer)
    if not is_automatic:
        arguments["loss"] = make_losses(arguments["loss"], loss)
    arguments["metrics"] = make_metrics(arguments["metrics"], metrics, taken=names)
    if weighted in arguments:
        path = f"compile__{weighted}"
        arguments[weighted] = make_metrics(arguments[weighted], routed_to(path), path, names)
    return arguments


def choose_loss(
    arguments: dict[str, Any],
    named: Mapping[str, Any],
    routed: Mapping[str, Any],
    encoder: Any,
    target_type: str | None,
    model: Any,
    shapes: Sequence[tuple[int | None, ...]],
) -> dict[str, Any]:
    """Return what `compile_arguments` returned, with the loss that ``loss="auto"`` stands for.

    Raises
    ------
    CompilationError
        A ``ValueError``, if nothing can be chosen; see `automatic_loss`.
    """
    if not _is_automatic(routed.get("compile__loss", named["loss"])):
        return arguments
    cls, needed = automatic_loss(encoder, target_type, shapes, last_activation(model))
    return {**arguments, "loss": make_losses(cls, {**needed, **route(routed, "loss")})}


def is_complete(arguments: Mapping[str, Any]) -> bool:
    """Return whether there is both a loss and an optimizer."""
    return not any(map(is_missing, [arguments[name] for name in _REQUIRED]))


def compile_model(model: Any, arguments: Mapping[str, Any]) -> None:
    """Compile a model that the builder returned uncompiled.

    Raises
    ------
    CompilationError
        A ``ValueError`` that says what is missing, loss or optimizer, and how to give it (clause
        COMP-7).
    RoutingError
        A ``TypeError``, for ``compile__x`` if the method ``compile`` takes no ``x``.
    """
    for name in _REQUIRED:
        require_part(name, arguments[name], "The model came back uncompiled and there is no")
    is_own = not is_inherited(model, "compile")
    if is_own:
        # One of the user's own need not take what nobody gave.
        known = accepted(model.compile, arguments)
        arguments = {
            name: value
            for name, value in arguments.items()
            if name in known or not (value is None or value is False)
        }
    if is_own or not set(arguments).issubset(_COMPILED_WITH):
        check_accepted(model.compile, "compile", {"compile__": arguments})
    model.compile(**arguments)


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
    optimizer = assembled(value, routed, path)
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
    losses = assembled(value, routed, path)
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
    metrics = assembled(value, routed, path)
    _check(metrics, keras.metrics.Metric, "metric", path)
    _name_in_order(metrics, value, set() if taken is None else taken)
    if isinstance(metrics, list) and len(metrics) == 1 and isinstance(metrics[0], (list, tuple)):
        # The metrics of a single output: Keras takes a list in a list from 3.13 on only.
        return list(metrics[0])
    return metrics if metrics is None or isinstance(metrics, (list, tuple, dict)) else [metrics]


def assembled(value: object, routed: Mapping[str, Any], path: str, *, copies: bool = True) -> Any:
    """Return what Keras gets for a parameter, or for a nested structure of them.

    Classes are called with what is routed to them; instances are copied, if `copies` is true.
    Errors name the parameter by its `path`.

    Raises
    ------
    RoutingError
        If `routed` holds parameters for something that is not a class.
    """
    if not routed and value is None:
        return None
    if not routed and isinstance(value, type) and _is_buildable(value):
        return _make(value, (), {}, path)
    made = assemble(value, routed, _make, path, builds=_is_buildable)
    return copy_for_fit(made, value) if copies else made


def leaves(value: object) -> Iterator[Any]:
    """Yield the objects of a nested structure, without None."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    elif value is not None:
        yield value


_NAMED = "__named__"
"""The attribute of a class of metrics that was given by name: the name."""


def _is_automatic(loss: Any) -> bool:
    return isinstance(loss, str) and loss == AUTOMATIC


def _make(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any], path: str) -> Any:
    name = getattr(cls, _NAMED, None)
    if name is not None:
        cls = cls.__mro__[1]
        kwargs.setdefault("name", name)
    try:
        return cls(*args, **kwargs)
    except Exception as error:
        clearer = keras_object_errors.failed_call(error, cls, args, kwargs, path)
        if clearer is error:
            raise
        raise clearer from error


def _is_buildable(cls: type) -> bool:
    # dtype=np.float64 and the like are classes that are meant to stay classes.
    return cls.__module__ != "builtins" and not issubclass(cls, np.generic)


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
    if name.lower() in DEFERRED_LOSSES:
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
    name = function.__name__.replace("_", "")
    classes = (value for value in vars(keras.losses).values() if isinstance(value, type))
    return next((cls for cls in classes if cls.__name__.lower() == name), None)


def _get(get: Callable[[Any], Any], name: str, path: str, module: Any) -> Any:
    try:
        return get(name)
    except ValueError as error:
        raise keras_object_errors.unknown_name(get, name, path, module) from error


def _from_config(get: Callable[[Any], Any], config: Any, path: str) -> Any:
    try:
        return get(dict(config))
    except (ValueError, TypeError, KeyError) as error:
        raise ConstructionError(
            f"{path} is a dict that Keras cannot make an object of: {error}"
        ) from error


def _check(value: object, kind: type, what: str, path: str) -> None:
    for leaf in leaves(value):
        cls = leaf.func if isinstance(leaf, functools.partial) else None
        if isinstance(cls, type) and issubclass(cls, kind):
            raise keras_object_errors.partial_of_class(cls, path)
        if not (isinstance(leaf, (kind, str)) or callable(leaf)):
            raise ConstructionError(
                f"{path} holds {leaf!r}; a {what} has to be a name, a class, an instance or a"
                " function."
            )

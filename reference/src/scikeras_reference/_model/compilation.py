"""Makes the arguments of ``Model.compile``, and compiles (chapter COMP)."""

from collections.abc import Mapping, Sequence
from typing import Any

from scikeras_reference._data.automatic_loss import AUTOMATIC, automatic_loss
from scikeras_reference._model.built_model import (
    is_inherited,
    is_missing,
    last_activation,
    require_part,
)
from scikeras_reference._model.keras_objects import make_losses, make_metrics, make_optimizer
from scikeras_reference._parameters.named import check_flag
from scikeras_reference._parameters.routing import route
from scikeras_reference._parameters.signatures import accepted, check_accepted

__all__ = ["choose_loss", "compile_arguments", "compile_model", "is_complete"]

_NAMED = ("optimizer", "loss", "metrics", "run_eagerly")
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
    arguments = {**{name: named[name] for name in _NAMED}, **direct}
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
    """Return the arguments with the loss that ``loss="auto"`` stands for, if that was given.

    Parameters
    ----------
    arguments : dict
        What `compile_arguments` returned.
    named, routed : mapping of str to object
        As for `compile_arguments`; ``loss__x`` goes to the loss that is chosen.
    encoder, target_type, shapes
        As for `automatic_loss`.
    model : keras.Model
        Not compiled.

    Raises
    ------
    CompilationError
        A ``ValueError``, if nothing can be chosen.
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
    if is_own or not set(arguments).issubset(_NAMED):
        check_accepted(model.compile, "compile", {"compile__": arguments})
    model.compile(**arguments)


def _is_automatic(loss: Any) -> bool:
    return isinstance(loss, str) and loss == AUTOMATIC

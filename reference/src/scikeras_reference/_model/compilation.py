"""Makes the arguments of ``Model.compile``, and compiles (chapter COMP)."""

from collections.abc import Mapping
from typing import Any

from scikeras_reference._model.built_model import is_missing, require_part
from scikeras_reference._model.keras_objects import make_losses, make_metrics, make_optimizer
from scikeras_reference._parameters.named import check_flag
from scikeras_reference._parameters.routing import route
from scikeras_reference._parameters.signatures import check_accepted

__all__ = ["compile_arguments", "compile_model", "is_complete"]

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
        Usable as ``model.compile(**arguments)``, with new objects each time (clause BUILD-5).
    """
    weighted = "weighted_metrics"
    direct = {
        name: value
        for name, value in route(routed, "compile").items()
        if not name.startswith(f"{weighted}__")
    }
    arguments = {**{name: named[name] for name in _NAMED}, **direct}
    check_flag("run_eagerly", arguments["run_eagerly"])
    if is_missing(arguments["loss"]):
        arguments["loss"] = None  # Keras fails on an empty list
    arguments["optimizer"] = make_optimizer(arguments["optimizer"], route(routed, "optimizer"))
    arguments["loss"] = make_losses(arguments["loss"], route(routed, "loss"))
    arguments["metrics"] = make_metrics(arguments["metrics"], route(routed, "metrics"))
    if weighted in arguments:
        path = f"compile__{weighted}"
        arguments[weighted] = make_metrics(arguments[weighted], route(routed, path), path)
    return arguments


def is_complete(arguments: Mapping[str, Any]) -> bool:
    """Return whether there is both a loss and an optimizer."""
    return not any(is_missing(arguments[name]) for name in _REQUIRED)


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
    check_accepted(model.compile, "compile", {"compile__": arguments})
    model.compile(**arguments)

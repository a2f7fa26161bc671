"""The arguments of ``Model.compile`` out of the wrapper's parameters (chapter COMP)."""

from collections.abc import Mapping
from typing import Any

from scikeras_reference._construction import make_losses, make_metrics, make_optimizer
from scikeras_reference._routing import route
from scikeras_reference._signatures import check_accepted
from scikeras_reference._values import check_flag
from scikeras_reference.exceptions import CompilationError

__all__ = ["compile_arguments", "compile_model", "is_trainable"]

_NAMED = ("optimizer", "loss", "metrics", "run_eagerly")


def compile_arguments(named: Mapping[str, Any], routed: Mapping[str, Any]) -> dict[str, Any]:
    """Make what ``Model.compile`` is called with.

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
    direct = {
        name: value for name, value in route(routed, "compile").items() if not _is_inner(name)
    }
    arguments = {**{name: named[name] for name in _NAMED}, **direct}
    check_flag("run_eagerly", arguments["run_eagerly"])
    arguments["optimizer"] = make_optimizer(arguments["optimizer"], route(routed, "optimizer"))
    arguments["loss"] = make_losses(arguments["loss"], route(routed, "loss"))
    arguments["metrics"] = make_metrics(arguments["metrics"], route(routed, "metrics"))
    if "weighted_metrics" in arguments:
        path = "compile__weighted_metrics"
        arguments["weighted_metrics"] = make_metrics(
            arguments["weighted_metrics"], route(routed, path), path
        )
    return arguments


def compile_model(model: Any, arguments: Mapping[str, Any]) -> None:
    """Compile a model that came back uncompiled.

    Raises
    ------
    CompilationError
        A ``ValueError`` that says what is missing, loss or optimizer, and how to give it (clause
        COMP-7).
    RoutingError
        A ``TypeError``, for ``compile__x`` if the method ``compile`` takes no ``x``.
    """
    for name, example in (("loss", "mse"), ("optimizer", "adam")):
        if _is_missing(arguments[name]):
            raise CompilationError(
                f"The model came back uncompiled and there is no {name}. You must provide"
                f" {'an' if name == 'optimizer' else 'a'} {name} or a compiled model: give"
                f" {name}={example!r} (or another) to the constructor, or call model.compile in"
                " the builder."
            )
    check_accepted(model.compile, {"compile__": arguments})
    model.compile(**arguments)


def is_trainable(arguments: Mapping[str, Any]) -> bool:
    """Whether there is both a loss and an optimizer."""
    return not any(_is_missing(arguments[name]) for name in ("loss", "optimizer"))


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, (list, tuple, dict)) and not value)


def _is_inner(name: str) -> bool:
    return name.startswith("weighted_metrics__")

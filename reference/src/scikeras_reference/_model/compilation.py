"""Makes the arguments of ``Model.compile``, and compiles (chapter COMP)."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from scikeras_reference._backends import compiled_metrics
from scikeras_reference._model.builder import is_missing, require_part
from scikeras_reference._model.keras_objects import make_losses, make_metrics, make_optimizer
from scikeras_reference._parameters.named import check_flag
from scikeras_reference._parameters.routing import route
from scikeras_reference._parameters.signatures import check_accepted

__all__ = ["compile_arguments", "compile_model", "inform_encoder", "is_complete"]

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


def inform_encoder(encoder: Any, model: Any, shapes: Sequence[tuple[int | None, ...]]) -> None:
    """Let a target encoder see what the model is compiled with, as far as it has methods for it.

    Parameters
    ----------
    encoder : transformer
        Its ``set_model_output`` takes the loss and the shapes of the outputs, its
        ``check_metrics`` the metrics, its ``check_activation`` the activation of the last layer.
    model : keras.Model
        Compiled, or not yet.
    shapes : sequence of tuple
        One for each output.
    """
    if hasattr(encoder, "set_model_output"):
        encoder.set_model_output(getattr(model, "loss", None), shapes)
    if model.compiled and hasattr(encoder, "check_metrics"):
        encoder.check_metrics(compiled_metrics(model))
    if model.compiled and hasattr(encoder, "check_activation"):
        encoder.check_activation(_last_activation(model), model.loss)


def _last_activation(model: Any) -> Any:
    """Return the activation of the layer that makes the only output; None if it is not known."""
    try:
        (output,) = model.outputs
        layer = model.layers[-1]
        if layer.output is not output:
            return None
        while isinstance(layer, keras.Model):
            (output,), layer = layer.outputs, layer.layers[-1]
            if layer.output is not output:
                return None
    except (AttributeError, ValueError, TypeError, IndexError):
        return None
    return getattr(layer, "activation", None)

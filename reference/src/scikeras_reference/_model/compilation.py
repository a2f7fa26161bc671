"""The arguments of ``Model.compile`` out of the wrapper's parameters (chapter COMP)."""

from collections.abc import Mapping
from typing import Any

import keras

from scikeras_reference._model.builder import first_row
from scikeras_reference._model.keras_objects import make_losses, make_metrics, make_optimizer
from scikeras_reference._parameters.routing import route
from scikeras_reference._parameters.signatures import check_accepted
from scikeras_reference._parameters.values import check_flag
from scikeras_reference.exceptions import CompilationError

__all__ = ["check_compiled", "compile_arguments", "compile_model", "is_trainable"]

_NAMED = ("optimizer", "loss", "metrics", "run_eagerly")
_EXAMPLES = {"loss": "mse", "optimizer": "adam"}


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
    if _is_missing(arguments["loss"]):
        arguments["loss"] = None  # Keras stumbles over a list of nothing
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
    for name, example in _EXAMPLES.items():
        if _is_missing(arguments[name]):
            raise CompilationError(
                f"The model came back uncompiled and there is no {name}. {_remedy(name, example)}"
            )
    check_accepted(model.compile, "compile", {"compile__": arguments})
    model.compile(**arguments)


def check_compiled(model: Any, features: Any) -> None:
    """See that a model that a builder compiled has something to learn, and something to learn by.

    A model may do without a loss: its layers add some, or its ``train_step`` or ``compute_loss``
    knows better. Keras trains others on nothing (on JAX), or stops at the first batch.

    Parameters
    ----------
    model : keras.Model
        Compiled.
    features : array, or list, tuple or dict of arrays
        What it will be trained on; one row of it is used, if there is no loss.

    Raises
    ------
    CompilationError
        A ``ValueError`` (clause COMP-7).
    """
    if not all(_is_plain(model, method) for method in ("train_step", "compute_loss")):
        return
    lacks_loss = _is_missing(getattr(model, "loss", None)) and not _adds_losses(model, features)
    for name, lacks in (("optimizer", model.optimizer is None), ("loss", lacks_loss)):
        if lacks:
            raise CompilationError(
                f"The builder compiled the model without {name}. {_remedy(name, _EXAMPLES[name])}"
            )


def _is_plain(model: Any, method: str) -> bool:
    inherited = getattr(type(model), method) is getattr(keras.Model, method)
    return inherited and method not in vars(model)


def _adds_losses(model: Any, features: Any) -> bool:
    try:
        model(first_row(features), training=False)
    except NotImplementedError:
        return True
    return bool(model.losses)


def is_trainable(arguments: Mapping[str, Any]) -> bool:
    """Whether there is both a loss and an optimizer."""
    return not any(_is_missing(arguments[name]) for name in ("loss", "optimizer"))


def _is_missing(value: Any) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    return value is None or (isinstance(value, (list, tuple)) and all(map(_is_missing, value)))


def _remedy(name: str, example: str) -> str:
    article, what = ("a", "loss function") if name == "loss" else ("an", name)
    return (
        f"You must provide {article} {what} or a compiled model: give {name}={example!r} (or"
        " another) to the constructor, or call model.compile in the builder."
    )


def _is_inner(name: str) -> bool:
    return name.startswith("weighted_metrics__")

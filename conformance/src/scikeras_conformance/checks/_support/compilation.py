"""The model that an estimator was fitted with."""

from typing import Any

from scikeras_conformance.checks._support.helper_models import helper_builder
from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "calls_of_compile",
    "config_of",
    "fitted_model",
    "require_given_model",
    "require_output_names",
]


def fitted_model(context: CheckContext, build: Any, method: str = "fit", **params: Any) -> Any:
    """Fit an estimator on the default data set and return its ``model_``."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, **params)
    context.call(estimator, method, X, y)
    return context.model(estimator)


def calls_of_compile(context: CheckContext, model: Any) -> list[dict[str, Any]]:
    """Return the arguments of each call of ``Model.compile`` that the builder's model received.

    The check is blocked if `model`, which a wrapper has fitted, is not the one of the builder.
    """
    if not hasattr(model, "log"):
        context.stop("model_", f"is {show(model)}, not what the builder returned")
    calls: list[dict[str, Any]] = model.log.compiles
    return calls


def require_given_model(context: CheckContext, estimator: Any, given: Any) -> None:
    """Block the check if a subject without builders trains another model than it was given.

    Such a subject compiles a model of its own, and its adapter may translate for it what the given
    one was compiled with: nobody saw what the subject does with a compiled model.

    Parameters
    ----------
    context : CheckContext
        The context.
    estimator : object
        A fitted one.
    given : list
        The models that builders made so far, the last one for this estimator.
    """
    if context.subject.builder_protocol == "none":
        model = context.model(estimator)
        if not any(model is one for one in given):
            context.stop("model_", f"is {show(model)}, not what the builder returned")


def require_output_names(context: CheckContext) -> None:
    """Block the check unless the output of ``model_`` has the name that the builder gave it."""
    names = fitted_model(context, helper_builder(context)).output_names
    if list(names) != ["out"]:
        context.stop(
            "naming the output of model_", f"gave {show(names)}, where the builder has out"
        )


def config_of(value: Any) -> str:
    """Return the configuration of an optimizer or a loss as text that can be compared."""
    # Keras numbers the names of optimizers within a process.
    config = {key: entry for key, entry in value.get_config().items() if key != "name"}
    return f"{type(value).__name__} {config}"

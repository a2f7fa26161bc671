"""The errors and warnings about a built model that need an explanation."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from scikeras_reference._data.loss_targets import describe_loss
from scikeras_reference.exceptions import (
    CompilationError,
    InputError,
    ModelOutputError,
    SharedWeightsWarning,
)

__all__ = [
    "missing_part",
    "missing_target",
    "spread_target",
    "target_of_other_values",
    "unfit_losses",
    "used_optimizer",
    "warn_of_shared_weights",
]


_EXAMPLES = {"loss": "mse", "optimizer": "adam"}
_ADVICE = {"loss": " With loss='auto', the builder has to leave model.compile to the wrapper."}


def missing_part(name: str, problem: str) -> CompilationError:
    """Return the error for a loss or an optimizer that is not there."""
    what = "a loss function" if name == "loss" else f"an {name}"
    return CompilationError(
        f"{problem} {name}. You must provide {what} or a compiled model: give"
        f" {name}={_EXAMPLES[name]!r} (or another) to the constructor, or call model.compile in"
        f" the builder.{_ADVICE.get(name, '')}"
    )


def missing_target(losses: Any) -> InputError:
    """Return the error for a loss without a target."""
    return InputError(
        f"y is None, and the loss {describe_loss(losses)} compares outputs with a target. Give y;"
        " an autoencoder is fitted to X: fit(X, X), or a KerasTransformer. A model without a target"
        " is compiled without a loss, and its layers call add_loss."
    )


def target_of_other_values(array: Any) -> InputError:
    """Return the error for a target of text, dates or Python objects."""
    return InputError(
        f"y has dtype {array.dtype} where the model is trained, and losses take numbers. Convert y;"
        " or for labels, use KerasClassifier, which encodes them; or override target_encoder in a"
        " subclass with a transformer that returns numbers."
    )


def spread_target(wanted: object, actual: object, loss: Any) -> ModelOutputError:
    """Return the error for a target of another shape than the output."""
    return ModelOutputError(
        f"The model returns rows of shape {wanted}, but the target has rows of shape {actual}, and"
        f" the loss {describe_loss(loss)} compares them number by number. Keras would spread the"
        " target over the outputs, or stop. Give a y of the shape of the output (an autoencoder is"
        " fitted to X: fit(X, X), or a target of X in its own fit method), or change the last"
        " layer."
    )


def unfit_losses(losses: Any, names: Sequence[str]) -> CompilationError:
    """Return the error for a list or dict of losses that does not fit a single output."""
    has = f" named {names[0]}" if names else ", without a name, as in every keras.Sequential"
    what = (
        f"a dict that names {', '.join(map(str, losses))}"
        if isinstance(losses, Mapping)
        else f"a list of {len(losses)}"
    )
    return CompilationError(
        f"loss is {what}, and the model has one output{has}. Give one loss, and no list or dict. A"
        " sum of losses is a function of your own."
    )


def used_optimizer(builder: str, optimizer: Any) -> CompilationError:
    """Return the error for an optimizer that is bound to the weights of an earlier model."""
    return CompilationError(
        f"The builder {builder} compiled the model with the {type(optimizer).__name__} object of an"
        " earlier model, and an optimizer is bound to the weights of one model. Create it inside"
        " the builder, or give it as optimizer=... to the wrapper, which copies it for each fit."
    )


def warn_of_shared_weights(builder: str, shared: Sequence[str]) -> None:
    """Warn that a new model has trainable weights of an earlier one."""
    more = f" and {len(shared) - 3} more" if len(shared) > 3 else ""
    warnings.warn(
        f"The builder {builder} returned a model with trainable weights of an earlier"
        f" model ({', '.join(shared[:3])}{more}). This fit goes on from them, and changes the"
        " earlier model too; folds of a cross-validation share what they learn. Create the"
        " model and its layers inside the builder, or pass the keras.Model itself as"
        " ``model``, which is copied for each fit. Layers that are meant to be shared as they"
        " are: set layer.trainable = False.",
        SharedWeightsWarning,
        stacklevel=3,
    )

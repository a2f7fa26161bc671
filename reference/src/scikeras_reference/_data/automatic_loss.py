"""The loss that ``loss="auto"`` stands for: chosen from the target and from what the model returns.

Nothing is guessed. What the outputs are is shown by applying the activation of the last layer to
known numbers; where that shows nothing, the choice is left to the user.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

import keras
import numpy as np

from scikeras_reference._data.classifier_encoder import ClassifierLabelEncoder
from scikeras_reference._data.regressor_encoder import RegressorTargetEncoder
from scikeras_reference.exceptions import CompilationError

__all__ = ["AUTOMATIC", "OutputKind", "automatic_loss", "output_kind"]

AUTOMATIC = "auto"
"""The value of ``loss`` that leaves the choice to the wrapper."""

_KNOWN = np.array([[-30.0, -2.0, 0.5], [4.0, 4.0, 4.0], [0.0, 1.0, 30.0]], dtype=np.float32)


class OutputKind(Enum):
    """What the numbers are that the last layer returns."""

    EXCLUSIVE = "probabilities that sum to one"
    INDEPENDENT = "a probability for each unit"
    LOGITS = "any numbers"


def output_kind(activation: Callable[[Any], Any] | None) -> OutputKind | None:
    """Return what an activation makes of known numbers; None if that shows nothing.

    Parameters
    ----------
    activation : callable or None
        That of the last layer, if it is known.

    Examples
    --------
    >>> output_kind(keras.activations.softmax).value
    'probabilities that sum to one'
    >>> output_kind(keras.activations.sigmoid).value, output_kind(keras.activations.linear).value
    ('a probability for each unit', 'any numbers')
    >>> output_kind(keras.activations.tanh) is None
    True
    """
    if activation is None:
        return None
    outputs = np.asarray(
        keras.ops.convert_to_numpy(activation(keras.ops.convert_to_tensor(_KNOWN)))
    )
    if outputs.shape != _KNOWN.shape:
        return None
    if np.array_equal(outputs, _KNOWN):
        return OutputKind.LOGITS
    if outputs.min() < 0 or outputs.max() > 1:
        return None
    if np.allclose(outputs.sum(axis=1), 1, atol=1e-3):
        return OutputKind.EXCLUSIVE
    # The same number has to become the same probability, whatever is beside it.
    alone = keras.ops.convert_to_numpy(activation(keras.ops.convert_to_tensor(_KNOWN[:, :1])))
    rises = np.array_equal(np.argsort(outputs[0]), [0, 1, 2]) and outputs[0, 2] > outputs[0, 0]
    same = np.allclose(np.asarray(alone)[:, 0], outputs[:, 0], atol=1e-3)
    return OutputKind.INDEPENDENT if same and rises else None


def automatic_loss(
    encoder: Any,
    target_type: str | None,
    output_shapes: Sequence[tuple[int | None, ...]],
    activation: Callable[[Any], Any] | None,
) -> tuple[Any, dict[str, Any]]:
    """Return the class of a loss, and the arguments that it needs.

    Parameters
    ----------
    encoder : transformer
        The fitted target encoder; it has to be one of the default encoders.
    target_type : str or None
        What ``type_of_target`` calls y.
    output_shapes : sequence of tuple
        The shape of each output of the model.
    activation : callable or None
        That of the last layer, if it is known.

    Returns
    -------
    type, dict
        Mean squared error for a regressor; for a classifier the crossentropy that takes what the
        model returns.

    Raises
    ------
    CompilationError
        A ``ValueError`` that says why nothing can be chosen.

    Examples
    --------
    >>> encoder = ClassifierLabelEncoder().fit(np.array(["a", "b", "c"]))
    >>> cls, arguments = automatic_loss(
    ...     encoder, "multiclass", [(None, 3)], keras.activations.linear
    ... )
    >>> cls.__name__, arguments
    ('SparseCategoricalCrossentropy', {'from_logits': True})
    """
    if len(output_shapes) != 1:
        raise _undecided(f"the model has {len(output_shapes)} outputs")
    if isinstance(encoder, RegressorTargetEncoder):
        return keras.losses.MeanSquaredError, {}
    if not isinstance(encoder, ClassifierLabelEncoder):
        raise _undecided(
            f"it is not known what the target is that {type(encoder).__name__} returns"
        )
    kind = output_kind(activation)
    if kind is None:
        raise _undecided(
            "the last layer does not show whether the model returns probabilities or logits (it"
            " would with activation='softmax' or 'sigmoid', or with none)"
        )
    logits = {"from_logits": True} if kind is OutputKind.LOGITS else {}
    shape = output_shapes[0]
    if target_type == "multilabel-indicator":
        return _for_indicator(encoder, kind), logits
    if (shape[1] if len(shape) > 1 else 1) == 1:
        if kind is OutputKind.EXCLUSIVE:
            raise _undecided("a softmax of one unit is always one; give it activation='sigmoid'")
        return keras.losses.BinaryCrossentropy, logits
    if kind is OutputKind.INDEPENDENT:
        return keras.losses.BinaryCrossentropy, logits
    if encoder.form == "one-hot":
        return keras.losses.CategoricalCrossentropy, logits
    return keras.losses.SparseCategoricalCrossentropy, logits


def _for_indicator(encoder: Any, kind: OutputKind) -> Any:
    if kind is not OutputKind.EXCLUSIVE:
        return keras.losses.BinaryCrossentropy
    if not encoder.exclusive_:
        raise _undecided(
            "a softmax lets the labels exclude each other, and some rows of y have none or several;"
            " give the last layer activation='sigmoid'"
        )
    return keras.losses.CategoricalCrossentropy


def _undecided(why: str) -> CompilationError:
    return CompilationError(f"loss='auto' cannot choose a loss: {why}. Give the loss by name.")

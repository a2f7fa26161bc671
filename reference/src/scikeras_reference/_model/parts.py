"""The two parts of an autoencoder: the model up to its code, and the model after it."""

from typing import Any

import keras

from scikeras_reference._parameters.storage import suggestion
from scikeras_reference.exceptions import ModelOutputError

__all__ = ["decoder_of", "encoder_of"]


def encoder_of(model: Any, code_layer: str | int) -> Any:
    """Return the model from the input to the code; it shares its layers with `model`.

    Parameters
    ----------
    model : keras.Model
        Functional or sequential.
    code_layer : str or int
        Name or position of the layer whose output is the code.

    Raises
    ------
    ModelOutputError
        A ``ValueError``, if there is no such layer, or if the layers of the model are not known.
    """
    position = _position(model, code_layer)
    if isinstance(model, keras.Sequential):
        return keras.Sequential([_input_like(model.inputs[0]), *model.layers[: position + 1]])
    return keras.Model(model.inputs, _code(model, position))


def decoder_of(model: Any, code_layer: str | int) -> Any | None:
    """Return the model from the code to the output; None if the code alone does not determine it.

    That is so where a connection leads past the code, or where the code is the output.
    """
    position = _position(model, code_layer)
    if isinstance(model, keras.Sequential):
        layers = model.layers[position + 1 :]
        return keras.Sequential([_input_like(layers[0].input), *layers]) if layers else None
    code = _code(model, position)
    if code is model.outputs[0]:
        return None
    try:
        decoder = keras.Model(code, model.outputs)
    except ValueError:  # the graph is not connected
        return None
    # Keras 3.12 does not notice; there, the decoder leads back to the inputs of the model too.
    starts = [layer for layer in decoder.layers if isinstance(layer, keras.layers.InputLayer)]
    return decoder if len(starts) == 1 else None


def _position(model: Any, code_layer: str | int) -> int:
    layers: list[Any] = model.layers
    if not model.built or not getattr(model, "inputs", None):
        raise ModelOutputError(
            f"The encoder cannot be taken from {type(model).__name__}: its layers are known only if"
            " it is a functional or a sequential model. Override transform in a subclass."
        )
    names = [layer.name for layer in layers]
    is_flag = isinstance(code_layer, bool)
    if not is_flag and isinstance(code_layer, int) and -len(layers) <= code_layer < len(layers):
        return code_layer % len(layers)
    if code_layer in names:
        return names.index(code_layer)
    hint = suggestion(code_layer, names) if isinstance(code_layer, str) else ""
    raise ModelOutputError(
        f"code_layer is {code_layer!r}, and the model has no such layer.{hint} It has"
        f" {', '.join(names)}. Name one of them, or call the layer of the code so:"
        f" Dense(..., name={code_layer!r})."
    )


def _code(model: Any, position: int) -> Any:
    """Return the tensor in the graph of `model` that a layer returns."""
    layer = model.layers[position]
    if isinstance(layer, keras.Model):
        # Such a layer has a graph of its own, whose output is no part of this one.
        raise ModelOutputError(
            f"code_layer is the model {layer.name} within a functional model. Use a sequential"
            " model of encoder and decoder, or name a layer after it, such as"
            " keras.layers.Identity(name='code')."
        )
    return layer.output


def _input_like(tensor: Any) -> Any:
    return keras.layers.Input(tensor.shape[1:], dtype=tensor.dtype)

"""Builders of ready-made networks, for estimators without a builder of one's own."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from scikeras_reference.exceptions import ModelInputError

__all__ = ["mlp"]


def mlp(
    meta: Mapping[str, Any],
    hidden_layer_sizes: Sequence[int] = (100,),
    activation: Any = "relu",
    dropout: float = 0.0,
) -> Any:
    """Return a small network of dense layers, as scikit-learn's ``MLPClassifier`` has it.

    Parameters
    ----------
    meta : mapping of str to object
        What the wrapper knows about X and y.
    hidden_layer_sizes : sequence of int, default=(100,)
        Units of each hidden layer.
    activation : str or callable, default="relu"
        Activation of the hidden layers.
    dropout : float, default=0.0
        Share of units that training drops after each hidden layer, from 0 to below 1.

    Returns
    -------
    keras.Model
        Not compiled. Its last layer is one sigmoid unit for two classes, a softmax for more, a
        sigmoid unit for each label of an indicator, and a linear unit for each target of a
        regressor. Rows of several dimensions are flattened.

    Notes
    -----
    A wrapper without ``model`` is an error (clause CLS-8), so the builder is given by name.

    Examples
    --------
    >>> import numpy as np
    >>> from scikeras_reference import KerasClassifier
    >>> clf = KerasClassifier(mlp, loss="auto", hidden_layer_sizes=(8, 4), verbose=0)
    >>> clf.fit(np.eye(3), ["a", "b", "c"]).model_.output_shape
    (None, 3)
    """
    if isinstance(meta["X_shape_"], Mapping):
        raise ModelInputError(
            f"mlp has one input, and X has inputs by name: {', '.join(meta['X_shape_'])}. Give an"
            " array, or a builder with a keras.Input for each name."
        )
    rows = tuple(meta["X_shape_"])[1:]
    layers: list[Any] = [keras.layers.Input(rows)]
    if len(rows) > 1:
        layers.append(keras.layers.Flatten())
    for units in hidden_layer_sizes:
        layers.append(keras.layers.Dense(units, activation=activation))
        if dropout:
            layers.append(keras.layers.Dropout(dropout))
    return keras.Sequential([*layers, _last_layer(meta)])


def _last_layer(meta: Mapping[str, Any]) -> Any:
    if "n_classes_" not in meta:
        return keras.layers.Dense(meta["n_outputs_"])
    n_classes = meta["n_classes_"]
    if meta["target_type_"] == "multilabel-indicator":
        return keras.layers.Dense(n_classes, activation="sigmoid")
    if n_classes <= 2:
        return keras.layers.Dense(1, activation="sigmoid")
    return keras.layers.Dense(n_classes, activation="softmax")

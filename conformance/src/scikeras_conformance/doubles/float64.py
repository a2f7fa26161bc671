"""Models in float64 for scikit-learn's estimator checks, which need more digits than float32.

A row with weight two has to count like two rows with weight one, to seven digits. This needs layers
and losses in float64, one batch of all rows, and a loss that is divided by the sum of the weights
instead of by the number of rows.
"""

from typing import Any

import keras
import numpy as np

__all__ = ["FLOAT64_BUILDERS", "computes_in_float64", "float64_settings"]

FLOAT64_LOSS = {"dtype": "float64", "reduction": "mean_with_sample_weight"}
UNITS = 16

# Two epochs are enough for all checks but these, which test what was learned.
LEARNING = (
    "check_class_weight_classifiers",
    "check_classifiers_train",
    "check_classifiers_classes",
    "check_regressors_train",
    "check_classifiers_one_label_sample_weights",
)


@keras.saving.register_keras_serializable(package="scikeras_conformance")
class Float64Dense(keras.layers.Dense):  # type: ignore[misc]
    """A layer that multiplies in float64 on every backend; some reduce the precision of matmul."""

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Compute the outputs."""
        del training
        products = inputs[..., None] * self.kernel
        return self.activation(keras.ops.sum(products, axis=-2) + self.bias)


def _model(meta: dict[str, Any], units: int, activation: str, loss: str) -> keras.Model:
    # On TensorFlow, tracing graphs for some hundred fits is slow; on JAX only compiled steps
    # are fast, and on PyTorch it makes no difference.
    on_tensorflow = keras.backend.backend() == "tensorflow"
    dense = keras.layers.Dense if on_tensorflow else Float64Dense
    inputs = keras.layers.Input((meta["n_features_in_"],), dtype="float64")
    hidden = dense(UNITS, activation="relu", dtype="float64")(inputs)
    outputs = dense(units, activation=activation, dtype="float64")(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(0.1),
        loss=getattr(keras.losses, loss)(**FLOAT64_LOSS),
        run_eagerly=on_tensorflow,
    )
    return model


def float64_classifier(meta: dict[str, Any]) -> keras.Model:
    """Build a classifier with softmax units if there are more than two classes."""
    several = meta["target_type_"] == "multiclass"
    units = meta["n_classes_"] if several or meta["target_type_"] != "binary" else 1
    loss = "SparseCategoricalCrossentropy" if several else "BinaryCrossentropy"
    return _model(meta, units, "softmax" if several else "sigmoid", loss)


def float64_multilabel_classifier(meta: dict[str, Any]) -> keras.Model:
    """Build a classifier with a unit for each label."""
    units = 1 if meta["target_type_"] == "binary" else meta["n_classes_"]
    return _model(meta, units, "sigmoid", "BinaryCrossentropy")


def float64_regressor(meta: dict[str, Any]) -> keras.Model:
    """Build a regressor."""
    return _model(meta, meta["n_outputs_"], "linear", "MeanSquaredError")


FLOAT64_BUILDERS = {
    "classifier": float64_classifier,
    "multilabel": float64_multilabel_classifier,
    "regressor": float64_regressor,
}
"""Builders by the kind of estimator."""


def float64_settings(name: str) -> dict[str, Any]:
    """Return the parameters of an estimator for a check of scikit-learn.

    Plain ones only: a wrapper may keep routed parameters as attributes of their own, which
    scikit-learn cannot tell from those that a constructor has no business to set.

    Parameters
    ----------
    name : str
        The check.
    """
    return {
        "batch_size": -1,
        "verbose": 0,
        "random_state": 0,
        "epochs": 8 if name.partition("-")[0] in LEARNING else 2,
    }


def computes_in_float64() -> bool:
    """Whether the backend can compute in float64; JAX needs a setting before it is imported."""
    value = keras.ops.convert_to_tensor(np.ones(1), dtype="float64")
    return str(keras.ops.convert_to_numpy(value).dtype) == "float64"

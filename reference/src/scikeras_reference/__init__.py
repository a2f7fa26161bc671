"""Keras 3 models as scikit-learn estimators, on any backend of Keras."""

from scikeras_reference.wrappers import (
    BaseWrapper,
    KerasClassifier,
    KerasRegressor,
    KerasTransformer,
)

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor", "KerasTransformer"]

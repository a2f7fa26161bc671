"""Keras 3 models as scikit-learn estimators, on any backend of Keras."""

from importlib import metadata

from scikeras_reference.wrappers import (
    BaseWrapper,
    KerasClassifier,
    KerasRegressor,
    KerasTransformer,
)

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor", "KerasTransformer"]

try:
    __version__ = metadata.version("scikeras-reference")
except metadata.PackageNotFoundError:
    __version__ = "0+unknown"  # a tree on the path, which nobody installed

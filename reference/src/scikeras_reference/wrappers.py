"""The wrappers, under the names that SciKeras users import, and the transformer."""

from scikeras_reference._base import BaseWrapper
from scikeras_reference._classifier import KerasClassifier
from scikeras_reference._regressor import KerasRegressor
from scikeras_reference._transformer import KerasTransformer

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor", "KerasTransformer"]

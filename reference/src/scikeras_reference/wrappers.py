"""The three wrappers, under the names that SciKeras users import."""

from scikeras_reference._base import BaseWrapper
from scikeras_reference._classifier import KerasClassifier
from scikeras_reference._regressor import KerasRegressor

__all__ = ["BaseWrapper", "KerasClassifier", "KerasRegressor"]

"""The three wrappers that the contract is about."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

__all__ = ["ALL", "CLASS_NAMES", "ESTIMATORS", "Wrapper"]


class Wrapper(StrEnum):
    """One of the three wrappers of a subject."""

    BASE = "base"
    CLASSIFIER = "classifier"
    REGRESSOR = "regressor"


ALL = (Wrapper.BASE, Wrapper.CLASSIFIER, Wrapper.REGRESSOR)
ESTIMATORS = (Wrapper.CLASSIFIER, Wrapper.REGRESSOR)

CLASS_NAMES: Mapping[Wrapper, str] = MappingProxyType(
    {
        Wrapper.BASE: "BaseWrapper",
        Wrapper.CLASSIFIER: "KerasClassifier",
        Wrapper.REGRESSOR: "KerasRegressor",
    }
)
"""The names that the contract has for the classes."""

"""The heavy modules that checks use, imported when a check runs."""

from typing import TYPE_CHECKING

from scikeras_conformance.runner.lazy_module import LazyModule

if TYPE_CHECKING:
    import keras
    import numpy as np
    import sklearn.base as sklearn_base

    from scikeras_conformance import doubles
else:
    keras = LazyModule("keras")
    np = LazyModule("numpy")
    doubles = LazyModule("scikeras_conformance.doubles")
    sklearn_base = LazyModule("sklearn.base")

__all__ = ["doubles", "keras", "np", "sklearn_base"]

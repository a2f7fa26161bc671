"""The heavy modules that checks use, imported when a check runs."""

from typing import TYPE_CHECKING

from scikeras_conformance.lazy import LazyModule

if TYPE_CHECKING:
    import keras
    import numpy as np
    import sklearn.base as sklearn_base

    from scikeras_conformance import probes
else:
    keras = LazyModule("keras")
    np = LazyModule("numpy")
    probes = LazyModule("scikeras_conformance.probes")
    sklearn_base = LazyModule("sklearn.base")

__all__ = ["keras", "np", "probes", "sklearn_base"]

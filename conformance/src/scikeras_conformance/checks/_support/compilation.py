"""The model that an estimator was fitted with."""

from typing import Any

from scikeras_conformance.checks._support.modules import doubles
from scikeras_conformance.runner.context import CheckContext

__all__ = ["config_of", "fitted_model"]


def fitted_model(context: CheckContext, build: Any, **params: Any) -> Any:
    """Fit an estimator on the default data set and return its ``model_``."""
    X, y, *_ = doubles.dataset(context.wrapper)
    estimator = context.make(build, **params)
    context.fit(estimator, X, y)
    return context.recording_model(estimator)


def config_of(value: Any) -> str:
    """Return the configuration of an optimizer or a loss as text that can be compared."""
    # Keras numbers the names of optimizers within a process.
    config = {key: entry for key, entry in value.get_config().items() if key != "name"}
    return f"{type(value).__name__} {config}"

"""What sequences of calls make of a subject: copies, and a subclass with encoders."""

import copy
from collections.abc import Callable
from typing import Any

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support.modules import doubles, sklearn_base
from scikeras_conformance.checks._support.serialization import pickle_round_trip
from scikeras_conformance.runner.context import CheckContext

__all__ = ["copies", "with_encoders"]


def copies() -> dict[str, Callable[[Any], Any]]:
    """Return what copies an estimator, by name."""
    return {
        "clone": sklearn_base.clone,
        "pickle": pickle_round_trip,
        "deepcopy": copy.deepcopy,
    }


def with_encoders(context: CheckContext, *, named: bool) -> Any:
    """Return a subclass with encoders of its own, for the target too if that is a number."""
    encoder = doubles.NamingFeatureEncoder if named else doubles.TracingFeatureEncoder
    properties: dict[str, Any] = {"feature_encoder": property(lambda _: encoder())}
    if context.wrapper is Wrapper.REGRESSOR:
        properties["target_encoder"] = property(lambda _: doubles.TracingTargetEncoder())
    return type("WithEncoders", (context.cls,), properties)

"""Values of parameters as plain facts, to compare a copy with its original."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from scikeras_conformance.checks._support.modules import keras, np

__all__ = ["described"]


def described(value: Any) -> Any:
    """Return what a value is, with the settings of Keras objects, generators and estimators.

    Parameters
    ----------
    value : object
        A parameter, or something inside of one.
    """
    if isinstance(value, Mapping):
        # The order of the keys may be that of layers.
        entries = [[str(key), described(item)] for key, item in value.items()]
        return [type(value).__name__, *entries]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(described, value)]
    if isinstance(value, np.ndarray):
        return [str(value.dtype), value.shape, value.tolist()]
    if isinstance(value, np.random.RandomState):
        return repr(value.get_state())
    if isinstance(value, partial):
        return ["partial", described(value.func), *map(described, (value.args, value.keywords))]
    if isinstance(value, type) or callable(getattr(value, "__code__", None)):
        return repr(value)
    return _settings_of(value)


def _settings_of(value: Any) -> Any:
    if hasattr(value, "get_config"):
        config = value.get_config()
        # Keras numbers the names of optimizers within a process.
        return [type(value).__name__, repr({k: v for k, v in config.items() if k != "name"})]
    if hasattr(value, "get_params"):
        return [type(value).__name__, described(value.get_params())]
    if isinstance(value, keras.callbacks.Callback):
        own = {name: item for name, item in vars(value).items() if not name.startswith("_")}
        return [type(value).__name__, described(own)]
    return [type(value).__name__, repr(value)]

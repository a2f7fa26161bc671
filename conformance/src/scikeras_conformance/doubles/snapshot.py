"""Deep snapshots of parameters, to find changes inside them."""

from collections.abc import Iterator, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import keras
import numpy as np

__all__ = ["changed_paths", "snapshot"]

_ATOMS = (str, bytes, int, float, complex, bool, type(None), np.generic)
_BY_IDENTITY = (type, FunctionType, MethodType, BuiltinFunctionType)


def snapshot(value: Any) -> dict[str, object]:
    """Return the facts that describe an object and everything inside it.

    Parameters
    ----------
    value : object
        Usually the result of `get_params`.

    Returns
    -------
    dict
        From the path of a fact to the fact. Keras objects contribute configuration, state and
        whether they were built; other objects their attributes. What is inside contributes its
        identity too; the object itself does not, so that snapshots of two dicts can be compared.
    """
    facts = dict(_facts(value, "", set()))
    if len(facts) > 1:
        del facts[""]
    return facts


def changed_paths(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return the paths at which two snapshots differ."""
    missing = object()
    paths = [*before, *(path for path in after if path not in before)]
    return [path for path in paths if before.get(path, missing) != after.get(path, missing)]


def _facts(value: Any, path: str, seen: set[int]) -> Iterator[tuple[str, object]]:
    if isinstance(value, _ATOMS):
        yield path, (type(value).__name__, repr(value))
        return
    yield path, id(value)
    if id(value) in seen or isinstance(value, _BY_IDENTITY):
        return
    seen.add(id(value))
    yield from _inside(value, path, seen)


def _inside(value: Any, path: str, seen: set[int]) -> Iterator[tuple[str, object]]:
    if isinstance(value, np.ndarray):
        yield f"{path}.content", (str(value.dtype), value.shape, value.tobytes())
    elif hasattr(value, "to_numpy") and hasattr(value, "index"):
        # A data frame or a series, which caches what was looked up in it.
        is_frame = hasattr(value, "columns")
        names = list(value.columns) if is_frame else [value.name]
        dtypes = [str(dtype) for dtype in (value.dtypes if is_frame else [value.dtype])]
        yield f"{path}.content", repr((value.to_numpy().tolist(), list(value.index), names, dtypes))
    elif isinstance(value, Mapping):
        yield f"{path}.keys", repr(list(value))
        for key, item in value.items():
            yield from _facts(item, f"{path}[{key!r}]", seen)
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield f"{path}.length", len(value)
        for index, item in enumerate(value):
            yield from _facts(item, f"{path}[{index}]", seen)
    elif isinstance(value, np.random.RandomState):
        yield f"{path}.state", repr(value.get_state())
    elif isinstance(value, _KERAS_STATE):
        yield from _keras_facts(value, path)
    else:
        for name, item in _attributes(value):
            yield from _facts(item, f"{path}.{name}", seen)


def _attributes(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, partial):
        return [(name, getattr(value, name)) for name in ("func", "args", "keywords")]
    return sorted(getattr(value, "__dict__", {}).items())


_KERAS_STATE = (
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.layers.Layer,
)


def _keras_facts(value: Any, path: str) -> Iterator[tuple[str, object]]:
    yield f"{path}.config", repr(keras.saving.serialize_keras_object(value))
    yield f"{path}.built", getattr(value, "built", None)
    # Without the paths of variables, which differ between optimizers of different models.
    for index, variable in enumerate(getattr(value, "variables", ())):
        array = keras.ops.convert_to_numpy(variable)
        yield f"{path}.variables[{index}]", (str(array.dtype), array.shape, array.tobytes())

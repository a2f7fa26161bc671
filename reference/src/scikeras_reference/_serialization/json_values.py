"""Values as JSON and arrays, and back, without pickle.

What JSON has no form for is an object with the key ``~``, which says what it is. Classes and
functions are stored by name only. Reading finds Keras's own, and those that the caller allows by
name; nothing is imported because a file names it.
"""

import functools
import importlib
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import sklearn.model_selection

from scikeras_reference._backends.execution import exclude_from_decay, undecayed
from scikeras_reference._serialization.keras_configs import (
    from_config,
    library_name,
    library_object,
    to_config,
)
from scikeras_reference.exceptions import ArchiveError, SerializationError

__all__ = ["Reader", "Writer"]

_TAG = "~"
_NUMBERS = "biufcSUmM"
_WITH_CONFIG = (
    keras.optimizers.Optimizer,
    keras.losses.Loss,
    keras.metrics.Metric,
    keras.optimizers.schedules.LearningRateSchedule,
    keras.layers.Layer,
    keras.initializers.Initializer,
    keras.regularizers.Regularizer,
)
_CATEGORIES: Mapping[tuple[str, str], Callable[[Any, Any, bool], Any]] = {
    ("pandas", "CategoricalDtype"): lambda pandas, values, ordered: pandas.CategoricalDtype(
        values, ordered
    ),
    ("polars", "Enum"): lambda polars, values, _: polars.Enum(values.tolist()),
}
"""The dtypes of categories, whose libraries are imported if a frame of theirs was fitted to."""
_SPLITTERS = {
    name: value
    for name, value in vars(sklearn.model_selection).items()
    if isinstance(value, type) and hasattr(value, "get_n_splits")
}


class Writer:
    """Collects the arrays and the models of the values that it encodes.

    Parameters
    ----------
    classes : mapping of str to type
        Classes whose instances are stored by their attributes, and enumerations.
    """

    def __init__(self, classes: Mapping[str, type]) -> None:
        self.arrays: list[Any] = []
        self.models: list[Any] = []
        self._names = {cls: name for name, cls in {**_SPLITTERS, **classes}.items()}

    def encode(self, value: Any, path: str) -> Any:
        """Return `value` as JSON has it; `path` is what it is called in errors.

        Raises
        ------
        SerializationError
            A ``TypeError``, for what can be stored with pickle only.
        """
        if value is None or isinstance(value, (bool, str)) or type(value) is int:
            return value
        if type(value) is float:
            return value if math.isfinite(value) else {_TAG: "float", "value": str(value)}
        if type(value) is list:
            return self._items(value, path)
        if type(value) is tuple:
            return {_TAG: "tuple", "items": self._items(value, path)}
        if type(value) is dict:
            items = [
                [self.encode(k, path), self.encode(v, f"{path}[{k!r}]")] for k, v in value.items()
            ]
            return {_TAG: "dict", "items": items}
        if isinstance(value, (np.generic, np.ndarray, np.dtype)):
            return self._of_numpy(value, path)
        return self._object(value, path)

    def _items(self, values: Any, path: str) -> list[Any]:
        return [self.encode(item, f"{path}[{index}]") for index, item in enumerate(values)]

    def _of_numpy(self, value: Any, path: str) -> dict[str, Any]:
        if isinstance(value, np.dtype):
            return {_TAG: "dtype", "value": value.str}
        array = np.asarray(value)
        if array.dtype.kind == "O":
            items = self._items(array.ravel().tolist(), path)
            return {_TAG: "objects", "shape": list(array.shape), "items": items}
        if array.dtype.kind not in _NUMBERS:
            raise _unsupported(value, path)
        self.arrays.append(np.ascontiguousarray(array).reshape(array.shape))
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return {_TAG: kind, "number": len(self.arrays) - 1}

    def _object(self, value: Any, path: str) -> dict[str, Any]:
        if isinstance(value, keras.Model):
            self.models.append(value)
            return {_TAG: "model", "number": len(self.models) - 1}
        if isinstance(value, _WITH_CONFIG):
            record = {_TAG: "keras", "config": to_config(value, path)}
            excluded = undecayed(value) if isinstance(value, keras.optimizers.Optimizer) else None
            return record if excluded is None else {**record, "undecayed": excluded}
        if isinstance(value, np.random.RandomState):
            return {_TAG: "RandomState", "state": self.encode(value.get_state(), path)}
        if isinstance(value, functools.partial):
            parts = (value.func, value.args, dict(value.keywords))
            return {_TAG: "partial", "parts": self._items(parts, path)}
        if type(value) in self._names:
            return self._known(value, path)
        library = type(value).__module__.partition(".")[0]
        if (library, type(value).__name__) in _CATEGORIES:
            values = self._of_numpy(np.asarray(value.categories), path)
            ordered = bool(getattr(value, "ordered", True))
            return {_TAG: "categories", "parts": [library, values, ordered]}
        if isinstance(value, type) and issubclass(value, np.generic):
            return {_TAG: "numpy", "name": value.__name__}
        if isinstance(value, type) or inspect.isroutine(value):
            return {_TAG: "name", "name": library_name(value) or value.__name__}
        if hasattr(value, "__dict__") and not isinstance(value, keras.callbacks.Callback):
            return self._instance(value, type(value).__name__, path)
        raise _unsupported(value, path)

    def _known(self, value: Any, path: str) -> dict[str, Any]:
        """Return an instance of a class that the reader knows."""
        name = self._names[type(value)]
        if hasattr(type(value), "__members__"):
            return {_TAG: "member", "class": name, "name": value.name}
        return self._instance(value, name, path)

    def _instance(self, value: Any, name: str, path: str) -> dict[str, Any]:
        state = {key: self.encode(item, f"{path}.{key}") for key, item in vars(value).items()}
        return {_TAG: "object", "class": name, "state": state}


class Reader:
    """Makes values of JSON again.

    Parameters
    ----------
    classes : mapping of str to type
        As for `Writer`.
    allowed : mapping of str to object
        Classes and functions of the caller's own, by name.
    safe_mode : bool
        As for ``keras.saving.load_model``.
    array, model : callable
        Return the array, or the model, of a number.
    """

    def __init__(
        self,
        classes: Mapping[str, type],
        allowed: Mapping[str, Any],
        safe_mode: bool,
        array: Callable[[int], Any],
        model: Callable[[int], Any],
    ) -> None:
        self._classes = {**_SPLITTERS, **classes}
        self._allowed = allowed
        self._safe_mode = safe_mode
        self._array = array
        self._model = model

    def decode(self, value: Any) -> Any:
        """Return the value that was encoded.

        Raises
        ------
        ArchiveError
            A ``ValueError``, for what `Writer` does not write, and for names that are not allowed.
        """
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        try:
            return self._decoders[value[_TAG]](self, value)
        except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ArchiveError(
                f"The archive has a value that no version of this package writes:"
                f" {str(value)[:100]}. It is damaged, or was made by another program."
            ) from error

    def knows(self, name: str) -> bool:
        """Return whether a class or a function is allowed."""
        return self._found(name) is not None

    def _found(self, name: str) -> Any:
        found = self._allowed.get(name)
        found = library_object(name) if found is None else found
        return self._classes.get(name) if found is None else found

    def named(self, name: str) -> Any:
        """Return a class or a function by its name."""
        found = self._found(name)
        if found is None:
            raise ArchiveError(
                f"The archive needs {name!r}, which is neither Keras's own nor allowed. If you"
                f" trust it, pass the object: load(path, custom_objects={{{name!r}: ...}})."
            )
        return found

    def _tuple(self, value: Any) -> Any:
        return tuple(self.decode(list(value["items"])))

    def _dict(self, value: Any) -> Any:
        return {self.decode(key): self.decode(item) for key, item in value["items"]}

    def _objects(self, value: Any) -> Any:
        array = np.empty(len(value["items"]), dtype=object)
        array[:] = self.decode(list(value["items"]))
        return array.reshape([int(size) for size in value["shape"]])

    def _keras_object(self, value: Any) -> Any:
        made = from_config(value["config"], self._allowed, self._safe_mode)
        if "undecayed" in value:
            exclude_from_decay(made, value["undecayed"])
        return made

    def _random_state(self, value: Any) -> Any:
        generator = np.random.RandomState()
        generator.set_state(self.decode(value["state"]))
        return generator

    def _partial(self, value: Any) -> Any:
        func, args, keywords = self.decode(list(value["parts"]))
        return functools.partial(func, *args, **keywords)

    def _instance(self, value: Any) -> Any:
        cls = self._class(value["class"])
        made = object.__new__(cls)
        vars(made).update({str(k): self.decode(v) for k, v in value["state"].items()})
        return made

    def _member(self, value: Any) -> Any:
        return self._class(value["class"])[value["name"]]

    def _categories(self, value: Any) -> Any:
        library, values, ordered = value["parts"]
        for (name, _), make in _CATEGORIES.items():
            if name == library:
                return make(importlib.import_module(name), self.decode(values), ordered is True)
        raise KeyError(library)

    def _class(self, name: str) -> Any:
        found = self._classes.get(name) or self.named(name)
        if not isinstance(found, type):
            raise ArchiveError(f"{name!r} has to be a class; custom_objects has {found!r}.")
        return found

    def _numpy_type(self, value: Any) -> Any:
        return np.dtype(str(value["name"]).removesuffix("_")).type

    _decoders: Mapping[str, Callable[[Any, Any], Any]] = {
        "float": lambda _, value: float(value["value"]),
        "tuple": _tuple,
        "dict": _dict,
        "dtype": lambda _, value: np.dtype(str(value["value"])),
        "objects": _objects,
        "array": lambda self, value: self._array(value["number"]),
        "scalar": lambda self, value: self._array(value["number"])[()],
        "model": lambda self, value: self._model(value["number"]),
        "keras": _keras_object,
        "RandomState": _random_state,
        "partial": _partial,
        "categories": _categories,
        "member": _member,
        "object": _instance,
        "numpy": _numpy_type,
        "name": lambda self, value: self.named(value["name"]),
    }


def _unsupported(value: Any, path: str) -> SerializationError:
    if isinstance(value, keras.callbacks.Callback):
        remedy = "Give the class as callbacks, and its arguments with callbacks__."
    else:
        remedy = "Use pickle if whoever loads it trusts you."
    return SerializationError(
        f"{path} is {type(value).__name__}, which cannot be saved without pickle. {remedy} Or leave"
        f" the parameter out: save(path, drop=[...])."
    )

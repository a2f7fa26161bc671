"""Classes that take whatever arguments they are given, and keep them for a check to look at."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import keras

__all__ = ["CLASSES_ACCEPTING_ANYTHING", "class_accepting_anything", "leaves"]


class _Open:
    """Keeps its arguments as ``given``: a dict, with positional ones under their number."""

    made: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(**self._settings)
        # Not by assignment, which Keras would track and wrap.
        object.__setattr__(self, "given", {**{str(i): a for i, a in enumerate(args)}, **kwargs})
        self.made.append(self)

    _settings: Mapping[str, Any] = {}

    def get_config(self) -> dict[str, Any]:
        """Give the arguments, for a wrapper that rebuilds what it made."""
        config: dict[str, Any] = dict(getattr(self, "given", {}))
        return config

    def __deepcopy__(self, memo: object) -> Any:
        # Keras would look for the class in the module that it says it is from.
        return type(self)(**copy.deepcopy(self.get_config()))


class _AnyArgumentsOptimizer(_Open, keras.optimizers.SGD):  # type: ignore[misc]
    _settings = {"learning_rate": 0.0}  # noqa: RUF012 - never changed


class _AnyArgumentsLoss(_Open, keras.losses.MeanSquaredError):  # type: ignore[misc]
    pass


class _AnyArgumentsMetric(_Open, keras.metrics.MeanSquaredError):  # type: ignore[misc]
    pass


class _AnyArgumentsCallback(_Open, keras.callbacks.Callback):  # type: ignore[misc]
    trained: list[Any]
    asked: list[Any]

    def on_train_begin(self, logs: Any = None) -> None:
        """Note that this one saw a training."""
        del logs
        self.trained.append(self)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Note that this one saw a prediction."""
        del logs
        self.asked.append(self)


CLASSES_ACCEPTING_ANYTHING: Mapping[str, type] = {
    "optimizer": _AnyArgumentsOptimizer,
    "loss": _AnyArgumentsLoss,
    "metrics": _AnyArgumentsMetric,
    "callbacks": _AnyArgumentsCallback,
    "argument": _Open,
}
"""What can be made, by the parameter of a wrapper that it is for; and an argument of one."""


def class_accepting_anything(kind: str) -> Any:
    """Make a new class whose constructor takes any arguments.

    Parameters
    ----------
    kind : str
        A key of `CLASSES_ACCEPTING_ANYTHING`.

    Returns
    -------
    type
        Its ``made`` lists its instances, each with its arguments as ``given``. A callback class
        also lists those that saw a training, ``trained``, or a prediction, ``asked``.
    """
    lists: dict[str, list[Any]] = {"made": [], "trained": [], "asked": []}
    parent = CLASSES_ACCEPTING_ANYTHING[kind]
    return type(f"Open{kind.capitalize()}", (parent,), lists)


def leaves(nest: Any) -> Iterator[Any]:
    """Give what is in lists, tuples and mappings of any depth."""
    if isinstance(nest, Mapping):
        nest = list(nest.values())
    if isinstance(nest, (list, tuple)):
        for item in nest:
            yield from leaves(item)
    else:
        yield nest

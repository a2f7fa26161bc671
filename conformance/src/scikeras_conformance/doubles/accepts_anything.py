"""Optimizer, loss, metric and callback classes that accept and record any arguments."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import keras

from scikeras_conformance.doubles.recorders import naming_arguments

__all__ = ["CLASSES_ACCEPTING_ANYTHING", "class_accepting_anything", "leaves"]


class _AnyArguments:
    """Keep the arguments as ``given``: a dict, with positional ones under their number."""

    made: list[Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(**self._settings)
        # Not by assignment, because Keras would track and wrap the dict.
        object.__setattr__(self, "given", {**{str(i): a for i, a in enumerate(args)}, **kwargs})
        self.made.append(self)

    _settings: Mapping[str, Any] = {}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, for wrappers that rebuild objects from their configuration."""
        config: dict[str, Any] = dict(getattr(self, "given", {}))
        return config

    def __deepcopy__(self, memo: object) -> Any:
        # Keras would look for the class in its module.
        return type(self)(**copy.deepcopy(self.get_config()))


class _AnyArgumentsOptimizer(_AnyArguments, keras.optimizers.SGD):  # type: ignore[misc]
    # The name for the reason that `sgd` has for it.
    _settings = {"learning_rate": 0.0, "name": "any_arguments"}  # noqa: RUF012 - never changed


class _AnyArgumentsLoss(_AnyArguments, keras.losses.MeanSquaredError):  # type: ignore[misc]
    pass


class _AnyArgumentsMetric(_AnyArguments, keras.metrics.MeanSquaredError):  # type: ignore[misc]
    pass


class _AnyArgumentsCallback(_AnyArguments, keras.callbacks.Callback):  # type: ignore[misc]
    trained: list[Any]
    predicted: list[Any]

    def on_train_begin(self, logs: Any = None) -> None:
        """Record a call for training."""
        del logs
        self.trained.append(self)

    def on_predict_begin(self, logs: Any = None) -> None:
        """Record a call for prediction."""
        del logs
        self.predicted.append(self)


CLASSES_ACCEPTING_ANYTHING: Mapping[str, type] = {
    "optimizer": _AnyArgumentsOptimizer,
    "loss": _AnyArgumentsLoss,
    "metrics": _AnyArgumentsMetric,
    "callbacks": _AnyArgumentsCallback,
    "argument": _AnyArguments,
}
"""Base classes by the parameter of a wrapper, and one for arguments of constructors."""


def class_accepting_anything(kind: str, *names: str) -> Any:
    """Return a new class whose constructor accepts any arguments, or those of some names.

    Parameters
    ----------
    kind : str
        A key of `CLASSES_ACCEPTING_ANYTHING`.
    *names : str
        If there are any, the signature of the constructor has these arguments and no others.

    Returns
    -------
    type
        Its ``made`` lists its instances, each with its arguments as ``given``. A callback class
        also lists the instances called for training, ``trained``, and prediction, ``predicted``.
    """
    namespace: dict[str, Any] = {"made": [], "trained": [], "predicted": []}
    parent: Any = CLASSES_ACCEPTING_ANYTHING[kind]
    if names:
        namespace["__init__"] = naming_arguments(parent.__init__, names, leading=["self"])
    return type(f"AnyArguments{kind.capitalize()}", (parent,), namespace)


def leaves(structure: Any) -> Iterator[Any]:
    """Yield the items of lists, tuples and mappings, nested to any depth."""
    if isinstance(structure, Mapping):
        structure = list(structure.values())
    if isinstance(structure, (list, tuple)):
        for item in structure:
            yield from leaves(item)
    else:
        yield structure

"""Classes that record their constructions, and parameter values of many kinds."""

import inspect
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any, NoReturn

import keras
import numpy as np

__all__ = [
    "StorableOnly",
    "callback_class",
    "naming_arguments",
    "parameter_value",
    "recording_class",
    "sgd",
    "zero_learning_rate",
]


def zero_learning_rate() -> keras.optimizers.Optimizer:
    """Return an optimizer with learning rate zero, which leaves the weights unchanged."""
    return sgd(0.0)


def sgd(learning_rate: float, **settings: Any) -> keras.optimizers.Optimizer:
    """Return an optimizer that has the same name each time.

    Keras numbers those without a name. TensorFlow then makes a new operation for each of their
    variables, which takes longer than all else that a small model needs.

    Parameters
    ----------
    learning_rate : float
        The learning rate.
    **settings
        Other arguments of `keras.optimizers.SGD`.
    """
    return keras.optimizers.SGD(learning_rate, name="sgd_of_the_suite", **settings)


def recording_class(parent: type) -> tuple[type, list[dict[str, Any]]]:
    """Return a subclass of `parent`, and the list of arguments of its instances.

    Each instance holds its own arguments as ``given``.

    Parameters
    ----------
    parent : type
        An optimizer, loss, metric or callback of Keras.
    """
    calls: list[dict[str, Any]] = []

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - becomes one
        calls.append({**{str(i): arg for i, arg in enumerate(args)}, **kwargs})
        parent.__init__(self, *args, **kwargs)  # type: ignore[misc]
        # Not a dict, which Keras would track.
        self.given = MappingProxyType(calls[-1])

    return type(f"Recording{parent.__name__}", (parent,), {"__init__": __init__}), calls


def naming_arguments(
    function: Callable[..., Any], names: Iterable[str], *, leading: Iterable[str] = ()
) -> Callable[..., Any]:
    """Return a recorder whose signature names its arguments, and allows no others.

    A wrapper may choose arguments by the names in a signature. What it passes to ``**kwargs`` then
    says nothing of what it passes to a function that names an argument.

    Parameters
    ----------
    function : callable
        Records any arguments.
    names : iterable of str
        The names, each of an argument that need not be given.
    leading : iterable of str, default=()
        The names of arguments that come first and have to be given, such as ``"self"``.
    """
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind) for name in leading]
    parameters += [inspect.Parameter(name, kind, default=None) for name in names]
    signature = inspect.Signature(parameters)

    def naming(*args: Any, **kwargs: Any) -> Any:
        signature.bind(*args, **kwargs)
        return function(*args, **kwargs)

    naming.__signature__ = signature  # type: ignore[attr-defined]
    return naming


def callback_class() -> tuple[type, list[str]]:
    """Return a callback class, and the list of events that its instances are called for."""
    events: list[str] = []

    class RecordingCallback(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_begin(self, logs: Any = None) -> None:
            del logs
            events.append("train")

        def on_predict_begin(self, logs: Any = None) -> None:
            del logs
            events.append("predict")

    return RecordingCallback, events


class StorableOnly:
    """An object that can be stored, but not compared, tested for truth or copied."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> NoReturn:
        msg = "an object without equality was compared"
        raise RuntimeError(msg)

    def __bool__(self) -> NoReturn:
        msg = "an object without a truth value was tested"
        raise RuntimeError(msg)

    def __deepcopy__(self, memo: object) -> NoReturn:
        msg = "a parameter was copied"
        raise RuntimeError(msg)


def parameter_value(kind: str) -> Any:
    """Return a value that careless wrappers copy, convert, call or compare."""

    def function() -> NoReturn:
        msg = "a parameter was called"
        raise RuntimeError(msg)

    makers: dict[str, Any] = {
        "list": lambda: [1, [2]],
        "dict": lambda: {"a": {"b": 1}},
        "tuple": lambda: ((1,), 2),
        "array": lambda: np.arange(4.0),
        "class": lambda: type("GivenClass", (), {"__init__": function}),
        "estimator class": lambda: type(
            "GivenEstimator", (), {"__init__": function, "get_params": function}
        ),
        "instance": lambda: keras.optimizers.SGD(0.5),
        "function": lambda: function,
        "without-equality": StorableOnly,
        "text": lambda: "MeanSquaredError",  # which has other names too
        "empty list": list,
        "empty dict": dict,
        "empty array": lambda: np.empty(0),
    }
    return makers[kind]()

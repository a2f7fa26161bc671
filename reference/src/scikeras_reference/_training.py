"""The arguments of ``Model.fit`` and ``Model.predict``, callbacks, and the history."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scikeras_reference._construction import make_callbacks
from scikeras_reference._routing import route
from scikeras_reference.exceptions import ParameterError
from scikeras_reference.utils import metric_name

__all__ = [
    "extend_history",
    "fit_arguments",
    "predict_arguments",
    "training_callbacks",
]

_FIT = ("batch_size", "validation_batch_size", "verbose", "validation_split", "shuffle", "epochs")
_PREDICT = ("batch_size", "verbose")
_CALLBACKS = "callbacks"
# Numbers that Keras takes without a word, and trains on nothing, or on all.
_RANGES = {
    "batch_size": (1, None),
    "validation_batch_size": (1, None),
    "epochs": (0, None),
    "validation_split": (0.0, 1.0),
}


def fit_arguments(
    named: Mapping[str, Any], routed: Mapping[str, Any], call: Mapping[str, Any], n_samples: int
) -> dict[str, Any]:
    """Make the keyword arguments of ``Model.fit``, callbacks and data left out.

    A keyword of the call wins over ``fit__x``, and that over the plain parameter (clauses API-11
    and ROUTE-11).
    """
    return _arguments("fit", _FIT, named, routed, call, n_samples)


def predict_arguments(
    named: Mapping[str, Any], routed: Mapping[str, Any], call: Mapping[str, Any], n_samples: int
) -> dict[str, Any]:
    """Make the keyword arguments of ``Model.predict``, callbacks and data left out."""
    return _arguments("predict", _PREDICT, named, routed, call, n_samples)


def training_callbacks(
    named: Mapping[str, Any], routed: Mapping[str, Any]
) -> tuple[list[Any], list[Any]]:
    """Make the callbacks for fitting and those for predicting.

    Those of the parameter ``callbacks`` are in both, as the same objects; ``fit__callbacks`` and
    ``predict__callbacks`` serve one method each (clause ROUTE-16).
    """
    both = make_callbacks(named[_CALLBACKS], route(routed, _CALLBACKS))
    only = []
    for method in ("fit", "predict"):
        path = f"{method}__{_CALLBACKS}"
        only.append(make_callbacks(routed.get(path), route(routed, path), path))
    return both + only[0], both + only[1]


def extend_history(history: dict[str, list[Any]], logs: Mapping[str, Sequence[Any]]) -> None:
    """Add the logs of a training to `history`, under the full names of the metrics (API-1).

    >>> history = {"loss": [3.0]}
    >>> extend_history(history, {"loss": [2.0], "val_mse": [1.0]})
    >>> history
    {'loss': [3.0, 2.0], 'val_mean_squared_error': [1.0]}
    """
    for name, values in logs.items():
        full = _full_name(name)
        if full != name and full in logs:
            full = name
        history.setdefault(full, []).extend(values)


def _arguments(
    method: str,
    names: Sequence[str],
    named: Mapping[str, Any],
    routed: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    own = {
        name: value
        for name, value in route(routed, method).items()
        if name.partition("__")[0] != _CALLBACKS
    }
    arguments = {**{name: named[name] for name in names}, **own, **call}
    for name in ("batch_size", "validation_batch_size"):
        # An object that has no truth value is Keras's to refuse, so compare integers only.
        size = arguments.get(name)
        if isinstance(size, (int, np.integer)) and size == -1:
            arguments[name] = n_samples
    for name, (lowest, highest) in _RANGES.items():
        _check_range(name, arguments.get(name), lowest, highest)
    return arguments


def _check_range(name: str, value: Any, lowest: float, highest: float | None) -> None:
    whole = isinstance(lowest, int)
    wrong_kind = isinstance(value, (str, bool)) or (whole and isinstance(value, float))
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not wrong_kind
    out_of_range = is_number and not (lowest <= value and (highest is None or value < highest))
    if wrong_kind or out_of_range:
        what = f"{lowest} or more" if highest is None else f"from {lowest} to below {highest}"
        kind = "a whole number" if whole else "a number"
        also = ", -1 for all rows, or None" if name.endswith("batch_size") else ""
        raise ParameterError(f"{name} is {value!r}; it has to be {kind}, {what}{also}.")


def _full_name(name: str) -> str:
    prefix = "val_" if name.startswith("val_") else ""
    short = name.removeprefix(prefix)
    if short == "loss":
        return name
    try:
        return prefix + metric_name(short)
    except (ValueError, TypeError):  # a metric of the user's own
        return name

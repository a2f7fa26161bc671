"""The arguments of ``Model.fit`` and ``Model.predict``, callbacks, and the history."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scikeras_reference._model.keras_objects import make_callbacks
from scikeras_reference._parameters.routing import route
from scikeras_reference._parameters.signatures import check_accepted
from scikeras_reference._parameters.values import check_values
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
_DATA = ("x", "y", "sample_weight")


def fit_arguments(
    fit: Callable[..., Any],
    named: Mapping[str, Any],
    routed: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    """Make the keyword arguments of ``Model.fit``, callbacks and data left out.

    A keyword of the call wins over ``fit__x``, and that over the plain parameter (clauses API-11
    and ROUTE-11).

    Raises
    ------
    RoutingError
        A ``TypeError``, for an argument that `fit` does not take.
    ParameterError
        A ``ValueError``, for a value that Keras would take and misunderstand.
    """
    own = _routed("fit", routed)
    check_accepted(fit, "fit", {"fit__": own, "": call}, _DATA)
    return _arguments(_FIT, named, own, call, n_samples)


def predict_arguments(
    predict: Callable[..., Any],
    named: Mapping[str, Any],
    routed: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    """Make the keyword arguments of ``Model.predict``, callbacks and data left out.

    Raises
    ------
    RoutingError, ParameterError
        As for `fit_arguments`.
    """
    own = _routed("predict", routed)
    if not {*own, *call} <= {*_PREDICT, _CALLBACKS}:  # a signature costs a tenth of an answer
        check_accepted(predict, "predict", {"predict__": own, "": call}, _DATA)
    return _arguments(_PREDICT, named, own, call, n_samples)


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


def _routed(method: str, routed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in route(routed, method).items()
        if name.partition("__")[0] != _CALLBACKS
    }


def _arguments(
    names: Sequence[str],
    named: Mapping[str, Any],
    own: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    arguments = {**{name: named[name] for name in names}, **own, **call}
    for name in ("batch_size", "validation_batch_size"):
        # An object that has no truth value is Keras's to refuse, so compare integers only.
        size = arguments.get(name)
        if isinstance(size, (int, np.integer)) and size == -1:
            arguments[name] = n_samples
    check_values(arguments)
    return arguments


def _full_name(name: str) -> str:
    prefix = "val_" if name.startswith("val_") else ""
    short = name.removeprefix(prefix)
    if short == "loss":
        return name
    try:
        return prefix + metric_name(short)
    except (ValueError, TypeError):  # a metric of the user's own
        return name

"""The arguments of ``Model.fit`` and ``Model.predict``, callbacks included."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from scikeras_reference._data.batch_sources import is_batches
from scikeras_reference._model.callbacks import make_callbacks
from scikeras_reference._parameters.named import check_flag
from scikeras_reference._parameters.routing import route
from scikeras_reference._parameters.signatures import accepted, check_accepted
from scikeras_reference.exceptions import InputError, ParameterError

__all__ = [
    "fit_arguments",
    "is_splitter",
    "one_more_epoch",
    "predict_arguments",
    "splits",
    "training_callbacks",
    "validation_data",
    "without_defaults",
]

_FIT = ("batch_size", "validation_batch_size", "verbose", "validation_split", "shuffle", "epochs")
_PREDICT = ("batch_size", "verbose")
_CALLBACKS = "callbacks"
_DATA = ("x", "y", "sample_weight")
_NUMBERS_OR_TEXT = (int, float, np.number, str)
_DEFAULTS = {
    "callbacks": [],
    "epochs": 1,
    "initial_epoch": 0,
    "shuffle": True,
    "validation_split": 0.0,
}
_RANGES = {
    "batch_size": (1, None),
    "validation_batch_size": (1, None),
    "steps_per_epoch": (1, None),
    "validation_steps": (1, None),
    "epochs": (0, None),
    "initial_epoch": (0, None),
    "validation_split": (0.0, 1.0),
}


def fit_arguments(
    fit: Callable[..., Any],
    named: Mapping[str, Any],
    routed: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    """Return the keyword arguments of ``Model.fit``, without callbacks and data.

    A keyword of the call wins over ``fit__x``, and that over the plain parameter (clauses API-11
    and ROUTE-11). Keras counts epochs from the start, so ``initial_epoch`` is added to ``epochs``.

    Parameters
    ----------
    fit : callable
        The method of the model.
    named : mapping of str to object
        The wrapper's named parameters.
    routed : mapping of str to object
        What is routed with ``fit__``, the prefix cut off.
    call : mapping of str to object
        Keyword arguments of this call.
    n_samples : int
        What a batch size of -1 stands for.

    Raises
    ------
    RoutingError
        A ``TypeError``, for an argument that `fit` does not take.
    ParameterError
        A ``ValueError``, for a value that Keras would accept and misunderstand.
    """
    own = _without_callbacks(routed)
    if own or call:  # inspecting the signature takes time
        check_accepted(fit, "fit", {"fit__": own, "": call}, _DATA)
    arguments = _arguments(_FIT, named, own, call, n_samples)
    start = arguments.get("initial_epoch", 0)
    return {**arguments, "initial_epoch": start, "epochs": start + arguments["epochs"]}


def without_defaults(fit: Callable[..., Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a ``fit`` of the user's own, without those that it need not know.

    Parameters
    ----------
    fit : callable
        The method of the model.
    arguments : mapping of str to object
        Keyword arguments, those that nobody gave among them.

    Raises
    ------
    RoutingError
        A ``TypeError``, for an argument that somebody gave and that `fit` does not take.

    Examples
    --------
    >>> without_defaults(lambda x, epochs: None, {"epochs": 2, "batch_size": None})
    {'epochs': 2}
    """
    known = accepted(fit, arguments)
    needed = [name for name in arguments if name in known or not _is_default(name, arguments[name])]
    check_accepted(fit, "fit", {"fit__": needed})
    return {name: arguments[name] for name in needed}


def _is_default(name: str, value: Any) -> bool:
    if name == "verbose" or value is None:
        return True
    return isinstance(value, (int, float, list)) and value == _DEFAULTS.get(name)


def one_more_epoch(call: Mapping[str, Any], epoch: int) -> dict[str, Any]:
    """Return the keyword arguments of a call of ``partial_fit``, for one epoch from `epoch` on.

    Raises
    ------
    TypeError
        If the call says itself which epochs it wants.
    """
    for name in ("epochs", "initial_epoch"):
        if name in call:
            raise TypeError(
                f"Invalid argument `{name}` to `partial_fit`, which trains for one epoch from"
                " the current one. Use fit for more."
            )
    return {**call, "epochs": 1, "initial_epoch": epoch}


def predict_arguments(
    predict: Callable[..., Any],
    named: Mapping[str, Any],
    routed: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    """Return the keyword arguments of ``Model.predict``, without callbacks and data.

    Parameters and errors are those of `fit_arguments`.
    """
    own = _without_callbacks(routed)
    if not {*own, *call} <= {*_PREDICT, _CALLBACKS}:  # inspecting the signature takes time
        check_accepted(predict, "predict", {"predict__": own, "": call}, _DATA)
    return _arguments(_PREDICT, named, own, call, n_samples)


def training_callbacks(
    named: Mapping[str, Any], routed: Mapping[str, Any]
) -> tuple[list[Any], list[Any]]:
    """Return new callbacks for fitting, and those for predicting.

    Those of the parameter ``callbacks`` are in both, as the same objects; ``fit__callbacks`` and
    ``predict__callbacks`` serve one method each (clause ROUTE-16).

    Parameters
    ----------
    named, routed : mapping of str to object
        The wrapper's named parameters, and all of its routed ones.
    """

    def made(value: Any, path: str) -> list[Any]:
        if value is None and not routed:
            return []
        return make_callbacks(value, route(routed, path), path)

    both = made(named[_CALLBACKS], _CALLBACKS)
    for_fit, for_predict = (
        made(routed.get(path), path) for path in (f"fit__{_CALLBACKS}", f"predict__{_CALLBACKS}")
    )
    return both + for_fit, both + for_predict


def validation_data(
    arguments: Mapping[str, Any],
    separate: tuple[Any, Any, Any] | None,
    *,
    has_target: bool = True,
) -> tuple[Any, Any, Any] | None:
    """Return X, y and weights to validate on; batches are an X alone. None if there are none.

    Parameters
    ----------
    arguments : mapping of str to object
        Those of ``Model.fit``, which may hold ``validation_data``.
    separate : tuple of (X_val, y_val, sample_weight_val), or None
        Arguments of the wrapper's ``fit``.
    has_target : bool, default=True
        Whether the model is trained on a target, and so has to be validated with one.

    Raises
    ------
    InputError
        A ``ValueError``, for two sets of data, or for an incomplete one.
    """
    data = arguments.get("validation_data")
    if separate is not None and any(part is not None for part in separate):
        if data is not None:
            raise InputError(
                "X_val and validation_data are two sets of data to validate on. Give one of them."
            )
        if is_batches(separate[0]):
            return separate
        data = separate
    if data is None:
        return None
    if is_batches(data):
        return data, None, None
    if not isinstance(data, (tuple, list)):
        raise InputError(
            f"validation_data is a {type(data).__name__}; it has to be (X, y) or (X, y,"
            " sample_weight), or a data set, loader or function that yields such batches."
        )
    if len(data) not in ({2, 3} if has_target else {1, 2, 3}):
        raise InputError(
            f"validation_data has {len(data)} items; it has to be (X, y) or (X, y, sample_weight)."
        )
    X, y, sample_weight = (*data, None, None)[:3]
    if X is None or (y is None and has_target):
        raise InputError("X_val and y_val go together: give both, or neither.")
    return X, y, sample_weight


def _without_callbacks(routed: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in routed.items() if name.partition("__")[0] != _CALLBACKS}


def _arguments(
    names: Sequence[str],
    named: Mapping[str, Any],
    own: Mapping[str, Any],
    call: Mapping[str, Any],
    n_samples: int,
) -> dict[str, Any]:
    arguments = {**{name: named[name] for name in names}, **own, **call}
    for name in ("batch_size", "validation_batch_size"):
        # Keras refuses objects without a truth value itself, so compare integers only.
        size = arguments.get(name)
        if isinstance(size, (int, np.integer)) and size == -1:
            arguments[name] = n_samples
    _check_values(arguments)
    return arguments


def _check_values(arguments: Mapping[str, Any]) -> None:
    """Check the values of the arguments that are present."""
    if "epochs" in arguments and arguments["epochs"] is None:
        raise ParameterError("epochs is None; it has to be a whole number, 0 or more.")
    split = arguments.get("validation_split")
    if split is not None and not isinstance(split, _NUMBERS_OR_TEXT) and not is_splitter(split):
        raise ParameterError(
            f"validation_split is {split!r}; it has to be a number from 0.0 to below 1.0, a"
            " splitter of scikit-learn (an instance, such as StratifiedKFold(5)), or a callable"
            " that takes X and y."
        )
    for name, (lowest, highest) in _RANGES.items():
        _check_range(name, arguments.get(name), lowest, highest)
    if isinstance(verbose := arguments.get("verbose"), str) and verbose != "auto":
        raise ParameterError(f"verbose is {verbose!r}; it has to be 0, 1, 2 or 'auto'.")
    if isinstance(shuffle := arguments.get("shuffle"), str):
        check_flag("shuffle", shuffle, "batch")


def is_splitter(value: object) -> bool:
    """Return whether a value of ``validation_split`` chooses rows itself.

    >>> is_splitter(lambda X, y: (X, y)), is_splitter(0.2), is_splitter(None)
    (True, False, False)
    """
    return not isinstance(value, (type, str)) and (hasattr(value, "split") or callable(value))


def splits(arguments: Mapping[str, Any]) -> bool:
    """Return whether a splitter or a callable chooses rows; validation data win, as in Keras.

    >>> from sklearn.model_selection import ShuffleSplit
    >>> splits({"validation_split": ShuffleSplit()}), splits({"validation_split": 0.2})
    (True, False)
    """
    value = arguments["validation_split"]
    return is_splitter(value) and arguments.get("validation_data") is None


def _check_range(name: str, value: Any, lowest: float, highest: float | None) -> None:
    whole = isinstance(lowest, int)
    wrong_kind = isinstance(value, (str, bool, list, tuple, dict, set)) or (
        whole and isinstance(value, float)
    )
    is_number = isinstance(value, (int, float, np.integer, np.floating)) and not wrong_kind
    out_of_range = is_number and not (lowest <= value and (highest is None or value < highest))
    if wrong_kind or out_of_range:
        what = f"{lowest} or more" if highest is None else f"from {lowest} to below {highest}"
        kind = "a whole number" if whole else "a number"
        also = ", -1 for all rows, or None" if name.endswith("batch_size") else ""
        raise ParameterError(f"{name} is {value!r}; it has to be {kind}, {what}{also}.")

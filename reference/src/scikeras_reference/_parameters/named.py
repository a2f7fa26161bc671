"""The named parameters of every wrapper, and the values that they can have."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from scikeras_reference._parameters.routing import SEPARATOR
from scikeras_reference._parameters.storage import ParameterStorage
from scikeras_reference.exceptions import ParameterError

__all__ = ["NamedParameters", "check_flag", "check_values"]

_FOR_KERAS = (
    "optimizer",
    "loss",
    "metrics",
    "run_eagerly",
    "batch_size",
    "validation_batch_size",
    "verbose",
    "callbacks",
    "validation_split",
    "shuffle",
    "epochs",
)
_RANGES = {
    "batch_size": (1, None),
    "validation_batch_size": (1, None),
    "epochs": (0, None),
    "validation_split": (0.0, 1.0),
}


class NamedParameters(ParameterStorage):
    """Stores the parameters, which `scikeras_reference.BaseWrapper` describes.

    Comes before scikit-learn's ``BaseEstimator`` among the bases of a class.
    """

    prefixes_: ClassVar[frozenset[str]] = frozenset(
        f"{destination}{SEPARATOR}"
        for destination in (
            "model",
            "fit",
            "predict",
            "callbacks",
            "optimizer",
            "loss",
            "metrics",
            "score",
            "compile",
        )
    )

    results_: ClassVar[frozenset[str]] = frozenset({"history_", "model_"})

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        validation_batch_size: int | None = None,
        verbose: int | str = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        run_eagerly: bool = False,
        epochs: int = 1,
        **kwargs: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.warm_start = warm_start
        self.random_state = random_state
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.run_eagerly = run_eagerly
        self.epochs = epochs
        self._store_free(kwargs)

    def _named(self) -> dict[str, Any]:
        """Parameters for ``Model.compile``, ``Model.fit`` and ``Model.predict``, by name."""
        return {name: getattr(self, name) for name in _FOR_KERAS}


def check_values(arguments: Mapping[str, Any]) -> None:
    """Check the arguments of ``Model.fit`` and ``Model.predict`` that are present.

    Raises
    ------
    ParameterError
        A ``ValueError`` that names the parameter, its value, and what it may be.

    Examples
    --------
    >>> check_values({"epochs": 3, "verbose": "auto"})
    """
    if "epochs" in arguments and arguments["epochs"] is None:
        raise ParameterError("epochs is None; it has to be a whole number, 0 or more.")
    for name, (lowest, highest) in _RANGES.items():
        _check_range(name, arguments.get(name), lowest, highest)
    if isinstance(verbose := arguments.get("verbose"), str) and verbose != "auto":
        raise ParameterError(f"verbose is {verbose!r}; it has to be 0, 1, 2 or 'auto'.")
    if "shuffle" in arguments:
        check_flag("shuffle", arguments["shuffle"], "batch")


def check_flag(name: str, value: Any, *others: str) -> None:
    """Refuse text where a flag is needed: Python takes any text for true, even "False".

    Raises
    ------
    ParameterError
        A ``ValueError`` with the name of the parameter.
    """
    if isinstance(value, str) and value not in others:
        also = "".join(f", or {other!r}" for other in others)
        raise ParameterError(f"{name} is {value!r}; it has to be True or False{also}.")


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

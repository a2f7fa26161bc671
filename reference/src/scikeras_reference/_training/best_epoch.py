"""The best epoch in a history."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scikeras_reference.exceptions import ParameterError

__all__ = ["BEST_EPOCH", "best_epoch", "best_epochs_of_folds", "monitored"]

BEST_EPOCH = "best_epoch"
"""What a scorer calls the best epoch of a fold."""


def monitored(history: Mapping[str, Sequence[Any]]) -> str:
    """Return the quantity that tells how good an epoch was: ``val_loss``, or else ``loss``.

    >>> monitored({"loss": [1.0], "val_loss": [2.0]}), monitored({"loss": [1.0]})
    ('val_loss', 'loss')
    """
    return "val_loss" if "val_loss" in history else "loss"


def best_epoch(
    history: Mapping[str, Sequence[Any]], monitor: str | None = None, mode: str = "min"
) -> int:
    """Return the number of epochs after which a logged quantity was best.

    Parameters
    ----------
    history : mapping of str to sequence of float
        What ``history_`` holds.
    monitor : str, default=None
        Name of the quantity; by default ``val_loss``, or ``loss`` if there was no validation.
    mode : {"min", "max"}, default="min"
        Whether lower or higher is better.

    Returns
    -------
    int
        From 1, so that it can be the parameter ``epochs`` of another fit. Of equals the first.

    Raises
    ------
    ParameterError
        A ``ValueError``, if that cannot be known from the history.

    Examples
    --------
    >>> best_epoch({"loss": [3.0, 2.0, 1.0], "val_loss": [3.0, 2.0, 2.5]})
    2
    >>> best_epoch({"loss": [3.0, 2.0], "accuracy": [0.5, 0.7]}, "accuracy", mode="max")
    2
    """
    name = monitored(history) if monitor is None else monitor
    if mode not in {"min", "max"}:
        raise ParameterError(f"mode is {mode!r}; it has to be 'min' or 'max'.")
    if name not in history:
        raise ParameterError(
            f"The history has no {name}. It has {', '.join(history) or 'no epoch'}."
        )
    values = np.asarray(history[name], dtype=np.float64)
    if len(values) != max(map(len, history.values())):
        raise ParameterError(
            f"{name} was not logged in every epoch (validation_freq), so that it is not known which"
            " epoch was the best."
        )
    if np.isnan(values).all():
        raise ParameterError(f"{name} was NaN in every epoch, so that none of them is the best.")
    return int((np.nanargmin if mode == "min" else np.nanargmax)(values)) + 1


def best_epochs_of_folds(results: Mapping[str, Sequence[Any]], candidate: int) -> list[int]:
    """Return the best epoch of each fold of a search, for one candidate; none if not recorded.

    >>> best_epochs_of_folds({"split0_test_best_epoch": [2, 5], "mean_test_score": [1, 2]}, 1)
    [5]
    """
    name_of_fold = re.compile(rf"split\d+_test_{BEST_EPOCH}")
    return [int(results[name][candidate]) for name in results if name_of_fold.fullmatch(name)]

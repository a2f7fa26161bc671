"""Values of parameters that Keras takes without a word, and trains on nothing, or on all."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from scikeras_reference.exceptions import ParameterError

__all__ = ["check_flag", "check_values"]

_RANGES = {
    "batch_size": (1, None),
    "validation_batch_size": (1, None),
    "epochs": (0, None),
    "validation_split": (0.0, 1.0),
}


def check_values(arguments: Mapping[str, Any]) -> None:
    """Check the arguments of ``Model.fit`` and ``Model.predict``, as far as they are there.

    Raises
    ------
    ParameterError
        A ``ValueError`` that names the parameter, its value, and what it may be.

    Examples
    --------
    >>> check_values({"epochs": 3, "verbose": "auto"})
    """
    for name, (lowest, highest) in _RANGES.items():
        _check_range(name, arguments.get(name), lowest, highest)
    if isinstance(verbose := arguments.get("verbose"), str) and verbose != "auto":
        raise ParameterError(f"verbose is {verbose!r}; it has to be 0, 1, 2 or 'auto'.")
    if "shuffle" in arguments:
        check_flag("shuffle", arguments["shuffle"], "batch")


def check_flag(name: str, value: Any, *others: str) -> None:
    """Refuse what is neither true nor false: any text is true, the word "False" included.

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

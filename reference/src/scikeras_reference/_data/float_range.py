"""Numbers that the floats of Keras cannot hold."""

from typing import Any

import keras
import numpy as np

from scikeras_reference.exceptions import InputError

__all__ = ["check_float_range"]


_HOW = {
    "X": " (with a StandardScaler in a Pipeline)",
    "y": " (with a TransformedTargetRegressor)",
}


def check_float_range(array: Any, what: str) -> None:
    """Check that Keras can convert an array to ``keras.config.floatx()``.

    Keras converts floats of any width, and numbers beyond its range become infinite.

    Parameters
    ----------
    array : ndarray of floats
        What a model is given.
    what : str
        ``"X"``, ``"y"`` or the name of weights, for the error.

    Raises
    ------
    InputError
        A ``ValueError`` with the largest number and the largest possible one.

    Examples
    --------
    >>> check_float_range(np.array([1e30]), "X")
    """
    floatx = keras.config.floatx()
    # bfloat16 has the range of float32.
    limits = np.finfo(np.float16 if floatx == "float16" else np.float32)
    if floatx == "float64" or array.dtype.itemsize <= limits.bits // 8 or not array.size:
        return
    largest = max(array.max(), -array.min())
    if limits.max < largest < np.inf:
        raise InputError(
            f"{what} has numbers up to {largest:.3g}, and Keras computes in {floatx}, where"
            f" numbers beyond {limits.max:.3g} are infinite. Scale {what}{_HOW.get(what, '')}, or"
            " call keras.config.set_floatx('float64') before the model is built."
        )

"""Whether rows have the shape of those in fit, or one that the model takes as well."""

from collections.abc import Mapping
from typing import Any

import keras
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference.exceptions import InputError

__all__ = ["check_dimensions", "check_row_shape", "has_open_shape"]


def check_dimensions(estimator: Any, X: Any) -> None:
    """Check that X is one array with the dimensions of fit; those of lists are checked later.

    Raises
    ------
    InputError
        A ``ValueError`` with both.
    """
    if isinstance(estimator.X_shape_, Mapping):
        raise InputError(
            f"X is a {type(X).__name__}, and in fit it had several inputs, by name:"
            f" {', '.join(estimator.X_shape_)}. Give the same kind of X."
        )
    if getattr(X, "ndim", 1) not in {len(estimator.X_shape_), 1}:
        raise _other_shape(estimator, X)


def check_row_shape(estimator: Any, X: Any) -> None:
    """Check that rows of validated X have the shape of those in fit.

    Raises
    ------
    InputError
        A ``ValueError`` with both shapes (API-13).
    """
    if X.shape[1:] != estimator.X_shape_[1:]:
        raise _other_shape(estimator, X)


def has_open_shape(estimator: Any, X: Any) -> bool:
    """Return whether X differs from that of fit only where the model's input has no fixed length.

    So it is for sequences of any length, and for images of any size.

    Parameters
    ----------
    estimator : BaseWrapper
        Fitted; with the default encoder of features, so that the model gets X as it is.
    X : object
        As the user gave it; only arrays of three dimensions or more are looked at.
    """
    shape, model = getattr(X, "shape", ()), vars(estimator).get("model_")
    encoder = vars(estimator).get("feature_encoder_")
    is_identity = type(encoder) is FunctionTransformer and encoder.func is None
    if len(shape) < 3 or model is None or not is_identity:
        return False
    try:
        (tensor,) = keras.tree.flatten(model.inputs)
    except (AttributeError, ValueError, TypeError):  # its inputs are not known, or several
        return False
    wanted, known = tuple(tensor.shape), estimator.X_shape_
    return len(wanted) == len(known) == len(shape) and all(
        size == before or open_size is None
        for size, before, open_size in zip(shape[1:], known[1:], wanted[1:], strict=True)
    )


def _other_shape(estimator: Any, X: Any) -> InputError:
    shape = estimator.X_shape_
    return InputError(
        f"X has {X.ndim} dimensions and shape {tuple(X.shape)}, but this"
        f" {type(estimator).__name__} is expecting {len(shape)} dimensions in X, as in fit, and"
        f" the shape (n_samples, {', '.join(map(str, shape[1:]))})."
    )

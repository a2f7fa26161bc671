"""Comparison of predictions with what they should be."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper
from scikeras_conformance.checks._support.modules import np
from scikeras_conformance.runner.context import CheckContext, show

__all__ = [
    "as_array",
    "predictions_of",
    "require_predictions",
    "require_shape",
    "require_values",
    "same",
]


def as_array(context: CheckContext, value: Any, what: str) -> Any:
    """Convert what the subject returned to an array."""
    with context.doing(f"converting the result of {what} to an array"):
        return np.asarray(value)


def predictions_of(context: CheckContext, estimator: Any, X: Any) -> Any:
    """Return predictions as an array, for a clause that is not about them."""
    predicted = context.predict(estimator, X)
    with context.preparing("converting the result of predict to an array"):
        return np.asarray(predicted)


def same(first: Any, second: Any) -> bool:
    """Whether two values are equal to a user: arrays, NaN, containers, transformers."""
    if first is second:
        return True
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        return _same_arrays(first, second)
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, (list, tuple)) and type(first) is type(second):
        return len(first) == len(second) and all(map(same, first, second))
    try:
        if bool(first == second) or bool(first != first and second != second):  # noqa: PLR0124
            return True
    except Exception:
        return False
    inside = getattr(first, "__dict__", None)
    return bool(inside) and type(first) is type(second) and same(inside, vars(second))


def _same_arrays(first: Any, second: Any) -> bool:
    if type(first) is not type(second) or first.dtype != second.dtype:
        return False
    if first.dtype.kind == "f":
        return bool(np.array_equal(first, second, equal_nan=True))
    return bool(np.array_equal(first, second))


def require_values(context: CheckContext, predicted: Any, y: Any, what: str = "predict") -> None:
    """Require predictions that equal the target in their values, as a column or flat.

    For clauses that are not about the shape and the type of predictions.

    Parameters
    ----------
    context : CheckContext
        The context.
    predicted : array-like
        What the subject predicted.
    y : ndarray
        The target, which the model predicts exactly.
    what : str
        What was done, for the message.
    """
    predicted = as_array(context, predicted, what)
    context.require(
        _without_column(predicted.shape) == _without_column(y.shape),
        f"{what} returned shape {predicted.shape} for a target of shape {y.shape}",
    )
    predicted = predicted.reshape(y.shape)
    with context.doing(f"comparing the result of {what} with the target"):
        right = (
            np.allclose(predicted, y, atol=1e-3)
            if y.dtype.kind == "f"
            else np.array_equal(predicted, y)
        )
    context.require(right, f"{what} returned {show(predicted[:3])} ..., not {show(y[:3])} ...")


def _without_column(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:1] if len(shape) == 2 and shape[1] == 1 else shape


def require_predictions(
    context: CheckContext, predicted: Any, y: Any, what: str = "predict"
) -> None:
    """Require predictions that equal the target in values and shape.

    The contract does not fix the shape of the base wrapper's predictions: a column is as good as
    a flat array. For a column, a flat array is good enough where the contract demands no more.

    Parameters
    ----------
    context : CheckContext
        The context.
    predicted : array-like
        What the subject predicted.
    y : ndarray
        The target, which the model predicts exactly.
    what : str
        What was done, for the message.
    """
    predicted = as_array(context, predicted, what)
    shapes = {y.shape, _without_column(y.shape)}
    context.require(
        context.wrapper is Wrapper.BASE or predicted.shape in shapes,
        f"{what} returned shape {predicted.shape} for a target of shape {y.shape}",
    )
    require_values(context, predicted, y, what)


def require_shape(context: CheckContext, predicted: Any, y: Any, what: str = "predict") -> None:
    """Require predictions of exactly the shape of the target."""
    found = as_array(context, predicted, what).shape
    context.require(
        found == y.shape, f"{what} returned shape {found}, not that of the target: {y.shape}"
    )

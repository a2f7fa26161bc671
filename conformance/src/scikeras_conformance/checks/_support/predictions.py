"""Comparison of predictions with what they should be."""

from typing import Any

from scikeras_conformance.catalog.check import Wrapper
from scikeras_conformance.checks._support.modules import np
from scikeras_conformance.runner.context import CheckContext, show

__all__ = ["as_array", "require_predictions", "same"]


def as_array(context: CheckContext, value: Any, what: str) -> Any:
    """Convert what the subject returned to an array."""
    with context.doing(f"converting the result of {what} to an array"):
        return np.asarray(value)


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


def require_predictions(
    context: CheckContext, predicted: Any, y: Any, what: str = "predict"
) -> None:
    """Require predictions that equal the target in values, shape and dtype kind.

    The contract does not fix the shape of the base wrapper's predictions: a column is as good as
    a flat array.

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
    if context.wrapper is Wrapper.BASE and predicted.size == y.size:
        predicted = predicted.reshape(y.shape)
    context.require(
        predicted.shape == y.shape,
        f"{what} returned shape {predicted.shape} for a target of shape {y.shape}",
    )
    if context.wrapper is not Wrapper.BASE:
        context.require(
            predicted.dtype.kind == y.dtype.kind,
            f"{what} returned dtype {predicted.dtype} for a target of dtype {y.dtype}",
        )
    with context.doing(f"comparing the result of {what} with the target"):
        right = (
            np.allclose(predicted, y, atol=1e-3)
            if y.dtype.kind == "f"
            else np.array_equal(predicted, y)
        )
    context.require(right, f"{what} returned {show(predicted[:3])} ..., not {show(y[:3])} ...")

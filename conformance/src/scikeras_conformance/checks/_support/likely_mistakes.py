"""What a wrong training with weights looks like: each likely mistake, made by Keras alone."""

from collections.abc import Callable, Mapping
from typing import Any

from scikeras_conformance.checks._support.modules import np
from scikeras_conformance.checks._support.training import Mistakes, train

__all__ = ["mistakes_with_two_kinds", "mistakes_with_weights"]


def mistakes_with_weights(
    build: Callable[[], Any], X: Any, target: Any, weights: Any, *, earlier: int = 0
) -> Mistakes:
    """Return the trainings that a wrapper may have made in place of one with weights of rows.

    Parameters
    ----------
    build : callable
        Makes the model, always with the same initial weights.
    X, target : ndarray
        What it is trained on.
    weights : ndarray
        The weights of the rows.
    earlier : int, default=0
        Epochs that it has been trained for before, without weights.
    """
    others: dict[str, Any] = {
        "as if the weights were ignored": None,
        "as if the weights were applied twice": weights * weights,
        "as if the weights were in reverse order": weights[::-1],
        "as if the weights were divided by their mean": weights / np.mean(weights),
        "as if the weights were divided by their sum": weights / np.sum(weights),
        "as if the weights were divided by the largest": weights / np.max(weights),
    }
    if not np.all(weights):
        others["as if the weights were only zero or not"] = (weights != 0).astype(float)
    return _mistakes(build, X, target, weights, others, earlier)


def mistakes_with_two_kinds(
    build: Callable[[], Any], X: Any, target: Any, by_class: Any, by_row: Any
) -> Mistakes:
    """Return the trainings that a wrapper may have made in place of one with weights of classes.

    Parameters
    ----------
    build : callable
        Makes the model.
    X, target : ndarray
        What it is trained on.
    by_class : ndarray
        The weight of each row that comes from its class.
    by_row : ndarray or None
        The weights of the rows that are given besides.
    """
    rows = np.ones(len(by_class)) if by_row is None else by_row
    low, high = np.min(by_class), np.max(by_class)
    others: dict[str, Any] = {
        "as if class_weight was ignored": by_row,
        "as if class_weight was applied twice": by_class * by_class * rows,
        "as if the classes had the weights of each other": (low + high - by_class) * rows,
        "as if class_weight was added to sample_weight": by_class + rows,
    }
    if by_row is not None:
        others["as if sample_weight was ignored"] = by_class
        others["as if both weights were ignored"] = None
    return _mistakes(build, X, target, by_class * rows, others, 0)


def _mistakes(
    build: Callable[[], Any],
    X: Any,
    target: Any,
    weights: Any,
    others: Mapping[str, Any],
    earlier: int,
) -> Mistakes:
    def trained(sample_weight: Any, epochs: int = 1, before: int = earlier) -> Any:
        model = train(build(), X, target, epochs=before)
        return train(model, X, target, epochs=epochs, sample_weight=sample_weight)

    return {
        **{words: lambda given=given: trained(given) for words, given in others.items()},
        "as if trained twice": lambda: trained(weights, epochs=2),
        "as if not trained": lambda: trained(weights, epochs=0),
        **(
            {"as if training started from the initial weights": lambda: trained(weights, before=0)}
            if earlier
            else {}
        ),
    }

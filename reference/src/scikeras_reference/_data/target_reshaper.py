"""Adds a second dimension to targets, for transformers that need two."""

from typing import Any, Self

from sklearn.base import BaseEstimator, TransformerMixin

from scikeras_reference.exceptions import NotInitializedError

__all__ = ["TargetReshaper"]


class TargetReshaper(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns 1-d targets into a column and back, for transformers that take two dimensions only.

    Attributes
    ----------
    ndim_ : int
        Number of dimensions of the y that it was fitted to.

    Examples
    --------
    >>> import numpy as np
    >>> reshaper = TargetReshaper().fit(np.array([1, 2]))
    >>> reshaper.transform(np.array([1, 2])).shape
    (2, 1)
    >>> reshaper.inverse_transform(np.array([[1], [2]]))
    array([1, 2])
    """

    def fit(self, y: Any) -> Self:
        """Remember the number of dimensions of `y`, an array of shape (n_samples, ...)."""
        self.ndim_ = y.ndim
        return self

    def transform(self, y: Any) -> Any:
        """Return `y` with at least two dimensions."""
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def inverse_transform(self, y: Any) -> Any:
        """Return `y` in one dimension again, if it was fitted to one dimension.

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit``.
        """
        if not hasattr(self, "ndim_"):
            raise NotInitializedError(
                "This TargetReshaper is not initialized. Call fit before inverse_transform."
            )
        return y.reshape(-1) if self.ndim_ == 1 and y.ndim == 2 else y

"""A target of two columns for a model with two outputs."""

from typing import Any

from scikeras_conformance.checks._support.modules import np

__all__ = ["halves"]


def halves() -> Any:
    """Return a transformer that splits a target of two columns into a list, and back."""
    from sklearn.base import BaseEstimator, TransformerMixin

    class Halves(TransformerMixin, BaseEstimator):  # type: ignore[misc]
        def fit(self, X: Any, y: Any = None) -> Any:
            del X, y
            return self

        def transform(self, X: Any) -> Any:
            return [np.asarray(X)[:, [0]], np.asarray(X)[:, [1]]]

        def inverse_transform(self, X: Any) -> Any:
            return np.hstack(list(X))

        def get_metadata(self) -> dict[str, Any]:
            return {"n_outputs_": 2, "n_outputs_expected_": 2}

    return Halves()

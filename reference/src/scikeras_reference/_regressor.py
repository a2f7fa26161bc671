"""The regressor."""

from typing import Any

from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from scikeras_reference._base import BaseWrapper
from scikeras_reference._data.input_checks import validate_target
from scikeras_reference._data.regressor_encoder import RegressorTargetEncoder
from scikeras_reference.exceptions import InputError

__all__ = ["KerasRegressor"]


class KerasRegressor(RegressorMixin, BaseWrapper):  # type: ignore[misc]
    """A Keras model as a scikit-learn regressor.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        The builder. It finds the number of targets in ``meta["n_outputs_"]``.
    build_fn, warm_start, random_state, optimizer, loss, metrics, batch_size, \
validation_batch_size, verbose, callbacks, validation_split, shuffle, run_eagerly, epochs, \
input_columns, **kwargs
        As for `BaseWrapper`.

    Notes
    -----
    Predictions have the shape of the y of ``fit``, and the dtype that the model computes in.
    Chapter TGT of the contract. See `BaseWrapper` for attributes.

    Examples
    --------
    >>> import keras, numpy as np
    >>> def build(meta):
    ...     return keras.Sequential(
    ...         [keras.layers.Input((meta["n_features_in_"],)), keras.layers.Dense(1)]
    ...     )
    >>> X, y = np.eye(3), np.array([0.5, 1.5, 2.5])
    >>> KerasRegressor(build, loss="mse", verbose=0).fit(X, y).predict(X).shape
    (3,)
    """

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it to support other types of target."""
        return RegressorTargetEncoder()

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Return R²; override it for another score (SCORE-1, SCORE-2).

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True and predicted targets.
        **kwargs : object
            Arguments of ``sklearn.metrics.r2_score``.

        Returns
        -------
        float
            One is best; predicting the mean of `y_true` scores zero.

        Examples
        --------
        >>> KerasRegressor.scorer([1.0, 2.0], [1.0, 2.0])
        1.0
        """
        return r2_score(y_true, y_pred, **kwargs)  # type: ignore[no-any-return]

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Score the predictions for X with ``scorer``; see `BaseWrapper.score`."""
        return BaseWrapper.score(self, X, y, sample_weight)

    def _validate_target(self, X: Any, y: Any) -> Any:
        if y is None:
            raise InputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        return validate_target(self, X, y, numeric=True)

"""The steps of a wrapper that take the data on their way in: checked, described, encoded."""

import functools
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._data.rows import Rows, fitted_to_rows
from scikeras_reference._data.sparse import fits_encoder
from scikeras_reference._data.validation import (
    check_continues,
    for_keras,
    target_type,
    validate_features,
    validate_target,
)
from scikeras_reference._model.built_model import unregister_untrained
from scikeras_reference._sklearn_protocol import SklearnProtocol
from scikeras_reference._training.fitted_attributes import FitState, FittedAttributes
from scikeras_reference._training.seeding import to_seed

__all__ = ["DataSteps"]


class DataSteps(FittedAttributes, SklearnProtocol):
    """The part of a wrapper that validates X and y, describes them, and encodes them."""

    def _prepare(self, X: Any, y: Any, classes: Any = None) -> tuple[Any, Any]:
        """Start anew: reset, validate, fit the encoders, build; return validated X and y."""
        if "model_" in vars(self) and "history_" not in vars(self):  # of `initialize`
            unregister_untrained(self.model_)
        for name in [*self._metadata(), "_fit_state"]:
            self.__dict__.pop(name, None)
        X = validate_features(self, X, y, reset=True)
        y = self._validate_target(X, y)
        shape = () if y is None else y.shape[1:]
        seed = None if self.random_state is None else to_seed(self.random_state)
        self._fit_state = FitState(seed, shape, classes)
        self.X_dtype_, self.X_shape_ = X.dtype, getattr(X, "shapes", None) or X.shape
        if y is not None:
            self.y_dtype_, self.y_ndim_, self.target_type_ = y.dtype, y.ndim, self._target_type(y)
            self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        encoder = self.target_encoder_ = self.target_encoder.fit(y)
        is_identity = type(encoder) is FunctionTransformer and encoder.func is None
        self.n_outputs_expected_ = 1 if is_identity else None
        self._take_metadata(self.target_encoder_)
        encoder = self.feature_encoder
        X = X if isinstance(X, np.ndarray) else fits_encoder(X, encoder)
        self.feature_encoder_ = (
            fitted_to_rows(encoder, X) if isinstance(X, Rows) else encoder.fit(X)
        )
        self._take_metadata(self.feature_encoder_)
        with self._seeded():
            self.model_ = self._build(X)
        return X, y

    def _validate_further(self, X: Any, y: Any, *, new_callbacks: bool) -> tuple[Any, Any]:
        """Validate data for a model that goes on training; they are of the kind of the first."""
        X = validate_features(self, X, y, reset=False)
        y = self._validate_target(X, y)
        check_continues(self, X, y, self._fit_state.target_shape)
        if new_callbacks:
            self._renew_callbacks()
        return X, y

    def _encode(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return validated X and y as the model is trained on them."""
        features = self._encode_features(X, "X")
        return features, None if y is None else for_keras(self.target_encoder_.transform(y), "y")

    def _encode_features(self, X: Any, in_range: str = "") -> Any:
        """Return validated X as the model takes it; `Rows` are encoded when they are read."""
        if isinstance(X, Rows):
            return X.changed(functools.partial(self._encode_features, in_range=in_range))
        return for_keras(self.feature_encoder_.transform(X), in_range)

    def _first_row(self, X: Any) -> Any:
        """Return the first row of validated X as the model takes it."""
        row = X[:1]
        return self._encode_features(row.read() if isinstance(row, Rows) else row)

    def _validate_target(self, X: Any, y: Any) -> Any:
        return None if y is None else validate_target(self, X, y, numeric=False)

    def _target_type(self, y: Any) -> str:
        return target_type(y)

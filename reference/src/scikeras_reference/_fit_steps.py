"""The small steps of a fit, and what a subclass overrides: encoders, and steps about the target.

X and y are checked, described and encoded; metadata, seeds and callbacks are those of the fit.
"""

import functools
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
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
from scikeras_reference._model.keras_objects import callbacks_of_call
from scikeras_reference._persistence import Persistence
from scikeras_reference._training.fitted_attributes import FitState, FittedAttributes
from scikeras_reference._training.keras_arguments import training_callbacks
from scikeras_reference._training.placeholders import (
    fill_arguments,
    fill_callbacks,
    has_placeholders,
    names_of_fit,
)
from scikeras_reference._training.seeding import derive, seeded, to_seed
from scikeras_reference._training.splitters import chosen_rows

__all__ = ["FitSteps"]


class FitSteps(FittedAttributes, Persistence):
    """The steps of a fit that need no model, in the order in which a fit takes them."""

    @property
    def feature_encoder(self) -> Any:
        """Transformer of X; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    def _start(self, X: Any, y: Any, classes: Any = None) -> tuple[Any, Any]:
        """Start anew: reset, validate, describe, fit the encoders; return validated X and y."""
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
        return X, y

    def _validate_further(self, X: Any, y: Any, *, new_callbacks: bool) -> tuple[Any, Any]:
        """Validate data for a model that goes on training; they are of the kind of the first."""
        X = validate_features(self, X, y, reset=False)
        y = self._validate_target(X, y)
        check_continues(self, X, y, self._fit_state.target_shape)
        if new_callbacks:
            self._renew_callbacks(X)
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

    def _class_weights(self, y: Any, call: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """Return the weight of the class of each row, if any, and the keywords that are left."""
        del y
        return None, call

    def _check_held_out(self, y: Any, n_trained: int) -> None:
        """Warn if validation leaves the first `n_trained` rows, and they lack a class."""

    def _chosen_rows(self, arguments: Mapping[str, Any], X: Any, y: Any, groups: Any) -> Any:
        """Return the rows that a splitter chooses, drawn under the seed of this fit."""
        with self._seeded():
            rows = chosen_rows(arguments["validation_split"], X, y, groups)
        if y is not None:
            self._check_held_out(y[np.concatenate(rows)], len(rows[0]))
        return rows

    def _seeded(self, epoch: int | None = None) -> AbstractContextManager[None]:
        """Return a block under the seed of this fit, or under that of the epoch it starts at."""
        seed = self._fit_state.seed
        if seed is None:
            return nullcontext()
        return seeded(seed if epoch is None else derive(seed, epoch))

    def _take_metadata(self, encoder: Any) -> None:
        metadata: dict[str, Any] = getattr(encoder, "get_metadata", dict)()  # DATA-5
        self._set_attributes(metadata, f"get_metadata() of {type(encoder).__name__}")
        names = (*self._fit_state.metadata_names, *metadata)
        self._fit_state = replace(self._fit_state, metadata_names=names)

    def _metadata(self) -> dict[str, Any]:
        """Every attribute that has been created so far (BUILD-4)."""
        return {
            name: value
            for name, value in vars(self).items()
            if name in self._fit_state.metadata_names or (name[0] != "_" and name[-1] == "_")
        }

    def _callbacks_for(self, call: Mapping[str, Any], method: str) -> list[Any]:
        """Return the callbacks given to a call of a method, or else those of this fit."""
        if "callbacks" in call:
            return callbacks_of_call(call["callbacks"])
        made = self._fit_state.callbacks or self._renew_callbacks()
        return made[0] if method == "fit" else made[1]

    def _renew_callbacks(self, X: Any = None) -> tuple[list[Any], list[Any]]:
        """Make new callbacks; without X for the fit that is there, after it was unpickled."""
        named, routed = self._named(), self._free()
        names = self._fit_state.names if X is None else None
        if names is not None or (routed and has_placeholders([], routed)):
            names = names or self._names_of_fit(X)
            routed = fill_arguments(routed, names)
        made = training_callbacks(named, routed)
        callbacks = [*made[0], *made[1]]
        if callbacks and (names is not None or has_placeholders(callbacks, {})):
            names = names or self._names_of_fit(X)
            fill_callbacks(callbacks, names)
        self._fit_state = replace(self._fit_state, callbacks=made, names=names)
        return made

    def _names_of_fit(self, X: Any) -> dict[str, str]:
        return names_of_fit(X, self.get_params(deep=False), self._default_values())

"""What a subclass of the base wrapper overrides: encoders, and steps that depend on the target."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._data.validation import target_type, validate_target
from scikeras_reference._training.fitted_attributes import FittedAttributes
from scikeras_reference._training.splitters import chosen_rows

__all__ = ["Hooks"]


class Hooks(FittedAttributes):
    """The encoders and the steps of a fit that a subclass may replace."""

    @property
    def feature_encoder(self) -> Any:
        """Transformer of X; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

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

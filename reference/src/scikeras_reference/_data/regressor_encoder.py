"""The default encoder of the regressor's target."""

import math
from collections.abc import Sequence
from typing import Any, Self

import keras
from sklearn.base import BaseEstimator, TransformerMixin

from scikeras_reference._data.input_checks import target_type
from scikeras_reference._data.label_checks import unsupported_target
from scikeras_reference._data.loss_targets import is_of_keras
from scikeras_reference._data.outputs import as_rows
from scikeras_reference.exceptions import InputError, ModelOutputError

__all__ = ["RegressorTargetEncoder"]


class RegressorTargetEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Passes numeric targets through, and gives predictions their shape.

    Attributes
    ----------
    n_outputs_ : int
        Number of columns of y; one for 1-d y.
    n_outputs_expected_ : int
        One: the number of outputs that the model should have.

    Notes
    -----
    Predictions keep the dtype that the model computes in: a wider one would add meaningless digits.
    A model of float64 layers predicts float64.

    Examples
    --------
    >>> import numpy as np
    >>> encoder = RegressorTargetEncoder().fit(np.array([0.5, 1.5]))
    >>> encoder.inverse_transform(np.array([[0.5], [1.0]]))
    array([0.5, 1. ])
    """

    def fit(self, y: Any) -> Self:
        """Learn the shape of `y`, an array of shape (n_samples,) or (n_samples, n_outputs).

        Raises
        ------
        TargetTypeError
            A ``ValueError``, for more than two dimensions (clause TGT-7).
        """
        if y.ndim > 2:
            raise unsupported_target(target_type(y), y)
        self._trailing = y.shape[1:]
        self._output_trailing: tuple[int, ...] | None = None  # until the model is seen
        self.n_outputs_ = _columns(y)
        self.n_outputs_expected_ = 1
        return self

    def set_model_output(
        self,
        loss: Any,
        output_shapes: Sequence[tuple[int | None, ...]],
    ) -> None:
        """Check that the output of the model is as wide as the target.

        Raises
        ------
        ModelOutputError
            A ``ValueError`` with both numbers. Keras would broadcast the target over the units.
        """
        if "_trailing" not in vars(self) or len(output_shapes) != 1:
            return  # a subclass has its own fit, or handles several outputs
        trailing = tuple(size for size in output_shapes[0][1:] if size is not None)
        if len(trailing) < len(output_shapes[0]) - 1:
            return
        width = math.prod(trailing)
        if (
            width > self.n_outputs_
            and type(self) is not RegressorTargetEncoder
            and loss is not None
            and not is_of_keras(loss)
        ):
            # Several units for each target, as the loss and the encoder of the user have it.
            self._output_trailing = (self.n_outputs_,)
            return
        if width != self.n_outputs_:
            shape = "" if len(trailing) == 1 else f", in the shape {trailing},"
            raise ModelOutputError(
                f"The output of the model has {width} units{shape} for each row, but the target has"
                f" {self.n_outputs_} columns. Give the last layer {self.n_outputs_} units (and a"
                " Flatten before it, where rows have several dimensions); the builder finds the"
                " number in meta['n_outputs_']. If the units are parameters of a distribution or"
                " quantiles, for a loss of your own: override target_encoder in a subclass and"
                " return a subclass of RegressorTargetEncoder whose inverse_transform makes"
                " predictions of them, or use BaseWrapper, which returns the outputs as they are."
            )
        self._output_trailing = trailing

    def transform(self, y: Any) -> Any:
        """Return `y` as floats, in the shape of the output of the model.

        Otherwise a custom loss would compare each number with each output.

        Raises
        ------
        InputError
            A ``ValueError``, if it has another number of columns than in ``fit``.
        """
        if _columns(y) != self.n_outputs_:
            raise InputError(
                f"Detected ``y`` to have {_columns(y)} outputs with shape {y.shape}, but this"
                f" encoder was fitted to {self.n_outputs_} outputs."
            )
        if y.dtype.kind != "f":
            # Metrics and losses of the user's own subtract targets and outputs, of one dtype.
            y = y.astype(keras.config.floatx())
        return y if self._output_trailing is None else y.reshape(-1, *self._output_trailing)

    def inverse_transform(self, y: Any) -> Any:
        """Return predictions in the trailing shape of the y of ``fit``."""
        outputs = as_rows(y)
        width = math.prod(outputs.shape[1:])
        if width != self.n_outputs_:
            raise ModelOutputError(
                f"The model returned {width} numbers for each row, and {type(self).__name__} cannot"
                f" tell which of them are the {self.n_outputs_} predictions. Override its"
                " inverse_transform."
            )
        return outputs.reshape(-1, *self._trailing)

    def get_metadata(self) -> dict[str, Any]:
        """Return the numbers of outputs, for the wrapper."""
        return {"n_outputs_": self.n_outputs_, "n_outputs_expected_": self.n_outputs_expected_}


def _columns(y: Any) -> int:
    return 1 if y.ndim == 1 else int(y.shape[1])

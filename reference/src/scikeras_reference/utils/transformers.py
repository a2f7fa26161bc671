"""The default encoders of targets.

An encoder is a scikit-learn transformer of y. Besides ``fit``, ``transform`` and
``inverse_transform`` it may have

``get_metadata()``
    A dict whose entries become attributes of the wrapper (clause DATA-5).
``adapt(loss, output_shapes)``
    Called once the model is compiled, with its loss and the shapes of its outputs, so that the
    target can take the form that this model is trained on.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.multiclass import type_of_target

from scikeras_reference._data.target_forms import TargetForm, target_form, uses_logits, uses_margins
from scikeras_reference._serialization.packing import pack, unpack
from scikeras_reference.exceptions import (
    InputError,
    ModelOutputError,
    NotInitializedError,
    TargetTypeError,
)

__all__ = ["ClassifierLabelEncoder", "RegressorTargetEncoder", "TargetReshaper", "target_type"]

_SUPPORTED = ("binary", "multiclass", "multilabel-indicator")


def target_type(y: Any) -> str:
    """Say what ``sklearn.utils.multiclass.type_of_target`` says, without its warnings.

    >>> target_type(np.array([1, 2, 3]))
    'multiclass'
    """
    with warnings.catch_warnings():
        # Many classes in few rows is a hint about labels; y may as well hold numbers.
        warnings.simplefilter("ignore", UserWarning)
        return str(type_of_target(y, input_name="y"))


class TargetReshaper(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn 1-d targets into a column and back, for transformers that take nothing else.

    Attributes
    ----------
    ndim_ : int
        Number of dimensions of the y that it was fitted to.

    Examples
    --------
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
        """Give `y`, of at least two dimensions."""
        return y.reshape(-1, 1) if y.ndim == 1 else y

    def inverse_transform(self, y: Any) -> Any:
        """Give `y` in one dimension again, if it was fitted to that.

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


class ClassifierLabelEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn labels into what a model is trained on, and outputs into labels or probabilities.

    Parameters
    ----------
    loss : str, keras.losses.Loss, type, callable, or list or dict of them, default=None
        Decides between integers and one-hot rows until `adapt` says what the model was compiled
        with.
    categories : "auto" or list of one array-like, default="auto"
        All classes, where the y of ``fit`` may not hold each of them.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; the numbers of the columns for multilabel indicators.
    n_classes_ : int
        Their number.
    n_outputs_ : int
        One.
    n_outputs_expected_ : int
        One: the number of outputs that the model should have.

    Notes
    -----
    Chapter TGT of the contract. Supported are binary, multiclass and multilabel-indicator targets.

    Examples
    --------
    >>> encoder = ClassifierLabelEncoder().fit(np.array(["no", "yes", "no"]))
    >>> encoder.transform(np.array(["yes", "no"]))
    array([[1.],
           [0.]], dtype=float32)
    >>> encoder.inverse_transform(np.array([[0.9], [0.2]]))
    array(['yes', 'no'], dtype='<U3')
    """

    def __init__(self, loss: Any = None, categories: Any = "auto") -> None:
        self.loss = loss
        self.categories = categories

    def __getstate__(self) -> dict[str, Any]:
        return {name: pack(value) for name, value in super().__getstate__().items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: unpack(value) for name, value in state.items()})

    def fit(self, y: Any) -> Self:
        """Learn the classes of `y`.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), (n_samples, 1) or (n_samples, n_labels)
            Labels of any dtype, or an indicator of two values.

        Raises
        ------
        TargetTypeError
            A ``ValueError`` that names the type (clauses TGT-6, TGT-7 and TGT-9).
        """
        declared = None if isinstance(self.categories, str) else np.unique(self.categories[0])
        kind = target_type(y)
        if declared is not None and kind in {"binary", "multiclass"}:
            kind = target_type(declared)
        if kind not in _SUPPORTED:
            raise _unsupported(kind)
        self.n_outputs_ = self.n_outputs_expected_ = 1
        self._kind, self._dtype, self._trailing = kind, y.dtype, y.shape[1:]
        if kind == "multilabel-indicator":
            values = np.unique(y)
            low, high = values if len(values) == 2 else (values.dtype.type(0), values[0] or 1)
            self._levels = (low, high)
            self._exclusive = bool(((y == high).sum(axis=1) == 1).all())
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_ = np.unique(y) if declared is None else declared
            self._check_known(y)
        self.n_classes_ = len(self.classes_)
        self._form = target_form(self.loss)
        self._width: int | None = None
        self._logits, self._margins = uses_logits(self.loss), uses_margins(self.loss)
        return self

    def adapt(self, loss: Any, output_shapes: Sequence[tuple[int | None, ...]]) -> None:
        """Follow the loss that the model is compiled with, and the width of its output.

        Parameters
        ----------
        loss : object
            What ``Model.loss`` holds.
        output_shapes : sequence of tuple
            One shape for each output, rows included.

        Raises
        ------
        ModelOutputError
            A ``ValueError``, if the output is too narrow for the classes, or does not have one
            unit for each label of an indicator.
        """
        if "_kind" not in vars(self):
            return  # a subclass that learns targets in a fit of its own knows their form itself
        if loss is not None:
            self._form = target_form(loss)
            self._logits, self._margins = uses_logits(loss), uses_margins(loss)
        if len(output_shapes) != 1:
            return
        if len(output_shapes[0]) > 2:
            if type(self).inverse_transform is ClassifierLabelEncoder.inverse_transform:
                raise ModelOutputError(
                    f"The output of the model has the shape {output_shapes[0]}, but classes are"
                    " read from one row of units each: (None, n_units). Put a Flatten, a pooling or"
                    " the like before the last layer."
                )
            return
        width = output_shapes[0][1] if len(output_shapes[0]) == 2 else 1
        if width is None:
            return
        if self._kind == "multilabel-indicator":
            fits, wanted = width == self.n_classes_, str(self.n_classes_)
        elif width == 1:
            fits, wanted = self.n_classes_ <= 2, str(self.n_classes_)
        else:
            fits, wanted = width >= self.n_classes_, f"{self.n_classes_}, or one for two classes"
        if not fits:
            raise ModelOutputError(
                f"The output of the model has {width} units, but the target ({self._kind}) has"
                f" {self.n_classes_} classes or labels. Give the last layer as many units:"
                f" {wanted}. The builder finds the number in meta['n_classes_']."
            )
        self._width = width

    def transform(self, y: Any) -> Any:
        """Encode labels.

        Parameters
        ----------
        y : ndarray
            Labels, shaped as in ``fit``.

        Returns
        -------
        ndarray of floats of shape (n_samples, 1), (n_samples, n_units) or (n_samples, n_labels)
            Class numbers; one-hot rows for categorical losses, and for losses that compare
            several units element by element; zeros and ones for indicators.

        Raises
        ------
        InputError
            A ``ValueError``, for a label that was not there in ``fit``.
        """
        floatx = keras.config.floatx()
        if self._kind == "multilabel-indicator":
            self._check_indicator(y)
            return (y == self._levels[1]).astype(floatx)
        self._check_known(y)
        codes = np.searchsorted(self.classes_, y.reshape(-1))
        if not self._one_hot():
            return codes.reshape(-1, 1).astype(floatx)
        encoded = np.zeros((len(codes), self._width or self.n_classes_), dtype=floatx)
        encoded[np.arange(len(codes)), codes] = 1
        return encoded

    def inverse_transform(self, y: Any, return_proba: bool = False) -> Any:
        """Decode the outputs of a model.

        Parameters
        ----------
        y : ndarray of shape (n_samples,), (n_samples, n_units) or (n_samples, n_labels)
            Probabilities; logits, if the loss takes them so.
        return_proba : bool, default=False
            Whether to return probabilities instead of labels.

        Returns
        -------
        ndarray
            Labels with the values, the kind of dtype and the trailing shape of the y of ``fit``;
            or probabilities of shape (n_samples, n_classes), columns in the order of
            ``classes_``, which for multilabel indicators are those of each label (TGT-10).
        """
        outputs = _two_dimensional(y)
        if np.isnan(outputs).any():
            raise ModelOutputError(
                "The model answers NaN, which is no class. It diverged in training, most likely:"
                " lower the learning rate, scale X, or look at history_['loss']."
            )
        if self._kind == "multilabel-indicator":
            return self._labels(outputs, return_proba)
        probabilities = self._probabilities(outputs)
        if return_proba:
            return probabilities
        if outputs.shape[1] == 1 and self.n_classes_ == 2:
            # Of two columns, argmax picks the second only if it is larger; this is much faster.
            codes = (probabilities[:, 1] > probabilities[:, 0]).astype(np.intp)
        elif outputs.shape[1] == 1 or self.n_classes_ == 1:
            codes = np.argmax(probabilities, axis=1)
        else:
            codes = np.argmax(outputs[:, : self.n_classes_], axis=1)
        return self.classes_[codes].reshape(-1, *self._trailing)

    def get_metadata(self) -> dict[str, Any]:
        """Give what the wrapper should know: classes, their number, numbers of outputs."""
        return {
            "classes_": self.classes_,
            "n_classes_": self.n_classes_,
            "n_outputs_": self.n_outputs_,
            "n_outputs_expected_": self.n_outputs_expected_,
        }

    def _one_hot(self) -> bool:
        if self._width == 1 or self._form is TargetForm.INTEGER:
            return False
        return self._form is TargetForm.CATEGORICAL or self._width is not None

    def _probabilities(self, outputs: Any) -> Any:
        n_samples, width = outputs.shape
        if self.n_classes_ == 1:
            return np.ones((n_samples, 1), dtype=outputs.dtype)
        if width == 1:
            positive = self._each(outputs[:, 0])
            return np.column_stack([1 - positive, positive])
        outputs = outputs[:, : self.n_classes_]
        if self._logits and self._form is not TargetForm.ELEMENTWISE:
            return _softmax(outputs)
        outputs = _sigmoid(outputs) if self._logits else np.maximum(outputs, 0)
        return _normalized(outputs)

    def _labels(self, outputs: Any, return_proba: bool) -> Any:
        low, high = self._levels
        if self._exclusive and self._form is not TargetForm.ELEMENTWISE:
            # Every row had one label and the loss lets the labels compete.
            probabilities = _softmax(outputs) if self._logits else np.clip(outputs, 0, 1)
            chosen = np.arange(outputs.shape[1]) == np.argmax(outputs, axis=1)[:, None]
        else:
            probabilities = self._each(outputs)
            chosen = probabilities > 0.5
        if return_proba:
            return probabilities
        # scikit-learn's classifiers give indicators of plain integers, whatever their width.
        dtype = np.dtype(np.int64) if self._dtype.kind == "i" else self._dtype
        return np.where(chosen, high, low).astype(dtype)

    def _each(self, outputs: Any) -> Any:
        """Probability of each unit by itself."""
        if self._logits:
            return _sigmoid(outputs)
        return np.clip((1 + outputs) / 2 if self._margins else outputs, 0, 1)

    def _check_known(self, y: Any) -> None:
        unknown = np.setdiff1d(y.reshape(-1), self.classes_)
        if unknown.size:
            raise InputError(
                f"Found unknown categories {unknown.tolist()} in y; the classes are"
                f" {self.classes_.tolist()}. Give all classes to the first call, as"
                " partial_fit(X, y, classes=...), or fit anew."
            )

    def _check_indicator(self, y: Any) -> None:
        if y.shape[1:] != self._trailing:
            raise InputError(
                f"Detected ``y`` to have {y.shape[-1]} labels, but this encoder was fitted to"
                f" {self._trailing[0]}."
            )
        unknown = np.setdiff1d(y, self._levels)
        if unknown.size:
            raise InputError(
                f"Found unknown categories {unknown.tolist()} in y, an indicator of the values"
                f" {list(self._levels)}."
            )


class RegressorTargetEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Pass numeric targets through, and give predictions their shape.

    Attributes
    ----------
    n_outputs_ : int
        Number of columns of y; one for 1-d y.
    n_outputs_expected_ : int
        One: the number of outputs that the model should have.

    Notes
    -----
    Predictions keep the dtype that the model computes in: to widen them would add digits that
    mean nothing. A model of float64 layers predicts float64.

    Examples
    --------
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
            raise _unsupported(target_type(y))
        self._trailing = y.shape[1:]
        self._output_trailing: tuple[int, ...] | None = None  # until the model is seen
        self.n_outputs_ = _columns(y)
        self.n_outputs_expected_ = 1
        return self

    def adapt(self, loss: Any, output_shapes: Sequence[tuple[int | None, ...]]) -> None:  # noqa: ARG002
        """See that the output of the model is as wide as the target.

        Raises
        ------
        ModelOutputError
            A ``ValueError`` with both numbers. Keras would spread the target over the units.
        """
        if "_trailing" not in vars(self) or len(output_shapes) != 1:
            return  # a fit of a subclass's own, or several outputs, which are its business
        trailing = tuple(size for size in output_shapes[0][1:] if size is not None)
        if len(trailing) < len(output_shapes[0]) - 1:
            return
        width = math.prod(trailing)
        if width != self.n_outputs_:
            shape = "" if len(trailing) == 1 else f", in the shape {trailing},"
            raise ModelOutputError(
                f"The output of the model has {width} units{shape} for each row, but the target has"
                f" {self.n_outputs_} columns. Give the last layer {self.n_outputs_} units (and a"
                " Flatten before it, where rows have several dimensions); the builder finds the"
                " number in meta['n_outputs_']."
            )
        self._output_trailing = trailing

    def transform(self, y: Any) -> Any:
        """Give `y` as it is, in the shape that the model answers in, where that is another.

        A loss of the user's own would compare each number with each output otherwise.

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
        return y if self._output_trailing is None else y.reshape(-1, *self._output_trailing)

    def inverse_transform(self, y: Any) -> Any:
        """Give predictions the trailing shape of the y of ``fit``."""
        outputs = _two_dimensional(y)
        return outputs.reshape(-1, *self._trailing)

    def get_metadata(self) -> dict[str, Any]:
        """Give the numbers of outputs to the wrapper."""
        return {"n_outputs_": self.n_outputs_, "n_outputs_expected_": self.n_outputs_expected_}


def _unsupported(kind: str) -> TargetTypeError:
    more = (
        " Maybe these are numbers to predict: use KerasRegressor."
        if kind.startswith("continuous")
        else ""
    )
    return TargetTypeError(
        f"Unknown label type: {kind}. This wrapper does not support a target of type {kind}.{more}"
        " To add support, override target_encoder in a subclass with a transformer that"
        " understands this type."
    )


def _columns(y: Any) -> int:
    return 1 if y.ndim == 1 else int(y.shape[1])


def _two_dimensional(outputs: Any) -> Any:
    if isinstance(outputs, (Mapping, list, tuple)) and len(outputs) == 1:
        (outputs,) = outputs.values() if isinstance(outputs, Mapping) else outputs
    outputs = np.asarray(outputs)
    if outputs.dtype.kind not in "fc" or outputs.dtype.itemsize < 4:
        outputs = outputs.astype(np.float32)  # half precision is for layers, not for answers
    return outputs.reshape(-1, 1) if outputs.ndim == 1 else outputs


def _sigmoid(logits: Any) -> Any:
    half = np.tanh(logits / 2) / 2  # exp overflows, tanh does not
    return half + logits.dtype.type(0.5)


def _softmax(logits: Any) -> Any:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _normalized(weights: Any) -> Any:
    """Make rows sum to one, where they do not; a row of zeros says nothing about any class."""
    totals = weights.sum(axis=1, keepdims=True)
    if np.allclose(totals, 1, rtol=0, atol=1e-5):
        return weights
    even = np.full_like(weights, 1 / weights.shape[1])
    return np.divide(weights, totals, out=even, where=totals > 0)

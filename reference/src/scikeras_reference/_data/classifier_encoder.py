"""The default encoder of the classifier's target."""

from collections.abc import Sequence
from typing import Any, Self

import keras
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from scikeras_reference._data.input_checks import target_type
from scikeras_reference._data.label_checks import check_choice, unknown_labels, unsupported_target
from scikeras_reference._data.loss_and_metric_names import is_deferred_metric
from scikeras_reference._data.loss_checks import (
    check_indicator_form,
    check_label_form,
    warn_of_independent_columns,
    warn_of_linear_layer,
    warn_of_range,
    width_of_output,
)
from scikeras_reference._data.loss_targets import (
    FormOfLoss,
    TargetForm,
    describe_loss,
    encode_classes,
    form_of_loss,
    is_of_keras,
    labels_compete,
    uses_logits,
    uses_margins,
    uses_scores,
)
from scikeras_reference._data.metric_targets import check_metrics
from scikeras_reference._data.outputs import as_rows, normalized, sigmoid, softmax
from scikeras_reference._data.target_probe import probed_form, takes_scores
from scikeras_reference._serialization.pickling import pack, unpack
from scikeras_reference.exceptions import InputError, ModelOutputError

__all__ = ["ClassifierLabelEncoder"]

_FORMS = {
    "numbers": TargetForm.NUMBERS,
    "flat-numbers": TargetForm.FLAT_NUMBERS,
    "one-hot": TargetForm.ONE_HOT,
}
_SUPPORTED = ("binary", "multiclass", "multilabel-indicator")


class ClassifierLabelEncoder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turns labels into what a model is trained on, and outputs into labels or probabilities.

    Parameters
    ----------
    loss : str, keras.losses.Loss, type, callable, or list or dict of them, default=None
        Decides between integers and one-hot rows until `set_model_output` is called with the loss
        that the model is compiled with.
    categories : "auto" or list of one array-like, default="auto"
        All classes, if the y of ``fit`` may lack some of them.
    form : {"auto", "numbers", "flat-numbers", "one-hot"}, default="auto"
        What the model is trained on: class numbers of shape (n, 1) or (n,), or one-hot rows. With
        "auto", what the loss computes the right value for, shown on known outputs (clause TGT-11).
    exclusive : "auto" or bool, default="auto"
        For an indicator: whether each row has exactly one label. With "auto", whether the rows of
        ``fit`` have; a loss that treats the columns as independent makes it a multilabel target
        all the same, with a warning.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; the numbers of the columns for multilabel indicators.
    n_classes_ : int
        Their number.
    exclusive_ : bool
        Whether the classes exclude each other; true for labels.
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

    def __init__(
        self,
        loss: Any = None,
        categories: Any = "auto",
        form: str = "auto",
        exclusive: Any = "auto",
    ) -> None:
        self.loss = loss
        self.categories = categories
        self.form = form
        self.exclusive = exclusive

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
        if (self.form, self.exclusive) != ("auto", "auto"):
            check_choice("form", self.form, ("auto", *_FORMS))
            check_choice("exclusive", self.exclusive, ("auto", True, False))
        declared = None if isinstance(self.categories, str) else np.unique(self.categories[0])
        kind = target_type(y)
        if declared is not None and kind in {"binary", "multiclass"}:
            kind = target_type(declared)
        if kind not in _SUPPORTED:
            raise unsupported_target(kind, y)
        self.n_outputs_ = self.n_outputs_expected_ = 1
        self._kind, self._dtype, self._trailing = kind, y.dtype, y.shape[1:]
        if kind == "multilabel-indicator":
            values = np.unique(y)
            low, high = values if len(values) == 2 else (values.dtype.type(0), values[0] or 1)
            self._levels = (low, high)
            self.exclusive_ = self._one_label(y) if self.exclusive == "auto" else self.exclusive
            self._is_evident = len(y) > 1  # one row says nothing about the others
            self._check_indicator(y)
            self.classes_ = np.arange(y.shape[1])
        else:
            self.classes_ = np.unique(y) if declared is None else declared
            self._check_known(y)
            self.exclusive_ = True
        self.n_classes_ = len(self.classes_)
        self._width: int | None = None
        self._is_compiled = self._has_warned = False
        self._take_loss(self.loss)
        return self

    def set_model_output(self, loss: Any, output_shapes: Sequence[tuple[int | None, ...]]) -> None:
        """Take the form of target that the compiled loss and the width of the output need.

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
            return  # a subclass with its own fit decides about the form itself
        if loss is None and not self._is_compiled:
            loss = self.loss
        elif loss is not None:
            self._is_compiled = True
        self._width = self._width_of(output_shapes) or self._width
        if loss is not None:
            self._take_loss(loss)

    def _width_of(self, shapes: Sequence[tuple[int | None, ...]]) -> int | None:
        """Return the number of units of a single output; None if there is no such number."""
        rows = [tuple(shape[1:]) for shape in shapes]
        if rows == [(self.n_classes_,)] or (rows == [(1,)] and self._kind == "binary"):
            return 1 if rows == [(1,)] else int(self.n_classes_)
        decodes = type(self).inverse_transform is ClassifierLabelEncoder.inverse_transform
        return width_of_output(shapes, self._kind, self.n_classes_, is_decoded=decodes)

    def _take_loss(self, loss: Any) -> None:
        """Find the form of target for a loss, once with and once without a known width."""
        self._logits, self._margins = uses_logits(loss), uses_margins(loss)
        self._compete = labels_compete(loss)
        # Logits, and the scores of hinge losses, may be any numbers.
        self._is_range_known = self._is_compiled and not (self._logits or uses_scores(loss))
        self._loss_name = describe_loss(loss)
        self._form = TargetForm.NUMBERS
        if self.form != "auto":
            self._form = _FORMS[self.form]
            return
        found = form_of_loss(loss, self._width, self.n_classes_)
        if found is None:
            found = probed_form(loss, self._width or 1, self.n_classes_)
        self._form = found.form
        if self._width is not None:
            self._check_form(found)

    def _check_form(self, found: FormOfLoss) -> None:
        """Refuse a pair of target and loss that makes no sense; warn if something is a guess."""
        if self._kind != "multilabel-indicator":
            if found.needs_several_units or not found.is_shown:
                check_label_form(found, self._loss_name, self.n_classes_)
            return
        check_indicator_form(found, self._loss_name, self._width or 0)
        is_guess = self.exclusive == "auto" and self.exclusive_ and self._is_evident
        if is_guess and not self._compete and self.n_classes_ > 1:
            warn_of_independent_columns(self._loss_name, self.n_classes_)

    def check_metrics(self, metrics: Any) -> None:
        """Check that metrics see what they need; called after `set_model_output`.

        Parameters
        ----------
        metrics : list of str, keras.metrics.Metric or callable
            What the model is compiled with.

        Raises
        ------
        CompilationError
            A ``ValueError``, if a metric would compute a wrong number (clause TGT-12).
        """
        width = self._width if "_kind" in vars(self) else None
        # Keras resolves some names by the form of the target.
        deferred = all(map(is_deferred_metric, metrics))
        if width is None or self.n_classes_ < 2 or (deferred and not self._logits):
            return
        indicators = self._kind == "multilabel-indicator"
        facts = (metrics, self._loss_name, self._form_of_target, width, self.n_classes_)
        alone = width == 1 or (indicators and not self._compete)
        check_metrics(*facts, are_independent=alone, takes_logits=self._logits)

    def check_activation(self, activation: Any, loss: Any) -> None:
        """Warn of a linear last layer whose outputs the loss takes for probabilities.

        Parameters
        ----------
        activation : callable or None
            That of the last layer, if it is known.
        loss : object
            What ``Model.loss`` holds.
        """
        is_linear = activation is keras.activations.linear
        if not is_linear or "_kind" not in vars(self) or self.n_classes_ < 2:
            return
        self._has_warned = warn_of_linear_layer(loss, self._loss_name)
        # Several units of exclusive classes are compared with each other, whatever they are.
        has_threshold = self._width == 1 or (self._width is not None and not self.exclusive_)
        if has_threshold and not (self._logits or self._margins or is_of_keras(loss)):
            self._logits = takes_scores(loss, self._form_of_target, self._width or 1)
            self._is_range_known = not self._logits

    def transform(self, y: Any) -> Any:
        """Encode labels.

        Parameters
        ----------
        y : ndarray
            Labels, shaped as in ``fit``.

        Returns
        -------
        ndarray of floats of shape (n_samples,), (n_samples, 1) or (n_samples, n_units)
            Class numbers or one-hot rows, as the loss wants them; zeros and ones for indicators.

        Raises
        ------
        InputError
            A ``ValueError``, for a label that was not there in ``fit``.
        """
        if self._kind == "multilabel-indicator":
            self._check_indicator(y)
            return (y == self._levels[1]).astype(keras.config.floatx())
        self._check_known(y)
        codes = np.searchsorted(self.classes_, y.reshape(-1))
        return encode_classes(codes, self._form, self._width or self.n_classes_)

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
        outputs = as_rows(y)
        if np.isnan(outputs).any():
            raise ModelOutputError(
                "The model predicts NaN, which is not a class. Most likely it diverged in training:"
                " lower the learning rate, scale X, or look at history_['loss']. Otherwise an input"
                " by name has missing values, which are left to the model."
            )
        if return_proba and self._is_range_known and not self._has_warned:
            self._has_warned = warn_of_range(outputs)
        if self._kind == "multilabel-indicator":
            return self._labels(outputs, return_proba)
        if return_proba:
            return self._probabilities(outputs)
        return self.classes_[self._codes(outputs)].reshape(-1, *self._trailing)

    def get_metadata(self) -> dict[str, Any]:
        """Return classes, their number, and the numbers of outputs, for the wrapper."""
        names = ("classes_", "n_classes_", "n_outputs_", "n_outputs_expected_")
        return {name: getattr(self, name) for name in names}

    def _codes(self, outputs: Any) -> Any:
        """Return the number of the class of each row."""
        if outputs.shape[1] > 1 and self.n_classes_ > 1:
            return np.argmax(outputs[:, : self.n_classes_], axis=1)
        probabilities = self._probabilities(outputs)
        if self.n_classes_ == 2:  # as argmax, which takes the second only if it is larger; faster
            return (probabilities[:, 1] > probabilities[:, 0]).astype(np.intp)
        return np.argmax(probabilities, axis=1)

    def _probabilities(self, outputs: Any) -> Any:
        n_samples, width = outputs.shape
        if self.n_classes_ == 1:
            return np.ones((n_samples, 1), dtype=outputs.dtype)
        if width == 1:
            positive = self._each(outputs[:, 0])
            return np.column_stack([1 - positive, positive])
        outputs = outputs[:, : self.n_classes_]
        if self._logits and self._compete:
            return softmax(outputs)
        outputs = sigmoid(outputs) if self._logits else np.maximum(outputs, 0)
        return normalized(outputs)

    def _labels(self, outputs: Any, return_proba: bool) -> Any:
        low, high = self._levels
        if self.exclusive_ and (self._compete or self.exclusive != "auto"):
            # Every row has one label.
            if not self._compete:
                probabilities = normalized(self._each(outputs))
            else:
                probabilities = softmax(outputs) if self._logits else np.clip(outputs, 0, 1)
            chosen = np.arange(outputs.shape[1]) == np.argmax(outputs, axis=1)[:, None]
        else:
            probabilities = self._each(outputs)
            chosen = probabilities > 0.5
        if return_proba:
            return probabilities
        # scikit-learn's classifiers return indicators of plain integers, whatever their width.
        dtype = np.dtype(np.int64) if self._dtype.kind == "i" else self._dtype
        return np.where(chosen, high, low).astype(dtype)

    def _each(self, outputs: Any) -> Any:
        """Return the probability of each unit by itself."""
        if self._logits:
            return sigmoid(outputs)
        return np.clip((1 + outputs) / 2 if self._margins else outputs, 0, 1)

    @property
    def _form_of_target(self) -> TargetForm:
        return TargetForm.ONE_HOT if self._kind == "multilabel-indicator" else self._form

    @property
    def levels_(self) -> tuple[Any, Any]:
        """The two values of an indicator, the one without a label first."""
        return self._levels

    def _check_known(self, y: Any) -> None:
        if y.size != len(y) or np.setdiff1d(y.reshape(-1), self.classes_).size:
            raise unknown_labels(y, self.classes_)

    def _one_label(self, y: Any) -> bool:
        return bool(((y == self._levels[1]).sum(axis=1) == 1).all())

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
        if self.exclusive != "auto" and self.exclusive and not self._one_label(y):
            raise InputError(
                "exclusive=True, but some rows of y have no label or several. Use"
                " exclusive=False, or correct y."
            )

"""The classifier."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score

from scikeras_reference._base import BaseWrapper
from scikeras_reference._data.class_weights import weights_by_class
from scikeras_reference._data.classifier_encoder import ClassifierLabelEncoder
from scikeras_reference._data.input_checks import target_type, validate_target
from scikeras_reference._data.label_checks import of_fixed_width
from scikeras_reference._training.keras_arguments import one_more_epoch
from scikeras_reference._training.validation_rows import warn_of_classes_without_rows
from scikeras_reference.exceptions import InputError

__all__ = ["KerasClassifier"]


class KerasClassifier(ClassifierMixin, BaseWrapper):  # type: ignore[misc]
    """A Keras model as a scikit-learn classifier.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        The builder. It finds the number of classes in ``meta["n_classes_"]``.
    class_weight : dict, "balanced", list of dict or None, default=None
        Weights by label; multiplied with ``sample_weight``, if there is one, in training only
        (API-5). "balanced" goes by the frequencies in the y of ``fit``. For indicators with one
        label in each row a dict by column, for others a list with a dict for each column, whose
        weights multiply. ``fit__class_weight`` and ``fit(class_weight=...)`` are by label too.
    build_fn, warm_start, random_state, optimizer, loss, metrics, batch_size, \
validation_batch_size, verbose, callbacks, validation_split, shuffle, run_eagerly, epochs, \
input_columns, **kwargs
        As for `BaseWrapper`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; the numbers of the columns for multilabel indicators.
    n_classes_ : int
        Their number.

    Notes
    -----
    The form of the target follows the loss that the model is *compiled* with, and the number of
    its units: class numbers for sparse losses and for one sigmoid unit, one-hot rows for
    categorical losses. For a loss with ``from_logits=True``, outputs are converted to
    probabilities. Chapter TGT of the contract. See `BaseWrapper` for further attributes.

    Examples
    --------
    >>> import keras, numpy as np
    >>> def build(meta):
    ...     return keras.Sequential(
    ...         [
    ...             keras.layers.Input((meta["n_features_in_"],)),
    ...             keras.layers.Dense(meta["n_classes_"], activation="softmax"),
    ...         ]
    ...     )
    >>> X, y = np.eye(3), np.array(["a", "b", "c"])
    >>> clf = KerasClassifier(build, loss="sparse_categorical_crossentropy", verbose=0).fit(X, y)
    >>> clf.predict(X).shape, clf.predict_proba(X).shape, clf.classes_.tolist()
    ((3,), (3, 3), ['a', 'b', 'c'])
    """

    __metadata_request__fit: ClassVar[dict[str, Any]] = {"class_weight": None}

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        validation_batch_size: int | None = None,
        verbose: int | str = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        run_eagerly: bool = False,
        epochs: int = 1,
        input_columns: Any = None,
        class_weight: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            model,
            build_fn=build_fn,
            warm_start=warm_start,
            random_state=random_state,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            batch_size=batch_size,
            validation_batch_size=validation_batch_size,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            shuffle=shuffle,
            run_eagerly=run_eagerly,
            epochs=epochs,
            input_columns=input_columns,
            **kwargs,
        )
        self.class_weight = class_weight

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it to support other types of target (TGT-8).

        For ``predict_proba``, its ``inverse_transform`` takes ``return_proba=True``.
        """
        classes = self._fit_state.classes
        return ClassifierLabelEncoder(self.loss, "auto" if classes is None else [classes])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def partial_fit(  # type: ignore[override]  # classes comes third, as in scikit-learn
        self, X: Any, y: Any = None, classes: Any = None, sample_weight: Any = None, **kwargs: Any
    ) -> Self:
        """Train for one epoch more, with the weights and the optimizer as they are (API-3).

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for ``fit``. After the first call: of the same shapes, of dtypes that can be cast
            safely to the first, and without new labels.
        classes : array-like of shape (n_classes,), default=None
            All labels; needed in the first call if its `y` lacks some of them.
        **kwargs : object
            Arguments of ``Model.fit`` for this call; not ``epochs`` or ``initial_epoch``.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        TypeError, ValueError
            As for ``fit``; for data unlike that of the first call (API-13); and for other
            `classes` than in the first call.
        """
        call = one_more_epoch(kwargs, self.current_epoch)
        return self._fit(X, y, sample_weight, call, warm=True, extend=True, classes=classes)

    def predict_proba(self, X: Any, **kwargs: Any) -> Any:
        """Predict probabilities of the classes (TGT-10).

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Shaped as in ``fit``.
        **kwargs : object
            Arguments of ``Model.predict``, for this call only (API-11).

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of ``classes_``; rows sum to one. For multilabel indicators, the
            probability of each label: (n_samples, n_labels).

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit`` (INIT-9).
        TypeError
            If a custom ``target_encoder`` cannot return probabilities.
        """
        outputs = self._outputs(X, kwargs, "predict_proba")
        return self.target_encoder_.inverse_transform(outputs, return_proba=True)

    def predict_log_proba(self, X: Any, **kwargs: Any) -> Any:
        """Predict logarithms of the probabilities of the classes.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Shaped as in ``fit``.
        **kwargs : object
            Arguments of ``Model.predict``, for this call only (API-11).

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Natural logarithms of what ``predict_proba`` returns; minus infinity for zero.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X, **kwargs))

    def decision_function(self, X: Any) -> Any:
        """Return the logarithm of the odds, for tools that rank by a decision function.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Shaped as in ``fit``.

        Returns
        -------
        ndarray of shape (n_samples,), (n_samples, n_classes) or (n_samples, n_labels)
            One number for two classes, positive for the second; else logarithms of the
            probabilities; for multilabel indicators the odds of each label.
        """
        probabilities = self.predict_proba(X).astype(np.float64)
        tiny = np.finfo(np.float64).tiny
        logarithms = np.log(np.maximum(probabilities, tiny))
        if self.target_type_ == "multilabel-indicator":
            return logarithms - np.log(np.maximum(1 - probabilities, tiny))
        if probabilities.shape[1] == 2:
            return logarithms[:, 1] - logarithms[:, 0]
        return logarithms

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Return the accuracy; override it for another score (SCORE-1, SCORE-2).

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_labels)
            True and predicted labels.
        **kwargs : object
            Arguments of ``sklearn.metrics.accuracy_score``.

        Returns
        -------
        float
            From 0 to 1.

        Examples
        --------
        >>> KerasClassifier.scorer(["a", "b"], ["a", "a"])
        0.5
        """
        return float(accuracy_score(y_true, y_pred, **kwargs))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Score the predictions for X with ``scorer``; see `BaseWrapper.score`."""
        return BaseWrapper.score(self, X, y, sample_weight)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        call: Mapping[str, Any],
        *args: Any,
        classes: Any = None,
        **options: Any,
    ) -> Self:
        """Take `classes`, a keyword of ``fit`` and ``partial_fit``, out of those for Keras."""
        call = dict(call)
        classes = call.pop("classes", classes)
        if classes is not None:
            classes = of_fixed_width(classes)
        if classes is not None and self.initialized_ and options["warm"]:
            known = getattr(self, "classes_", None)
            if known is not None and not np.array_equal(np.unique(classes), known):
                raise InputError(
                    f"classes={np.unique(classes).tolist()} is not what the first call was given:"
                    f" {known.tolist()}. Leave it out, or fit anew."
                )
        return super()._fit(X, y, sample_weight, call, *args, classes=classes, **options)

    def _validate_target(self, X: Any, y: Any) -> Any:
        if y is None:
            raise _missing_target(self)
        return validate_target(self, X, y, numeric=False)

    def _target_type(self, y: Any) -> str:
        # The y of the first partial_fit may hold two of three classes.
        kind = target_type(y)
        classes = self._fit_state.classes
        if classes is None or kind not in {"binary", "multiclass"}:
            return kind
        return target_type(np.unique(classes))

    def _class_weights(self, y: Any, call: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        free = self._free()
        routed = free.get("fit__class_weight", self.class_weight)
        class_weight = call.get("class_weight", routed)
        call = {name: value for name, value in call.items() if name != "class_weight"}
        if "fit__class_weight" in free:
            call["class_weight"] = None
        if class_weight is None:
            return None, call
        high = self._label_value(y)
        exclusive = high is not None and getattr(
            self.target_encoder_, "exclusive_", ((y == high).sum(axis=1) == 1).all()
        )
        if high is None:
            labels = self._known_labels(y)
        else:
            labels = getattr(self.target_encoder_, "levels_", None)
        return weights_by_class(class_weight, y, high if exclusive else None, labels), call

    def _known_labels(self, y: Any) -> Any:
        """Return all labels, of which y may lack some; None if they cannot be told."""
        # An encoder of the user's own may say them in its metadata alone.
        labels = getattr(self.target_encoder_, "classes_", vars(self).get("classes_"))
        try:
            labels = np.asarray(labels)
            # Those of one column, or of each of several.
            fits = labels.ndim == 1 or y.shape[1:] in {(), (1,)}
            return labels.ravel() if fits and np.isin(y, labels).any() else None
        except (TypeError, ValueError):  # lists of different lengths, or labels without an order
            return None

    def _check_held_out(self, y: Any, n_trained: int) -> None:
        warn_of_classes_without_rows(y, self._label_value(y), n_trained)

    def _label_value(self, y: Any) -> Any:
        """Return the value that marks a label in an indicator; None if y holds labels."""
        return y.max() if self.target_type_ == "multilabel-indicator" else None


def _missing_target(estimator: Any) -> InputError:
    return InputError(
        f"{type(estimator).__name__} requires y to be passed, but the target y is None."
    )

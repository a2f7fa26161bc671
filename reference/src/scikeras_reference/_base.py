"""The base wrapper: what users call, and the order of the steps of a fit."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from scikeras_reference._data.batch_sources import is_batches
from scikeras_reference._data.input_checks import (
    check_weights,
    require_weight,
    validate_features,
)
from scikeras_reference._fit_steps_for_batches import BatchSteps
from scikeras_reference._model.built_model import check_target
from scikeras_reference._parameters.named import check_flag
from scikeras_reference._training.keras_arguments import one_more_epoch, splits
from scikeras_reference._training.splitters import hold_out
from scikeras_reference._training.validation_rows import class_weighted, training_rows

__all__ = ["BaseWrapper"]


class BaseWrapper(BatchSteps):
    """A Keras model as a scikit-learn estimator, neither classifier nor regressor.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        The *builder*: returns a ``keras.Model``, compiled or not. A ready-made model is copied
        for each fit. Without it, a subclass has to bring a method ``_keras_build_fn``.
    build_fn : callable or keras.Model, default=None
        Former name of `model`.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the model of the last one, compiled as it is; changed
        parameters of the builder and of compilation apply only to a fit from the start.
    random_state : int, numpy.random.RandomState or None, default=None
        Seed for building and fitting. Global generators are restored afterwards.
    optimizer : str, type, keras.optimizers.Optimizer or None, default="rmsprop"
        Used, like all compilation parameters, if the builder returns an uncompiled model.
    loss : str, type, keras.losses.Loss, callable, or list or dict of them, default=None
        Likewise. With "auto", classifiers and regressors choose a loss for target and model.
    metrics : str, type, keras.metrics.Metric, callable, or lists and dicts of them, default=None
        Likewise.
    batch_size, validation_batch_size : int or None, default=None
        For ``fit`` and ``predict``, and for validation data; -1 stands for all rows.
    verbose : int or str, default=1
        Verbosity of Keras: 0, 1, 2 or "auto".
    callbacks : Callback, type, or lists and dicts of them, default=None
        For ``fit`` and ``predict``. Instances are copied; to read one, pass it to ``fit``.
    validation_split : float, splitter or callable, default=0.0
        Share of rows, from the end, to validate on; or what chooses the rows.
    shuffle : bool, default=True
        Whether rows are shuffled before each epoch.
    run_eagerly : bool, default=False
        Whether Keras runs without compiling graphs.
    epochs : int, default=1
        Epochs of one ``fit``.
    input_columns : dict, "by_name" or None, default=None
        For data frames and models of several inputs: the column, or the list of columns, of each
        input by its name; or that each column is an input.
    **kwargs : object
        Keyword arguments for the builder, and routed parameters (see ``prefixes_``).

    Attributes
    ----------
    model_ : keras.Model
        Built by ``fit``, ``partial_fit`` or ``initialize``.
    history_ : dict of str to list
        One entry for each epoch, by full name of the metric.
    feature_encoder_, target_encoder_ : transformer
        Fitted encoders.
    n_features_in_, X_dtype_, X_shape_, target_type_, y_dtype_, y_ndim_ : object
        What X and y of ``fit`` were.
    n_outputs_, n_outputs_expected_ : int
        Columns of y; outputs that the model should have.

    Examples
    --------
    >>> import keras, numpy as np
    >>> def build(units=1):
    ...     return keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(units)])
    >>> X = np.eye(4)
    >>> wrapper = BaseWrapper(build, loss="mse", units=2, verbose=0).fit(X, X[:, :2])
    >>> wrapper.predict(X).shape, wrapper.current_epoch
    ((4, 2), 1)
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def initialize(self, X: Any, y: Any = None) -> Self:
        """Build the model without training it (INIT-8).

        Parameters
        ----------
        X, y : array-like
            As for ``fit``; what matters of X is its shape and its dtype.

        Returns
        -------
        self
            The estimator; ``predict`` works, with the weights that the builder made.

        Raises
        ------
        TypeError, ValueError
            As for ``fit``, except that the loss may be missing.
        """
        with self._rollback():
            if type(X) is not np.ndarray and is_batches(X):
                self._initialize_batches(X, y)
            else:
                self._prepare(X, y)
        return self

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        groups: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Build a model and train it.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Numbers of any dtype. Never written to. Or a data set, loader or generator of batches
            (X, y) or (X, y, sample_weight), or a function that returns one; or a dict of arrays
            by the names of the model's inputs.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target. Classifiers and regressors need one.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; not all zero (API-6).
        X_val, y_val, sample_weight_val : array-like, default=None
            Data to validate on after each epoch. A ``Pipeline`` transforms `X_val` if it has
            ``transform_input=["X_val"]``.
        groups : array-like of shape (n_samples,), default=None
            For a splitter that is given as ``validation_split``.
        **kwargs : object
            Arguments of ``Model.fit``, for this call only (API-11). A classifier takes `classes`
            too, all labels: `y` may lack some, and batches are not read to find them.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        TypeError, ValueError
            If a parameter, the builder, its model or the data cannot be used.
        """
        if self.warm_start not in (True, False):
            check_flag("warm_start", self.warm_start)
        data = (X, y, sample_weight)
        options = {"warm": self.warm_start, **({} if groups is None else {"groups": groups})}
        validation = (X_val, y_val, sample_weight_val)
        if "_skl_callbacks" not in vars(self):
            return self._fit(*data, kwargs, validation, **options)
        epochs = kwargs.get("epochs", self._free().get("fit__epochs", self.epochs))
        self._in_tasks(lambda: self._fit(*data, kwargs, validation, **options), epochs, *data)
        return self

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Train for one epoch more, with the weights and the optimizer as they are (API-3).

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for ``fit``; later with the same shapes, and dtypes that cast safely to the first.
        **kwargs : object
            Arguments of ``Model.fit`` for this call; not ``epochs`` or ``initial_epoch``.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        TypeError, ValueError
            As for ``fit``; and for data unlike that of the first call (API-13).
        """
        call = one_more_epoch(kwargs, self.current_epoch)
        return self._fit(X, y, sample_weight, call, warm=True, extend=True)

    def predict(self, X: Any, **kwargs: Any) -> Any:
        """Predict in the user's own terms.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Shaped as in ``fit``.
        **kwargs : object
            Arguments of ``Model.predict``, for this call only (API-11).

        Returns
        -------
        ndarray
            The outputs, decoded by ``target_encoder_.inverse_transform`` (DATA-3).

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit`` (INIT-9).
        ValueError
            If X is unlike that of ``fit``.
        """
        outputs = self._outputs(X, kwargs, "predict")
        return self.target_encoder_.inverse_transform(outputs)

    def _outputs(self, X: Any, call: Mapping[str, Any], method: str, part: str = "model_") -> Any:
        """Return the raw outputs for X of the model, or of an attribute that is a part of it."""
        self._require_model(method)
        model = getattr(self, part)
        if type(X) is not np.ndarray and is_batches(X):
            return self._outputs_of_batches(model, X, self._features_of_batch, call)
        X = validate_features(self, X, reset=False)
        return self._outputs_of(model, self._encode_features(X), call, X.shape[0])

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        call: Mapping[str, Any],
        validation: tuple[Any, Any, Any] | None = None,
        *,
        warm: bool,
        extend: bool = False,
        classes: Any = None,
        groups: Any = None,
    ) -> Self:
        """Take the data through all steps; docs/architecture.md has the same list."""
        if type(X) is not np.ndarray and is_batches(X):
            given = (y, sample_weight, groups)
            return self._fit_batches(X, given, call, validation, warm, extend, classes)
        weights = check_weights(sample_weight, X)
        with self._rollback(Exception):
            with self._rollback():  # an interrupt before training keeps the earlier fit
                if warm and self.initialized_:
                    X, y = self._validate_further(X, y, new_callbacks=not extend)
                else:
                    X, y = self._prepare(X, y, classes)
                by_class, call = self._class_weights(y, call)
                features, target = self._encode(X, y)
                self._require_compiled(features)
                check_target(self.model_, target, self._fit_state.output_shapes)
                arguments = self._fit_arguments(call, validation, X.shape[0])
                if splits(arguments):
                    rows = self._chosen_rows(arguments, X, y, groups)
                    features, target, weights, by_class, arguments = hold_out(
                        rows, features, target, weights, by_class, arguments
                    )
                elif arguments["validation_split"]:
                    self._check_held_out(y, training_rows(arguments, X.shape[0]))
                if by_class is not None:
                    features, target, weights, arguments = class_weighted(
                        features, target, weights, by_class, arguments
                    )
                    require_weight(weights)
            self._train(features, target, weights, arguments, extend=extend)
        return self

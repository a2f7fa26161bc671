"""The base wrapper: an estimator's life from its parameters to its predictions."""

from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._data.validation import check_weights
from scikeras_reference._lifecycle import Lifecycle
from scikeras_reference._parameters.routing import SEPARATOR, route
from scikeras_reference._parameters.values import check_flag
from scikeras_reference._serialization.packing import pack, unpack

__all__ = ["BaseWrapper"]


class BaseWrapper(Lifecycle, BaseEstimator):  # type: ignore[misc]
    """A Keras model as a scikit-learn estimator, neither classifier nor regressor.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        The *builder*: returns a ``keras.Model``, compiled or not. A ready-made model is copied
        for each fit. Without it, a subclass has to bring a method ``_keras_build_fn``.
    build_fn : callable or keras.Model, default=None
        Former name of `model`.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the model of the last one, compiled as it is: parameters for
        the builder and for compilation that were changed since wait for a fit from the start.
    random_state : int, numpy.random.RandomState or None, default=None
        Seed for building and fitting. Global generators are put back afterwards.
    optimizer : str, type, keras.optimizers.Optimizer or None, default="rmsprop"
        Used, like all compilation parameters, if the builder returns an uncompiled model.
    loss : str, type, keras.losses.Loss, callable, or list or dict of them, default=None
        Ditto.
    metrics : str, type, keras.metrics.Metric, callable, or nest of them, default=None
        Ditto.
    batch_size : int or None, default=None
        For ``fit`` and ``predict``; -1 stands for all rows.
    validation_batch_size : int or None, default=None
        Ditto, for validation data.
    verbose : int or str, default=1
        Verbosity of Keras: 0, 1, 2 or "auto".
    callbacks : Callback, type, or nest of them, default=None
        For ``fit`` and ``predict``. Instances are copied; pass them as ``fit(callbacks=...)`` to
        look into them afterwards.
    validation_split : float, default=0.0
        Share of rows, from the end, that validate.
    shuffle : bool, default=True
        Whether rows are shuffled before each epoch.
    run_eagerly : bool, default=False
        Whether Keras runs without compiling graphs.
    epochs : int, default=1
        Epochs of one ``fit``.
    **kwargs : object
        Keyword arguments for the builder, and routed parameters: names that start with one of
        ``prefixes_``.

    Attributes
    ----------
    model_ : keras.Model
        Built by ``fit``, ``partial_fit`` or ``initialize``.
    history_ : dict of str to list
        One entry for each epoch, by full name of the metric.
    feature_encoder_, target_encoder_ : transformer
        Fitted encoders.
    n_features_in_, X_dtype_, X_shape_ : int, dtype, tuple
        What X was.
    target_type_, y_dtype_, y_ndim_ : str, dtype, int
        What y was.
    n_outputs_, n_outputs_expected_ : int
        Columns of y; outputs that the model should have.

    Notes
    -----
    Chapters INIT, COMP, BUILD, DATA and API of the contract.

    Examples
    --------
    >>> import keras, numpy as np
    >>> def build(meta, units=1):
    ...     return keras.Sequential(
    ...         [keras.layers.Input((meta["n_features_in_"],)), keras.layers.Dense(units)]
    ...     )
    >>> X = np.eye(4)
    >>> wrapper = BaseWrapper(build, loss="mse", units=2, verbose=0).fit(X, X[:, :2])
    >>> wrapper.predict(X).shape, wrapper.current_epoch
    ((4, 2), 1)
    """

    prefixes_: ClassVar[frozenset[str]] = frozenset(
        f"{destination}{SEPARATOR}"
        for destination in (
            "model",
            "fit",
            "predict",
            "callbacks",
            "optimizer",
            "loss",
            "metrics",
            "score",
            "compile",
        )
    )

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
        **kwargs: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.warm_start = warm_start
        self.random_state = random_state
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.run_eagerly = run_eagerly
        self.epochs = epochs
        self._store_free(kwargs)

    # -- what it is -----------------------------------------------------------------------------

    @property
    def initialized_(self) -> bool:
        """Whether there is a model, so that ``predict`` can be called (API-12)."""
        return "model_" in vars(self)

    @property
    def current_epoch(self) -> int:
        """Number of epochs in the history (API-2)."""
        return max(map(len, getattr(self, "history_", {}).values()), default=0)

    @property
    def feature_encoder(self) -> Any:
        """Transformer of X; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    def __sklearn_is_fitted__(self) -> bool:
        return self.initialized_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        # Callbacks refer to files, threads and the model: they are made again when needed.
        return {name: pack(value) for name, value in state.items() if name != "_made_callbacks"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: unpack(value) for name, value in state.items()})

    # -- fitting --------------------------------------------------------------------------------

    def initialize(self, X: Any, y: Any = None) -> Self:
        """Build the model without training it (INIT-8).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features, ...)
            As for ``fit``; its shape, its dtype and its number of features are what matters.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            As for ``fit``.

        Returns
        -------
        self
            The estimator; ``predict`` works, with the weights that the builder made.

        Raises
        ------
        TypeError, ValueError
            As ``fit`` does. A missing loss is none of its concern.
        """
        self._initialize(X, y)
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
        **kwargs: Any,
    ) -> Self:
        """Build a model and train it.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Numbers of any dtype. Never written to.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target. Classifiers and regressors need one.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; not all zero (API-6).
        X_val, y_val, sample_weight_val : array-like, default=None
            Data that validates after each epoch. A ``Pipeline`` transforms `X_val` if it is told
            to with ``transform_input=["X_val"]``.
        **kwargs : object
            Arguments of ``Model.fit``, for this call only (API-11).

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        TypeError
            For a builder, a callback or a routed parameter that cannot serve.
        ValueError
            For X, y, weights or outputs that do not fit, and for a missing loss or optimizer.
        """
        check_flag("warm_start", self.warm_start)
        validation = (X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, validation, kwargs, warm=bool(self.warm_start))

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Train for one epoch more, with the weights and the optimizer as they are (API-3).

        Parameters
        ----------
        X, y, sample_weight : array-like
            As for ``fit``. After the first call: of the same shapes, and of dtypes that can be
            cast safely to the first.
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
        for name in ("epochs", "initial_epoch"):
            if name in kwargs:
                raise TypeError(
                    f"Invalid argument `{name}` to `partial_fit`, which trains for one epoch from"
                    " the current one. Use fit for more."
                )
        epoch = self.current_epoch if self.initialized_ else 0
        kwargs = {**kwargs, "epochs": 1, "initial_epoch": epoch}
        return self._fit(X, y, sample_weight, (None,) * 3, kwargs, warm=True, extend=True)

    # -- predicting -----------------------------------------------------------------------------

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
            What ``target_encoder_.inverse_transform`` makes of the outputs (DATA-3).

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit`` (INIT-9).
        ValueError
            If X does not look like that of ``fit``.
        """
        outputs = self._outputs(X, kwargs, "predict")
        return self.target_encoder_.inverse_transform(outputs)

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Score predictions; a subclass says how (SCORE-2).

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets and predictions, in the user's own labels.
        **kwargs : object
            Parameters routed with ``score__``, and ``sample_weight``, if there is one.

        Raises
        ------
        NotImplementedError
            Always (SCORE-4).
        """
        raise NotImplementedError(
            "BaseWrapper has no score of its own. Override the static method scorer(y_true,"
            " y_pred, **kwargs), or use KerasClassifier or KerasRegressor."
        )

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score the predictions for X with ``scorer`` (chapter SCORE).

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features, ...)
            As for ``predict``.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True targets. The scorer gets them as an array, in the user's own labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Passed on to the scorer if given.

        Returns
        -------
        float
            Higher is better.

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit`` (INIT-9).
        """
        self._require_model("score")
        weights = check_weights(sample_weight, X, "samples")
        y = self._validate_target(X, y)
        arguments = route(self._free(), "score")
        if weights is not None:
            arguments["sample_weight"] = weights
        predictions = self.predict(X)
        try:
            return self.scorer(y, predictions, **arguments)
        except Exception as error:
            if arguments:
                routed = ", ".join(f"score__{name}" for name in arguments)
                error.add_note(f"The scorer was called with {routed}.")
            raise

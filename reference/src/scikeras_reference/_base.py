"""The base wrapper: an estimator's life from its parameters to its predictions."""

import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Self

from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._building import SPECIAL, build, find_builder, output_shapes
from scikeras_reference._compilation import check_trainable, compile_arguments, is_trainable
from scikeras_reference._parameters import ParameterStorage
from scikeras_reference._routing import SEPARATOR, is_routed, route
from scikeras_reference._seeding import derive, seeded, to_seed
from scikeras_reference._serialization import copy_nest, pack, unpack
from scikeras_reference._training import (
    extend_history,
    fit_arguments,
    predict_arguments,
    training_callbacks,
)
from scikeras_reference._validation import (
    check_continues,
    check_weights,
    for_keras,
    validate_features,
    validate_target,
)
from scikeras_reference.exceptions import (
    DeprecatedParameterWarning,
    InputError,
    ModelOutputError,
    NotInitializedError,
)
from scikeras_reference.utils.transformers import target_type

__all__ = ["BaseWrapper"]


class BaseWrapper(ParameterStorage, BaseEstimator):  # type: ignore[misc]
    """A Keras model as a scikit-learn estimator, neither classifier nor regressor.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        The *builder*: returns a ``keras.Model``, compiled or not. A ready-made model is copied
        for each fit. Without it, a subclass has to bring a method ``_keras_build_fn``.
    build_fn : callable or keras.Model, default=None
        Former name of `model`.
    warm_start : bool, default=False
        Whether ``fit`` goes on with the model of the last one.
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
        Verbosity of Keras.
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
        return FunctionTransformer()

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer()

    def __sklearn_is_fitted__(self) -> bool:
        return self.initialized_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags

    def __sklearn_clone__(self) -> Self:
        params = {
            name: clone(value, safe=False)
            if hasattr(type(value), "get_params")
            else copy_nest(value)
            for name, value in self.get_params(deep=False).items()
        }
        # What the constructor does not take from everybody (a subclass may fix arguments of its
        # parents in its own constructor) is set afterwards.
        own = {name: params.pop(name) for name in self._own_parameters() if name in params}
        copy = type(self)(**own)
        declared = self._get_param_names()
        for name, value in params.items():
            if name in declared:
                setattr(copy, name, value)
            else:
                copy._store(name, value)  # noqa: SLF001 - another one of this class
        for name in ("_late_parameters", "_metadata_request"):
            if name in vars(self):
                copy.__dict__[name] = clone(self.__dict__[name], safe=False)
        return copy

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
            True targets.
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
        weights = check_weights(sample_weight, X)
        arguments = route(self._free(), "score")
        if weights is not None:
            arguments["sample_weight"] = weights
        return self.scorer(y, self.predict(X), **arguments)

    # -- how it is done -------------------------------------------------------------------------

    def _initialize(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Validate, fit the encoders, build and compile; give validated X and y."""
        self._forget()
        X = validate_features(self, X, reset=True)
        y = self._validate_target(X, y)
        self._seed = to_seed(self.random_state)
        self.X_dtype_, self.X_shape_ = X.dtype, X.shape
        if y is not None:
            self.y_dtype_, self.y_ndim_ = y.dtype, y.ndim
            self.target_type_ = target_type(y)
            self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        self.target_encoder_ = self.target_encoder.fit(y)
        self.n_outputs_expected_ = 1 if _is_identity(self.target_encoder_) else None
        self._take_metadata(self.target_encoder_)
        self.feature_encoder_ = self.feature_encoder.fit(X)
        self._take_metadata(self.feature_encoder_)
        with seeded(self._seed):
            model, arguments = self._build()
            shapes = output_shapes(model, for_keras(self.feature_encoder_.transform(X[:1])))
            self._check_outputs(shapes)
            if not model.compiled and is_trainable(arguments):
                model.compile(**arguments)
            if hasattr(self.target_encoder_, "adapt"):
                self.target_encoder_.adapt(getattr(model, "loss", None), shapes)
            self._renew_callbacks()
            self.model_ = model
        return X, y

    def _build(self) -> tuple[Any, dict[str, Any]]:
        """Call the builder; give the model and what it is to be compiled with."""
        made: dict[str, Any] = {}

        def compile_kwargs() -> dict[str, Any]:
            if not made:
                made.update(compile_arguments(self._named(), self._free()))
            return made

        free = {
            name: value
            for name, value in self._free().items()
            if not is_routed(name, self.prefixes_)
        }
        special = {
            "meta": self._metadata,
            "compile_kwargs": compile_kwargs,
            "params": self.get_params,
        }
        keywords = {**free, **route(self._free(), "model")}
        known = (*self._get_param_names(), *sorted(self.prefixes_))
        model = build(self._builder(), keywords, {name: special[name] for name in SPECIAL}, known)
        return model, made if model.compiled else compile_kwargs()

    def _builder(self) -> Any:
        model = self.model
        if model is None and self.build_fn is not None:
            warnings.warn(
                "The parameter ``build_fn`` will be renamed to ``model``: give the builder as"
                " ``model``.",
                DeprecatedParameterWarning,
                stacklevel=2,
            )
            model = self.build_fn
        return find_builder(model, getattr(self, "_keras_build_fn", None))

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: tuple[Any, Any, Any],
        call: Mapping[str, Any],
        *,
        warm: bool,
        extend: bool = False,
    ) -> Self:
        if warm and self.initialized_:
            X = validate_features(self, X, reset=False)
            y = self._validate_target(X, y)
            check_continues(self, X, y)
            if not extend:
                self._renew_callbacks()
            weights = self._weigh(check_weights(sample_weight, X), y)
        else:
            checked = check_weights(sample_weight, X)
            X, y = self._initialize(X, y)
            weights = self._weigh(checked, y)
        self._train(X, y, weights, validation, dict(call), extend=extend)
        return self

    def _train(
        self,
        X: Any,
        y: Any,
        weights: Any,
        validation: tuple[Any, Any, Any],
        call: dict[str, Any],
        *,
        extend: bool,
    ) -> None:
        if not self.model_.compiled:
            compilation = compile_arguments(self._named(), self._free())
            check_trainable(compilation)
            self.model_.compile(**compilation)
        arguments = fit_arguments(self._named(), self._free(), call, len(X))
        start = arguments.get("initial_epoch", 0)
        arguments.update(initial_epoch=start, epochs=start + arguments["epochs"])
        if "callbacks" not in call:
            arguments["callbacks"] = self._callbacks()[0]
        if validation[0] is not None:
            arguments["validation_data"] = validation
        if isinstance(arguments.get("validation_data"), (tuple, list)):
            arguments["validation_data"] = self._encode_validation(*arguments["validation_data"])
        features = for_keras(self.feature_encoder_.transform(X))
        target = None if y is None else for_keras(self.target_encoder_.transform(y))
        with seeded(derive(self._seed, start)):
            history = self.model_.fit(x=features, y=target, sample_weight=weights, **arguments)
        if not (extend or start) or not hasattr(self, "history_"):
            self.history_: dict[str, list[Any]] = {}
        extend_history(self.history_, history.history)

    def _encode_validation(
        self, X: Any, y: Any = None, sample_weight: Any = None
    ) -> tuple[Any, ...]:
        if X is None or y is None:
            raise InputError("X_val and y_val go together: give both, or neither.")
        X = validate_features(self, X, reset=False)
        y = self._validate_target(X, y)
        encoded = (
            for_keras(self.feature_encoder_.transform(X)),
            for_keras(self.target_encoder_.transform(y)),
        )
        weights = check_weights(sample_weight, X)
        return encoded if weights is None else (*encoded, weights)

    def _outputs(self, X: Any, call: Mapping[str, Any], method: str) -> Any:
        """Raw outputs of the model for X."""
        self._require_model(method)
        X = validate_features(self, X, reset=False)
        arguments = predict_arguments(self._named(), self._free(), call, len(X))
        if "callbacks" not in arguments:
            arguments["callbacks"] = self._callbacks()[1]
        return self.model_.predict(for_keras(self.feature_encoder_.transform(X)), **arguments)

    def _validate_target(self, X: Any, y: Any) -> Any:
        """Validate y; hook of classifier and regressor."""
        return None if y is None else validate_target(self, X, y, numeric=False)

    def _weigh(self, weights: Any, y: Any) -> Any:  # noqa: ARG002 - hook of the classifier
        """Give the final sample weights."""
        return weights

    def _check_outputs(self, shapes: list[tuple[int | None, ...]]) -> None:
        expected = self.n_outputs_expected_
        if shapes and expected is not None and len(shapes) != expected:
            raise ModelOutputError(
                f"The model has {len(shapes)} outputs, but the target encoder expects {expected}"
                " (n_outputs_expected_). Change the builder, or override target_encoder."
            )

    def _take_metadata(self, encoder: Any) -> None:
        for name, value in getattr(encoder, "get_metadata", dict)().items():
            setattr(self, name, value)

    def _metadata(self) -> dict[str, Any]:
        """Every attribute that has been created so far (BUILD-4)."""
        return {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }

    def _named(self) -> Mapping[str, Any]:
        return MappingProxyType({name: getattr(self, name) for name in _NAMED})

    def _callbacks(self) -> tuple[list[Any], list[Any]]:
        """Callbacks of this fit, for fitting and for predicting; a pickle holds none."""
        if "_made_callbacks" not in vars(self):
            self._renew_callbacks()
        made: tuple[list[Any], list[Any]] = self._made_callbacks
        return made

    def _renew_callbacks(self) -> None:
        self._made_callbacks = training_callbacks(self._named(), self._free())

    def _require_model(self, method: str) -> None:
        if not self.initialized_:
            raise NotInitializedError(
                f"Estimator needs to be fit before `{method}` can be called: this"
                f" {type(self).__name__} has no model yet. Call fit or initialize first."
            )

    def _forget(self) -> None:
        """Drop what an earlier fit left (INIT-11)."""
        for name in list(self._metadata()):
            del self.__dict__[name]

    # -- pickling -------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        # Callbacks refer to files, threads and the model: they are made again when needed.
        return {name: pack(value) for name, value in state.items() if name != "_made_callbacks"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__({name: unpack(value) for name, value in state.items()})


_NAMED = (
    "optimizer",
    "loss",
    "metrics",
    "run_eagerly",
    "batch_size",
    "validation_batch_size",
    "verbose",
    "callbacks",
    "validation_split",
    "shuffle",
    "epochs",
)


def _is_identity(encoder: Any) -> bool:
    return type(encoder) is FunctionTransformer and encoder.func is None

"""The transformer."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_array

from scikeras_reference._base import BaseWrapper
from scikeras_reference._data.batch_sources import Batches, is_batches, require_inside
from scikeras_reference._data.input_checks import check_weights, for_keras, validate_features
from scikeras_reference._data.sparse import densified
from scikeras_reference._model.parts import decoder_of, encoder_of
from scikeras_reference._training.encoded_batches import recorded, weights_of
from scikeras_reference.exceptions import InputError, ModelOutputError

__all__ = ["KerasTransformer"]


def _has_decoder(estimator: "KerasTransformer") -> bool:
    if estimator.initialized_ and estimator.decoder_ is None:
        raise AttributeError(
            f"This {type(estimator).__name__} has no inverse_transform: the layers after"
            f" {estimator.code_layer!r} need more than its output, or there are none."
        )
    return True


class KerasTransformer(
    ClassNamePrefixFeaturesOutMixin,  # type: ignore[misc]
    TransformerMixin,  # type: ignore[misc]
    BaseWrapper,
):
    """The encoder of an autoencoder as a scikit-learn transformer.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        The builder of the whole autoencoder, functional or sequential. It is trained to return X,
        as the feature encoder encodes it.
    code_layer : str or int, default="code"
        Name or position of the layer whose output ``transform`` returns. The layers after it are
        the decoder.
    build_fn, warm_start, random_state, optimizer, loss, metrics, batch_size, \
validation_batch_size, verbose, callbacks, validation_split, shuffle, run_eagerly, epochs, **kwargs
        As for `BaseWrapper`.

    Attributes
    ----------
    encoder_ : keras.Model
        From the input to the code. It shares its layers with ``model_``.
    decoder_ : keras.Model or None
        From the code to the output; None if the code alone does not determine the output.

    Notes
    -----
    What is transformed has the dtype that the model computes in. See `BaseWrapper` for further
    attributes.

    Examples
    --------
    >>> import keras, numpy as np
    >>> def build(meta, width=2):
    ...     n_features = meta["n_features_in_"]
    ...     return keras.Sequential(
    ...         [
    ...             keras.layers.Input((n_features,)),
    ...             keras.layers.Dense(width, name="code"),
    ...             keras.layers.Dense(n_features),
    ...         ]
    ...     )
    >>> X = np.eye(5)
    >>> transformer = KerasTransformer(build, loss="mse", verbose=0).fit(X)
    >>> codes = transformer.transform(X)
    >>> codes.shape, transformer.inverse_transform(codes).shape
    ((5, 2), (5, 5))
    >>> transformer.get_feature_names_out().tolist()
    ['kerastransformer0', 'kerastransformer1']
    """

    def __init__(self, model: Any = None, *, code_layer: str | int = "code", **kwargs: Any) -> None:
        super().__init__(model, **kwargs)
        self.code_layer = code_layer

    def __getstate__(self) -> dict[str, Any]:
        # The parts share their layers with the model, and are made from it again.
        return {name: value for name, value in super().__getstate__().items() if name != "_parts"}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    @property
    def encoder_(self) -> Any:
        """The model from the input to the code."""
        return self._encoder_and_decoder()[0]

    @property
    def decoder_(self) -> Any:
        """The model from the code to the output, or None."""
        return self._encoder_and_decoder()[1]

    @property
    def _n_features_out(self) -> int:
        shape = self.encoder_.output_shape[1:]
        if len(shape) != 1:
            raise ModelOutputError(
                f"The code has rows of shape {shape}, so its columns have no names. Put a Flatten"
                f" before the layer {self.code_layer!r}."
            )
        return int(shape[0])

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
        """Build the autoencoder and train it to return X.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Numbers of any dtype. Never written to. Or batches, as for `BaseWrapper.fit`; what
            they hold besides X and weights is ignored.
        y : object, default=None
            Ignored, as pipelines pass it to every step.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; not all zero.
        X_val, sample_weight_val : array-like, default=None
            Data to validate on after each epoch.
        y_val : object, default=None
            Ignored.
        **kwargs : object
            Arguments of ``Model.fit``, for this call only.

        Returns
        -------
        self
            The estimator.

        Raises
        ------
        TypeError, ValueError
            If a parameter, the builder, its model or the data cannot be used.
        """
        del y, y_val
        return super().fit(
            X,
            None,
            sample_weight,
            X_val=X_val,
            y_val=None if is_batches(X_val) else X_val,
            sample_weight_val=sample_weight_val,
            **kwargs,
        )

    def initialize(self, X: Any, y: Any = None) -> Self:
        """Build the autoencoder without training it (INIT-8); `y` is ignored."""
        del y
        return super().initialize(X)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None, **kwargs: Any) -> Self:
        """Train for one epoch more, with the weights and the optimizer as they are (API-3).

        Parameters
        ----------
        X, sample_weight : array-like
            As for ``fit``.
        y : object, default=None
            Ignored.
        **kwargs : object
            Arguments of ``Model.fit`` for this call; not ``epochs`` or ``initial_epoch``.

        Returns
        -------
        self
            The estimator.
        """
        del y
        return super().partial_fit(X, None, sample_weight, **kwargs)

    def transform(self, X: Any, **kwargs: Any) -> Any:
        """Return the code of each row.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Shaped as in ``fit``; or batches.
        **kwargs : object
            Arguments of ``Model.predict``, for this call only.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out), or what ``set_output`` asks for
            In the dtype of the model.

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit``.
        ValueError
            If X is unlike that of ``fit``.
        """
        return self._outputs(X, kwargs, "transform", "encoder_")

    @available_if(_has_decoder)  # type: ignore[untyped-decorator]
    def inverse_transform(self, X: Any, **kwargs: Any) -> Any:
        """Return the rows that the decoder makes of codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features_out)
            Codes; or batches of them.
        **kwargs : object
            Arguments of ``Model.predict``, for this call only.

        Returns
        -------
        ndarray of shape (n_samples, n_features, ...)
            Decoded by ``feature_encoder_.inverse_transform``.

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit``.
        InputError
            A ``ValueError``, if the codes have another width.
        """
        self._require_model("inverse_transform")
        if is_batches(X):
            rows = self._outputs_of_batches(
                self.decoder_, X, lambda batch: self._codes(batch.x), kwargs
            )
        else:
            codes = self._codes(X)
            rows = self._outputs_of(self.decoder_, codes, kwargs, len(codes))
        return self.feature_encoder_.inverse_transform(rows)

    @property
    def predict(self) -> Any:
        """Not there: scikit-learn expects one number for each row of it."""
        raise AttributeError(
            f"{type(self).__name__} has no predict. Use transform, or reconstruct for what the"
            " whole autoencoder returns."
        )

    def reconstruct(self, X: Any, **kwargs: Any) -> Any:
        """Return what the whole autoencoder makes of X.

        Parameters
        ----------
        X : array-like, sparse matrix or data frame of shape (n_samples, n_features, ...)
            Shaped as in ``fit``.
        **kwargs : object
            Arguments of ``Model.predict``, for this call only.

        Returns
        -------
        ndarray of shape (n_samples, n_features, ...)
            Decoded by ``feature_encoder_.inverse_transform``.

        Raises
        ------
        NotInitializedError
            A ``NotFittedError``, before ``fit``.
        ValueError
            If X is unlike that of ``fit``.
        """
        rows = self._outputs(X, kwargs, "reconstruct")
        return self.feature_encoder_.inverse_transform(rows)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the mean squared error of what the autoencoder makes of X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features, ...)
            As for ``transform``; batches are read in one pass.
        y : object, default=None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            Zero is best.
        """
        del y
        self._require_model("score")
        arguments = self._routed("score")
        if is_batches(X):
            rows, returned, weights = self._reconstructed_batches(X, sample_weight)
        else:
            weights = check_weights(sample_weight, X, are_scored=True)
            rows = densified(validate_features(self, X, reset=False))
            returned = self.reconstruct(X)
        if weights is not None:
            arguments["sample_weight"] = weights
        return self.scorer(rows, returned, **arguments)

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Return minus the mean squared difference; override it for another score (SCORE-2).

        Parameters
        ----------
        y_true, y_pred : array-like of shape (n_samples, n_features, ...)
            X, and what the autoencoder makes of it.
        **kwargs : object
            ``sample_weight``, if there is one.

        Returns
        -------
        float
            Zero is best.
        """
        rows = np.asarray(y_true, dtype=np.float64).reshape(len(y_true), -1)
        errors = np.square(rows - np.asarray(y_pred).reshape(rows.shape)).mean(axis=1)
        return -float(np.average(errors, weights=kwargs.get("sample_weight")))

    def _build(self, X: Any) -> Any:
        model = super()._build(X)
        self._parts = self._split(model)
        return model

    def _encode(self, X: Any, y: Any) -> tuple[Any, Any]:
        del y  # the model is trained to return what it is given
        features, _ = super()._encode(X, None)
        return features, features

    def _validate_target(self, X: Any, y: Any) -> None:
        del X, y

    def _reconstructed_batches(self, source: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Return rows, what the autoencoder makes of them, and weights, read in one pass."""
        require_inside(None, sample_weight)
        record = recorded(Batches(source), keeps_x=True)
        returned = self.reconstruct(record)
        seen = record.seen()
        parts = [densified(validate_features(self, batch.x, reset=False)) for batch in seen]
        weights = weights_of(seen, [len(part) for part in parts])
        return np.concatenate(parts), returned, check_weights(weights, returned, are_scored=True)

    def _codes(self, X: Any) -> Any:
        """Return codes as the decoder takes them."""
        codes = check_array(X, allow_nd=True, dtype=[np.float64, np.float32, np.float16])
        wanted = self.encoder_.output_shape[1:]
        if codes.shape[1:] != wanted:
            raise InputError(
                f"The codes have rows of shape {codes.shape[1:]}; transform returns rows of shape"
                f" {wanted}."
            )
        return for_keras(codes)

    def _split(self, model: Any) -> tuple[Any, Any, Any]:
        return model, encoder_of(model, self.code_layer), decoder_of(model, self.code_layer)

    def _encoder_and_decoder(self) -> tuple[Any, Any]:
        if not self.initialized_:
            raise AttributeError("There is no model yet. Call fit or initialize first.")
        parts = self.__dict__.get("_parts")
        if parts is None or parts[0] is not self.model_:
            parts = self._parts = self._split(self.model_)
        return parts[1], parts[2]

"""What happens between a call of the wrapper and a call of Keras, step by step.

`Lifecycle` holds the private half of the wrapper; its public half is in
`scikeras_reference._base`.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._data.validation import (
    check_continues,
    check_weights,
    for_keras,
    require_weight,
    validate_features,
    validate_target,
)
from scikeras_reference._model.builder import SPECIAL, build, find_builder, output_shapes
from scikeras_reference._model.compilation import (
    check_compiled,
    compile_arguments,
    compile_model,
    is_trainable,
)
from scikeras_reference._model.keras_objects import callbacks_of_call
from scikeras_reference._parameters.routing import is_routed, route
from scikeras_reference._parameters.storage import ParameterStorage
from scikeras_reference._serialization.packing import copy_nest
from scikeras_reference._training.arguments import (
    extend_history,
    fit_arguments,
    predict_arguments,
    training_callbacks,
)
from scikeras_reference._training.fit import fit
from scikeras_reference._training.predict import predict
from scikeras_reference._training.seeding import derive, epoch_seeds, seeded, to_seed
from scikeras_reference.exceptions import (
    DeprecatedParameterWarning,
    InputError,
    ModelOutputError,
    NotInitializedError,
    ParameterError,
)
from scikeras_reference.utils.transformers import target_type

__all__ = ["Lifecycle"]

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


class Lifecycle(ParameterStorage):
    """The steps of initialising, training, asking and cloning.

    Mixed into the wrappers, before scikit-learn's ``BaseEstimator``.
    """

    if TYPE_CHECKING:

        @property
        def initialized_(self) -> bool: ...
        @property
        def feature_encoder(self) -> Any: ...
        @property
        def target_encoder(self) -> Any: ...

    def _initialize(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Start anew."""
        with self._unless_it_fails():
            return self._start(X, y)

    @contextmanager
    def _unless_it_fails(self) -> Iterator[None]:
        """Put back what an earlier fit made, if this one fails.

        Whoever interrupts a training by hand keeps what it has come to.
        """
        before = dict(vars(self))
        try:
            yield
        except Exception:
            vars(self).clear()
            vars(self).update(before)
            raise

    def _start(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Validate, fit the encoders, build and compile; give validated X and y."""
        self._forget()
        X = validate_features(self, X, reset=True)
        y = self._validate_target(X, y)
        self._seed = to_seed(self.random_state)
        self.X_dtype_, self.X_shape_ = X.dtype, X.shape
        if y is not None:
            self.y_dtype_, self.y_ndim_ = y.dtype, y.ndim
            self._y_trailing = y.shape[1:]
            self.target_type_ = self._type_of(y)
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
                compile_model(model, arguments)
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
        call = dict(call)
        if warm and self.initialized_:
            X = validate_features(self, X, reset=False)
            y = self._validate_target(X, y)
            check_continues(self, X, y)
            if not extend:
                self._renew_callbacks()
            weights = self._weigh(check_weights(sample_weight, X), y, call)
            self._train(X, y, require_weight(weights), validation, call, extend=extend)
            return self
        checked = check_weights(sample_weight, X)
        with self._unless_it_fails():
            X, y = self._start(X, y)
            weights = self._weigh(checked, y, call)
            self._train(X, y, require_weight(weights), validation, call, extend=extend)
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
            compile_model(self.model_, compile_arguments(self._named(), self._free()))
        arguments = fit_arguments(self.model_.fit, self._named(), self._free(), call, len(X))
        start = arguments.get("initial_epoch", 0)
        arguments.update(initial_epoch=start, epochs=start + arguments["epochs"])
        arguments["callbacks"] = [*self._callbacks_for(call, "fit"), *epoch_seeds(self._seed)]
        if any(part is not None for part in validation):
            if arguments.get("validation_data") is not None:
                raise InputError(
                    "X_val and validation_data are two sets of data to validate on. Give one of"
                    " them."
                )
            arguments["validation_data"] = validation
        if isinstance(arguments.get("validation_data"), (tuple, list)):
            arguments["validation_data"] = self._encode_validation(arguments["validation_data"])
        features = for_keras(self.feature_encoder_.transform(X))
        target = None if y is None else for_keras(self.target_encoder_.transform(y))
        check_compiled(self.model_, features)
        with seeded(None if self._seed is None else derive(self._seed, start)):
            history = fit(self.model_, features, target, weights, arguments)
        if not (extend or start) or not hasattr(self, "history_"):
            self.history_: dict[str, list[Any]] = {}
        extend_history(self.history_, history.history)

    def _encode_validation(self, data: Sequence[Any]) -> tuple[Any, ...]:
        if len(data) not in {2, 3}:
            raise InputError(
                f"validation_data has {len(data)} items; it has to be (X, y) or (X, y,"
                " sample_weight)."
            )
        X, y, sample_weight = (*data, None)[:3]
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
        arguments = predict_arguments(
            self.model_.predict, self._named(), self._free(), call, len(X)
        )
        arguments["callbacks"] = self._callbacks_for(call, "predict")
        return predict(self.model_, for_keras(self.feature_encoder_.transform(X)), arguments)

    def _validate_target(self, X: Any, y: Any) -> Any:
        """Validate y; hook of classifier and regressor."""
        return None if y is None else validate_target(self, X, y, numeric=False)

    def _type_of(self, y: Any) -> str:
        """Say what kind of target y is; hook of the classifier."""
        return target_type(y)

    def _weigh(self, weights: Any, y: Any, call: dict[str, Any]) -> Any:  # noqa: ARG002
        """Give the final sample weights; the classifier takes its own from `call`."""
        return weights

    def _check_outputs(self, shapes: list[tuple[int | None, ...]]) -> None:
        expected = self.n_outputs_expected_
        if shapes and expected is not None and len(shapes) != expected:
            raise ModelOutputError(
                f"The model has {len(shapes)} outputs, but the target encoder expects {expected}"
                " (n_outputs_expected_). Change the builder, or override target_encoder."
            )

    def _take_metadata(self, encoder: Any) -> None:
        told: dict[str, Any] = getattr(encoder, "get_metadata", dict)()
        for name, value in told.items():
            if name in self._get_param_names() or name in self._free():
                raise ParameterError(
                    f"get_metadata() of {type(encoder).__name__} gives {name}, which is a parameter"
                    f" of this {type(self).__name__}. Choose another name; one that ends in an"
                    " underscore is never a parameter."
                )
            setattr(self, name, value)
        self._told = (*vars(self).get("_told", ()), *told)

    def _metadata(self) -> dict[str, Any]:
        """Every attribute that has been created so far (BUILD-4)."""
        told = vars(self).get("_told", ())
        return {
            name: value
            for name, value in vars(self).items()
            if name in told or (name.endswith("_") and not name.startswith("_"))
        }

    def _named(self) -> Mapping[str, Any]:
        return MappingProxyType({name: getattr(self, name) for name in _NAMED})

    def _callbacks_for(self, call: Mapping[str, Any], method: str) -> list[Any]:
        """Give the callbacks of a call of a method, else those of this fit."""
        if "callbacks" in call:
            return callbacks_of_call(call["callbacks"])
        for_fit, for_predict = self._callbacks()
        return for_fit if method == "fit" else for_predict

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
        self.__dict__.pop("_told", None)

    def __sklearn_clone__(self) -> Self:
        params = {name: copy_nest(value) for name, value in self.get_params(deep=False).items()}
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


def _is_identity(encoder: Any) -> bool:
    return type(encoder) is FunctionTransformer and encoder.func is None

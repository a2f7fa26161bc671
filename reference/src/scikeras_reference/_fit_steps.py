"""The steps of a fit, which `BaseWrapper` takes in order, and what a subclass overrides.

X and y are checked, described and encoded, a model is built, compiled and trained; metadata, seeds
and callbacks are those of the fit.
"""

import functools
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer

from scikeras_reference._data.batch_sources import Batch, Batches, is_batches, require_inside
from scikeras_reference._data.class_weights import times_class_weights
from scikeras_reference._data.input_checks import (
    as_weights,
    check_continues,
    check_weights,
    for_keras,
    target_type,
    validate_features,
    validate_target,
)
from scikeras_reference._data.named_inputs import require_named_inputs
from scikeras_reference._data.rows import Rows, fitted_to_rows
from scikeras_reference._data.sparse import fits_encoder
from scikeras_reference._model.builder_call import (
    build,
    find_builder,
    unregister_untrained,
    warn_of_shared_weights,
)
from scikeras_reference._model.built_model import (
    check_built,
    check_target,
    check_trainable,
    inform_encoder,
    output_shapes,
)
from scikeras_reference._model.callbacks import callbacks_of_call
from scikeras_reference._model.compilation import (
    choose_loss,
    compile_arguments,
    compile_model,
    is_complete,
)
from scikeras_reference._model.meta import Meta
from scikeras_reference._saving import Saving
from scikeras_reference._training.encoded_batches import encoded, may_run_out
from scikeras_reference._training.epoch_tasks import SklearnCallbacks
from scikeras_reference._training.fit import (
    extend_history,
    fit,
    keeps_finished_epochs,
)
from scikeras_reference._training.fitted_attributes import FitState, FittedAttributes
from scikeras_reference._training.keras_arguments import (
    fit_arguments,
    predict_arguments,
    training_callbacks,
    validation_data,
)
from scikeras_reference._training.placeholders import (
    fill_arguments,
    fill_callbacks,
    has_placeholders,
    names_of_fit,
)
from scikeras_reference._training.predict import predict
from scikeras_reference._training.seeding import derive, epoch_seeds, seeded, to_seed
from scikeras_reference._training.splitters import chosen_rows

__all__ = ["FitSteps"]

_VAL_SIZE = "validation_batch_size"


class FitSteps(SklearnCallbacks, FittedAttributes, Saving):
    """The steps of a fit, in the order in which a fit takes them."""

    @property
    def feature_encoder(self) -> Any:
        """Transformer of X; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a subclass overrides it (DATA-1). The default changes nothing."""
        return FunctionTransformer().set_output(transform="default")

    def _start(self, X: Any, y: Any, classes: Any = None) -> tuple[Any, Any]:
        """Start anew: reset, validate, describe, fit the encoders; return validated X and y."""
        if "model_" in vars(self) and "history_" not in vars(self):  # of `initialize`
            unregister_untrained(self.model_)
        for name in [*self._metadata(), "_fit_state"]:
            self.__dict__.pop(name, None)
        X = validate_features(self, X, y, reset=True)
        y = self._validate_target(X, y)
        shape = () if y is None else y.shape[1:]
        seed = None if self.random_state is None else to_seed(self.random_state)
        self._keep(_fit_state=FitState(seed, shape, classes))
        if getattr(self, "input_columns", None) is not None:
            require_named_inputs(self, X)
        self._keep(X_dtype_=X.dtype, X_shape_=getattr(X, "shapes", None) or X.shape)
        if y is not None:
            kind, n_outputs = self._target_type(y), 1 if y.ndim == 1 else y.shape[1]
            self._keep(y_dtype_=y.dtype, y_ndim_=y.ndim, target_type_=kind, n_outputs_=n_outputs)
        encoder = self.target_encoder.fit(y)
        is_identity = type(encoder) is FunctionTransformer and encoder.func is None
        expected = 1 if is_identity and y is not None else None
        self._keep(target_encoder_=encoder, n_outputs_expected_=expected)
        self._take_metadata(self.target_encoder_)
        encoder = self.feature_encoder
        X = X if isinstance(X, np.ndarray) else fits_encoder(X, encoder)
        encoder = fitted_to_rows(encoder, X) if isinstance(X, Rows) else encoder.fit(X)
        self._keep(feature_encoder_=encoder)
        self._take_metadata(self.feature_encoder_)
        return X, y

    def _keep(self, **results: Any) -> None:
        """Set attributes that a fit creates: none is a parameter, for which storage would look."""
        for name, value in results.items():
            object.__setattr__(self, name, value)

    def _prepare(self, X: Any, y: Any, classes: Any = None) -> tuple[Any, Any]:
        """Start anew, and build a model; return validated X and y."""
        X, y = self._start(X, y, classes)
        with self._seeded():
            self._keep(model_=self._build(X))
        return X, y

    def _build(self, X: Any) -> Any:
        """Return a new model, compiled if there is a loss and an optimizer."""
        arguments = functools.cache(lambda: compile_arguments(self._named(), self._free()))
        own = getattr(self, "_keras_build_fn", None)
        keywords, addressed = self._builder_keywords(), self._routed("model")
        known = (*self._get_param_names(), *sorted(self.prefixes_))
        builder = find_builder(self.model, self.build_fn, own)
        model = build(
            builder,
            keywords,
            {
                "meta": lambda: Meta(self._metadata()),
                "compile_kwargs": arguments,
                "params": self.get_params,
            },
            known=known,
            addressed=addressed,
        )
        row = self._first_row(X)
        check_built(model, builder, row)
        compilation = None if model.compiled else arguments()
        shapes = output_shapes(model, row, self.n_outputs_expected_)
        warn_of_shared_weights(model, builder)
        if compilation is not None and is_complete(
            compilation := self._with_loss(compilation, model, shapes)
        ):
            compile_model(model, compilation)
        inform_encoder(self.target_encoder_, model, shapes)
        self._keep(_fit_state=replace(self._fit_state, output_shapes=tuple(shapes)))
        self._renew_callbacks(X)
        return model

    def _with_loss(self, arguments: dict[str, Any], model: Any, shapes: Any) -> dict[str, Any]:
        named, routed, encoder = self._named(), self._free(), self.target_encoder_
        kind = vars(self).get("target_type_")
        return choose_loss(arguments, named, routed, encoder, kind, model, shapes)

    def _require_compiled(self, features: Any) -> None:
        if not self.model_.compiled:
            self._compile_late()
        check_trainable(self.model_, features)

    def _compile_late(self) -> None:
        """Compile a model that ``initialize`` made without a loss; the target follows the loss."""
        arguments = compile_arguments(self._named(), self._free())
        shapes = self._fit_state.output_shapes
        compile_model(self.model_, self._with_loss(arguments, self.model_, shapes))
        inform_encoder(self.target_encoder_, self.model_, shapes)

    def _validate_further(self, X: Any, y: Any, *, new_callbacks: bool) -> tuple[Any, Any]:
        """Validate data for a model that goes on training; they are of the kind of the first."""
        X = validate_features(self, X, y, reset=False)
        y = self._validate_target(X, y)
        check_continues(self, X, y, self._fit_state.target_shape)
        if new_callbacks:
            self._renew_callbacks(X)
        if not self.model_.compiled:
            self._compile_late()
        return X, y

    def _encode(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return validated X and y as the model is trained on them."""
        features = self._encode_features(X, "X")
        return features, None if y is None else for_keras(self.target_encoder_.transform(y), "y")

    def _encode_features(self, X: Any, in_range: str = "") -> Any:
        """Return validated X as the model takes it; `Rows` are encoded when they are read."""
        if isinstance(X, Rows):
            return X.changed(functools.partial(self._encode_features, in_range=in_range))
        return for_keras(self.feature_encoder_.transform(X), in_range)

    def _first_row(self, X: Any) -> Any:
        """Return the first row of validated X as the model takes it."""
        row = X[:1]
        return self._encode_features(row.read() if isinstance(row, Rows) else row)

    def _encode_batch(self, batch: Batch, call: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        """Return a batch as the model is trained on it, class weights included."""
        X = validate_features(self, batch.x, batch.y, reset=False)
        y = self._validate_target(X, batch.y)
        weights = as_weights(batch.weights, X)
        by_class, _ = self._class_weights(y, call)
        if by_class is not None:
            weights = times_class_weights(weights, by_class)
        features, target = self._encode(X, y)
        check_target(self.model_, target, self._fit_state.output_shapes)
        return features, target, weights

    def _validation_batches(
        self, data: tuple[Any, Any, Any], arguments: Mapping[str, Any], name: str
    ) -> Any:
        """Return batches to validate on, without class weights."""
        require_inside(data[1], data[2], name)
        return encoded(
            Batches(data[0], name),
            lambda batch: self._encode_batch(batch, {"class_weight": None}),
            passes=arguments["epochs"] - arguments["initial_epoch"],
            steps=arguments.get("validation_steps"),
            name_of_steps="validation_steps",
        )

    def _fit_arguments(
        self, call: Mapping[str, Any], validation: tuple[Any, Any, Any] | None, rows: int
    ) -> dict[str, Any]:
        """Return the keyword arguments of ``Model.fit``, callbacks and validation data included."""
        callbacks = [*self._callbacks_for(call, "fit")]
        if (seed := self._fit_state.seed) is not None:
            callbacks += epoch_seeds(seed)
        if self._epoch_tasks is not None:
            callbacks.append(self._epoch_tasks)
        arguments = fit_arguments(self.model_.fit, self._named(), self._routed("fit"), call, rows)
        arguments["callbacks"] = callbacks
        has_target = "y_dtype_" in vars(self)
        data = validation_data(arguments, validation, has_target=has_target)
        if data is not None and is_batches(data[0]):
            name = "X_val" if arguments.get("validation_data") is None else "validation_data"
            arguments["validation_data"] = self._validation_batches(data, arguments, name)
        elif data is not None:
            X = validate_features(self, data[0], data[1], reset=False)
            pair = self._encode(X, self._validate_target(X, data[1]))
            check_target(self.model_, pair[1], self._fit_state.output_shapes)
            weights = check_weights(data[2], X, what="validation samples")
            if {**self._named(), **self._routed("fit"), **call}[_VAL_SIZE] == -1:
                arguments[_VAL_SIZE] = X.shape[0]
            arguments["validation_data"] = pair if weights is None else (*pair, weights)
        return arguments

    def _train(
        self, features: Any, target: Any, weights: Any, arguments: dict[str, Any], *, extend: bool
    ) -> None:
        """Train the model under the seed of the epoch, and extend the history."""
        epoch = arguments["initial_epoch"]
        if not (extend or epoch) or not hasattr(self, "history_"):
            self._keep(history_={})
        validation = arguments.get("validation_data")
        ends = may_run_out(validation) if isinstance(validation, Iterator) else nullcontext()
        with self._seeded(epoch), keeps_finished_epochs(self.model_, self.history_), ends:
            history = fit(self.model_, features, target, weights, arguments)
        extend_history(self.history_, history.history, self.model_)

    def _outputs_of(self, model: Any, features: Any, call: Mapping[str, Any], n_rows: int) -> Any:
        """Return what a model, or a part of it, makes of encoded features."""
        return predict(model, features, self._predict_arguments(model, call, n_rows))

    def _predict_arguments(
        self, model: Any, call: Mapping[str, Any], n_rows: int
    ) -> dict[str, Any]:
        """Return the keyword arguments of ``Model.predict``, callbacks included."""
        arguments = predict_arguments(
            model.predict, self._named(), self._routed("predict"), call, n_rows
        )
        arguments["callbacks"] = self._callbacks_for(call, "predict")
        return arguments

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

    def _seeded(self, epoch: int | None = None) -> AbstractContextManager[None]:
        """Return a block under the seed of this fit, or under that of the epoch it starts at."""
        seed = self._fit_state.seed
        if seed is None:
            return nullcontext()
        return seeded(seed if epoch is None else derive(seed, epoch))

    def _take_metadata(self, encoder: Any) -> None:
        metadata: dict[str, Any] = getattr(encoder, "get_metadata", dict)()  # DATA-5
        if metadata != {}:
            self._set_attributes(metadata, f"get_metadata() of {type(encoder).__name__}")
            names = (*self._fit_state.metadata_names, *metadata)
            self._keep(_fit_state=replace(self._fit_state, metadata_names=names))

    def _metadata(self) -> dict[str, Any]:
        """Every attribute that has been created so far (BUILD-4)."""
        return {
            name: value
            for name, value in vars(self).items()
            if name in self._fit_state.metadata_names or (name[0] != "_" and name[-1] == "_")
        }

    def _callbacks_for(self, call: Mapping[str, Any], method: str) -> list[Any]:
        """Return the callbacks given to a call of a method, or else those of this fit."""
        if "callbacks" in call:
            return callbacks_of_call(call["callbacks"])
        made = self._fit_state.callbacks or self._renew_callbacks()
        return made[0] if method == "fit" else made[1]

    def _renew_callbacks(self, X: Any = None) -> tuple[list[Any], list[Any]]:
        """Make new callbacks; without X for the fit that is there, after it was unpickled."""
        named, routed = self._named(), self._free()
        names = self._fit_state.names if X is None else None
        if names is not None or (routed and has_placeholders([], routed)):
            names = names or self._names_of_fit(X)
            routed = fill_arguments(routed, names)
        made = training_callbacks(named, routed)
        callbacks = [*made[0], *made[1]]
        if callbacks and (names is not None or has_placeholders(callbacks, {})):
            names = names or self._names_of_fit(X)
            fill_callbacks(callbacks, names)
        self._keep(_fit_state=replace(self._fit_state, callbacks=made, names=names))
        return made

    def _names_of_fit(self, X: Any) -> dict[str, str]:
        return names_of_fit(X, self.get_params(deep=False), self._default_values())

"""The steps of a wrapper for data sets, loaders and generators, which yield batches."""

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils import get_tags

from scikeras_reference._backends.threads import rows_of_batches
from scikeras_reference._data.batch_sources import (
    Batch,
    Batches,
    balanced,
    labels_of,
    require_inside,
)
from scikeras_reference._data.input_checks import check_weights, validate_features
from scikeras_reference._data.rows import fitted_in_parts, learns
from scikeras_reference._fit_steps import FitSteps
from scikeras_reference._model.built_model import check_target
from scikeras_reference._training.encoded_batches import (
    encoded,
    may_run_out,
    recorded,
    weights_of,
)
from scikeras_reference._training.fit import raising_failures
from scikeras_reference._training.predict import predict
from scikeras_reference._training.seeding import seeded, to_seed
from scikeras_reference.exceptions import InputError

__all__ = ["BatchSteps"]


class BatchSteps(FitSteps):
    """The part of a wrapper that trains on batches, and predicts from them."""

    def _fit_batches(
        self,
        source: Any,
        given: tuple[Any, Any, Any],
        call: Mapping[str, Any],
        validation: tuple[Any, Any, Any] | None,
        warm: bool,
        extend: bool,
        classes: Any,
    ) -> Self:
        """Do what `_fit` does, with batches; `given` are y, weights, groups outside of them."""
        batches = Batches(source)
        y, sample_weight, groups = given
        require_inside(y, sample_weight)
        if groups is not None:
            raise InputError(
                "groups are for a splitter, and X yields batches, which no splitter divides. Give"
                " X_val: batches with targets, or an array together with y_val."
            )
        with self._rollback(Exception):
            # Reading batches may draw random numbers, as every pass of a DataLoader does.
            with self._rollback(), seeded(self._seed_of_fit(warm=warm)):
                if warm and self.initialized_:
                    first = batches.first()
                    X, y = self._validate_further(first.x, first.y, new_callbacks=not extend)
                else:
                    X, y = self._prepare_batches(batches, classes)
                features, target = self._encode(X, y)
                self._require_compiled(features)
                check_target(self.model_, target, self._fit_state.output_shapes)
                call = self._with_counted_weights(batches, call)
                _, rest = self._class_weights(y, call)
                arguments = self._fit_arguments(rest, validation, X.shape[0])
                _require_no_split(arguments)
                # What has no end, or is no data set, has an order of its own.
                has_end = getattr(batches.dataset, "num_batches", None) is not None
                arguments["shuffle"] = bool(arguments["shuffle"]) and has_end
                data = encoded(
                    batches,
                    lambda batch: self._encode_batch(batch, call),
                    passes=arguments["epochs"] - arguments["initial_epoch"],
                    steps=arguments.get("steps_per_epoch"),
                )
            with may_run_out(data), raising_failures(batches), rows_of_batches(X.shape[0]):
                self._train(data, None, None, arguments, extend=extend)
        return self

    def _initialize_batches(self, source: Any, y: Any) -> None:
        """Do what `initialize` does, with batches."""
        require_inside(y, None)
        with seeded(self._seed_of_fit(warm=False)):
            self._prepare_batches(Batches(source), None)

    def _prepare_batches(self, batches: Batches, classes: Any) -> tuple[Any, Any]:
        """Do what `_prepare` does, with batches; return the validated X and y of the first."""
        first = batches.first()
        if first.y is None and get_tags(self).target_tags.required:
            raise InputError(
                f"{type(self).__name__} requires y to be passed, but the target y is None: X yields"
                " batches without targets. Let them be (X, y) or (X, y, sample_weight)."
            )
        if classes is None and hasattr(self, "class_weight"):
            counts = batches.labels()
            classes = None if counts is None else labels_of(counts, first.y)
        X, y = self._prepare(first.x, first.y, classes)
        if learns(self.feature_encoder_):
            batches.require_repeats("to fit feature_encoder to it")
            # Anew: in this pass, rows may come in another order than in the one that began above;
            # and a property may return one and the same object.
            encoder = self.feature_encoder
            parts = (validate_features(self, it.x, it.y, reset=False) for it in batches)
            anew = encoder is self.feature_encoder_
            self._keep(feature_encoder_=fitted_in_parts(encoder, parts, anew=anew))
        return X, y

    def _seed_of_fit(self, *, warm: bool) -> int | None:
        if warm and self.initialized_:
            return self._fit_state.seed
        return to_seed(self.random_state)

    def _with_counted_weights(self, batches: Batches, call: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return keywords with the class weights that "balanced" stands for."""
        name = "class_weight"
        weights = call.get(name, self._free().get(f"fit__{name}", getattr(self, name, None)))
        if not (isinstance(weights, str) and weights == "balanced"):
            return call
        return {**call, name: balanced(batches.labels())}

    def _outputs_of_batches(
        self, model: Any, source: Any, encode: Callable[[Batch], Any], call: Mapping[str, Any]
    ) -> Any:
        """Return what a model, or a part of it, makes of all batches, which `encode` encodes."""
        arguments = self._predict_arguments(model, call, 1)
        batches = Batches(source)
        x = encoded(batches, lambda batch: (encode(batch),), passes=1, steps=arguments.get("steps"))
        with may_run_out(x), raising_failures(batches):
            return predict(model, x, arguments)

    def _features_of_batch(self, batch: Batch) -> Any:
        """Return the X of a batch as the model takes it."""
        return self._encode_features(validate_features(self, batch.x, batch.y, reset=False))

    def _predicted_batches(self, source: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Return targets, predictions and weights of all batches, which are read in one pass."""
        require_inside(y, sample_weight)
        record = recorded(Batches(source))
        predictions = self.predict(record)
        seen = record.seen()
        if any(batch.y is None for batch in seen):
            raise InputError("X yields batches without targets, which cannot be scored.")
        y = self._validate_target(predictions, np.concatenate([batch.y for batch in seen]))
        weights = weights_of(seen, [len(batch.y) for batch in seen])
        return y, predictions, check_weights(weights, predictions, are_scored=True)


def _require_no_split(arguments: Mapping[str, Any]) -> None:
    split = arguments.get("validation_split")
    if split and arguments.get("validation_data") is None:
        raise InputError(
            f"validation_split={split} cannot cut rows out of batches. Set it to 0.0, and give"
            " X_val: batches with targets, or an array together with y_val."
        )

"""What a fitted estimator keeps: its private state, and its public attributes."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from scikeras_reference._model.keras_objects import callbacks_of_call
from scikeras_reference._parameters.named import NamedParameters
from scikeras_reference._training.best_epoch import best_epoch, monitored
from scikeras_reference._training.keras_arguments import training_callbacks
from scikeras_reference._training.placeholders import (
    fill_arguments,
    fill_callbacks,
    has_placeholders,
    names_of_fit,
)
from scikeras_reference._training.seeding import derive, seeded
from scikeras_reference.exceptions import ParameterError

__all__ = ["FitState", "FittedAttributes"]


@dataclass(frozen=True, slots=True, eq=False)
class FitState:
    """The private state of a fitted estimator.

    Parameters
    ----------
    seed : int or None
        What the model was built and is trained under.
    target_shape : tuple of int
        Trailing dimensions of the y of ``fit``.
    classes : array-like or None
        All labels, if the first call of ``partial_fit`` was given them.
    metadata_names : tuple of str
        Attributes that were set from the metadata of the encoders.
    output_shapes : tuple of tuple
        The shape of each output of the model.
    names : mapping of str to str, or None
        What the placeholders in paths of callbacks stand for.
    callbacks : tuple of list, or None
        Callbacks of this fit, for fitting and for predicting. They refer to files, threads and the
        model, so a pickle holds none, and they are made again when they are needed.
    """

    seed: int | None = None
    target_shape: tuple[int, ...] = ()
    classes: Any = None
    metadata_names: tuple[str, ...] = ()
    output_shapes: tuple[tuple[int | None, ...], ...] = ()
    names: Mapping[str, str] | None = None
    callbacks: tuple[list[Any], list[Any]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return FitState, (
            self.seed,
            self.target_shape,
            self.classes,
            self.metadata_names,
            self.output_shapes,
            self.names,
        )


class FittedAttributes(NamedParameters):
    """The part of a wrapper that knows what a fit has created."""

    _fit_state = FitState()
    model_: Any
    history_: dict[str, list[Any]]

    @property
    def initialized_(self) -> bool:
        """Whether there is a model, so that ``predict`` can be called (API-12)."""
        return "model_" in vars(self)

    @property
    def current_epoch(self) -> int:
        """Number of epochs in the history (API-2)."""
        return max(map(len, getattr(self, "history_", {}).values()), default=0)

    @property
    def placeholders_(self) -> dict[str, str]:
        """What ``{fit}``, ``{fold}`` and ``{params}`` in paths of callbacks stood for."""
        if self._fit_state.names is None:
            raise AttributeError("There are no placeholders in paths of callbacks, or no fit yet.")
        return dict(self._fit_state.names)

    @property
    def n_iter_(self) -> int:
        """Number of epochs that were trained, those of ``partial_fit`` included."""
        return self.current_epoch if self._trained() else 0

    @property
    def best_epoch_(self) -> int:
        """Number of epochs after which ``val_loss`` was lowest; ``loss`` without validation."""
        history = self._trained()
        try:
            return best_epoch(history)
        except ParameterError as error:
            raise AttributeError(f"There is no best_epoch_: {error}") from error

    @property
    def best_score_(self) -> float:
        """Value of ``val_loss``, or of ``loss``, in the best epoch; lower is better."""
        history = self._trained()
        return float(history[monitored(history)][self.best_epoch_ - 1])

    def _trained(self) -> dict[str, list[Any]]:
        if "history_" not in vars(self):
            raise AttributeError("There is no history yet. Call fit first.")
        return self.history_

    def _seeded(self, epoch: int | None = None) -> AbstractContextManager[None]:
        """Return a block under the seed of this fit, or under that of the epoch it starts at."""
        seed = self._fit_state.seed
        if seed is None:
            return nullcontext()
        return seeded(seed if epoch is None else derive(seed, epoch))

    def _take_metadata(self, encoder: Any) -> None:
        metadata: dict[str, Any] = getattr(encoder, "get_metadata", dict)()  # DATA-5
        self._set_attributes(metadata, f"get_metadata() of {type(encoder).__name__}")
        names = (*self._fit_state.metadata_names, *metadata)
        self._fit_state = replace(self._fit_state, metadata_names=names)

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
        self._fit_state = replace(self._fit_state, callbacks=made, names=names)
        return made

    def _names_of_fit(self, X: Any) -> dict[str, str]:
        return names_of_fit(X, self.get_params(deep=False), self._default_values())

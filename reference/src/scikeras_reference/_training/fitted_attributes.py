"""What a fitted estimator keeps: its private state, and its public attributes."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from scikeras_reference._model.keras_objects import callbacks_of_call
from scikeras_reference._training.keras_arguments import training_callbacks
from scikeras_reference._training.seeding import derive, seeded

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
    callbacks : tuple of list, or None
        Callbacks of this fit, for fitting and for predicting. They refer to files, threads and the
        model, so a pickle holds none, and they are made again when they are needed.
    """

    seed: int | None = None
    target_shape: tuple[int, ...] = ()
    classes: Any = None
    metadata_names: tuple[str, ...] = ()
    output_shapes: tuple[tuple[int | None, ...], ...] = ()
    callbacks: tuple[list[Any], list[Any]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return FitState, (
            self.seed,
            self.target_shape,
            self.classes,
            self.metadata_names,
            self.output_shapes,
        )


class FittedAttributes:
    """The part of a wrapper that knows what a fit has created."""

    _fit_state = FitState()
    model_: Any
    history_: dict[str, list[Any]]
    _set_attributes: Callable[[Mapping[str, Any], str], None]
    _named: Callable[[], dict[str, Any]]
    _free: Callable[[], dict[str, Any]]

    @property
    def initialized_(self) -> bool:
        """Whether there is a model, so that ``predict`` can be called (API-12)."""
        return "model_" in vars(self)

    @property
    def current_epoch(self) -> int:
        """Number of epochs in the history (API-2)."""
        return max(map(len, getattr(self, "history_", {}).values()), default=0)

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

    def _renew_callbacks(self) -> tuple[list[Any], list[Any]]:
        made = training_callbacks(self._named(), self._free())
        self._fit_state = replace(self._fit_state, callbacks=made)
        return made

"""What a fitted estimator keeps: its private state, and its public attributes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scikeras_reference._parameters.named import NamedParameters
from scikeras_reference._training.best_epoch import best_epoch, monitored
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

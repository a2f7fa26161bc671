"""What a fitted estimator keeps besides its public attributes."""

from dataclasses import dataclass
from typing import Any

__all__ = ["FitState"]


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
    callbacks : tuple of list, or None
        Callbacks of this fit, for fitting and for predicting. They refer to files, threads and the
        model, so a pickle holds none, and they are made again when they are needed.
    """

    seed: int | None = None
    target_shape: tuple[int, ...] = ()
    classes: Any = None
    metadata_names: tuple[str, ...] = ()
    callbacks: tuple[list[Any], list[Any]] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return FitState, (self.seed, self.target_shape, self.classes, self.metadata_names)

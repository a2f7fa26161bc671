"""What a fit leaves behind: private state, public attributes, and the history."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from scikeras_reference._data.losses_and_metrics import FULL_METRIC_NAMES, metric_name
from scikeras_reference._training.seeding import derive, seeded

__all__ = ["FitState", "FittedAttributes", "extend_history"]


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

    @contextmanager
    def _keeps_finished_epochs(self) -> Iterator[None]:
        """Record the epochs that were finished, if the block is interrupted while it trains.

        An interrupt is an exception that is no ``Exception``: ``KeyboardInterrupt``,
        ``SystemExit`` (clause HYG-7). Keras keeps the logs of finished epochs in ``history``.
        """
        before = getattr(self.model_, "history", None)
        try:
            yield
        except Exception:
            raise
        except BaseException:
            after = getattr(self.model_, "history", None)
            if after is not None and after is not before:
                extend_history(self.history_, after.history)
            raise

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


def extend_history(history: dict[str, list[Any]], logs: Mapping[str, Sequence[Any]]) -> None:
    """Add the logs of a training to `history`, under the full names of the metrics (API-1).

    >>> history = {"loss": [3.0]}
    >>> extend_history(history, {"loss": [2.0], "val_mse": [1.0]})
    >>> history
    {'loss': [3.0, 2.0], 'val_mean_squared_error': [1.0]}
    """
    for name, values in logs.items():
        full = _full_name(name)
        if full != name and full in logs:
            full = name
        history.setdefault(full, []).extend(values)


def _full_name(name: str) -> str:
    prefix = "val_" if name.startswith("val_") else ""
    short = name.removeprefix(prefix)
    if short == "loss" or short in FULL_METRIC_NAMES:
        return name
    try:
        return prefix + metric_name(short)
    except (ValueError, TypeError):  # a custom metric
        return name

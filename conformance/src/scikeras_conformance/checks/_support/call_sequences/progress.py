"""How far the training of an estimator is, before and after a call."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scikeras_conformance.checks._support.call_sequences.observations import Look, epochs_of
from scikeras_conformance.checks._support.contract_model.facts import UNSEEN
from scikeras_conformance.checks._support.modules import np

__all__ = ["Earlier", "progress", "random_generators"]


def progress(
    before: Look, after: Look, fits: list[dict[str, Any]], *, is_training: bool
) -> Iterator[tuple[str, Any]]:
    """Yield facts of how far the training was before a call, and how far the call went."""
    epochs = sum(map(epochs_of, fits))
    names = ("epochs that model_ was trained before", "steps of the optimizer before")
    earlier = (0, 0) if before.trained is UNSEEN else before.trained
    trained = (0, 0) if after.trained is UNSEEN else after.trained
    # A wrapper may train in a loop of its own, of which only the optimizer knows.
    in_own_loop = not fits and trained[1] > (0 if after.model is not before.model else earlier[1])
    if not in_own_loop or not is_training:
        yield "training", bool(fits) or in_own_loop
    if after.trained is not UNSEEN and not in_own_loop:
        for name, now, then in zip(names, after.trained, earlier, strict=True):
            yield name, Earlier(now - epochs, then)
    yield "entries of history_", after.history
    if isinstance(before.history, dict) and isinstance(after.history, dict):
        added = {name: count - before.history.get(name, 0) for name, count in after.history.items()}
        yield "entries added to history_", {name: more for name, more in added.items() if more}
    yield "current_epoch", after.epoch
    if isinstance(after.epoch, int) and isinstance(before.epoch, int):
        yield "current_epoch, compared with before", after.epoch - before.epoch


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """How much a model was trained before a call, as it is seen after it.

    Parameters
    ----------
    found : int
        The number that the model has, without what the call added.
    then : int
        The number that the model had before the call.
    """

    found: int
    then: int

    def __eq__(self, other: object) -> bool:
        return self.found == {"none": 0, "kept": self.then}.get(str(other))

    def __hash__(self) -> int:
        return hash((self.found, self.then))

    def __repr__(self) -> str:
        return f"{self.found}, of {self.then}"


def random_generators() -> tuple[Any, ...]:
    """Return the states of the random generators of Python and NumPy."""
    state: dict[str, Any] = dict(np.random.get_state(legacy=False))
    numbers = state.pop("state")
    return random.getstate(), numbers["key"].tobytes(), numbers["pos"], repr(state)

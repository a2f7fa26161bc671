"""Batches of a data set as Keras trains on them and predicts from them: encoded one by one."""

import itertools
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import keras
import numpy as np

from scikeras_reference._backends.batches import feeds_tuples
from scikeras_reference._data.batch_sources import Batch, Batches, split_batch
from scikeras_reference._training.row_batches import OwnBatches, as_fed
from scikeras_reference.exceptions import InputError, WrapperWarning

__all__ = ["RecordedBatches", "encoded", "may_run_out", "recorded", "weights_of"]

Encode = Callable[[Batch], tuple[Any, ...]]


class NumberedBatches(OwnBatches):
    """Encoded batches of a ``keras.utils.PyDataset``, with its workers and its events."""

    def __init__(self, dataset: Any, encode: Encode) -> None:
        super().__init__(
            workers=dataset.workers,
            use_multiprocessing=dataset.use_multiprocessing,
            max_queue_size=dataset.max_queue_size,
        )
        self._dataset = dataset
        self._encode = encode

    @property
    def num_batches(self) -> int | None:
        """Number of batches, which may change with each epoch."""
        return self._dataset.num_batches  # type: ignore[no-any-return]

    def batch(self, index: int) -> Any:
        """Return the batch of this number, encoded."""
        return _packed(self._encode(split_batch(self._dataset[index])))

    def on_epoch_begin(self) -> None:
        """Pass the event on."""
        self._dataset.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Pass the event on."""
        self._dataset.on_epoch_end()


class SequentialBatches(OwnBatches):
    """Encoded batches of a source that is read from its start in each epoch."""

    def __init__(self, batches: Batches, encode: Encode) -> None:
        super().__init__()
        self._batches = batches
        self._encode = encode
        self._count = batches.counted()
        self._pass: Iterator[Batch] = iter(())
        self._has_more = False

    @property
    def num_batches(self) -> int:
        """Number of batches of a pass."""
        return self._count

    def batch(self, index: int) -> Any:
        """Return the next batch, encoded; the first one begins a pass."""
        if index == 0:
            self._pass = iter(self._batches)
        try:
            batch = next(self._pass)
        except StopIteration:
            raise InputError(
                f"{self._batches.argument} ended after {index} batches; it had {self._count} of"
                " them before. Give data that have the same number of batches each time, or"
                " steps_per_epoch."
            ) from None
        if index == self._count - 1:
            self._warn_of_more()
        return _packed(self._encode(batch))

    def _warn_of_more(self) -> None:
        """Warn, once, of batches beyond the length that the source says; and end its pass."""
        # What can be read once goes on from there the next time, so it is not looked at.
        if self._has_more or not self._batches.repeats:
            return
        with suppress(Exception):  # what is beyond the length need not be readable
            self._has_more = next(self._pass, None) is not None
        if not self._has_more:
            return
        argument, name, count = self._batches.argument, self._batches.name, self._count
        if self._batches.count is None:
            found = f"{argument} is a {name} that had {count} batches when they were counted"
            remedy = "Give data that have the same number of batches each time."
        else:
            found = f"{argument} is a {name} whose length is {count}"
            remedy = (
                "Correct its length; or give a function that returns it, whose batches are counted."
            )
        warnings.warn(
            f"{found}, and it yields more batches than that. Only the first {count} of each pass"
            f" are used. {remedy}",
            WrapperWarning,
            stacklevel=2,
        )


def encoded(
    batches: Batches,
    encode: Encode,
    *,
    passes: int,
    steps: int | None = None,
    name_of_steps: str = "steps_per_epoch",
) -> Any:
    """Return the batches in a form that Keras reads.

    Parameters
    ----------
    batches : Batches
        From `scikeras_reference._data.batch_sources`.
    encode : callable
        Takes a `Batch`; returns a tuple of features, target and weights, or the first of these.
    passes : int
        How often Keras reads them.
    steps : int or None, default=None
        Batches of an epoch, if the caller has set their number.
    name_of_steps : str, default="steps_per_epoch"
        The argument that sets it, for errors.

    Returns
    -------
    keras.utils.PyDataset or generator
        A generator where the number of batches is neither known nor needed.

    Raises
    ------
    InputError
        A ``ValueError``, if there are no batches, or if they have to be read more than once, and
        cannot.
    """
    if batches.count == 0:
        raise batches.empty()
    if steps is None and batches.is_endless:
        raise InputError(
            f"A {batches.name} without an end needs a number of batches: give"
            f" {name_of_steps} to fit, and steps to predict."
        )
    if batches.dataset is not None:
        return NumberedBatches(batches.dataset, encode)
    if steps is not None and (batches.is_endless or batches.count is None):
        return _generated(batches, encode, again=batches.repeats)
    if passes == 1 and batches.count is None:
        return _generated(batches, encode, again=False)
    batches.require_repeats(f"in each epoch, unless {name_of_steps} is given")
    return SequentialBatches(batches, encode)


@contextmanager
def may_run_out(data: Any) -> Iterator[None]:
    """Ignore in the block that Keras warns of the end of a generator, which is meant to end."""
    if isinstance(data, keras.utils.PyDataset):
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Your input ran out of data")
        yield


class RecordedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The X of the batches of a ``keras.utils.PyDataset``; what else they hold is kept."""

    def __init__(self, dataset: Any, *, keeps_x: bool) -> None:
        super().__init__(workers=dataset.workers, max_queue_size=dataset.max_queue_size)
        self._dataset = dataset
        self._keeps_x = keeps_x
        self._seen: dict[int, Batch] = {}

    @property
    def num_batches(self) -> int | None:
        """Number of batches."""
        return self._dataset.num_batches  # type: ignore[no-any-return]

    def __getitem__(self, index: int) -> Any:
        batch = split_batch(self._dataset[index])
        x = batch.x if self._keeps_x else None
        self._seen[index] = Batch(x, batch.y, batch.weights)
        return (batch.x,)

    def seen(self) -> list[Batch]:
        """Return the batches in order."""
        return [self._seen[number] for number in sorted(self._seen)]


class RecordedPasses:
    """The X of batches that are read in order; what else those of the last pass hold is kept."""

    def __init__(self, batches: Batches, *, keeps_x: bool) -> None:
        self.name_of_source = batches.name
        self._batches = batches
        self._keeps_x = keeps_x
        self._seen: list[Batch] = []

    def __iter__(self) -> Iterator[Any]:
        self._seen = []
        for batch in self._batches:
            x = batch.x if self._keeps_x else None
            self._seen.append(Batch(x, batch.y, batch.weights))
            yield (batch.x,)

    def __len__(self) -> int:
        count = self._batches.count
        if count is None:
            raise TypeError("the number of batches is not known")
        return count

    def seen(self) -> list[Batch]:
        """Return the batches in order, without any beyond the length that the source says."""
        return self._seen[: self._batches.count]


def recorded(batches: Batches, *, keeps_x: bool = False) -> RecordedBatches | RecordedPasses:
    """Return the X of the batches, for a prediction, and a record of their targets."""
    if batches.dataset is not None:
        return RecordedBatches(batches.dataset, keeps_x=keeps_x)
    return RecordedPasses(batches, keeps_x=keeps_x)


def weights_of(batches: Sequence[Batch], sizes: Sequence[int]) -> Any:
    """Return the weights of all batches as an array, ones where a batch has none; or None.

    >>> weights_of([Batch(None), Batch(None, None, [2.0])], [1, 1])
    array([1., 2.])
    """
    given = [batch.weights for batch in batches]
    if all(weights is None for weights in given):
        return None
    pairs = zip(given, sizes, strict=True)
    return np.concatenate([np.ones(size) if it is None else it for it, size in pairs])


def _generated(batches: Batches, encode: Encode, *, again: bool) -> Iterator[Any]:
    try:
        for _ in itertools.count():
            is_empty = True
            for batch in batches:
                is_empty = False
                yield _packed(encode(batch))
            if is_empty:
                raise batches.empty()  # noqa: TRY301 - kept as its failure, as others are
            if not again:
                return
    except Exception as error:
        batches.failure = error
        raise


def _packed(batch: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a batch as Keras's own pipelines would feed it."""
    x, y, weights = (*batch, None, None)[:3]
    if weights is not None and keras.tree.is_nested(y):
        weights = keras.tree.map_structure(lambda _: weights, y)
    packed = (x,) if y is None else (x, y) if weights is None else (x, y, weights)
    fed = keras.tree.map_structure(as_fed, packed)
    return keras.tree.lists_to_tuples(fed) if feeds_tuples() else fed  # type: ignore[no-any-return]

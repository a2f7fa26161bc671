"""Blocks that run under a seed, and restore every generator of the process afterwards.

The generators belong to the process, so seeded blocks of several threads would disturb each other;
a lock lets one in at a time, and a second one while the first waits for it.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import keras
import numpy as np

from scikeras_reference._backends.batches import shuffles_by_epoch
from scikeras_reference._backends.random_generators import generators
from scikeras_reference._seed_lock import SEED_LOCK
from scikeras_reference.exceptions import ParameterError

__all__ = ["EpochSeeds", "derive", "epoch_seeds", "seeded", "to_seed"]

MAX_SEED = 2**31 - 1


def to_seed(random_state: object) -> int | None:
    """Turn the parameter ``random_state`` into an integer, without drawing from it.

    Parameters
    ----------
    random_state : int, numpy.random.RandomState or None
        A ``RandomState`` is copied before one number is drawn, for it belongs to the caller.

    Raises
    ------
    ParameterError
        If it is anything else, or a negative integer.

    Examples
    --------
    >>> to_seed(7), to_seed(None)
    (7, None)
    """
    if random_state is None:
        return None
    if isinstance(random_state, np.random.RandomState):
        copy = np.random.RandomState()
        copy.set_state(random_state.get_state())
        return int(copy.randint(1, MAX_SEED))
    if isinstance(random_state, (int, np.integer)) and 0 <= random_state < 2**32:
        return int(random_state)
    raise ParameterError(
        f"random_state is {random_state!r}; it has to be an integer from 0 to 2**32 - 1, a"
        " numpy.random.RandomState, or None."
    )


def derive(seed: int, epoch: int) -> int:
    """Return the seed for training that starts at `epoch`.

    One and the same seed for each ``partial_fit`` would shuffle the rows in the same way each time.

    >>> derive(7, 0) == derive(7, 0), derive(7, 0) == derive(7, 1)
    (True, False)
    """
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


class EpochSeeds(keras.callbacks.Callback):  # type: ignore[misc]
    """Seeds each epoch by its number, within a block that is seeded already.

    Before its first epoch, Keras looks at a batch if some part of the model is not built yet,
    and that draws numbers: an unpickled model would see its rows in another order than the model
    that was pickled.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Seed all generators."""
        del logs
        SEED_LOCK.wait_for_others()
        for _, set_seed in generators():
            set_seed(derive(self.seed, epoch))


def epoch_seeds(seed: int | None) -> list[EpochSeeds]:
    """Return the callback that seeds epochs, if there is a seed and each epoch draws its order."""
    return [] if seed is None or not shuffles_by_epoch() else [EpochSeeds(seed)]


@contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Run the block with every generator seeded; without a seed, just run it.

    >>> import random
    >>> state = random.getstate()
    >>> with seeded(1):
    ...     _ = random.random()
    >>> random.getstate() == state
    True
    """
    if seed is None:
        yield
        return
    with SEED_LOCK, ExitStack() as stack:
        for save, set_seed in generators():
            stack.callback(save())
            set_seed(seed)
        stack.callback(SEED_LOCK.wait_for_others)
        yield

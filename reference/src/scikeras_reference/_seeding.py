"""Runs a block under a seed and puts every global generator back, whatever happens.

The generators belong to the process, so seeded blocks of several threads would disturb each other;
a lock lets one in at a time.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np

from scikeras_reference._backend import generators
from scikeras_reference.exceptions import ParameterError

__all__ = ["derive", "seeded", "to_seed"]

_LOCK = threading.RLock()
_LARGEST = 2**31 - 1


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
        return int(copy.randint(1, _LARGEST))
    if isinstance(random_state, (int, np.integer)) and 0 <= random_state < 2**32:
        return int(random_state)
    raise ParameterError(
        f"random_state is {random_state!r}; it has to be an integer from 0 to 2**32 - 1, a"
        " numpy.random.RandomState, or None."
    )


def derive(seed: int | None, epoch: int) -> int | None:
    """Give the seed for training that starts at `epoch`.

    One and the same seed for each ``partial_fit`` would shuffle the rows in the same way each time.

    >>> derive(7, 0) == derive(7, 0), derive(7, 0) == derive(7, 1), derive(None, 3)
    (True, False, None)
    """
    if seed is None:
        return None
    return int(np.random.SeedSequence([seed, epoch]).generate_state(1)[0])


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
    with _LOCK, ExitStack() as stack:
        for save, set_seed in generators():
            stack.callback(save())
            set_seed(seed)
        yield

"""Starts every check from the same state of the global generators of random numbers."""

import random
from typing import ClassVar

from scikeras_conformance.lazy import LazyModule

__all__ = ["SEED", "seed_everything"]

SEED = 20_231

AHEAD = 64
"""Draws that are known in advance, so that one that is missing is seen."""

keras = LazyModule("keras")
np = LazyModule("numpy")
tf = LazyModule("tensorflow")


class _TensorFlow:
    """What TensorFlow's global generator gives next, if nobody has touched it.

    Seeding it throws away every kernel that TensorFlow has at hand, and making them again took a
    fifth of a run. So it is seeded when a check changed the seed or drew from it, and left as it
    is after all others.
    """

    expected: ClassVar[list[tuple[int, int]]] = []

    @classmethod
    def is_untouched(cls) -> bool:
        """Draw once, and say whether that was to be expected."""
        return bool(cls.expected) and cls.expected.pop() == tf.compat.v1.get_seed(None)

    @classmethod
    def look_ahead(cls) -> None:
        """Find out what a freshly seeded generator gives."""
        cls.expected = [tf.compat.v1.get_seed(None) for _ in range(AHEAD)][::-1]


def seed_everything() -> None:
    """Seed the global generators of Python, NumPy, Keras and its backend.

    On TensorFlow only those of Python and NumPy, from which Keras draws the seeds of layers, if
    the others are where the suite left them.
    """
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if on_tensorflow and _TensorFlow.is_untouched():
        random.seed(SEED)
        np.random.seed(SEED)
        return
    keras.utils.set_random_seed(SEED)
    if on_tensorflow:
        _TensorFlow.look_ahead()
        keras.utils.set_random_seed(SEED)

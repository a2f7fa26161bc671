"""Starts every check from the same state of the global generators of random numbers."""

import random
from typing import ClassVar

from scikeras_conformance.runner.lazy_module import LazyModule

__all__ = ["SEED", "seed_everything"]

SEED = 20_231

DRAWS_AHEAD = 128
"""Draws that are known in advance, so that one that is missing is seen."""

keras = LazyModule("keras")
np = LazyModule("numpy")
tf = LazyModule("tensorflow")


class _TensorFlow:
    """What the generators of TensorFlow and Keras draw next, if no check has touched them.

    Seeding TensorFlow's generator drops every kernel that TensorFlow has cached, and making them
    again took a fifth of a run. So both are seeded when a check changed a seed or drew from one of
    them, and left as they are after all others.
    """

    sequence: ClassVar[list[tuple[int, int, float]]] = []
    expected: ClassVar[list[tuple[int, int, float]]] = []

    @classmethod
    def is_untouched(cls) -> bool:
        """Draw once from each, and return whether that was the expected number."""
        return bool(cls.expected) and cls.expected.pop() == cls._draw()

    @classmethod
    def look_ahead(cls) -> None:
        """Note what freshly seeded generators draw next, which is the same each time."""
        if not cls.sequence:
            keras.utils.set_random_seed(SEED)
            cls.sequence = [cls._draw() for _ in range(DRAWS_AHEAD)][::-1]
        cls.expected = list(cls.sequence)

    @staticmethod
    def _draw() -> tuple[int, int, float]:
        seed, of_operation = tf.compat.v1.get_seed(None)
        return seed, of_operation, float(keras.random.uniform(()))


def seed_everything() -> None:
    """Seed the global generators of Python, NumPy, Keras and its backend.

    On TensorFlow only those of Python and NumPy, from which Keras draws the seeds of layers, if
    nobody but the suite has drawn from the others.
    """
    on_tensorflow = keras.backend.backend() == "tensorflow"
    # Keras seeds its generator with a number of Python's when somebody draws from it first.
    _seed_python_and_numpy()
    if on_tensorflow and _TensorFlow.is_untouched():
        _seed_python_and_numpy()
        return
    if on_tensorflow:
        _TensorFlow.look_ahead()
    keras.utils.set_random_seed(SEED)


def _seed_python_and_numpy() -> None:
    random.seed(SEED)
    np.random.seed(SEED)

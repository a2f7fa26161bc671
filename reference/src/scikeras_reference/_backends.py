"""The one place that knows of TensorFlow, JAX and PyTorch, and of what Keras keeps to itself.

Nothing is imported here: a backend that is not loaded has no state to save. What is looked up in a
library's private parts is looked up with a fallback, so that a new version of it costs exactness of
the seeding at worst, never a working ``fit``.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

__all__ = [
    "Generator",
    "compiled_metrics",
    "cuts_batches_as_keras",
    "feeds_tuples",
    "generators",
    "needs_writable_arrays",
    "prepare_to_answer",
    "preserved_generators",
    "runs_undistributed",
    "shuffles_by_epoch",
]

# A function that saves a generator's state and gives the one that restores it; one that seeds it.
Generator = tuple[Callable[[], Callable[[], object]], Callable[[int], object]]

_TF_CONTEXT = "tensorflow.python.eager.context"
_KERAS_STATE = "keras.src.backend.common.global_state"
_KERAS_SEED_ATTRIBUTES = ("global_random_seed", "global_seed_generator")


def needs_writable_arrays() -> bool:
    """Whether the backend shares memory with NumPy arrays and warns about read-only ones."""
    return bool(keras.backend.backend() == "torch")


def shuffles_by_epoch() -> bool:
    """Whether each epoch draws its order of rows anew, from a generator of the process.

    TensorFlow's input pipeline takes one seed when it is made instead.
    """
    return bool(keras.backend.backend() != "tensorflow")


def cuts_batches_as_keras() -> bool:
    """Whether batches that are asked for one by one are those of the pipeline; so on TensorFlow.

    On the other backends this was not tried.
    """
    return bool(keras.backend.backend() == "tensorflow")


def feeds_tuples() -> bool:
    """Whether the input pipeline turns lists of arrays into tuples; TensorFlow's does."""
    return bool(keras.backend.backend() == "tensorflow")


def prepare_to_answer(model: Any) -> None:
    """Do to a model what ``Model.predict`` does to it and ``Model.predict_on_batch`` does not."""
    model.stop_predicting = False
    if keras.backend.backend() == "torch":
        model.eval()  # PyTorch's own modules know by this that they are not being trained


def runs_undistributed(model: Any) -> bool:
    """Whether the model runs in one place, without a strategy that spreads its batches."""
    if keras.backend.backend() == "tensorflow":
        distribute = sys.modules["tensorflow"].distribute
        spread = distribute.has_strategy()
        return not spread and model.distribute_strategy is distribute.get_strategy()
    return keras.distribution.distribution() is None


def generators() -> list[Generator]:
    """Give every source of randomness of this process that building and fitting draw from.

    Python's generator seeds initialisers and dropout; NumPy's shuffles on JAX; Keras's own serves
    ``keras.random``; TensorFlow's seeds its input pipeline; PyTorch's serves its data loader.
    """
    found: list[Generator] = [(_save_python, random.seed), (_save_numpy, _seed_numpy)]
    if (state := sys.modules.get(_KERAS_STATE)) is not None:
        found.append((lambda: _save_keras(state), lambda seed: _seed_keras(state, seed)))
    if (context := sys.modules.get(_TF_CONTEXT)) is not None:
        found.append(
            (lambda: _save_tensorflow(context), lambda seed: _seed_tensorflow(context, seed))
        )
    if (torch := sys.modules.get("torch")) is not None and hasattr(torch, "get_rng_state"):
        found.append((lambda: _save_torch(torch), torch.manual_seed))
    return found


@contextmanager
def preserved_generators() -> Iterator[None]:
    """Restore the state of every generator of random numbers after the block."""
    restore = [save() for save, _ in generators()]
    try:
        yield
    finally:
        for put_back in restore:
            put_back()


def compiled_metrics(model: Any) -> list[Any]:
    """Return the metrics and weighted metrics that a model was compiled with, as they were given.

    Keras has no public way to read them. Where it keeps them elsewhere, there are none.
    """
    compiled = getattr(model, "_compile_metrics", None)
    names = ("_user_metrics", "_user_weighted_metrics")
    return [getattr(compiled, name, None) for name in names]


def _save_python() -> Callable[[], object]:
    state = random.getstate()
    return lambda: random.setstate(state)


def _save_numpy() -> Callable[[], object]:
    state = np.random.get_state()  # noqa: NPY002 - Keras draws from the global generator
    return lambda: np.random.set_state(state)  # noqa: NPY002


def _seed_numpy(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002


def _save_keras(state: Any) -> Callable[[], object]:
    seed, generator = (state.get_global_attribute(name) for name in _KERAS_SEED_ATTRIBUTES)
    counter = None if generator is None else keras.ops.convert_to_numpy(generator.state)

    def restore() -> None:
        for name, value in zip(_KERAS_SEED_ATTRIBUTES, (seed, generator), strict=True):
            state.set_global_attribute(name, value)
        if generator is not None:
            generator.state.assign(counter)

    return restore


def _seed_keras(state: Any, seed: int) -> None:
    # Without a generator, Keras makes one when it needs one, out of the seed.
    for name, value in zip(_KERAS_SEED_ATTRIBUTES, (seed, None), strict=True):
        state.set_global_attribute(name, value)


def _save_tensorflow(context: Any) -> Callable[[], object]:
    eager = context.context()
    saved = {name: vars(eager)[name] for name in ("_seed", "_rng") if name in vars(eager)}
    rng = saved.get("_rng")
    state = None if rng is None else rng.getstate()

    def restore() -> None:
        for name in ("_seed", "_rng"):
            vars(eager).pop(name, None)
        vars(eager).update(saved)
        if rng is not None:
            rng.setstate(state)

    return restore


def _seed_tensorflow(context: Any, seed: int) -> None:
    # tf.random.set_seed does this as well, and then clears the caches of kernels, which is slow
    # and of no use here: Keras uses stateless random operations.
    vars(context.context()).update(_seed=seed, _rng=random.Random(seed))  # noqa: S311


def _save_torch(torch: Any) -> Callable[[], object]:
    state = torch.get_rng_state()
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None

    def restore() -> None:
        torch.set_rng_state(state)
        if devices is not None:
            torch.cuda.set_rng_state_all(devices)

    return restore

"""The random generators of the process: saves, seeds and restores those of every library.

Nothing is imported here: a backend that is not loaded has no state to save.

Some are saved and restored through private names of Keras and TensorFlow, in `PRIVATE_NAMES`. Where
one of them is missing, public functions seed instead: then the numbers inside a seeded block are as
reproducible as before, but the generators cannot be read, and after the block they start anew from
a seed that follows from Python's generator. A warning on the logger ``scikeras_reference.seeding``
says so once.
"""

import functools
import logging
import random
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from scikeras_reference._seed_lock import SEED_LOCK

__all__ = ["PRIVATE_NAMES", "Generator", "generators", "preserved_generators"]

Generator = tuple[Callable[[], Callable[[], object]], Callable[[int], object]]
"""Saves the state and returns the function that restores it; seeds."""

PRIVATE_NAMES = (
    ("keras.src.backend.common.global_state", "get_global_attribute"),
    ("keras.src.backend.common.global_state", "set_global_attribute"),
    ("keras.src.random.seed_generator", "GLOBAL_SEED_GENERATOR"),
    ("keras.src.utils.rng_utils", "GLOBAL_RANDOM_SEED"),
    ("tensorflow.python.eager.context", "context"),
)
"""Private names of Keras (3.12 to 3.15) and TensorFlow (2.18 to 2.21), by module."""
_KERAS_NAMES, _TF_NAMES = PRIVATE_NAMES[:4], PRIVATE_NAMES[4:]
_IS_3_12 = keras.__version__.startswith("3.12.")
_LITERALS = {"GLOBAL_SEED_GENERATOR": "global_seed_generator"} if _IS_3_12 else {}
"""Values of names that Keras 3.12 does not have yet: it writes them out where it uses them."""
_CONTEXT_ATTRIBUTES = ("_seed", "_rng")

_LOGGER = logging.getLogger("scikeras_reference.seeding")


def generators() -> list[Generator]:
    """Return every source of randomness of this process that building and fitting draw from.

    Python's generator seeds initializers and dropout; NumPy's shuffles on JAX; Keras's own serves
    ``keras.random``; TensorFlow's seeds its input pipeline; PyTorch's serves its data loader.
    They are to be restored in the opposite order.
    """
    found: list[Generator] = [(_save_python, random.seed), (_save_numpy, _seed_numpy)]
    if (torch := sys.modules.get("torch")) is not None and hasattr(torch, "get_rng_state"):
        found.append((lambda: _save_torch(torch), torch.manual_seed))
    found.extend(_of_tensorflow())
    found.append(_of_keras())
    return found


@contextmanager
def preserved_generators() -> Iterator[None]:
    """Restore the state of every generator of random numbers after the block."""
    with SEED_LOCK:
        restore = [save() for save, _ in generators()]
        try:
            yield
        finally:
            SEED_LOCK.wait_for_others()
            for put_back in restore:
                put_back()


def _save_python() -> Callable[[], object]:
    state = random.getstate()
    return lambda: random.setstate(state)


def _save_numpy() -> Callable[[], object]:
    state = np.random.get_state()  # noqa: NPY002 - Keras draws from the global generator
    return lambda: np.random.set_state(state)  # noqa: NPY002


def _seed_numpy(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002


def _of_keras() -> Generator:
    try:
        read, write, generator_name, seed_name = _private(_KERAS_NAMES)
    except AttributeError as error:
        _warn_once("Keras", str(error))
        return _save_publicly(keras.utils.set_random_seed)
    names = (seed_name, generator_name)

    def save() -> Callable[[], object]:
        before = [read(name) for name in names]
        generator = before[1]
        counter = None if generator is None else keras.ops.convert_to_numpy(generator.state)

        def restore() -> None:
            for name, value in zip(names, before, strict=True):
                write(name, value)
            if generator is not None:
                generator.state.assign(counter)

        return restore

    def seed(number: int) -> None:
        # Without a generator, Keras makes one when it needs one, out of the seed.
        for name, value in zip(names, (number, None), strict=True):
            write(name, value)

    return save, seed


def _of_tensorflow() -> list[Generator]:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or not hasattr(tensorflow, "random"):
        return []
    try:
        (context,) = _private(_TF_NAMES)
        if "_seed" not in vars(context()):
            raise AttributeError("its eager context has no _seed")  # noqa: TRY301 - as _private
    except (AttributeError, TypeError) as error:
        _warn_once("TensorFlow", str(error))
        return [_save_publicly(tensorflow.random.set_seed)]
    return [(lambda: _save_tensorflow(context()), lambda seed: _seed_tensorflow(context(), seed))]


def _save_tensorflow(eager: Any) -> Callable[[], object]:
    saved = {name: vars(eager)[name] for name in _CONTEXT_ATTRIBUTES if name in vars(eager)}
    rng = saved.get("_rng")
    state = None if rng is None else rng.getstate()

    def restore() -> None:
        for name in _CONTEXT_ATTRIBUTES:
            vars(eager).pop(name, None)
        vars(eager).update(saved)
        if rng is not None:
            rng.setstate(state)

    return restore


def _seed_tensorflow(eager: Any, seed: int) -> None:
    # tf.random.set_seed does this as well, and then clears the caches of kernels, which is slow
    # and of no use here: Keras uses stateless random operations.
    vars(eager).update(_seed=seed, _rng=random.Random(seed))  # noqa: S311


def _private(names: tuple[tuple[str, str], ...]) -> list[Any]:
    """Return the values of private names; an ``AttributeError`` says which one is missing."""
    return [
        _LITERALS[name] if name in _LITERALS else getattr(sys.modules.get(module), name)
        for module, name in names
    ]


def _save_publicly(set_seed: Callable[[int], object]) -> Generator:
    """Return a generator that public functions can seed, and not read."""

    def save() -> Callable[[], object]:
        # What follows a seeded block has to differ from it, and be the same in each run.
        after = zlib.crc32(repr(random.getstate()).encode())
        return lambda: set_seed(after)

    return save, set_seed


@functools.cache
def _warn_once(library: str, missing: str) -> None:
    version = getattr(sys.modules[library.lower()], "__version__", "of this version")
    _LOGGER.warning(
        "%s %s keeps its random state elsewhere than in the versions that were checked (%s): fits"
        " with a random_state are reproducible, but its generator starts anew after each of them.",
        library,
        version,
        missing,
    )


def _save_torch(torch: Any) -> Callable[[], object]:
    state = torch.get_rng_state()
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None

    def restore() -> None:
        torch.set_rng_state(state)
        if devices is not None:
            torch.cuda.set_rng_state_all(devices)

    return restore

"""Prototypes: models that stand in for the user's while a step is traced.

A prototype has the structure of the model and weights of its own, and is thrown away afterwards.
"""

import random
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras

from scikeras_reference._seed_lock import SEED_LOCK
from scikeras_reference._shared_steps.fingerprint import fingerprint, own_code_of
from scikeras_reference._shared_steps.keras_internals.serialization import (
    without_importing_tensorflow,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = ["Configuration", "configuration_of", "prototype_of", "pure_trace", "trace_in_thread"]


def trace_in_thread(trace: Callable[[], Any]) -> Any:
    """Run `trace` in a thread of its own: Keras keeps names, scopes and settings by thread.

    Returns
    -------
    object
        What `trace` returned, or a `NotSharedError` if it raised or warned. Keras raises or warns
        again then, when it traces the step of the model itself.

    Raises
    ------
    NotSharedError
        If a seeded training of another thread owns the generators of the process, which tracing
        draws from and restores.
    """
    result: list[Any] = []

    def run() -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                step = trace()
            except NotSharedError as error:
                step = error
            except Exception as error:
                step = NotSharedError(
                    f"its step cannot be traced ({type(error).__name__}: {error})"
                )
        if caught:
            step = NotSharedError(f"tracing its step warns ({caught[0].message})")
        result.append(step)

    # Waiting for the lock could wait for ever: its owner may be waiting for this thread.
    if not SEED_LOCK.acquire(blocking=False):
        raise NotSharedError("another thread is in a seeded training")
    try:
        thread = threading.Thread(target=run, name="scikeras-reference-trace")
        thread.start()
        thread.join()
    finally:
        SEED_LOCK.release()
    return result[0] if result else NotSharedError("its step cannot be traced")


class Configuration(NamedTuple):
    """What a prototype is made of: no object of the model, and no value but hyper-parameters."""

    cls: Any
    model: Any
    compilation: Any
    """None for a model that only predicts."""
    jit_compile: bool
    own_code: dict[str, Any]
    """Functions and classes of the user's own, by the names that stand for them in it."""


def configuration_of(model: Any, *, training: bool) -> Configuration:
    """Return what a prototype of the model is made of.

    Raises
    ------
    NotSharedError
        If there is no configuration, or if it names code of the user's that was not read.
    """
    own_code = _by_name(own_code_of(model, training=training))
    try:
        with _quiet(), without_importing_tensorflow():
            config = model.get_config()
            compilation = model.get_compile_config() if training else None
    except Exception as error:
        raise NotSharedError(
            f"it has no configuration ({type(error).__name__}: {error})"
        ) from error
    _require_known((config, compilation), own_code)
    return Configuration(
        type(model), _seeded(config), _seeded(compilation), model.jit_compile, own_code
    )


def prototype_of(configuration: Configuration, build: Callable[[Any], None]) -> Any:
    """Return a model of the same structure with weights of its own, finished by `build`."""
    before = random.getstate()
    with _quiet(), keras.saving.custom_object_scope(configuration.own_code):
        prototype = configuration.cls.from_config(configuration.model)
        if configuration.compilation is not None:
            prototype.compile_from_config(configuration.compilation)
            build(prototype)
        else:
            prototype.compile(jit_compile=configuration.jit_compile)
    if random.getstate() != before:
        # Some layers leave their seed out of their configuration, and draw one.
        random.setstate(before)
    return prototype


def _by_name(own_code: Iterable[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for one in own_code:
        name = keras.saving.get_registered_name(one)
        if named.setdefault(name, one) is not one:
            raise NotSharedError(f"two of its functions or classes are called {name}")
    return named


def _require_known(config: Any, own_code: Mapping[str, Any]) -> None:
    """Check that a configuration names no code of the user's besides what was read."""
    if isinstance(config, dict):
        name = config.get("registered_name")
        is_read = name is None or name in own_code
        if not is_read and keras.saving.get_registered_object(name) is not None:
            raise NotSharedError(f"its configuration names {name}")
        config = config.values()
    elif not isinstance(config, (list, tuple)):
        return
    for item in config:
        _require_known(item, own_code)


@contextmanager
def _quiet() -> Iterator[None]:
    """Ignore warnings: they were shown when the model itself was made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def pure_trace(prototype: Any, proof: bytes, **how: bool) -> Iterator[None]:
    """Check that tracing a prototype, in the block, changes nothing in it and draws no number.

    Raises
    ------
    NotSharedError
        If it does, or if the prototype is not of the structure that `proof` stands for.
    """
    if fingerprint(prototype, **how) != proof:
        raise NotSharedError("its configuration does not describe all of it")
    before = random.getstate()
    yield
    if fingerprint(prototype, **how) != proof:
        raise NotSharedError("its step changes the structure of the model")
    if random.getstate() != before:
        random.setstate(before)
        raise NotSharedError("its step draws a random number when it is traced")


def _seeded(config: Any) -> Any:
    """Return a configuration that draws no random number when it is made into an object."""
    if isinstance(config, dict):
        return {
            key: 0 if key == "seed" and value is None else _seeded(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_seeded, config))
    return config

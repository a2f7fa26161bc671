"""What sharing a step takes on every backend: the setting, the cache, a thread, a prototype.

What is kept is the traced or compiled step: neither a model nor a prototype nor data. At most
`CAPACITY` steps are kept, those used last.
"""

import os
import random
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from scikeras_reference._shared_steps.fingerprint import UnprovenError, fingerprint
from scikeras_reference.exceptions import ParameterError

__all__ = [
    "CACHE",
    "CAPACITY",
    "SETTING",
    "Configuration",
    "LentFunction",
    "StepCache",
    "configuration_of",
    "in_a_thread",
    "is_sharing",
    "made_by_keras",
    "prototype_of",
    "watched",
]

CAPACITY = 64
SETTING = "SCIKERAS_REFERENCE_SHARED_STEPS"


def is_sharing() -> bool:
    """Whether the user lets models share steps.

    Raises
    ------
    ParameterError
        If the environment variable holds neither 0 nor 1.
    """
    value = os.environ.get(SETTING, "1")
    if value not in {"0", "1"}:
        raise ParameterError(
            f"The environment variable {SETTING} is {value!r}; it has to be 1 (models of equal"
            " structure share their traced steps) or 0 (they do not)."
        )
    return value == "1"


class StepCache:
    """A number of traced steps; the one that was not used for the longest time goes first."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._steps: OrderedDict[bytes, Any] = OrderedDict()
        self._lock = threading.Lock()
        self._tracing = threading.Lock()

    def __len__(self) -> int:
        return len(self._steps)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._steps.clear()

    def get(self, key: bytes, trace: Callable[[], Any]) -> Any:
        """Give the step of that key; trace it if it is not there.

        Two threads that need the same step do not both trace it.
        """
        found, step = self._find(key)
        if found:
            return step
        with self._tracing:
            found, step = self._find(key)
            if not found:
                step = trace()
                with self._lock:
                    self._steps[key] = step
                    while len(self._steps) > self.capacity:
                        self._steps.popitem(last=False)
        return step

    def _find(self, key: bytes) -> tuple[bool, Any]:
        with self._lock:
            if key not in self._steps:
                return False, None
            self._steps.move_to_end(key)
            return True, self._steps[key]


CACHE = StepCache(CAPACITY)


def in_a_thread(work: Callable[[], Any]) -> Any:
    """Run in a thread of its own: Keras counts names, and keeps scopes and settings, by thread.

    Whatever goes wrong, the answer is None, and the model is trained without a shared step: the
    results are the same, and so are the errors, for Keras raises them then.
    """
    result: list[Any] = []

    def run() -> None:
        # A warning while tracing is one that each model should give: then nothing is shared.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                step = work()
            except Exception:
                return
        if not caught:
            result.append(step)

    thread = threading.Thread(target=run, name="scikeras-reference-trace")
    thread.start()
    thread.join()
    return result[0] if result else None


class Configuration(NamedTuple):
    """What a prototype is made of: no object of the model, and no value but hyper-parameters."""

    cls: Any
    model: Any
    compilation: Any
    """None for a model that only predicts."""
    jit_compile: bool


def configuration_of(model: Any, *, training: bool) -> Configuration:
    """Read what a prototype of the model is made of."""
    with _quiet():
        return Configuration(
            type(model),
            _seeded(model.get_config()),
            _seeded(model.get_compile_config()) if training else None,
            model.jit_compile,
        )


def prototype_of(configuration: Configuration, build: Callable[[Any], None]) -> Any:
    """Make a model of the same structure, with weights of its own, and let `build` finish it."""
    before = random.getstate()
    with _quiet():
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing: what there is to warn about was said when the model itself was made."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def watched(prototype: Any, proof: bytes, **how: bool) -> Iterator[None]:
    """See that tracing a prototype of that structure changes nothing in it and draws no number."""
    if fingerprint(prototype, **how) != proof:
        raise UnprovenError("The configuration does not say all.")
    before = random.getstate()
    yield
    if fingerprint(prototype, **how) != proof:
        raise UnprovenError("The step changes the model's structure.")
    if random.getstate() != before:
        random.setstate(before)
        raise UnprovenError("Each step draws a number of its own when it is traced.")


class LentFunction:
    """Stands for ``train_function``, ``test_function`` or ``predict_function`` of one model.

    Parameters
    ----------
    model : keras.Model
        The model.
    kind : str
        ``"train"``, ``"test"`` or ``"predict"``.
    """

    def __init__(self, model: Any, kind: str) -> None:
        self._model = model
        self._kind = kind
        self._own: Any = None

    @property
    def own(self) -> Any:
        """The function that Keras makes for this model alone."""
        if self._own is None:
            self._own = made_by_keras(self._model, self._kind)
        return self._own


def made_by_keras(model: Any, kind: str) -> Any:
    """Give the function that Keras makes for this model alone; leave the model as it is."""
    name = f"{kind}_function"
    before = getattr(model, name)
    setattr(model, name, None)
    getattr(model, f"make_{name}")()
    function = getattr(model, name)
    setattr(model, name, before)
    return function


def _seeded(config: Any) -> Any:
    """Give a configuration that draws no random number when it is made into an object."""
    if isinstance(config, dict):
        return {
            key: 0 if key == "seed" and value is None else _seeded(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(map(_seeded, config))
    return config

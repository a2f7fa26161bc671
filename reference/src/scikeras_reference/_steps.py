"""Traced steps that models of equal structure share.

Most of a small ``fit`` is tracing: TensorFlow runs the Python code of one training step to make a
graph of it, anew for each clone of an estimator, and each time the same graph comes out. Here a
step is traced once for each structure, with a *prototype* in place of the model and with the
variables as arguments of the graph. Every model of that structure then runs the graph on its own
variables.

What is kept is the graph: neither a model nor a prototype nor data. At most `CAPACITY` graphs are
kept, those used last.
"""

import hashlib
import os
import random
import sys
import threading
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import keras

from scikeras_reference import _keras_internals as internals
from scikeras_reference._structure import UnprovenError, fingerprint
from scikeras_reference.exceptions import ParameterError

__all__ = [
    "CACHE",
    "CAPACITY",
    "SETTING",
    "SharedFunction",
    "StepCache",
    "is_sharing",
    "lend_predict_function",
    "provable",
]

CAPACITY = 64
SETTING = "SCIKERAS_REFERENCE_SHARED_STEPS"

Shape = tuple[int | None, ...]
Spec = tuple[tuple[Shape, str], ...]
"""Shape and dtype of each array of a batch."""


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
# What the first batch of a compiled model looked like, for as long as there is that model.
_FIRST: "weakref.WeakKeyDictionary[Any, dict[str, dict[str, Spec]]]" = weakref.WeakKeyDictionary()


def provable(model: Any, *, training: bool) -> bool:
    """Whether the step of that model may be shared, as far as can be seen before tracing."""
    if not is_sharing() or keras.backend.backend() != "tensorflow" or not internals.is_checked():
        return False
    try:
        if not internals.runs_plainly(model, training=training):
            return False
        fingerprint(model, training=training)
    except Exception:  # what cannot be read cannot be proven; Keras trains it as it is
        return False
    return True


def lend_predict_function(model: Any) -> None:
    """Let the model predict with a shared step, unless it has a function for that already.

    Like the function that Keras would have made in its place, it stays until the model is compiled
    again.
    """
    if provable(model, training=False):
        model.predict_function = SharedFunction(model, "predict")


class SharedFunction:
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
        # As tf.function does for one compiled model: one graph for the shape of the first batch,
        # and one for all the shapes that differ from it.
        first = {} if kind == "predict" else _FIRST.setdefault(internals.compilation(model), {})
        self._first: dict[str, Spec] = first.setdefault(kind, {})
        self._resolved: dict[tuple[str, Spec | None], Any] = {}
        self._variables: list[Any] = []
        self._own: Any = None

    def __call__(self, source: Any) -> Any:
        """Do one step with what Keras hands over: an iterator, or a list with one batch."""
        if self._kind == "predict":
            return self._predict(source)
        leaves = getattr(source, "leaves", None)
        if leaves is None:
            return self.own(source)
        step = self._step(source.outline, source.spec)
        return self.own(source.plain) if step is None else step(*self._variables, *leaves())

    def _predict(self, batches: Any) -> Any:
        if len(batches) == 1:
            leaves = keras.tree.flatten(batches[0])
            spec = tuple((tuple(leaf.shape), leaf.dtype.name) for leaf in leaves)
            step = self._step(keras.tree.map_structure(lambda _: 0, batches[0]), spec)
            if step is not None:
                return step(*self._variables, *leaves)
        return self.own(batches)

    @property
    def own(self) -> Any:
        """The function that Keras makes for this model alone."""
        if self._own is None:
            name = f"{self._kind}_function"
            setattr(self._model, name, None)
            getattr(self._model, f"make_{name}")()
            self._own = getattr(self._model, name)
            setattr(self._model, name, self)
        return self._own

    def _step(self, outline: Any, spec: Spec) -> Any:
        """Give the traced step for such a batch, or None; look for it at the first batch only.

        What Keras would trace at the first batch is found out then, and not before: callbacks may
        have changed the model.
        """
        nest = repr(outline)
        key = (nest, spec)
        if key not in self._resolved:
            general = _general(self._first.setdefault(nest, spec), spec)
            if (nest, general) not in self._resolved:
                self._resolved[nest, general] = self._resolve(outline, general)
            self._resolved[key] = self._resolved[nest, general]
        return self._resolved[key]

    def _resolve(self, outline: Any, spec: Spec | None) -> Any:
        if spec is None:
            return None
        model, kind = self._model, self._kind
        training = kind != "predict"
        try:
            if training:
                _build(model, outline, spec)
            by_name = "{" in repr(outline)
            proof = fingerprint(model, training=training, by_name=by_name)
            key = hashlib.sha256(proof + repr((kind, outline, spec)).encode()).digest()
        except Exception:  # Keras says what is wrong, in its own way
            return None

        def trace() -> Any:
            return _in_a_thread(lambda: _trace(model, kind, outline, spec, proof, by_name))

        step = CACHE.get(key, trace)
        self._variables = [v.value for v in internals.state(model, training=training)]
        return step


def _general(first: Spec, spec: Spec) -> Spec | None:
    """Give what serves both shapes; None if they differ in more than the number of rows."""
    if first == spec:
        return spec
    if [(shape[1:], dtype) for shape, dtype in first] != [(s[1:], dtype) for s, dtype in spec]:
        return None
    return tuple(((None, *shape[1:]), dtype) for shape, dtype in spec)


def _build(model: Any, outline: Any, spec: Spec) -> None:
    tensors = [keras.KerasTensor(shape, dtype) for shape, dtype in spec]
    y = keras.tree.pack_sequence_as(outline, tensors)[1]
    if not internals.build_state(model, y):
        raise UnprovenError("Targets and outputs are nested in different ways.")


def _in_a_thread(work: Callable[[], Any]) -> Any:
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


def _trace(model: Any, kind: str, outline: Any, spec: Spec, proof: bytes, by_name: bool) -> Any:
    """Trace the step of a prototype of `model`, with its variables as arguments."""
    training = kind != "predict"
    before = random.getstate()
    prototype = _prototype(model, outline, spec, training=training)
    if random.getstate() != before:
        # Some layers leave their seed out of their configuration, and draw one.
        random.setstate(before)
    if fingerprint(prototype, training=training, by_name=by_name) != proof:
        raise UnprovenError("The configuration does not say all.")
    variables = internals.state(prototype, training=training)
    getattr(prototype, f"make_{kind}_function")()
    function = getattr(prototype, f"{kind}_function")

    def step(*arguments: Any) -> Any:
        count = len(variables)
        with internals.bound(variables, arguments[:count]):
            batch = keras.tree.pack_sequence_as(outline, list(arguments[count:]))
            return function(iter([batch]) if training else [batch])

    tensorflow = sys.modules["tensorflow"]
    concrete = tensorflow.function(step, autograph=False).get_concrete_function(
        *[variable.value for variable in variables],
        *[tensorflow.TensorSpec(shape, dtype) for shape, dtype in spec],
    )
    stateful = {tensorflow.resource, tensorflow.variant}
    if any(tensor.dtype in stateful for tensor in concrete.captured_inputs):
        raise UnprovenError("The step has state that is none of its arguments.")
    if fingerprint(prototype, training=training, by_name=by_name) != proof:
        raise UnprovenError("The step changes the model's structure.")
    if random.getstate() != before:
        random.setstate(before)
        raise UnprovenError("Each step draws a number of its own when it is traced.")
    return concrete


def _prototype(model: Any, outline: Any, spec: Spec, *, training: bool) -> Any:
    """Make a model of the same structure, with weights of its own."""
    prototype = type(model).from_config(_seeded(model.get_config()))
    if training:
        prototype.compile_from_config(_seeded(model.get_compile_config()))
        _build(prototype, outline, spec)
    else:
        prototype.compile(jit_compile=False)
    return prototype


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

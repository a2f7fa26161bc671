"""Steps on TensorFlow: graphs that models of equal structure run on their own variables.

TensorFlow runs the Python code of one training step to make a graph of it, anew for each clone of
an estimator, and each time the same graph comes out. Here a step is traced once for each structure,
with a *prototype* in place of the model and with the variables as arguments of the graph. Every
model of that structure then runs the graph on its own variables.
"""

import hashlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import keras

from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.fingerprint import fingerprint
from scikeras_reference._shared_steps.keras_internals import state
from scikeras_reference._shared_steps.prototypes import (
    configuration_of,
    prototype_of,
    pure_trace,
    trace_in_thread,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.shared_function import SharedFunction
from scikeras_reference._shared_steps.tensorflow.internals import plain_call, swapped_variables

__all__ = ["SharedGraph"]

Shape = tuple[int | None, ...]
Spec = tuple[tuple[Shape, str], ...]
"""Shape and dtype of each array of a batch."""
Step = Callable[[Sequence[Any]], Any]
"""Takes the tensors of one batch."""


class SharedGraph(SharedFunction):
    """Runs the graph that a model shares, or else the function of its own."""

    def __init__(self, model: Any, kind: str) -> None:
        super().__init__(model, kind)
        # As in a tf.function: one graph for the shape of the first batch, and one for all the
        # shapes that differ from it.
        self._first: dict[str, Spec] = {}
        self._resolved: dict[tuple[str, Spec | None], Step | None] = {}

    def __call__(self, source: Any) -> Any:
        """Run one step on what Keras passes: an iterator, or a list with one batch."""
        if self._kind == "predict":
            return self._predict(source)
        leaves = getattr(source, "leaves", None)
        if leaves is None:
            return self.own(source)
        step = self._step(source.outline, source.spec)
        return self.own(source.plain) if step is None else step(leaves())

    def _predict(self, batches: Any) -> Any:
        tensorflow = sys.modules["tensorflow"]
        leaves = keras.tree.flatten(batches[0]) if len(batches) == 1 else []
        # Keras traces a function of its own for a sparse tensor.
        if leaves and not any(isinstance(leaf, tensorflow.SparseTensor) for leaf in leaves):
            leaves = [tensorflow.convert_to_tensor(leaf) for leaf in leaves]
            spec = tuple((tuple(leaf.shape), leaf.dtype.name) for leaf in leaves)
            step = self._step(keras.tree.map_structure(lambda _: 0, batches[0]), spec)
            if step is not None:
                return step(leaves)
        return self.own(batches)

    def _step(self, outline: Any, spec: Spec) -> Step | None:
        """Return the traced step for such a batch, or None; look for it at the first batch only.

        What Keras would trace at the first batch is found out then, and not before: callbacks may
        have changed the model.
        """
        structure = repr(outline)
        key = (structure, spec)
        if key not in self._resolved:
            general = _general(self._first.setdefault(structure, spec), spec)
            if (structure, general) not in self._resolved:
                self._resolved[structure, general] = self._resolve(outline, general)
            self._resolved[key] = self._resolved[structure, general]
        return self._resolved[key]

    def _resolve(self, outline: Any, spec: Spec | None) -> Step | None:
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

            def trace() -> Any:
                return trace_in_thread(lambda: _trace(model, kind, outline, spec, proof, by_name))

            step = CACHE.get(key, trace)
            handles = [v.value.handle for v in state.state(model, training=training)]
        except Exception as error:  # Keras raises what is wrong, in its own words
            self.refuse(error)
            return None
        if isinstance(step, NotSharedError):
            self.refuse(step)
            return None
        state.mark_called(model)
        return lambda leaves: step([*handles, *leaves])


def _general(first: Spec, spec: Spec) -> Spec | None:
    """Return what serves both shapes; None if they differ in more than the number of rows."""
    if first == spec:
        return spec
    if [(shape[1:], dtype) for shape, dtype in first] != [(s[1:], dtype) for s, dtype in spec]:
        return None
    return tuple(((None, *shape[1:]), dtype) for shape, dtype in spec)


def _build(model: Any, outline: Any, spec: Spec) -> None:
    tensors = [keras.KerasTensor(shape, dtype) for shape, dtype in spec]
    y = keras.tree.pack_sequence_as(outline, tensors)[1]
    state.build_state(model, y)


def _trace(model: Any, kind: str, outline: Any, spec: Spec, proof: bytes, by_name: bool) -> Any:
    """Trace the step of a prototype of `model`, with its variables as arguments."""
    tensorflow = sys.modules["tensorflow"]
    training = kind != "predict"
    prototype = prototype_of(
        configuration_of(model, training=training),
        lambda prototype: _build(prototype, outline, spec),
    )
    with pure_trace(prototype, proof, training=training, by_name=by_name):
        variables = state.state(prototype, training=training)
        getattr(prototype, f"make_{kind}_function")()
        function = getattr(prototype, f"{kind}_function")

        def step(*arguments: Any) -> Any:
            count = len(variables)
            with swapped_variables(variables, arguments[:count]):
                leaves = list(arguments[count:])
                if training:
                    # TensorFlow optimizes a graph by the shapes that it knows, which can change the
                    # last bit. Of Keras's iterator it knows them, and of arguments it does not.
                    leaves = [
                        tensorflow.ensure_shape(leaf, shape)
                        for leaf, (shape, _) in zip(leaves, spec, strict=True)
                    ]
                batch = keras.tree.pack_sequence_as(outline, leaves)
                return function(iter([batch]) if training else [batch])

        concrete = tensorflow.function(step, autograph=False).get_concrete_function(
            *[variable.value for variable in variables],
            *[tensorflow.TensorSpec(shape, dtype) for shape, dtype in spec],
        )
        stateful = {tensorflow.resource, tensorflow.variant}
        if any(tensor.dtype in stateful for tensor in concrete.captured_inputs):
            raise NotSharedError("its step has state that is none of its arguments")
    return plain_call(concrete)

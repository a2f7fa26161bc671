"""Steps on JAX: compiled programs that models of equal structure run on their own state.

Keras's step is a function of the state of the model and of a batch, and JAX compiles it for each
model anew, because each model has a function of its own. Here the function of a *prototype* is
compiled, once for each structure and each shape of a batch, and given the state of any model of
that structure. What is kept is the program.
"""

import hashlib
import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from scikeras_reference._shared_steps.cache import CACHE
from scikeras_reference._shared_steps.fingerprint import fingerprint, variables_of
from scikeras_reference._shared_steps.jax import internals
from scikeras_reference._shared_steps.keras_internals.state import mark_called
from scikeras_reference._shared_steps.prototypes import (
    Configuration,
    configuration_of,
    prototype_of,
    pure_trace,
    trace_in_thread,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.shared_function import SharedFunction

__all__ = ["SharedProgram"]


class SharedProgram(SharedFunction):
    """Runs the program that a model shares, or else the function of its own."""

    def __init__(self, model: Any, kind: str) -> None:
        super().__init__(model, kind)
        self._programs: dict[Any, dict[Any, Any]] = {}
        # The state that the last step gave, and its signature: in an epoch it comes back as it is.
        # These are the arrays that are put into the model afterwards.
        self._given: tuple[Any, Any] = None, None
        # The programs for such a state under the settings of JAX, found with the last step.
        self._where: Any = None
        self._here: dict[Any, Any] = {}

    def __call__(self, state: Any, batches: Iterator[Any]) -> Any:
        """Run one step on the next batch; return its result and the new state."""
        batch = next(batches)
        described = self._describe_state(state)
        program = self._program(state, described, batch)
        if program is None:
            return self.own(state, itertools.chain((batch,), batches))
        result, state = program(state, batch)
        self._given = state, described
        return result, state

    def reset_data(self) -> None:
        """Drop the state that the last step gave."""
        self._given = None, None

    def _describe_state(self, state: Any) -> Any:
        given, described = self._given
        if state is given:
            return described
        described = tuple(tuple(map(internals.signature, part)) for part in state)
        return None if any(None in part for part in described) else described

    def _program(self, state: Any, described: Any, batch: Any) -> Any:
        """Return the program for such a state and batch, or None.

        What Keras would compile at the first batch of a shape is found out then, and not before:
        callbacks may have changed the model.
        """
        of_batch = _description(batch)
        if described is None or of_batch is None:
            return None
        where = (described, internals.context())
        if where != self._where:
            self._where, self._here = where, self._programs.setdefault(where, {})
        if of_batch not in self._here:
            self._here[of_batch] = self._resolve(state, batch, (described, of_batch))
        return self._here[of_batch]

    def _resolve(self, state: Any, batch: Any, spec: Any) -> Any:
        model, kind = self._model, self._kind
        how = {"training": kind != "predict", "by_name": "{" in repr(spec[1][0])}
        try:
            internals.require_usual_tracing()
            proof = fingerprint(model, **how)
            key = hashlib.sha256(proof + repr((kind, spec)).encode()).digest()

            def trace() -> Any:
                # Not in the thread, which would go on if the user stopped this one.
                with internals.restored_state(model, kind, state):
                    configuration = configuration_of(model, training=how["training"])
                return trace_in_thread(
                    lambda: _compile(configuration, kind, state, batch, proof, how)
                )

            program = CACHE.get(key, trace)
        except Exception as error:  # Keras raises what is wrong, in its own words
            self.refuse(error)
            return None
        if isinstance(program, NotSharedError):
            self.refuse(program)
            return None
        mark_called(model)
        return program


def _description(nest: Any) -> Any:
    """Return the nested structure of arrays, and the signature of each; None if it has others."""
    if not _is_plain(nest):
        return None
    leaves, structure = sys.modules["jax"].tree.flatten(nest)
    signatures = tuple(map(internals.signature, leaves))
    return None if None in signatures else (structure, signatures)


def _is_plain(nest: Any) -> bool:
    """Whether JAX flattens the structure by what can be written down: no classes of its user's."""
    if type(nest) is dict:
        return all(type(key) is str for key in nest) and all(map(_is_plain, nest.values()))
    if type(nest) in {list, tuple}:
        return all(map(_is_plain, nest))
    return nest is None or internals.is_array(nest)


def _compile(
    configuration: Configuration,
    kind: str,
    state: Any,
    batch: Any,
    proof: bytes,
    how: dict[str, bool],
) -> Any:
    """Compile the step of a prototype for such a state and batch, as Keras would."""
    prototype = prototype_of(configuration, lambda prototype: internals.build_for(prototype, batch))
    with pure_trace(prototype, proof, **how):
        if _outline(internals.state_given(prototype, kind)) != _outline(state):
            raise NotSharedError("its prototype has another state")
        step = internals.step_function(prototype, kind)
        with _unreadable(variables_of(prototype, training=how["training"])):
            traced = sys.modules["jax"].jit(step, donate_argnums=0).trace(state, batch)
    if traced.jaxpr.effects:
        raise NotSharedError("its step does more than compute")
    _, new = traced.out_info
    if _outline(new) != _outline(state):
        raise NotSharedError("its step returns a state of another kind")
    return traced.lower().compile()


def _outline(state: Any) -> Any:
    leaves, structure = sys.modules["jax"].tree.flatten(state)
    return structure, [(leaf.shape, leaf.dtype, leaf.weak_type) for leaf in leaves]


class _Unreadable:
    """Takes the place of a value that no step may see, because it is none of its arguments."""

    def _refuse(self, *_: Any) -> NoReturn:
        raise NotSharedError("its step reads a variable that is none of its arguments")

    __array__ = __bool__ = __eq__ = __getattr__ = __iter__ = __jax_array__ = __len__ = _refuse
    __hash__ = None  # type: ignore[assignment]


@contextmanager
def _unreadable(variables: Sequence[Any]) -> Iterator[None]:
    """Take the values from all variables, for good: only what the step is given is left to read."""
    for variable in variables:
        internals.set_value(variable, _Unreadable())
    try:
        yield
    finally:
        for variable in variables:
            internals.set_value(variable, None)

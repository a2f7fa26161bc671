"""Private TensorFlow APIs used by shared steps. The names are listed in `private_names`."""
# ruff: noqa: SLF001 - this module looks behind public names

import functools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scikeras_reference._shared_steps.private_names import module
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = [
    "eager_context",
    "plain_call",
    "require_usual_tracing",
    "seeded_order",
    "swapped_variables",
]

MAX_KEPT_ROWS = 1 << 16
"""An order of more rows is found anew for each training: they would fill the memory."""


def require_usual_tracing() -> None:
    """Check that TensorFlow would trace a function here as it does everywhere else.

    Raises
    ------
    NotSharedError
        If it would not.
    """
    tensorflow, context = sys.modules["tensorflow"], eager_context()
    deterministic = module("tensorflow.python.framework.config").is_op_determinism_enabled
    for reason, applies in (
        ("it is trained inside a graph", not tensorflow.executing_eagerly()),
        ("functions run eagerly", tensorflow.config.functions_run_eagerly()),
        ("a device is set with tf.device", bool(context.device_name)),
        ("operations are recorded by callbacks of TensorFlow", bool(context.op_callbacks)),
        ("deterministic operations are switched on", deterministic()),
    ):
        if applies:
            raise NotSharedError(reason)


def eager_context() -> Any:
    """Return TensorFlow's record of the settings and the seed of this process."""
    return module("tensorflow.python.eager.context").context()


def seeded_order(rows: int) -> Any:
    """Return the order in which ``Model.fit`` would shuffle the rows in every epoch.

    None if TensorFlow was not seeded, so that each epoch has an order of its own.
    """
    if eager_context()._seed is None:
        return None
    find = _seeded_order if rows <= MAX_KEPT_ROWS else _seeded_order.__wrapped__
    return find(eager_context()._seed, rows)


@functools.lru_cache(maxsize=16)
def _seeded_order(seed: int, rows: int) -> Any:
    """Return the order that follows from the seed of TensorFlow, which is set to `seed` now."""
    del seed
    tensorflow = sys.modules["tensorflow"]

    def order() -> Any:
        return tensorflow.random.shuffle(tensorflow.range(rows, dtype=tensorflow.int64))

    # The seed of an operation depends on the function that it is in, so the function has to be new.
    # Called as a function, it would be one that TensorFlow warns about: traced again and again.
    found = tensorflow.function(order, autograph=False).get_concrete_function()().numpy()
    found.flags.writeable = False  # it is that of later trainings, too
    return found


def plain_call(function: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what calls a concrete function with flat inputs: handles of variables, and tensors.

    Most of the time of an ordinary call goes into finding out what its arguments are.
    """
    inner = getattr(function, "inference_fn", None)
    plain = getattr(inner, "call_preflattened", None)
    if plain is None:
        return lambda inputs: function(*inputs)
    captured = list(function.captured_inputs)
    return lambda inputs: plain([*inputs, *captured])


@contextmanager
def swapped_variables(variables: Sequence[Any], values: Sequence[Any]) -> Iterator[None]:
    """Let each of Keras's variables stand for another variable of TensorFlow, within the block.

    Optimizers find their variables by the identifier of TensorFlow's, so that goes with it.
    """
    before = [variable._value for variable in variables]
    for variable, value in zip(variables, values, strict=True):
        value._unique_id = variable._value._unique_id
        variable._value = value
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable._value = value

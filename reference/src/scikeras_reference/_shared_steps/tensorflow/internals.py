"""Private TensorFlow APIs used by shared steps. The names are listed in `private_names`."""
# ruff: noqa: SLF001 - this module looks behind public names

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scikeras_reference._shared_steps.private_names import module
from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = ["eager_context", "require_usual_tracing", "seeded_order", "swapped_variables"]


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
    tensorflow = sys.modules["tensorflow"]

    def order() -> Any:
        return tensorflow.random.shuffle(tensorflow.range(rows, dtype=tensorflow.int64))

    # The seed of an operation depends on the function that it is in, so the function has to be new.
    # Called as a function, it would be one that TensorFlow warns about: traced again and again.
    return tensorflow.function(order, autograph=False).get_concrete_function()().numpy()


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

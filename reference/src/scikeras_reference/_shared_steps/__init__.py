"""Steps that models of equal structure share: the one door to all that is in this folder.

Most of a small ``fit`` is tracing and compiling one training step, anew for each clone of an
estimator, and each time the result is the same. Here that is done once for each structure. Where it
cannot be proven that the bits are those of Keras, Keras does all the work, and `explain` says why.

Deleting this folder leaves a working package.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import keras

from scikeras_reference._shared_steps import refusal_log
from scikeras_reference._shared_steps.eligibility import (
    require_available,
    require_shareable,
)
from scikeras_reference._shared_steps.quiet_batches import QuietCallbacks, is_quiet
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.shared_function import Capture, SharedFunction

__all__ = ["available", "explain", "fit", "predict"]

Result = TypeVar("Result")

OF_FIT = ("train", "test")
"""Kinds of steps that a fit takes; it tests if there is data to validate on."""


def available() -> bool:
    """Return whether models can share steps in this process."""
    try:
        require_available()
    except NotSharedError:
        return False
    return True


def explain(model: Any, *, of_fit: bool = False) -> str | None:
    """Return why a model does not share its steps.

    Parameters
    ----------
    model : keras.Model
        Any model; whether it can be trained with a shared step is looked at if it is compiled.
    of_fit : bool, default=False
        Whether it is about the last fit only, and not about predictions.

    Returns
    -------
    str or None
        The reason that was logged, or None if the model shares its steps.
    """
    try:
        require_shareable(model, training=bool(getattr(model, "compiled", False)))
    except Exception as error:
        return refusal_log.reason_for(error)
    reason = refusal_log.remembered(model, OF_FIT if of_fit else refusal_log.KINDS)
    own = (getattr(model, name, None) for name in ("train_function", "test_function"))
    if reason is None and any(map(_is_made_by_keras, own)):
        return "Keras has made a train or test function for this model alone already"
    return reason


def fit(model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]) -> Any:
    """Return what ``model.fit(x, y, sample_weight=weights, **arguments)`` returns, bit for bit."""
    plain = {"x": x, "y": y, "sample_weight": weights, **arguments}
    if any(getattr(model, f"{kind}_function", None) is not None for kind in ("train", "test")):
        # Keras has made them for this model alone, and they are used again.
        return model.fit(**plain)
    try:
        require_shareable(model, training=True)
        prepared = _prepared(model, plain)
        functions = {f"{kind}_function": _function(model, kind) for kind in ("train", "test")}
        given = prepared.get("callbacks")
        if given and not all(map(_is_ours, given)):
            # A callback may replace what Keras reads when it makes this function, which is now.
            functions["train_function"].capture()
            prepared["callbacks"] = [Capture(functions["test_function"]), *given]
        if not _on_jax() and is_quiet(arguments):
            prepared["callbacks"] = QuietCallbacks(
                prepared.get("callbacks") or (),
                model,
                epochs=prepared.get("epochs", 1),
                steps=prepared["x"].num_batches,
            )
    except Exception as error:  # whatever cannot be read cannot be proven
        refusal_log.refuse(model, "train", error)
        return model.fit(**plain)
    for kind in OF_FIT:
        refusal_log.accept(model, kind)
    with _shared_functions(model, functions):
        return model.fit(**prepared)


def predict(model: Any, run: Callable[[], Result], *, in_batches: bool) -> Result:
    """Return what `run` returns, which predicts with the model; with a shared step if possible.

    Like the function that Keras would have made in its place, the shared one stays until the model
    is compiled again.

    Parameters
    ----------
    model : keras.Model
        Any model.
    run : callable
        Predicts, by ``Model.predict`` or ``Model.predict_on_batch``.
    in_batches : bool
        Whether it is ``Model.predict_on_batch``. On TensorFlow, the input pipeline of
        ``Model.predict`` is a part of what Keras traces, so that the step is not shared.
    """
    if getattr(model, "predict_function", None) is None and (in_batches or _on_jax()):
        try:
            require_shareable(model, training=False)
            model.predict_function = _function(model, "predict")
        except Exception as error:
            refusal_log.refuse(model, "predict", error)
        else:
            refusal_log.accept(model, "predict")
    return run()


def _on_jax() -> bool:
    return bool(keras.backend.backend() == "jax")


def _prepared(model: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``Model.fit``; on JAX a shared step takes Keras's own batches."""
    if _on_jax():
        return arguments
    from scikeras_reference._shared_steps.tensorflow.batches_in_memory import arguments_in_memory

    # Functional models make a sparse batch dense, unless their input is sparse.
    densifies = not any(tensor.sparse for tensor in keras.tree.flatten(model.inputs))
    return arguments_in_memory(densifies=densifies, **arguments)


def _function(model: Any, kind: str) -> SharedFunction:
    if _on_jax():
        from scikeras_reference._shared_steps.jax.step import SharedProgram

        return SharedProgram(model, kind)
    from scikeras_reference._shared_steps.tensorflow.step import SharedGraph

    return SharedGraph(model, kind)


def _is_ours(callback: Any) -> bool:
    """Whether a callback is one of this package, which replaces nothing."""
    return type(callback).__module__.partition(".")[0] == __name__.partition(".")[0]


def _is_made_by_keras(function: Any) -> bool:
    return function is not None and not isinstance(function, SharedFunction)


@contextmanager
def _shared_functions(model: Any, functions: Mapping[str, SharedFunction]) -> Iterator[None]:
    """Let the model use shared functions in the block; afterwards it makes its own, if needed."""
    for name, function in functions.items():
        setattr(model, name, function)
    try:
        yield
    finally:
        for name, function in functions.items():
            if getattr(model, name) is function:  # nobody compiled the model in the meantime
                setattr(model, name, function.fallback)

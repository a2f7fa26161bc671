"""Steps that models of equal structure share: the one door to all that is in this folder.

Most of a small ``fit`` is tracing and compiling one training step, anew for each clone of an
estimator, and each time the result is the same. Here that is done once for each structure. Where it
cannot be proven that the bits are those of Keras, Keras does all the work, and `explain` says why.

Deleting this folder leaves a working package.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import keras

from scikeras_reference._shared_steps import refusal_log
from scikeras_reference._shared_steps.eligibility import (
    require_available,
    require_shareable,
    require_usual_process,
)
from scikeras_reference._shared_steps.refusal_log import NotSharedError
from scikeras_reference._shared_steps.shared_function import Capture, SharedFunction
from scikeras_reference._shared_steps.unobserved_batches import QuietCallbacks, is_quiet

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
        if getattr(model, "compiled", False):
            _require_training_shareable(model)
        else:
            require_shareable(model, training=False)
    except Exception as error:
        return refusal_log.reason_for(error)
    reason = refusal_log.remembered(model, OF_FIT if of_fit else refusal_log.KINDS)
    if reason is None and any(map(_is_made_by_keras, _training_functions(model))):
        return "Keras has made a train or test function for this model alone already"
    return reason


def fit(model: Any, x: Any, y: Any, weights: Any, arguments: Mapping[str, Any]) -> Any:
    """Return what ``model.fit(x, y, sample_weight=weights, **arguments)`` returns, bit for bit."""
    plain = {"x": x, "y": y, "sample_weight": weights, **arguments}
    if any(map(_is_made_by_keras, _training_functions(model))):
        return model.fit(**plain)
    refusal = None
    try:
        prepared, train, test = _to_share(model, plain)
    except Exception as error:  # whatever cannot be read cannot be proven
        refusal = error
    if refusal is not None:
        refusal_log.refuse(model, "train", refusal)
        # Out of the block above, so that an error of the user's was not raised "during" another.
        # And its traceback holds the data that were copied.
        del refusal
        return model.fit(**plain)
    train.accept()
    test.accept()
    model.train_function, model.test_function = train, test
    try:
        return model.fit(**prepared)
    finally:
        train.reset_data()
        test.reset_data()


def _to_share(
    model: Any, plain: dict[str, Any]
) -> tuple[dict[str, Any], SharedFunction, SharedFunction]:
    """Return the arguments of ``Model.fit`` that train with shared steps, and these steps."""
    # First, because data are copied in vain for a model that shares nothing.
    train, test = _shared_functions(model)
    prepared = _prepared(model, plain)
    given = prepared.get("callbacks")
    if given and not all(map(_is_ours, given)):
        # A callback may replace what Keras reads when it makes this function, which is now.
        train.capture()
        prepared["callbacks"] = [Capture(test), *given]
    if not _on_jax() and is_quiet(plain):
        prepared["callbacks"] = QuietCallbacks(
            prepared.get("callbacks") or (),
            model,
            epochs=prepared.get("epochs", 1),
            steps=prepared["x"].num_batches,
        )
    return prepared, train, test


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


def _training_functions(model: Any) -> tuple[Any, Any]:
    """Return the train and the test function of a model, None for one that is not made yet."""
    return getattr(model, "train_function", None), getattr(model, "test_function", None)


def _is_made_by_keras(function: Any) -> bool:
    """Whether Keras made it for one model alone, and will use it again."""
    return function is not None and not isinstance(function, SharedFunction)


def _require_training_shareable(model: Any) -> None:
    """Check that the model can be trained with shared steps, here and now.

    What was made before an earlier training serves this one, too, whatever has become of the model:
    Keras looks at it again when it is compiled again.
    """
    if None in _training_functions(model):
        require_shareable(model, training=True)
    else:
        require_usual_process(model)


def _shared_functions(model: Any) -> tuple[SharedFunction, SharedFunction]:
    """Return what stands for the train and the test function, made new if the model has none."""
    _require_training_shareable(model)
    train, test = _training_functions(model)
    return train or _function(model, "train"), test or _function(model, "test")

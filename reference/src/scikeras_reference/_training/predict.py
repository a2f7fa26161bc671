"""The one call of ``Model.predict``, or of ``Model.predict_on_batch`` where that does the same.

``Model.predict`` starts an input pipeline, which takes a hundred times as long as a small model
takes to predict, and on TensorFlow up to two thirds of the time of a large one. Rows in memory need
no pipeline, as long as nobody watches it: ``Model.predict_on_batch`` runs the very function that
``Model.predict`` would have run on them.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import scipy.sparse

from scikeras_reference._backends import DEFAULT_BATCH_SIZE
from scikeras_reference._backends.batches import (
    cuts_batches_as_keras,
    dtype_as_fed,
    feeds_tuples,
)
from scikeras_reference._backends.execution import (
    has_gpu,
    keeping_weights,
    limit_of,
    prepare_to_predict,
    runs_undistributed,
)
from scikeras_reference._backends.threads import in_suitable_threads
from scikeras_reference._model.built_model import knows_its_inputs
from scikeras_reference._training.fit import raising_failures, shared_steps

__all__ = ["predict"]

MAX_BATCHES = 32
"""At most so many batches are cut on a GPU, or if shapes of outputs are unknown."""
_UNDERSTOOD = frozenset({"batch_size", "verbose", "callbacks"})
# Keras's own methods, as they are now: whoever replaces one of them later wants it to be called.
_METHODS = {
    name: getattr(keras.Model, name)
    for name in ("predict", "predict_on_batch", "predict_step", "make_predict_function")
}


@in_suitable_threads
def predict(model: Any, x: Any, arguments: Mapping[str, Any]) -> Any:
    """Return what ``model.predict(x=x, **arguments)`` returns, bit for bit.

    Parameters
    ----------
    model : keras.Model
        Any model.
    x : array, or list or dict of them
        Features, which may be sparse.
    arguments : mapping of str to object
        Keyword arguments of ``Model.predict``.

    Returns
    -------
    ndarray, or nested structure of them
        The outputs.
    """
    if _nobody_watches(arguments) and _is_plain(model):
        size = _batch_size(model, x, arguments)
        if size is not None:
            prepare_to_predict(model)
            parts = _with_shared_step(
                model, lambda: _predictions(model, _cut(x, size)), in_batches=True
            )
            if parts is not None:
                return parts[0] if len(parts) == 1 else _joined(parts)
    if type(x) is not np.ndarray:
        from scikeras_reference._training.row_batches import to_predict_from

        x = to_predict_from(model, x, arguments)
    with raising_failures(x), keeping_weights(model):
        return _with_shared_step(model, lambda: model.predict(x=x, **arguments), in_batches=False)


def _with_shared_step(model: Any, run: Callable[[], Any], *, in_batches: bool) -> Any:
    package = shared_steps()
    if package is None:
        return run()
    return package.predict(model, run, in_batches=in_batches)


def _predictions(model: Any, batches: Iterator[Any]) -> list[Any] | None:
    """Return the outputs for each batch; None as soon as two of them cannot be joined."""
    parts: list[Any] = []
    for batch in batches:
        parts.append(model.predict_on_batch(_as_fed(batch)))
        if len(parts) > 1 and not _can_be_joined([parts[0], parts[-1]]):
            return None
        if model.stop_predicting:  # by a layer or another thread, as in Keras's own loop
            break
    return parts


def _joined(parts: list[Any]) -> Any:
    return keras.tree.map_structure(lambda *arrays: np.concatenate(arrays), *parts)


def _nobody_watches(arguments: Mapping[str, Any]) -> bool:
    verbose = arguments.get("verbose", "auto")
    return (
        arguments.keys() <= _UNDERSTOOD
        and isinstance(verbose, (int, np.integer))
        and int(verbose) == 0
        and (arguments.get("callbacks") is None or arguments["callbacks"] == [])
    )


def _batch_size(model: Any, x: Any, arguments: Mapping[str, Any]) -> int | None:
    """Return the rows of a batch, if the pipeline can be left out; else None."""
    size = arguments.get("batch_size")
    size = DEFAULT_BATCH_SIZE if size is None else size
    arrays = _arrays(model, x)
    if arrays is None or not isinstance(size, (int, np.integer)) or size < 1:
        return None
    counts = {array.shape[0] for array in arrays}
    rows = counts.pop()
    fits = not counts and 0 < rows <= int(size) * _most_batches(model)
    return int(size) if fits else None


def _most_batches(model: Any) -> float:
    """Return how many batches are cut one by one at most."""
    if not cuts_batches_as_keras() or model.steps_per_execution != 1:
        return 1
    # A pipeline copies one batch to a GPU while another is computed. And batches whose outputs
    # cannot be joined are computed twice.
    return math.inf if not has_gpu() and _has_known_shapes(model) else MAX_BATCHES


def _has_known_shapes(model: Any) -> bool:
    """Whether the outputs have rows, and all rows of an output will have the same shape."""
    outputs = keras.tree.flatten(model.outputs) if knows_its_inputs(model) else []
    return bool(outputs) and all(
        tensor.shape and None not in tensor.shape[1:] and not tensor.sparse for tensor in outputs
    )


def _cut(x: Any, size: int) -> Iterator[Any]:
    rows = keras.tree.flatten(x)[0].shape[0]
    for start in range(0, rows, size):
        stop = start + size
        yield keras.tree.map_structure(lambda a: a[start:stop], x)  # noqa: B023 - used at once


def _can_be_joined(parts: list[Any]) -> bool:
    """Whether all outputs have rows, and rows of the same shape; Keras joins others differently."""
    arrays = [keras.tree.flatten(part) for part in parts]
    # Sparse and ragged outputs stay what they are.
    if not all(isinstance(one, np.ndarray) and one.ndim for part in arrays for one in part):
        return False
    shapes = [[one.shape[1:] for one in part] for part in arrays]
    return all(shape == shapes[0] for shape in shapes)


def _arrays(model: Any, x: Any) -> list[Any] | None:
    """Return the arrays of a flat structure; None for what Keras might treat in another way."""
    if type(x) is dict:
        x = list(x.values())
    found = x if type(x) in {list, tuple} else [x]
    plain = all(
        (type(array) is np.ndarray or (scipy.sparse.issparse(array) and _densifies(model)))
        and array.dtype.kind in "biuf"
        and array.ndim
        for array in found
    )
    return found if found and plain else None


def _densifies(model: Any) -> bool:
    """Whether Keras, or the batches that it is given, make sparse rows dense for this model."""
    inputs = keras.tree.flatten(model.inputs) if knows_its_inputs(model) else []
    return not any(tensor.sparse for tensor in inputs)


def _is_plain(model: Any) -> bool:
    """Whether the model predicts all rows by Keras's own methods, on the device it was made on."""
    cls, own = type(model), vars(model)
    return (
        all(getattr(cls, name) is method and name not in own for name, method in _METHODS.items())
        # A layer that was never built might be built by looking at more than one batch.
        and model.built
        and runs_undistributed(model)
        and limit_of("max_steps_per_epoch") is None
    )


def _as_fed(x: Any) -> Any:
    """Return the batch as Keras's pipelines would make it of these arrays."""
    if type(x) is dict:
        return {key: _as_fed(value) for key, value in x.items()}
    if type(x) in {list, tuple}:
        items = [_as_fed(value) for value in x]
        return tuple(items) if type(x) is tuple or feeds_tuples() else items
    if scipy.sparse.issparse(x):
        x = x.toarray()
    return keras.ops.convert_to_tensor(x.astype(dtype_as_fed(x.dtype), copy=False))

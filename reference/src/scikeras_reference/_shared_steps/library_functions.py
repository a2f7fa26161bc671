"""Functions of Python, Keras, NumPy and the backends that compute and do nothing else."""

import sys
from collections.abc import Collection, Iterator
from typing import Any

import keras

from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = [
    "BUILTINS",
    "CALLING",
    "LIBRARIES",
    "OF_KERAS",
    "SETTINGS_OF_KERAS",
    "name_in_backend",
    "pinned",
]

BUILTINS = {
    function.__name__: function
    for function in (
        *(abs, bool, dict, enumerate, float, int, isinstance, len, list, max, min, range),
        *(reversed, round, sum, tuple, zip),
    )
}
OF_KERAS = tuple(f"keras.src.{name}." for name in ("activations", "losses", "metrics", "ops"))
CALLING = frozenset(
    {
        "associative_scan", "cond", "custom_gradient", "fori_loop", "map", "scan", "switch",
        "vectorized_map", "while_loop",
    }
)  # fmt: skip
"""Functions of Keras that call others, for which JAX keeps what it has traced once."""
_NOT_OF_JAX = frozenset(
    {
        "apply_along_axis", "apply_over_axes", "array_repr", "array_str", "from_dlpack",
        "frombuffer", "fromfile", "fromfunction", "fromiter", "frompyfunc", "fromstring",
        "get_printoptions", "load", "piecewise", "printoptions", "save", "savez",
        "set_printoptions", "ufunc", "vectorize",
    }
)  # fmt: skip
"""Functions of JAX that read or write files and settings, make text, or call functions."""
LIBRARIES = frozenset({"jax", "keras", "numpy", "tensorflow"})
SETTINGS_OF_KERAS = frozenset({"epsilon", "floatx", "image_data_format"})
_OF_TENSORFLOW = frozenset(
    {
        "abs", "add", "argmax", "argmin", "argsort", "boolean_mask", "broadcast_to", "cast",
        "clip_by_value", "concat", "constant", "convert_to_tensor", "cos", "cumsum", "divide",
        "einsum", "equal", "exp", "expand_dims", "eye", "fill", "floor", "gather", "gather_nd",
        "greater", "greater_equal", "identity", "less", "less_equal", "linspace", "logical_and",
        "logical_not", "logical_or", "matmul", "maximum", "minimum", "multiply", "negative",
        "norm", "not_equal", "one_hot", "ones", "ones_like", "pad", "pow", "range", "rank",
        "reduce_all", "reduce_any", "reduce_max", "reduce_mean", "reduce_min", "reduce_prod",
        "reduce_sum", "repeat", "reshape", "reverse", "round", "shape", "sigmoid", "sign",
        "sin", "size", "slice", "sort", "split", "sqrt", "square", "squeeze", "stack",
        "stop_gradient", "subtract", "tanh", "tensordot", "tile", "transpose", "unstack",
        "where", "zeros", "zeros_like",
    }
)  # fmt: skip
_OF_TENSORFLOW_LINALG = frozenset(
    {"diag", "diag_part", "einsum", "matmul", "matvec", "norm", "tensordot", "trace"}
)
_OF_TENSORFLOW_NN = frozenset(
    {
        "elu", "gelu", "l2_loss", "l2_normalize", "leaky_relu", "log_softmax", "moments",
        "relu", "relu6", "selu", "sigmoid", "sigmoid_cross_entropy_with_logits", "silu",
        "softmax", "softmax_cross_entropy_with_logits", "softplus",
        "sparse_softmax_cross_entropy_with_logits", "swish", "tanh",
        "weighted_cross_entropy_with_logits",
    }
)  # fmt: skip
_originals: dict[str, Any] = {}
"""What functions of NumPy and JAX were when they were first read."""


def name_in_backend(name: str, value: Any, owner: Any = None) -> str | None:
    """Return the full name of a function that computes alone, if it is one of the backend.

    Parameters
    ----------
    name : str
        The name that it was found by, or its own.
    value : object
        Anything.
    owner : module, optional
        Where it was found; by default, any module that has it by this name.

    Raises
    ------
    NotSharedError
        If somebody has replaced the function.
    """
    for module, names, excluded in _modules_of_backend():
        is_there = vars(module).get(name) is value if owner is None else owner is module
        if is_there and name in names and name not in excluded and _is_of_library(value):
            return pinned(f"{module.__name__}.{name}", value)
    return None


def _modules_of_backend() -> Iterator[tuple[Any, Collection[str], Collection[str]]]:
    """Yield modules, the functions of each that may compute alone, and those that do not."""
    if keras.backend.backend() == "tensorflow":
        tensorflow = sys.modules["tensorflow"]
        yield tensorflow, _OF_TENSORFLOW, ()
        yield tensorflow.math, vars(tensorflow.math), ()
        yield tensorflow.nn, _OF_TENSORFLOW_NN, ()
        yield tensorflow.linalg, _OF_TENSORFLOW_LINALG, ()
    else:
        jax = sys.modules["jax"]
        yield jax.lax, {"stop_gradient"}, ()
        for module in (jax.numpy, jax.numpy.linalg, jax.nn):
            yield module, vars(module), _NOT_OF_JAX


def pinned(name: str, value: Any) -> str:
    """Return the name of a function, if nobody has replaced it since it was first read."""
    if _originals.setdefault(name, value) is not value:
        raise NotSharedError(f"somebody replaced {name}")
    return name


def _is_of_library(value: Any) -> bool:
    """Whether it is a function or a type of a backend, and not one that a user put there."""
    return callable(value) and str(value.__module__).partition(".")[0] in LIBRARIES

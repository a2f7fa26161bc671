"""Keras's own code: which modules a step may consist of, and whether somebody replaced any of it.

A traced step is Keras's code of the moment when it was traced. So every function, method and class
of Keras that a step could call is compared with what it was at first, by identity, before a step is
traced or used; names tell nothing, because ``functools.wraps`` copies them.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from operator import is_, itemgetter
from types import FunctionType
from typing import Any, NamedTuple

import keras

from scikeras_reference._shared_steps.refusal_log import NotSharedError

__all__ = ["is_proven", "require_classes_unreplaced", "require_unreplaced"]

PROVEN_MODULES = (
    "keras.src.activations.",
    "keras.src.backend",
    "keras.src.constraints.",
    "keras.src.dtype_policies.dtype_policy",
    "keras.src.layers.",
    "keras.src.losses.",
    "keras.src.metrics.",
    "keras.src.models.functional",
    "keras.src.models.sequential",
    "keras.src.ops.",
    *(
        f"keras.src.optimizers.{name}"
        for name in (
            "adadelta",
            "adafactor",
            "adagrad",
            "adam",
            "base_optimizer",
            "ftrl",
            "lamb",
            "lion",
            "nadam",
            "optimizer",
            "rmsprop",
            "schedules.",
            "sgd",
        )
    ),  # not those that tell variables apart by their paths, or assign to them in build
    "keras.src.random.seed_generator",
    "keras.src.regularizers.",
    "keras.src.trainers.compile_utils",
    "keras.src.utils.backend_utils",
)
"""Modules whose classes and functions depend on their arguments and attributes alone."""

UNPROVEN_MODULES = (
    "keras.src.layers.core.lambda_layer",
    "keras.src.layers.preprocessing",
)
PROVEN_PREPROCESSING = tuple(
    f"keras.src.layers.preprocessing.{name}"
    for name in ("data_layer", "normalization", "rescaling")
)
"""The exceptions: layers whose constants are attributes."""

_WATCHED = "keras.src."
_UNWATCHED = (
    "keras.src.applications",
    "keras.src.callbacks",
    "keras.src.datasets",
    "keras.src.distillation",
    "keras.src.export",
    "keras.src.layers.preprocessing",
    "keras.src.legacy",
    "keras.src.saving",
    "keras.src.tree",
    "keras.src.utils",
    "keras.src.visualization",
    "keras.src.wrappers",
)
"""Modules that no step calls, and helpers that compute nothing."""
_WATCHED_ANYWAY = (
    *PROVEN_PREPROCESSING,
    "keras.src.utils.backend_utils",
    "keras.src.utils.jax_utils",
)
"""What the proven layers that prepare data are made of, and what tells them where they are called.

They also read `keras.KerasTensor` and `keras.backend.backend`, which only choose between branches.
"""
_IN_MODELS = tuple(
    f"keras.src.{name}."
    for name in ("activations", "layers", "losses", "metrics", "ops", "optimizers")
)
"""Modules whose classes a step calls only if an object of such a class is in the model."""
_BACKEND_MODULES = (
    *(f"tensorflow{name}" for name in ("", ".math", ".nn", ".linalg", ".random", ".distribute")),
    *(f"jax{name}" for name in ("", ".numpy", ".lax", ".nn", ".random")),
)
"""Public modules of the backends, whose functions Keras's functions call."""
_SOURCES = frozenset(
    {"keras", "tensorflow", "jax", "jaxlib", "numpy", "builtins"}
    | (sys.stdlib_module_names - {"unittest", "__main__"})
)
"""Packages whose functions stand in Keras's modules."""
_UNCALLED = frozenset(
    f"__{name}__"
    for name in (
        *("copy", "deepcopy", "dir", "getnewargs", "getnewargs_ex", "getstate", "reduce"),
        *("reduce_ex", "repr", "setstate", "sizeof", "str"),
    )
)
"""Methods that copy, store or describe an object, which no step does. SciKeras replaces some."""
_MEMBERS = (FunctionType, property, staticmethod, classmethod, type)
_REPLACED = object()
"""Stands for an original that is not known: it was replaced before anybody looked."""


class _Namespace(NamedTuple):
    """A module or a class, and what was in it at first."""

    owner: str
    space: Mapping[str, Any]
    names: list[str]
    read: Callable[[Any], tuple[Any, ...]]
    originals: tuple[Any, ...]
    size: int


_namespaces: dict[str, _Namespace] = {}
"""Modules, and classes that a step of any model could call."""
_in_models: dict[str, _Namespace] = {}
"""Classes in `_IN_MODELS`: hundreds, of which a model has a few."""
_modules: dict[str, Any] = {}
_counted = [0]
_lock = threading.Lock()


def is_proven(name: str) -> bool:
    """Whether what the module of that name defines depends on arguments and attributes alone."""
    if name.startswith(UNPROVEN_MODULES):
        return name in PROVEN_PREPROCESSING
    return name.startswith(PROVEN_MODULES)


def require_unreplaced() -> None:
    """Check that nobody replaced a function, method or class of Keras that any step could call.

    Those of `_IN_MODELS` are left to `require_classes_unreplaced`.

    Raises
    ------
    NotSharedError
        If somebody did, and has not restored it.
    """
    with _lock:
        _watch_new_modules()
        if _are_original(_namespaces.values()):
            return
        for namespace in list(_namespaces.values()):
            _require_unreplaced(_namespaces, namespace)


def require_classes_unreplaced(classes: Iterable[type]) -> None:
    """Check that nobody replaced a method of these classes, or of one that they inherit from.

    Call `require_unreplaced` first.

    Parameters
    ----------
    classes : iterable of type
        Those of the parts of a model.

    Raises
    ------
    NotSharedError
        If somebody did, and has not restored it.
    """
    with _lock:
        for base in {base for cls in classes for base in cls.__mro__}:
            namespace = _in_models.get(f"{base.__module__}.{base.__qualname__}")
            if namespace is not None:
                _require_unreplaced(_in_models, namespace)


def _are_original(namespaces: Iterable[_Namespace]) -> bool:
    """Whether nothing came, went or changed in any of them, in as few steps as possible."""
    for _, space, _, read, originals, size in namespaces:
        if len(space) != size or not _are_same(read(space), originals):
            return False
    return True


def _are_same(now: tuple[Any, ...], originals: tuple[Any, ...]) -> bool:
    """Whether these are the very same objects: a wrapper may say that it equals what it wraps."""
    return all(map(is_, now, originals))


def _require_unreplaced(known: dict[str, _Namespace], namespace: _Namespace) -> None:
    if len(namespace.space) != namespace.size:
        namespace = _watch_again(known, namespace)
    now = namespace.read(namespace.space)
    if not _are_same(now, namespace.originals):
        _require_restored(known, namespace, now)


def _require_restored(
    known: dict[str, _Namespace], namespace: _Namespace, now: tuple[Any, ...]
) -> None:
    """Take what is there for the original if none is known; else raise."""
    for name, value, original in zip(namespace.names, now, namespace.originals, strict=True):
        if value is not original and (original is not _REPLACED or _is_foreign(value)):
            raise NotSharedError(f"{namespace.owner}.{name} is not Keras's own")
    known[namespace.owner] = namespace._replace(originals=now)


def _watch_again(known: dict[str, _Namespace], namespace: _Namespace) -> _Namespace:
    """Look at names that came or went; a method may be replaced in a class that inherits it."""
    for name, original in zip(namespace.names, namespace.originals, strict=True):
        if name not in namespace.space and original is not _REPLACED:
            raise NotSharedError(f"{namespace.owner} has no {name} any more")
    before = dict(zip(namespace.names, namespace.originals, strict=True))
    again = _namespace(namespace.owner, namespace.space)
    originals = tuple(
        before.get(name, original)
        for name, original in zip(again.names, again.originals, strict=True)
    )
    known[namespace.owner] = again = again._replace(originals=originals)
    return again


def _watch_new_modules() -> None:
    if len(sys.modules) == _counted[0]:
        return
    modules = sys.modules.copy()
    for name, module in modules.items():
        if _is_watched(name) and _modules.get(name) is not module:
            _modules[name] = module
            for owner, space in _spaces(name, module):
                is_in_models = owner != name and name.startswith(_IN_MODELS)
                known = _in_models if is_in_models else _namespaces
                known[owner] = _namespace(owner, space)
    _counted[0] = len(modules)


def _namespace(owner: str, space: Mapping[str, Any]) -> _Namespace:
    is_keras = owner.startswith(_WATCHED)
    names = [
        name
        for name, value in space.items()
        if name not in _UNCALLED
        and (isinstance(value, _MEMBERS) or (is_keras and _is_foreign(value)))
    ]
    names = [*names, *names[:1]] if len(names) < 2 else names  # two make a tuple
    originals = tuple(
        _REPLACED if is_keras and _is_foreign(space[name]) else space[name] for name in names
    )
    read = itemgetter(*names) if names else _nothing
    return _Namespace(owner, space, names, read, originals, len(space))


def _nothing(space: Mapping[str, Any]) -> tuple[Any, ...]:  # noqa: ARG001 - as itemgetter's
    return ()


def _is_watched(name: str) -> bool:
    if name.startswith(_WATCHED):
        return name in _WATCHED_ANYWAY or not name.startswith(_UNWATCHED)
    return name in _BACKEND_MODULES and name.startswith(keras.backend.backend())


def _spaces(name: str, module: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield name, vars(module)
    for cls in list(vars(module).values()):
        if isinstance(cls, type) and cls.__module__ == name:
            yield f"{name}.{cls.__qualname__}", vars(cls)


def _is_foreign(value: Any) -> bool:
    """Whether it is called like a function of Keras, and is neither that nor one of a backend."""
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if isinstance(value, property):
        return any(map(_is_foreign, (value.fget, value.fset, value.fdel)))
    if isinstance(value, FunctionType):
        source = str(value.__globals__.get("__name__")).partition(".")[0]
        if source.startswith("namedtuple_"):  # collections makes such a module for each class
            return False
        return source not in _SOURCES or _is_foreign(getattr(value, "__wrapped__", None))
    if isinstance(value, partial):
        return _is_foreign(value.func)
    return callable(value) and type(value).__module__.partition(".")[0] not in _SOURCES

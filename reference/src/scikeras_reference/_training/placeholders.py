"""Paths of callbacks that name the fit they belong to: ``{fit}``, ``{fold}`` and ``{params}``.

Estimators of a search are trained by clones, in several processes perhaps, and none of them knows
the others. So the names are made from what each fit knows itself.
"""

import functools
import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

import keras
import numpy as np
import scipy.sparse

from scikeras_reference._data.rows import Rows

__all__ = ["fill_arguments", "fill_callbacks", "has_placeholders", "names_of_fit"]

_PLACEHOLDERS = re.compile(r"\{(fit|fold|params)\}")
_PATH = re.compile(r"dir|path|file", re.IGNORECASE)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_NOT_NAMED = re.compile(r"(model|build_fn|verbose)$|((fit|predict)__)?callbacks($|__)")
MAX_LENGTH = 80
"""Longest text for ``{params}``, without the digest that makes it unique."""


def has_placeholders(callbacks: Iterable[Any], routed: Mapping[str, Any]) -> bool:
    """Return whether a path of a callback, or one that is routed to a callback, has a placeholder.

    >>> has_placeholders([], {"callbacks__log_dir": "logs/{fit}"}), has_placeholders([], {})
    (True, False)
    """
    return any(_is_template(name, value) for name, value in routed.items()) or any(
        _is_template(name, value) for callback in callbacks for name, value in _attributes(callback)
    )


def names_of_fit(X: Any, params: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, str]:
    """Return what each placeholder stands for.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...) or None
        The rows of the fit.
    params, defaults : mapping of str to object
        The parameters of the estimator, and the default values of the named ones.

    Returns
    -------
    dict of str to str
        ``fit``: the time in UTC and a random number, never the same twice. ``fold``: a digest of
        the rows, the same for all candidates of a fold. ``params``: the parameters that are not
        at their default, and a digest of them, which covers the builder too.

    Examples
    --------
    >>> names = names_of_fit(np.eye(2), {"epochs": 3, "units": 8}, {"epochs": 1})
    >>> names["fold"], names["params"]
    ('ae3ee45f', 'epochs=3,units=8-b13a9aa9')
    """
    changed = {
        name: value
        for name, value in sorted(params.items())
        if not _NOT_NAMED.match(name) and not _is_default(name, value, defaults)
    }
    text = ",".join(f"{name}={_text(value)}" for name, value in changed.items())
    readable = re.sub(r"[^\w.,=+-]", "_", text)[:MAX_LENGTH] or "defaults"
    # Two optimizers, or two builders, look alike in the text, and are other parameters.
    unnamed = {
        name: value
        for name, value in sorted(params.items())
        if _NOT_NAMED.match(name) and value is not None and not _is_template(name, value)
    }
    told_apart = repr(_identity({**changed, **unnamed}))
    return {
        "fit": f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}",
        "fold": "none" if X is None else _digest(_bytes(X)),
        "params": f"{readable}-{_digest(told_apart.encode())}",
    }


def fill_arguments(routed: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return routed parameters with their placeholders replaced.

    >>> fill_arguments({"callbacks__log_dir": "logs/{fold}", "units": 3}, {"fold": "1f"})
    {'callbacks__log_dir': 'logs/1f', 'units': 3}
    """
    return {
        name: _filled(value, names) if _is_template(name, value) else value
        for name, value in routed.items()
    }


def fill_callbacks(callbacks: Iterable[Any], names: Mapping[str, str]) -> None:
    """Replace the placeholders in the paths of callbacks, which belong to one fit."""
    for callback in callbacks:
        for name, value in _attributes(callback):
            if _is_template(name, value):
                setattr(callback, name, _filled(value, names))


def _attributes(callback: Any) -> list[tuple[str, Any]]:
    return list(getattr(callback, "__dict__", {}).items())


def _is_template(name: str, value: object) -> bool:
    """Whether the value is a path with a placeholder; those of epochs and logs are Keras's."""
    if not isinstance(value, (str, PurePath)):
        return False
    head, _, last = name.rpartition("__")
    is_callback = not head or "callbacks" in head.split("__")
    return is_callback and bool(_PATH.search(last) and _PLACEHOLDERS.search(str(value)))


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    text = _PLACEHOLDERS.sub(lambda match: names[match.group(1)], str(value))
    return type(value)(text) if isinstance(value, PurePath) else text


def _is_default(name: str, value: object, defaults: Mapping[str, Any]) -> bool:
    default = defaults.get(name, _NOTHING)
    simple = (bool, int, float, str, type(None))
    return value is default or (isinstance(value, simple) and value == default)


_NOTHING = object()


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "+".join(map(_text, value))
    if isinstance(value, Mapping):
        return "+".join(f"{key}:{_text(item)}" for key, item in value.items())
    if value is None or isinstance(value, (bool, int, float, str, np.generic)):
        return str(value)
    # The representation of other objects has their address, which differs between processes.
    return str(getattr(value, "__name__", None) or type(value).__name__)


def _identity(value: Any) -> Any:
    """Return what tells a value from others, and is the same in every process."""
    if isinstance(value, Mapping):
        return [(str(key), _identity(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return [_identity(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return _digest(_bytes(value))
    if isinstance(value, functools.partial):
        return _identity([value.func, value.args, value.keywords])
    if isinstance(value, keras.losses.Loss):  # some say less in their configuration
        return [type(value).__name__, _identity({**vars(value), "name": None})]
    if hasattr(value, "get_config") and not isinstance(value, type):
        with suppress(Exception):  # of a model or a layer that cannot describe itself
            config = value.get_config()
            return [type(value).__name__, _identity({**config, "name": None})]
    return _ADDRESS.sub("", repr(value))


def _bytes(X: Any) -> bytes:
    if isinstance(X, Rows):  # they may be more than the memory holds
        return _bytes(X.positions)
    if isinstance(X, Mapping):
        return b"".join(name.encode() + _bytes(X[name]) for name in X)
    if scipy.sparse.issparse(X):
        rows = scipy.sparse.csr_array(X)
        return b"".join(map(_bytes, (rows.data, rows.indices, rows.indptr)))
    return np.ascontiguousarray(X).tobytes() + repr(X.shape).encode()


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=4).hexdigest()

"""Rules of routed parameters: pure functions that know neither Keras nor scikit-learn.

A routed parameter is a name of the form ``destination__rest``. `route` selects the parameters of a
destination, and cuts the destination off. Where a destination is a *nested structure* of classes
(one class, or lists and dicts of them, to any depth), `assemble` replaces each class by an instance
of it, under these rules (clauses ROUTE-5 to ROUTE-15):

1. A parameter without a further ``__`` is an argument of every class of the structure below it.
2. ``0__rest`` at a list, or ``key__rest`` at a dict, goes to that item only, and wins there.
3. A name of digits is a positional argument.
4. A class given as argument, or as the target of ``argument__rest``, is built by the same rules.
5. What cannot take a parameter, or is not there, raises `RoutingError`. Nothing is dropped.

>>> route({"loss__alpha": 1, "loss__0__beta": 2, "model__alpha": 3}, "loss")
{'alpha': 1, '0__beta': 2}
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from scikeras_reference.exceptions import RoutingError

__all__ = ["SEPARATOR", "assemble", "is_routed", "plain", "route"]

SEPARATOR = "__"

Make = Callable[[type, tuple[Any, ...], dict[str, Any], str], Any]


def is_routed(name: str, prefixes: Collection[str]) -> bool:
    """Return whether `name` starts with one of `prefixes` and goes on after it.

    >>> is_routed("loss__alpha", {"loss__"}), is_routed("loss__", {"loss__"})
    (True, False)
    """
    return any(name.startswith(prefix) and len(name) > len(prefix) for prefix in prefixes)


def route(params: Mapping[str, Any], destination: str) -> dict[str, Any]:
    """Return the parameters of one destination, with the destination cut off their names."""
    prefix = destination + SEPARATOR
    return {
        name.removeprefix(prefix): value
        for name, value in params.items()
        if name.startswith(prefix) and len(name) > len(prefix)
    }


def plain(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters whose names have no further separator.

    >>> plain({"alpha": 1, "0__beta": 2})
    {'alpha': 1}
    """
    return {name: value for name, value in params.items() if SEPARATOR not in name}


def assemble(
    item: object,
    params: Mapping[str, Any],
    make: Make,
    path: str,
    *,
    builds: Callable[[type], bool] = lambda _: True,
) -> Any:
    """Return a nested structure with every class replaced by an instance of it.

    Parameters
    ----------
    item : object
        A class, anything else (which stays as it is), or lists, tuples and mappings of them.
    params : mapping of str to object
        What was routed to the structure, the destination cut off.
    make : callable
        ``make(cls, args, kwargs, path)`` returns the instance.
    path : str
        Name of the structure, for errors: ``"loss"``, or ``"loss__1"`` inside of it.
    builds : callable, optional
        Whether a class that was given as an argument, and that nothing is routed to, is to be
        built as well. (``dtype=np.float64`` is a class that is meant to stay one.)

    Raises
    ------
    RoutingError
        If a parameter leads to something that is not a class, or that is not there.

    Examples
    --------
    >>> make = lambda cls, args, kwargs, path: (path, cls.__name__, args, kwargs)
    >>> assemble([int, str], {"a": 1, "1__a": 2}, make, "loss")
    [('loss__0', 'int', (), {'a': 1}), ('loss__1', 'str', (), {'a': 2})]
    """
    if isinstance(item, Mapping):
        shares = _share(params, {str(key): value for key, value in item.items()}, path)
        return {
            key: assemble(value, shares[str(key)], make, _join(path, key), builds=builds)
            for key, value in item.items()
        }
    if isinstance(item, (list, tuple)):
        shares = _share(params, {str(index): value for index, value in enumerate(item)}, path)
        items = [
            assemble(value, shares[str(index)], make, _join(path, index), builds=builds)
            for index, value in enumerate(item)
        ]
        return items if isinstance(item, list) else tuple(items)
    if isinstance(item, type):
        args, kwargs = _arguments(item, params, make, path, builds)
        return make(item, args, kwargs, path)
    if params:
        raise RoutingError(
            f"{path} is {_show(item)}, which does not accept parameters because it's not a class,"
            f" but {_names(path, params)} was given for it. Give a class (or a name that stands"
            " for one), or put the value into the object itself."
        )
    return item


def _arguments(
    cls: type, params: Mapping[str, Any], make: Make, path: str, builds: Callable[[type], bool]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return positional and keyword arguments for `cls`, classes among them built."""
    own = plain(params)
    inner, rest = _address(params, own)
    stray = [name for name in rest if name not in own]
    if stray:
        raise RoutingError(
            f"{_names(path, stray)} leads into an argument of {cls.__name__} ({path}) that was not"
            f" given. Give {_join(path, stray[0].partition(SEPARATOR)[0])} too, or correct the"
            " name."
        )
    for name, value in own.items():
        if inner[name] or (isinstance(value, type) and builds(value)):
            own[name] = assemble(value, inner[name], make, _join(path, name), builds=builds)
    positions = sorted((int(name), value) for name, value in own.items() if name.isdecimal())
    for expected, (position, _) in enumerate(positions):
        if position != expected:
            raise RoutingError(
                f"{_join(path, position)} is positional argument {position} of {cls.__name__}, but"
                f" {_join(path, expected)} was not given. Positions start at 0 and have no gaps."
            )
    keywords = {name: value for name, value in own.items() if not name.isdecimal()}
    return tuple(value for _, value in positions), keywords


def _share(
    params: Mapping[str, Any], items: Mapping[str, object], path: str
) -> dict[str, dict[str, Any]]:
    """Return what each item of a list or dict gets of its parameters."""
    inner, shared = _address(params, items)
    for name in shared:
        head, separator, _ = name.partition(SEPARATOR)
        if separator and head.isdecimal() and head not in shared:
            raise RoutingError(
                f"{_join(path, name)} leads to item {head} of {path}, which has the items"
                f" {', '.join(items) or '(none)'}. Correct the name."
            )
    # None marks an output without a loss, or without metrics: it takes no shared parameter.
    return {
        key: inner[key] if value is None else {**shared, **inner[key]}
        for key, value in items.items()
    }


def _address(
    params: Mapping[str, Any], keys: Iterable[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return parameters by the key that they start with, and the rest; the longest key wins."""
    inner: dict[str, dict[str, Any]] = {key: {} for key in keys}
    rest: dict[str, Any] = {}
    by_length = sorted(inner, key=len, reverse=True)
    for name, value in params.items():
        for key in by_length:
            prefix = key + SEPARATOR
            if name.startswith(prefix) and len(name) > len(prefix):
                inner[key][name.removeprefix(prefix)] = value
                break
        else:
            rest[name] = value
    return inner, rest


def _join(path: str, part: object) -> str:
    return f"{path}{SEPARATOR}{part}"


def _names(path: str, params: Iterable[str]) -> str:
    return ", ".join(_join(path, name) for name in params)


def _show(item: object) -> str:
    if item is None:
        return "None"
    name = getattr(item, "__name__", None)
    return f"{name} ({type(item).__name__})" if name else f"{item!r} ({type(item).__name__})"

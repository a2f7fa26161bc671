"""A small model of the rules of routed parameters, independent of any implementation.

A parameter is a *way*, then the name of an argument. Each class of a nest has a *place*, the
destination followed by indices and keys. An argument goes to every class at whose place its way
leads past, and the longest way wins. That is all.

>>> predicted([int, str], {"loss__a": 1, "loss__1__a": 2, "model__a": 3}, "loss")
{<class 'int'>: {'a': 1}, <class 'str'>: {'a': 2}}
"""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["places", "predicted"]

Place = tuple[str, ...]


def places(nest: Any, start: Place) -> Iterator[tuple[Place, type]]:
    """Give each class of a nest, with its place.

    >>> list(places({"a": [int]}, ("loss",)))
    [(('loss', 'a', '0'), <class 'int'>)]
    """
    if isinstance(nest, type):
        yield start, nest
    else:
        for key, item in nest.items() if isinstance(nest, Mapping) else enumerate(nest):
            yield from places(item, (*start, str(key)))


def predicted(nest: Any, params: Mapping[str, Any], destination: str) -> dict[type, dict[str, Any]]:
    """Say which arguments each class of a nest receives.

    Parameters
    ----------
    nest : type, or list or dict of nests
        The classes, each of them once.
    params : mapping of str to object
        Routed parameters, to this destination or to others.
    destination : str
        What the nest was given as: ``"loss"``, ``"metrics"``, ``"callbacks"``, ``"optimizer"``.
    """
    return {cls: _received(place, params) for place, cls in places(nest, (destination,))}


def _received(place: Place, params: Mapping[str, Any]) -> dict[str, Any]:
    received = {}
    for name in sorted(params, key=lambda name: name.count("__")):
        *way, argument = name.split("__")
        if way and tuple(way) == place[: len(way)]:
            received[argument] = params[name]
    return received

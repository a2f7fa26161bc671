"""A small model of the rules of routed parameters, independent of any implementation.

A parameter is a *path*, then the name of an argument. Each class of a nested structure has a
*place*: the destination followed by indices and keys. An argument reaches every class whose
place starts with its path, and the longest path wins.

>>> predicted([int, str], {"loss__a": 1, "loss__1__a": 2, "model__a": 3}, "loss")
{<class 'int'>: {'a': 1}, <class 'str'>: {'a': 2}}
"""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["places", "predicted"]

Place = tuple[str, ...]


def places(structure: Any, start: Place) -> Iterator[tuple[Place, type]]:
    """Yield each class of a nested structure, with its place.

    >>> list(places({"a": [int]}, ("loss",)))
    [(('loss', 'a', '0'), <class 'int'>)]
    """
    if isinstance(structure, type):
        yield start, structure
    else:
        for key, item in (
            structure.items() if isinstance(structure, Mapping) else enumerate(structure)
        ):
            yield from places(item, (*start, str(key)))


def predicted(
    structure: Any, params: Mapping[str, Any], destination: str
) -> dict[type, dict[str, Any]]:
    """Return the arguments that each class of a nested structure receives.

    Parameters
    ----------
    structure : type, or nested lists and dicts of types
        The classes, each of them once.
    params : mapping of str to object
        Routed parameters, to this destination or to others.
    destination : str
        The parameter that holds it: ``"loss"``, ``"metrics"``, ``"callbacks"``, ``"optimizer"``.
    """
    return {cls: _received(place, params) for place, cls in places(structure, (destination,))}


def _received(place: Place, params: Mapping[str, Any]) -> dict[str, Any]:
    received = {}
    for name in sorted(params, key=lambda name: name.count("__")):
        *path, argument = name.split("__")
        if path and tuple(path) == place[: len(path)]:
            received[argument] = params[name]
    return received

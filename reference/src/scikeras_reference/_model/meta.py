"""The properties of the data that a builder gets as ``meta``."""

from typing import Any, NoReturn

from scikeras_reference._parameters.storage import suggestion
from scikeras_reference.exceptions import MetaKeyError

__all__ = ["Meta"]


class Meta(dict[str, Any]):
    """A dict that says what it has when something else is looked up.

    >>> Meta(n_features_in_=3)["n_features"]
    Traceback (most recent call last):
        ...
    scikeras_reference.exceptions.MetaKeyError: meta has no 'n_features'. Did you mean \
n_features_in_? It has n_features_in_.
    """

    def __getattr__(self, name: str) -> NoReturn:
        hint = f" Give the name as a key: meta[{name!r}]." if name in self else ""
        raise AttributeError(f"meta is a dict and has no attribute {name!r}.{hint}", name=name)

    def __missing__(self, key: object) -> NoReturn:
        hint = suggestion(key, self) if isinstance(key, str) else ""
        raise MetaKeyError(f"meta has no {key!r}.{hint} It has {', '.join(sorted(self))}.")

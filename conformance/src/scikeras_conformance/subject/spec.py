"""How a subject is named.

A *spec* has one of three forms:

``package.module``
    The module offers ``BaseWrapper``, ``KerasClassifier`` and ``KerasRegressor``.
``package.module:adapter``
    An object with those three attributes, see `scikeras_conformance.subject.loading`.
``base=module:Name,classifier=module:Name,regressor=module:Name``
    Each wrapper has a place of its own. One that the subject does not offer is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scikeras_conformance.catalog.wrappers import CLASS_NAMES, Wrapper
from scikeras_conformance.exceptions import UsageError

__all__ = ["SubjectSpec", "parse_spec"]

PLACE = re.compile(r"\w+(\.\w+)*(:\w+(\.\w+)*)?")


@dataclass(frozen=True, slots=True)
class SubjectSpec:
    """A spec, taken apart.

    Parameters
    ----------
    text : str
        The spec as it was given.
    holder : str or None
        The place of the module or adapter that has all three wrappers; None where each has a
        place of its own.
    places : mapping of Wrapper to str
        The place of each wrapper that is named.
    """

    text: str
    holder: str | None
    places: Mapping[Wrapper, str]


def parse_spec(text: str) -> SubjectSpec:
    """Take a spec apart, without importing anything.

    Parameters
    ----------
    text : str
        In one of the three forms.

    Raises
    ------
    UsageError
        If it has none of them.

    Examples
    --------
    >>> parse_spec("package.module").places[Wrapper.BASE]
    'package.module:BaseWrapper'
    """
    if "=" in text:
        spec = SubjectSpec(text, None, _parse_places(text))
        given = list(spec.places.values())
    else:
        joint = "." if ":" in text else ":"
        places = {wrapper: f"{text}{joint}{name}" for wrapper, name in CLASS_NAMES.items()}
        spec, given = SubjectSpec(text, text, places), [text]
    for place in given:
        if not PLACE.fullmatch(place) or place.endswith(".py"):
            hint = " Give the name of the module, not its file." if ".py" in place else ""
            raise UsageError(
                f"The subject {place!r} names no module.{hint} Give one that can be imported from "
                "here, such as 'package.module' or 'package.module:adapter'."
            )
    return spec


def _parse_places(text: str) -> dict[Wrapper, str]:
    parts = dict(part.strip().partition("=")[::2] for part in text.split(","))
    if not set(parts) <= set(map(str, Wrapper)) or not all(":" in one for one in parts.values()):
        raise UsageError(
            f"The subject {text!r} is not understood. Give a module, module:adapter, or "
            "base=module:Name,classifier=module:Name,regressor=module:Name."
        )
    return {wrapper: parts[wrapper] for wrapper in Wrapper if wrapper in parts}

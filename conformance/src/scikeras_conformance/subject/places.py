"""Places of objects, as users name them: ``module`` or ``module:name``."""

import warnings
from pkgutil import resolve_name
from typing import Any

__all__ = ["import_module_of", "import_place"]


def import_module_of(place: str) -> None:
    """Import the module of a place.

    The warning filters of a project say nothing about conformance, so warnings are ignored.

    Parameters
    ----------
    place : str
        ``module`` or ``module:name``.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        resolve_name(f"{place.partition(':')[0]}:")


def import_place(place: str) -> Any:
    """Return the object at a place, after its module was imported.

    Parameters
    ----------
    place : str
        ``module`` or ``module:name``; the name may have dots.

    Raises
    ------
    AttributeError
        If the module does not have the name.
    """
    import_module_of(place)
    return resolve_name(place if ":" in place else f"{place}:")

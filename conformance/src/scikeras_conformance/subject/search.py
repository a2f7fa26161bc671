"""Finds out whether the modules of a subject exist, without importing anything."""

from difflib import get_close_matches
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from scikeras_conformance.exceptions import SubjectImportError, did_you_mean
from scikeras_conformance.subject.spec import parse_spec

__all__ = ["require_modules"]

SLIP = 0.8
"""How much a name has to be like another one to be a slip of it."""


def require_modules(subject: str) -> None:
    """Refuse a subject whose module does not exist, without importing anything.

    Only what is certain is refused. A package may provide modules that are in no file; so within a
    package, a module that is missing is refused only where it is one letter or two from another.

    Raises
    ------
    SubjectImportError
        With the nearest name that does exist.
    """
    spec = parse_spec(subject)
    places = spec.places.values() if spec.holder is None else [spec.holder]
    for place in dict.fromkeys(place.partition(":")[0] for place in places):
        top, *rest = place.split(".")
        try:
            found = find_spec(top)
        except (ImportError, ValueError):  # a module in `sys.modules` without a specification
            continue
        if found is None:
            near = did_you_mean(top, [info.name for info in iter_modules()])
            raise SubjectImportError(_missing(subject, top, near))
        _require_submodules(subject, found, rest)


def _require_submodules(subject: str, found: ModuleSpec, rest: list[str]) -> None:
    for name in rest:
        folders = found.submodule_search_locations
        if folders is None:
            return
        full = f"{found.name}.{name}"
        try:
            inner = PathFinder.find_spec(full, list(folders))
        except KeyError:  # a namespace package within one that has not been imported
            return
        if inner is None:
            names = [info.name for info in iter_modules(folders)]
            if get_close_matches(name, names, n=1, cutoff=SLIP) and not _changes_its_path(found):
                raise SubjectImportError(_missing(subject, full, did_you_mean(name, names)))
            return
        found = inner


def _changes_its_path(package: ModuleSpec) -> bool:
    """Return whether a package may have modules that are not in its folder."""
    try:
        text = Path(package.origin or "").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return "__path__" in text or "sys.modules" in text


def _missing(subject: str, module: str, near: str) -> str:
    return (
        f"The subject {subject!r} cannot be imported: there is no module {module!r}.{near} Install "
        "it into this environment, or start the suite where it can be imported from."
    )

"""Finds out whether the modules and classes of a subject exist, without importing anything."""

import ast
import re
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

UNCERTAIN = re.compile(r"import \*|\b(__getattr__|globals|locals|vars|setattr|exec|eval|modules)\b")
"""What a module has that may get names which are not written in it."""


def require_modules(subject: str) -> None:
    """Refuse a subject whose module or class does not exist, without importing anything.

    Only what is certain is refused. A package may provide modules that are in no file; so within a
    package, a module that is missing is refused only where it is one letter or two from another,
    and so is a name that is not to be found in the source of its module.

    Raises
    ------
    SubjectImportError
        With the nearest name that does exist.
    """
    spec = parse_spec(subject)
    places = dict.fromkeys(spec.places.values() if spec.holder is None else [spec.holder])
    for place in places:
        module, _, name = place.partition(":")
        top, *rest = module.split(".")
        try:
            found = find_spec(top)
        except (ImportError, ValueError):  # a module in `sys.modules` without a specification
            continue
        if found is None:
            near = did_you_mean(top, [info.name for info in iter_modules()])
            raise SubjectImportError(_missing(subject, top, near))
        inner = _submodule(subject, found, rest)
        if inner is not None and name:
            _require_name(subject, inner, name.partition(".")[0])


def _submodule(subject: str, found: ModuleSpec, rest: list[str]) -> ModuleSpec | None:
    """Return a module within a package; None if nothing is certain about it."""
    for name in rest:
        folders = found.submodule_search_locations
        if folders is None:
            return None
        full = f"{found.name}.{name}"
        try:
            inner = PathFinder.find_spec(full, list(folders))
        except KeyError:  # a namespace package within one that has not been imported
            return None
        if inner is None:
            names = [info.name for info in iter_modules(folders)]
            if get_close_matches(name, names, n=1, cutoff=SLIP) and not _changes_its_path(found):
                raise SubjectImportError(_missing(subject, full, did_you_mean(name, names)))
            return None
        found = inner
    return found


def _require_name(subject: str, module: ModuleSpec, name: str) -> None:
    """Refuse a name that a module does not have, and that is a slip of one that it has."""
    if not (module.has_location and (module.origin or "").endswith(".py")):
        return
    try:
        text = Path(module.origin or "").read_text(encoding="utf-8")
        names = sorted(_names_in(ast.parse(text)))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    if re.search(rf"\b{re.escape(name)}\b", text) or UNCERTAIN.search(text):
        return
    if name in {info.name for info in iter_modules(module.submodule_search_locations or [])}:
        return
    if get_close_matches(name, names, n=1, cutoff=SLIP):
        raise SubjectImportError(
            f"The subject {subject!r} is incomplete: there is no {name!r} in the module "
            f"{module.name!r}.{did_you_mean(name, names)}"
        )


def _names_in(tree: ast.Module) -> set[str]:
    """Return the names that the statements of a module bind."""
    names: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Import(names=found) | ast.ImportFrom(names=found):
                names |= {one.asname or one.name.partition(".")[0] for one in found}
    return names


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

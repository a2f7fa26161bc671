"""Finds the checks that the modules of a package define."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.contract import load_contract
from scikeras_conformance.exceptions import ContractError

__all__ = ["find_checks"]


def find_checks(package: str, path: Sequence[str]) -> tuple[Check, ...]:
    """Return every check that the modules of a package define, in the order of the contract.

    A check is found because its module is in the folder: nothing lists modules, so none can be
    forgotten. Modules and packages whose names start with an underscore hold helpers.

    Parameters
    ----------
    package : str
        Dotted name of the package.
    path : sequence of str
        Its ``__path__``.

    Returns
    -------
    tuple of Check
        Sorted by chapter and clause as the contract has them, then by id.

    Raises
    ------
    ContractError
        If a module or package defines no check, a folder cannot be imported, or two checks have
        the same id. An error while a module is imported is not caught.
    """
    found = sorted(_walk(package, path), key=_position)
    twice = [one.id for one, other in pairwise(found) if one.id == other.id]
    if twice:
        raise ContractError(f"Two checks have the same id: {', '.join(twice)}.")
    return tuple(found)


def _walk(package: str, path: Iterable[str]) -> Iterator[Check]:
    path = list(path)
    _require_packages(path)
    for info in sorted(iter_modules(path), key=lambda info: info.name):
        if info.name.startswith("_"):
            continue
        module = import_module(f"{package}.{info.name}")
        found = list(_defined_in(module))
        if info.ispkg:
            found += _walk(module.__name__, module.__path__)
        if not found:
            raise ContractError(
                f"{module.__name__} defines no check. Modules of helpers have names that start "
                "with an underscore."
            )
        yield from found


def _require_packages(path: Iterable[str]) -> None:
    """Refuse a folder of modules that Python would pass over, for lack of an ``__init__.py``."""
    for folder in (one for entry in path for one in Path(entry).glob("[!_.]*/")):
        if any(folder.glob("*.py")) and not (folder / "__init__.py").exists():
            raise ContractError(f"{folder} has no __init__.py, so its checks would never run.")


def _defined_in(module: ModuleType) -> Iterator[Check]:
    for value in vars(module).values():
        if isinstance(value, Check) and value.function.__module__ == module.__name__:
            yield value


def _position(check: Check) -> tuple[int, int, str]:
    chapters, clauses = _order()
    return chapters.index(check.chapter), clauses.index(check.clauses[0]), check.id


@cache
def _order() -> tuple[list[str], list[str]]:
    contract = load_contract()
    return [chapter.id for chapter in contract.chapters], list(contract.clauses)

"""The checks of the suite: one folder or module for each chapter of the contract.

A check is found because it is there: every module below this package is imported, and every
`Check` that it defines belongs to the catalog. Names that start with an underscore hold helpers.
"""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.contract import load_contract

__all__ = ["CATALOG", "find_checks"]


def find_checks(package: str, path: list[str]) -> Iterator[Check]:
    """Yield every check that the modules of a package define.

    Parameters
    ----------
    package : str
        Dotted name of the package.
    path : list of str
        Its ``__path__``.
    """
    for info in iter_modules(path):
        if info.name.startswith("_"):
            continue
        module = import_module(f"{package}.{info.name}")
        yield from _defined_in(module)
        if info.ispkg:
            yield from find_checks(module.__name__, list(module.__path__))


def _defined_in(module: ModuleType) -> Iterator[Check]:
    for value in vars(module).values():
        if isinstance(value, Check) and value.function.__module__ == module.__name__:
            yield value


def _position(check: Check) -> tuple[int, int, str]:
    contract = load_contract()
    chapters = [chapter.id for chapter in contract.chapters]
    clauses = list(contract.clauses)
    return chapters.index(check.chapter), clauses.index(check.clauses[0]), check.id


CATALOG: tuple[Check, ...] = tuple(sorted(find_checks(__name__, list(__path__)), key=_position))
"""All checks, in the order of the contract."""

"""Reads the clauses of the contract."""

import tomllib
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple

from scikeras_conformance.contract.clause import Chapter, Clause, Level, Profile
from scikeras_conformance.exceptions import ContractError

__all__ = ["Contract", "load_contract", "parse_contract"]

FIRST_VERSION = "1.0"


class Contract(NamedTuple):
    """All clauses of one version of the contract."""

    version: str
    chapters: tuple[Chapter, ...]
    clauses: MappingProxyType[str, Clause]

    def of_chapter(self, chapter: str) -> tuple[Clause, ...]:
        """Return the clauses of one chapter, in their order.

        Parameters
        ----------
        chapter : str
            For example ``"INIT"``.
        """
        return tuple(clause for clause in self.clauses.values() if clause.chapter == chapter)


def parse_contract(text: str) -> Contract:
    """Read chapters and clauses from TOML.

    Parameters
    ----------
    text : str
        The content of ``clauses.toml``.

    Raises
    ------
    ContractError
        If a clause stands twice, belongs to no chapter, or lacks a field.
    """
    data: dict[str, Any] = tomllib.loads(text)
    chapters = tuple(Chapter(**entry) for entry in data["chapter"])
    known = {chapter.id for chapter in chapters}
    clauses: dict[str, Clause] = {}
    for entry in data["clause"]:
        clause = _parse_clause(entry)
        if clause.id in clauses:
            raise ContractError(f"Clause {clause.id} stands twice in the contract.")
        if clause.chapter not in known:
            raise ContractError(f"Clause {clause.id} belongs to no chapter of the contract.")
        clauses[clause.id] = clause
    return Contract(str(data["version"]), chapters, MappingProxyType(clauses))


def _parse_clause(entry: dict[str, Any]) -> Clause:
    fields = {"since": FIRST_VERSION, **entry}
    try:
        fields["level"] = Level(fields["level"])
        fields["profile"] = Profile(fields["profile"])
        return Clause(**fields)
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"Clause {entry.get('id')!r} is damaged: {error}.") from error


@cache
def load_contract() -> Contract:
    """Return the contract that this version of the suite checks.

    Examples
    --------
    >>> from scikeras_conformance.contract import load_contract
    >>> load_contract().clauses["CLS-3"].statement
    'The constructor takes model as its first positional argument.'
    """
    return parse_contract((files(__package__) / "clauses.toml").read_text(encoding="utf-8"))

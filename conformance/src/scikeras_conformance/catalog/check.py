"""The record of a check, and the decorator that makes one out of a function."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from scikeras_conformance.catalog.wrappers import ALL, ESTIMATORS, Wrapper
from scikeras_conformance.contract import Capability, Level, Profile, load_contract
from scikeras_conformance.contract.capabilities import NEEDED_BY
from scikeras_conformance.exceptions import ContractError

__all__ = ["ALL", "ESTIMATORS", "NO_CASE", "Check", "CheckFunction", "Shares", "Wrapper", "check"]

NO_CASE = ""

CheckFunction = Callable[[Any], None]
"""Takes a `scikeras_conformance.runner.context.CheckContext`, which records know nothing of."""


class Shares(StrEnum):
    """What is expensive, and made once in a process for several checks."""

    PROCESSES = "processes"
    """Other processes, each of which imports a backend."""

    CALLS = "calls"
    """One execution of many sequences of calls."""

    USES = "uses"
    """One execution of whatever estimators may be used for."""

    EXAMPLES = "examples"
    """Hypothesis, which takes a second to prepare its first examples."""


@dataclass(frozen=True, slots=True)
class Check:
    """A test of one promise, for any implementation.

    Parameters
    ----------
    id : str
        Clause and a name, for example ``"INIT-1.free-parameters"``.
    clauses : tuple of str
        The clauses that the check is about; the first one is in the id.
    level : Level
        How binding the check is; never more than its clause.
    profile : Profile
        The profile of its clause.
    verifies : str
        What a pass verifies, in one line.
    impact : str
        What the bug means for a user, in one line.
    wrappers : tuple of Wrapper
        The wrappers that the check runs for.
    cases : tuple of str
        The variants that it runs for each wrapper; one empty string where there are none.
    function : callable
        Takes a `CheckContext` and raises `Nonconformance` where the promise is broken.
    conditional : bool
        Whether the check may be not applicable, under conditions that the suite's data name.
    needs : frozenset of Capability
        The capabilities without which there is nothing to check: those of its first clause, and
        further ones that the check itself needs.
    case_needs : frozenset of (str, Capability)
        The capabilities that single cases need beside those.
    presupposes : str
        The check of a promise that this one builds on. Where that fails for the same wrapper, a
        failure of this one counts to its cause.
    shares : Shares or None
        What it shares with other checks, which the same worker of a run should take.
    """

    id: str
    clauses: tuple[str, ...]
    level: Level
    profile: Profile
    verifies: str
    impact: str
    wrappers: tuple[Wrapper, ...]
    cases: tuple[str, ...]
    function: CheckFunction
    conditional: bool = False
    needs: frozenset[Capability] = frozenset()
    case_needs: frozenset[tuple[str, Capability]] = frozenset()
    presupposes: str = ""
    shares: Shares | None = None

    @property
    def chapter(self) -> str:
        """The chapter of the contract that the check belongs to."""
        return self.id.partition("-")[0]


def check(
    id: str,  # noqa: A002 - the field's own name
    *,
    verifies: str,
    impact: str,
    wrappers: Iterable[Wrapper] = ALL,
    cases: Iterable[str] = (),
    also: Iterable[str] = (),
    level: Level | None = None,
    conditional: bool = False,
    needs: Iterable[Capability] = (),
    case_needs: Mapping[str, Capability] = MappingProxyType({}),
    presupposes: str = "",
    shares: Shares | None = None,
) -> Callable[[CheckFunction], Check]:
    """Make a check out of a function.

    Parameters
    ----------
    id : str
        Clause and a name, joined by a dot.
    verifies, impact : str
        See `Check`.
    wrappers : iterable of Wrapper, default=ALL
        The wrappers that the check runs for.
    cases : iterable of str, default=()
        Names of the variants; the function reads its own from ``context.case``.
    also : iterable of str, default=()
        Further clauses that the check is about.
    level : Level, optional
        Where the check is less binding than its clause; by default the level of the clause.
    conditional : bool, default=False
        See `Check`.
    needs : iterable of Capability, default=()
        Capabilities that the check needs beside those of its first clause.
    case_needs : mapping of str to Capability, optional
        The capability that a case needs beside those.
    presupposes : str, default=""
        See `Check`.
    shares : Shares, optional
        See `Check`.

    Raises
    ------
    ContractError
        If a clause is unknown, or the check would be more binding than its clause.
    """
    clause_ids = (id.partition(".")[0], *also)
    clauses = load_contract().clauses
    unknown = [name for name in clause_ids if name not in clauses]
    if unknown:
        raise ContractError(f"Check {id} names clauses that the contract lacks: {unknown}.")
    clause = clauses[clause_ids[0]]
    order = list(Level)
    if level is not None and order.index(level) < order.index(clause.level):
        raise ContractError(f"Check {id} is more binding ({level}) than its clause.")

    def record(function: CheckFunction) -> Check:
        return Check(
            id=id,
            clauses=clause_ids,
            level=level or clause.level,
            profile=clause.profile,
            verifies=verifies,
            impact=impact,
            wrappers=tuple(wrappers),
            cases=tuple(cases) or (NO_CASE,),
            function=function,
            conditional=conditional,
            needs=NEEDED_BY.get(clause.id, frozenset()) | frozenset(needs),
            case_needs=frozenset(case_needs.items()),
            presupposes=presupposes,
            shares=shares,
        )

    return record

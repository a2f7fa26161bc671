"""The record of one clause."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Chapter", "Clause", "Level", "Profile"]


class Level(StrEnum):
    """How binding a clause is, in the sense of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Profile(StrEnum):
    """Where a clause comes from; a run can be limited to a profile."""

    DOCUMENTED = "documented"
    API = "api"
    SKLEARN = "sklearn"
    HYGIENE = "hygiene"
    DEVICE = "device"
    TYPING = "typing"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A group of clauses, in the order of the contract."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise of the contract.

    Parameters
    ----------
    id : str
        Chapter and number, for example ``"INIT-1"``.
    level : Level
        How binding the promise is.
    profile : Profile
        Where the promise comes from.
    section : str
        Heading of the source document under which it stands.
    statement : str
        The promise, in one sentence.
    since : str
        Version of the contract in which it appeared.
    excluded : str
        Why no check of a subject can observe it; empty where checks can.
    """

    id: str
    level: Level
    profile: Profile
    section: str
    statement: str
    since: str
    excluded: str = ""

    @property
    def chapter(self) -> str:
        """The id of the chapter that the clause belongs to."""
        return self.id.partition("-")[0]

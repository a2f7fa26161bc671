"""What a run will do: checks × wrappers × cases, in a fixed order, narrowed by a selection."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scikeras_conformance.catalog.check import Check, Wrapper
from scikeras_conformance.contract import Profile, load_contract
from scikeras_conformance.exceptions import UsageError

__all__ = [
    "ALL_PROFILES",
    "PlannedCheck",
    "Selection",
    "make_plan",
    "nearest",
    "unchecked_clauses",
]

ALL_PROFILES = "all"


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """One check, for one wrapper and one case."""

    check: Check
    wrapper: Wrapper
    case: str

    @property
    def id(self) -> str:
        """Name of the planned check in reports and as a pytest item."""
        parts = [self.check.id, self.wrapper]
        return ":".join([*parts, self.case] if self.case else parts)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of the catalog a run is about; empty fields select everything.

    Parameters
    ----------
    chapters : tuple of str
        Chapters of the contract, for example ``("INIT", "TGT")``.
    checks : tuple of str
        Ids of clauses or checks, or shell patterns of checks, for example ``("INIT-1",
        "COMP-*.instance*")``.
    wrappers : tuple of str
        Any of ``"base"``, ``"classifier"``, ``"regressor"``.
    profiles : tuple of str
        Any of the profiles of the contract.
    """

    chapters: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @classmethod
    def asked_for(
        cls,
        *,
        chapters: Iterable[str] = (),
        checks: Iterable[str] = (),
        wrappers: Iterable[str] = (),
        profiles: Iterable[str] = (),
    ) -> "Selection":
        """Make the selection that a user means who gave these options.

        Without a word about profiles, chapters or checks, a run is about the documented profile;
        whoever names a chapter or a check means it, whatever its profile. ``"all"`` stands for
        every profile.
        """
        chapters, checks, profiles = tuple(chapters), tuple(checks), tuple(profiles)
        if ALL_PROFILES in profiles:
            profiles = ()
        elif not (profiles or chapters or checks):
            profiles = (str(Profile.DOCUMENTED),)
        return cls(chapters, checks, tuple(wrappers), profiles)

    def takes(self, planned: PlannedCheck) -> bool:
        """Whether the selection includes a planned check."""
        return (
            (not self.chapters or planned.check.chapter in self.chapters)
            and (not self.wrappers or planned.wrapper in self.wrappers)
            and (not self.profiles or planned.check.profile in self.profiles)
            and (not self.checks or any(_matches(planned.check, name) for name in self.checks))
        )


def make_plan(catalog: Sequence[Check], selection: Selection) -> tuple[PlannedCheck, ...]:
    """Lay out a run.

    Parameters
    ----------
    catalog : sequence of Check
        All checks of the suite.
    selection : Selection
        The part that was asked for.

    Returns
    -------
    tuple of PlannedCheck
        In the order of the catalog; empty if the selected parts have nothing in common.

    Raises
    ------
    UsageError
        If a name in the selection matches nothing, with the nearest name that would.
    """
    chapters = [chapter.id for chapter in load_contract().chapters]
    _refuse_unknown("chapter", selection.chapters, chapters)
    _refuse_unknown("wrapper", selection.wrappers, [str(wrapper) for wrapper in Wrapper])
    _refuse_unknown("profile", selection.profiles, [*map(str, Profile), ALL_PROFILES])
    for name in selection.checks:
        if any(_matches(check, name) for check in catalog):
            continue
        clause = load_contract().clauses.get(name)
        if clause is not None and clause.excluded:
            raise UsageError(f"Clause {name} has no check: {clause.excluded}")
        if clause is not None:
            raise UsageError(f"Clause {name} has no check yet, so there is nothing to select.")
        if name in chapters:
            raise UsageError(f"No check matches {name!r}, which is a chapter: select it as one.")
        known = [*load_contract().clauses, *(check.id for check in catalog)]
        raise UsageError(f"No check matches {name!r}.{nearest(name, known)}")
    return tuple(
        planned
        for check in catalog
        for wrapper in check.wrappers
        for case in check.cases
        if selection.takes(planned := PlannedCheck(check, wrapper, case))
    )


def unchecked_clauses(catalog: Iterable[Check]) -> tuple[str, ...]:
    """Give the ids of the clauses that no check is about yet, though one could be."""
    checked = {clause for check in catalog for clause in check.clauses}
    return tuple(
        clause.id
        for clause in load_contract().clauses.values()
        if clause.id not in checked and not clause.excluded
    )


def _matches(check: Check, name: str) -> bool:
    return name in check.clauses or fnmatchcase(check.id, name)


def _refuse_unknown(kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no {kind} {name!r}.{nearest(name, known)} Known: {', '.join(known)}."
            )


def nearest(name: str, known: Sequence[str]) -> str:
    """Give the words that suggest the known name nearest to one that is not, or none."""
    by_upper = {entry.upper(): entry for entry in known}
    near = difflib.get_close_matches(name.upper(), by_upper, n=1)
    return f" Did you mean {by_upper[near[0]]!r}?" if near else ""

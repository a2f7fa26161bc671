"""The part of the catalog that a run is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.contract import Profile, load_contract
from scikeras_conformance.exceptions import UsageError, did_you_mean

__all__ = ["ALL_PROFILES", "CPU_PROFILE", "Selection", "is_in_profile", "matching_checks"]

ALL_PROFILES = "all"

CPU_PROFILE = "cpu"
"""All profiles as far as they need no GPU, so that a run without one can be conformant."""

NEED_A_GPU = frozenset({"DEV-2", "DEV-3"})
"""The clauses whose checks are unavailable where there is no GPU."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of the catalog that a run is about; empty fields select everything.

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
        Any of the profiles of the contract, or ``"cpu"``.
    """

    chapters: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    wrappers: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    @classmethod
    def requested(
        cls,
        *,
        chapters: Iterable[str] = (),
        checks: Iterable[str] = (),
        wrappers: Iterable[str] = (),
        profiles: Iterable[str] = (),
    ) -> "Selection":
        """Return the selection that the options of a user stand for.

        Without a profile, chapter or check, a run is about the documented profile. A chapter or a
        check that is named is selected whatever its profile. ``"all"`` stands for every profile,
        ``"cpu"`` for every profile as far as it needs no GPU.
        """
        chapters, checks, profiles = tuple(chapters), tuple(checks), tuple(profiles)
        if ALL_PROFILES in profiles:
            profiles = ()
        elif not (profiles or chapters or checks):
            profiles = (str(Profile.DOCUMENTED),)
        return cls(chapters, checks, tuple(wrappers), profiles)

    def takes(self, check: Check, wrapper: Wrapper) -> bool:
        """Return whether the selection includes a check for a wrapper."""
        return (
            (not self.chapters or check.chapter in self.chapters)
            and (not self.wrappers or wrapper in self.wrappers)
            and (
                not self.profiles or is_in_profile(self.profiles, str(check.profile), check.clauses)
            )
            and (not self.checks or any(_matches(check, name) for name in self.checks))
        )

    def require_known(self, catalog: Sequence[Check]) -> None:
        """Refuse a name that matches nothing.

        Parameters
        ----------
        catalog : sequence of Check
            All checks of the suite.

        Raises
        ------
        UsageError
            With the nearest name that would match.
        """
        chapters = [chapter.id for chapter in load_contract().chapters]
        _refuse_unknown("chapter", self.chapters, chapters)
        _refuse_unknown("wrapper", self.wrappers, [str(wrapper) for wrapper in Wrapper])
        _refuse_unknown("profile", self.profiles, [*map(str, Profile), CPU_PROFILE, ALL_PROFILES])
        for name in self.checks:
            matching_checks(catalog, name)


def is_in_profile(profiles: Iterable[str], profile: str, clauses: Iterable[str]) -> bool:
    """Return whether a check of a profile is in one of several profiles.

    Parameters
    ----------
    profiles : iterable of str
        Profiles of the contract, ``"cpu"`` or ``"all"``.
    profile : str
        The profile of the check.
    clauses : iterable of str
        The clauses that it is about.
    """
    needs_gpu = not NEED_A_GPU.isdisjoint(clauses)
    return any(
        name in {profile, ALL_PROFILES} or (name == CPU_PROFILE and not needs_gpu)
        for name in profiles
    )


def matching_checks(catalog: Sequence[Check], name: str) -> tuple[Check, ...]:
    """Return the checks that a name stands for.

    Parameters
    ----------
    catalog : sequence of Check
        All checks of the suite.
    name : str
        Id of a check or a clause, or a shell pattern of checks.

    Raises
    ------
    UsageError
        If there is none, with the nearest name.
    """
    found = tuple(check for check in catalog if _matches(check, name))
    if found:
        return found
    clauses = load_contract().clauses
    clause = clauses.get(name)
    if clause is not None and clause.excluded:
        raise UsageError(f"Clause {name} has no check: {clause.excluded}")
    if clause is not None:
        raise UsageError(f"Clause {name} has no check yet, so there is nothing to select.")
    if name in {chapter.id for chapter in load_contract().chapters}:
        raise UsageError(f"No check matches {name!r}, which is a chapter: select it as one.")
    known = [*clauses, *(check.id for check in catalog)]
    raise UsageError(f"No check matches {name!r}.{_hint(name, known)}")


def _matches(check: Check, name: str) -> bool:
    return name in check.clauses or fnmatchcase(check.id, name)


def _refuse_unknown(kind: str, names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no {kind} {name!r}.{_hint(name, known)} Known: {', '.join(known)}."
            )


def _hint(name: str, known: Sequence[str]) -> str:
    if "," in name:
        return " Name one at a time, and repeat the option for more."
    return did_you_mean(name, known)

"""What is different between two runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from scikeras_conformance.baseline import fingerprint
from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.selection import is_in_profile
from scikeras_conformance.report.cause_changes import cause_lines
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import (
    environment_line,
    headline,
    subject_line,
)

__all__ = ["Difference", "compare", "lines"]

SHOWN = 5
"""Names of results that are not compared."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two runs, by the ids of results.

    Parameters
    ----------
    worse : tuple of str
        Failed, blocked, errored or unavailable in the second run, and not in the first.
    fixed : tuple of str
        Passed in the second run, and not in the first.
    changed : tuple of str
        Failed in both, in different ways; or another change of the outcome.
    added, removed : tuple of str
        In one run only, though both runs were about them.
    added_failing : tuple of str
        Those of the added ones that failed or were blocked, errored or unavailable.
    only_after, only_before : tuple of str
        In one run only, because the other was about another part of the contract.
    compared : int
        The number of results that both runs have.
    """

    worse: tuple[str, ...]
    fixed: tuple[str, ...]
    changed: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    added_failing: tuple[str, ...]
    only_after: tuple[str, ...] = ()
    only_before: tuple[str, ...] = ()
    compared: int = 0

    @property
    def is_regression(self) -> bool:
        """Whether a result got worse, failed in another way, is new and failed, or is missing."""
        return bool(self.worse or self.changed or self.removed or self.added_failing)


def compare(before: Report, after: Report) -> Difference:
    """Compare two runs."""
    old = {result.id: result for result in before.results}
    new = {result.id: result for result in after.results}
    both = [name for name in new if name in old]
    added = tuple(name for name in new if name not in old and _is_about(before, new[name], after))
    removed = tuple(name for name in old if name not in new and _is_about(after, old[name], before))
    return Difference(
        worse=tuple(name for name in both if _bad(new[name]) and not _bad(old[name])),
        fixed=tuple(name for name in both if not _passed(old[name]) and _passed(new[name])),
        changed=tuple(name for name in both if _changed(old[name], new[name])),
        added=added,
        removed=removed,
        added_failing=tuple(name for name in added if _bad(new[name])),
        only_after=tuple(name for name in new if name not in old and name not in added),
        only_before=tuple(name for name in old if name not in new and name not in removed),
        compared=len(both),
    )


def lines(before: Report, after: Report) -> Iterator[str]:
    """Yield the comparison as lines of text."""
    yield from (printable(line) for line in _lines(before, after))


def _lines(before: Report, after: Report) -> Iterator[str]:
    for sign, report in (("-", before), ("+", after)):
        yield f"{sign} {subject_line(report)}: {headline(report)}"
        yield f"  {environment_line(report)}, contract {report.header.contract}"
        path = report.header.subject.path
        if path is not None:
            yield f"  imported from {path}"
    found = compare(before, after)
    yield f"compared: {found.compared} results that both runs have"
    new = {result.id: result for result in after.results}
    groups = (
        ("newly failing", found.worse),
        ("changed", found.changed),
        ("fixed", found.fixed),
        ("added", found.added),
        ("removed", found.removed),
    )
    yield from cause_lines(before, after)
    for title, names in groups:
        yield f"{title}: {len(names)}"
        for name in names:
            note = f"  [{new[name].outcome.words}]" if title == "added" else ""
            yield f"  {name}{note}"
            if title in {"newly failing", "changed"}:
                yield from (f"      {line}" for line in new[name].message.splitlines()[:3])
    for title, names in (
        ("only in the first run, not selected in the second", found.only_before),
        ("only in the second run, not selected in the first", found.only_after),
    ):
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            yield f"{title}: {len(names)}"
            yield f"  {', '.join(names[:SHOWN])}{more}"


def _is_about(report: Report, result: Result, other: Report) -> bool:
    """Return whether a run was about a result of another run, whether it has it or not."""
    selected, profiles = report.header.configuration, report.header.profiles
    check = other.catalog.checks[result.check]
    return (
        (not selected.chapters or result.chapter in selected.chapters)
        and (not selected.wrappers or result.wrapper in selected.wrappers)
        and is_in_profile(profiles, check.profile, check.clauses)
        and (
            not selected.checks
            or any(
                name in check.clauses or fnmatchcase(result.check, name) for name in selected.checks
            )
        )
    )


def _bad(result: Result) -> bool:
    return result.went_wrong or result.is_inconclusive


def _passed(result: Result) -> bool:
    return result.outcome is Outcome.PASSED


def _changed(old: Result, new: Result) -> bool:
    if old.went_wrong and new.outcome is old.outcome:
        return fingerprint(old.message) != fingerprint(new.message)
    if _passed(new) or (_bad(new) and not _bad(old)):
        return False  # it is listed as fixed or worse
    return old.outcome is not new.outcome

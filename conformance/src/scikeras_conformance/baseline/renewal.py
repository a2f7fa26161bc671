"""Decides which entries a renewed baseline has: those of the run, with what people wrote."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from scikeras_conformance.baseline.conditions import conditions_of, is_met
from scikeras_conformance.baseline.entries import Baseline, Entry
from scikeras_conformance.baseline.fingerprint import fingerprint, normalize
from scikeras_conformance.catalog.results import Result

__all__ = ["Renewal", "renew"]

MAX_MESSAGE = 200
PASSES = "It passes under these conditions."


@dataclass(frozen=True, slots=True)
class Renewal:
    """What becomes of a baseline.

    Parameters
    ----------
    before : Baseline
        The baseline as it was.
    kept : tuple of Entry or None
        For each of its entries, in the same order, what becomes of it; None if it goes.
    added : tuple of Entry
        The entries that are new.
    """

    before: Baseline
    kept: tuple[Entry | None, ...]
    added: tuple[Entry, ...]

    @property
    def after(self) -> Baseline:
        """The baseline as it is to be."""
        kept = (entry for entry in self.kept if entry is not None)
        return replace(self.before, entries=(*kept, *self.added))


def renew(
    baseline: Baseline,
    results: Iterable[Result],
    environment: Mapping[str, Any],
    *,
    known: Iterable[str],
    reason: str,
    issue: str = "",
    when: Iterable[str] = (),
    causes: Iterable[Sequence[str]] = (),
) -> Renewal:
    """Return the baseline that a complete run would meet.

    Entries that the run was not about stay, and so do those that have expired: only a person can
    accept a failure for longer. A flaky one stays until it has passed all its tries, which it has
    only in a run with the baseline. A result is removed if the suite no longer has it.

    Parameters
    ----------
    baseline : Baseline
        The one before; it may be empty.
    results : iterable of Result
        Those of the run.
    environment : mapping
        That of the run.
    known : iterable of str
        The ids of everything that a run could plan.
    reason, issue : str
        For entries that are new.
    when : iterable of str
        Conditions that new entries get, see `conditions_of`. With any, entries without these
        conditions are left alone, since they also hold in other environments; for results that do
        not fail under the conditions there is a new entry that says so.
    causes : iterable of sequence of str
        The ids of results that have one cause, and so one new entry. All others have their own.
    """
    conditions = conditions_of(when, environment)
    by_id = {result.id: result for result in results}
    run = _Run(baseline, environment, by_id, {*known, *by_id}, conditions)
    kept = tuple(run.renewed(entry) for entry in baseline.entries)
    adopted = set(run.adopted)
    new = [
        result.id
        for result in by_id.values()
        if result.went_wrong and result.id not in adopted and not run.accepts(result)
    ]
    added = tuple(
        _entry([by_id[name] for name in group], reason, issue, conditions)
        for group in _groups(new, causes)
    )
    if run.passing:
        names = tuple(run.passing)
        added += (
            Entry(
                id=names if len(names) > 1 else names[0],
                fingerprint="",
                message="",
                reason=PASSES,
                when=dict(conditions),
                passes=True,
            ),
        )
    return Renewal(baseline, kept, added)


class _Run:
    """What a run says of the entries of a baseline."""

    def __init__(
        self,
        baseline: Baseline,
        environment: Mapping[str, Any],
        results: Mapping[str, Result],
        names: set[str],
        conditions: Mapping[str, str],
    ) -> None:
        failing = tuple(entry for entry in baseline.entries if not entry.passes)
        self.active = baseline.active(environment)
        self.failing = replace(baseline, entries=failing).active(environment)
        self.environment = environment
        self.results = results
        self.names = names
        self.conditions = conditions
        self.adopted: list[str] = []
        self.passing: list[str] = []

    def accepts(self, result: Result) -> bool:
        """Return whether the baseline accepts a failure, or is renewed so that it does."""
        entry = self.failing.get(result.id)
        if entry is None:
            return False
        is_renewed = entry is self.active.get(result.id) and self._is_of_here(entry)
        return is_renewed or entry.pinned[result.id] == fingerprint(result.message)

    def renewed(self, entry: Entry) -> Entry | None:
        """Return what becomes of an entry; None if nothing is left of it."""
        if entry.passes:
            return self._still_passing(entry)
        pinned = {}
        changed: list[Result] = []
        for name, kind in entry.pinned.items():
            result = self.results.get(name)
            if name not in self.names:
                continue
            if result is None or not self._decides(entry, result):
                pinned[name] = kind
            elif result.went_wrong:
                pinned[name] = fingerprint(result.message)
                changed += [result] if pinned[name] != kind else []
        if not entry.pinned and is_met(entry.when, self.environment):
            fitting = self._fitting(entry)
            pinned.update({result.id: fingerprint(result.message) for result in fitting})
            changed += fitting
            self.adopted += pinned
        if not pinned:
            return None if entry.pinned else entry
        if pinned == dict(entry.pinned):
            return entry
        # The message of an entry is that of one of its results.
        gone = not set(entry.pinned.values()) & set(pinned.values())
        message = _short(changed[0].message) if changed and gone else entry.message
        if entry.has_patterns:
            return replace(entry, results=pinned, message=message)
        return replace(entry, fingerprint=next(iter(pinned.values())), message=message)

    def _still_passing(self, entry: Entry) -> Entry | None:
        """Return what is left of an entry for results that pass."""
        ids = []
        for name in entry.ids:
            result = self.results.get(name)
            fails = result is not None and result.went_wrong and self._decides(entry, result)
            if name in self.names and not fails:
                ids.append(name)
        if tuple(ids) == entry.ids:
            return entry
        return replace(entry, id=ids[0] if len(ids) == 1 else tuple(ids)) if ids else None

    def _decides(self, entry: Entry, result: Result) -> bool:
        """Return whether a result decides what becomes of its entry."""
        if self.active.get(result.id) is not entry or result.is_inconclusive:
            return False
        if not self._is_of_here(entry):
            if not (result.went_wrong or entry.flaky):
                self.passing.append(result.id)
            return False
        # A flaky failure may have passed because it was tried less often than its entry asks for.
        return not (entry.flaky and not result.went_wrong and result.tries < entry.tries)

    def _is_of_here(self, entry: Entry) -> bool:
        return self.conditions.keys() <= entry.when.keys()

    def _fitting(self, entry: Entry) -> list[Result]:
        """Return the failures that fit an entry without results, and that no other accepts."""
        return [
            result
            for result in self.results.values()
            if result.went_wrong
            and entry.matches(result.id)
            and result.id not in self.active
            and result.id not in self.adopted
        ]


def _groups(names: Sequence[str], causes: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    """Yield the new failures, those of one cause together, in the order of the run."""
    cause_of = {name: number for number, cause in enumerate(causes) for name in cause}
    found: dict[object, list[str]] = {}
    for name in names:
        found.setdefault(cause_of.get(name, name), []).append(name)
    yield from found.values()


def _entry(
    results: Sequence[Result], reason: str, issue: str, conditions: Mapping[str, str]
) -> Entry:
    """Return a new entry for results that have one cause."""
    first = results[0]
    kinds = {result.id: fingerprint(result.message) for result in results}
    return Entry(
        id=first.id if len(results) == 1 else _patterns(results),
        fingerprint=kinds[first.id] if len(results) == 1 else "",
        message=_short(first.message),
        reason=reason,
        issue=issue,
        when=dict(conditions),
        results=kinds if len(results) > 1 else {},
    )


def _patterns(results: Iterable[Result]) -> str | tuple[str, ...]:
    """Return one id or pattern for each check."""
    by_check: dict[str, list[str]] = {}
    for result in results:
        by_check.setdefault(result.check, []).append(result.id)
    patterns = tuple(
        names[0] if len(names) == 1 else f"{check}:*" for check, names in by_check.items()
    )
    return patterns[0] if len(patterns) == 1 else patterns


def _short(message: str) -> str:
    text = normalize(message)
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + " ..."

"""Decides which entries a renewed baseline has: those of the run, with what people wrote."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from scikeras_conformance.baseline.conditions import check_conditions, facts_of
from scikeras_conformance.baseline.entries import Baseline, Entry
from scikeras_conformance.baseline.fingerprint import fingerprint, normalize
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.exceptions import BaselineError

__all__ = ["renew"]

MAX_MESSAGE = 200


def renew(
    baseline: Baseline,
    results: Iterable[Result],
    environment: Mapping[str, Any],
    *,
    known: Iterable[str],
    reason: str,
    issue: str = "",
    when: Iterable[str] = (),
) -> Baseline:
    """Return the baseline that a complete run would meet.

    Entries that the run was not about stay, and so do those that have expired: only a person can
    accept a failure for longer. A flaky one stays until it has passed all its tries, which it has
    only in a run with the baseline. An entry is removed if the suite no longer has its result.

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
        Conditions that new entries get, with the values of this environment.
    """
    active = baseline.active(environment)
    by_id = {result.id: result for result in results}
    names = set(known) | set(by_id)
    entries: list[Entry] = []
    for entry in baseline.entries:
        if entry.id not in names:
            continue
        result = by_id.get(entry.id)
        other = result is None or active.get(entry.id) is not entry or result.is_inconclusive
        if result is None or other or _may_fail_yet(entry, result):
            entries.append(entry)
        elif result.went_wrong:
            kind = fingerprint(result.message)
            changed = kind != entry.fingerprint
            message = _short(result.message) if changed else entry.message
            entries.append(replace(entry, fingerprint=kind, message=message))
    conditions = _conditions(when, environment)
    entries += [
        Entry(
            id=result.id,
            fingerprint=fingerprint(result.message),
            message=_short(result.message),
            reason=reason,
            issue=issue,
            when=conditions,
        )
        for result in by_id.values()
        if result.went_wrong and result.id not in active
    ]
    return replace(baseline, entries=tuple(entries))


def _may_fail_yet(entry: Entry, result: Result) -> bool:
    """Whether a flaky failure was tried less often than its entry asks for, and so passed."""
    return entry.flaky and result.outcome is Outcome.PASSED and result.tries < entry.tries


def _short(message: str) -> str:
    text = normalize(message)
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE] + " ..."


def _conditions(names: Iterable[str], environment: Mapping[str, Any]) -> dict[str, str]:
    facts = facts_of(environment)
    values: dict[str, str] = {}
    for name in names:
        if name not in facts:
            check_conditions({name: ">=0"} if name != "backend" else {}, "--when")
            raise BaselineError(f"--when {name}: the report of the run does not have it.")
        value = facts[name]
        versioned = value[:1].isdigit()
        values[name] = f"=={value}" if versioned else value.partition(":")[0]
    return check_conditions(values, "--when")

"""The terminal view of a run: failures with their cost, a table by chapter, the verdict."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import Level, load_contract
from scikeras_conformance.report.record import RunRecord

__all__ = ["Line", "render"]

SLOWEST = 10
OUTCOMES = [outcome for outcome in Outcome if outcome is not Outcome.PASSED]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with the markup of pytest's terminal writer."""

    text: str
    markup: dict[str, bool] = field(default_factory=dict)


def render(record: RunRecord, catalog: Sequence[Check]) -> Iterator[Line]:
    """Give the lines of the summary.

    Parameters
    ----------
    record : RunRecord
        The run.
    catalog : sequence of Check
        All checks, for what they show and what their bugs cost.
    """
    if record.refusal is not None:
        yield Line(record.refusal, {"red": True})
    if record.refusal is not None and not record.results:
        yield Line(f"verdict: {record.verdict.upper()}", {"red": True, "bold": True})
        return
    yield from _header(record)
    checks = {check.id: check for check in catalog}
    apart = (Outcome.PASSED, Outcome.UNAVAILABLE)
    notable = [result for result in record.results if result.outcome not in apart]
    for check_id, results in groupby(notable, key=lambda result: result.check):
        yield from _notable(checks[check_id], list(results), _how(record))
    yield from _unavailable(record.results)
    yield from _table(record.results)
    yield from _slowest(record.results)
    yield from _gaps(record)
    yield from _gate(record)
    yield _verdict(record)


def _header(record: RunRecord) -> Iterator[Line]:
    subject, environment = record.subject, record.environment
    release = f"{subject.get('distribution')} {subject.get('version')}"
    yield Line(
        f"subject   {subject['spec']} ({release if subject.get('version') else 'no release'})"
    )
    if environment:
        packages = environment["packages"]
        yield Line(
            f"with      Python {environment['python']}, Keras {packages['keras']} on "
            f"{environment['backend']} {environment['backend_version']} "
            f"({_device(environment)}), scikit-learn {packages['scikit-learn']}, "
            f"NumPy {packages['numpy']}"
        )
    profiles = ", ".join(record.profiles) or "all profiles"
    if record.configuration.get("file"):
        yield Line(f"settings  {record.configuration['file']}")
    yield Line(f"contract  {record.contract} ({profiles}), suite {environment.get('suite', '?')}")


def _device(environment: Mapping[str, Any]) -> str:
    asked = environment.get("device_asked_for")
    return f"{environment['device']}, as asked for" if asked else str(environment["device"])


def _notable(check: Check, results: Sequence[Result], how: str) -> Iterator[Line]:
    for outcome in OUTCOMES:
        group = [result for result in results if result.outcome is outcome]
        if not group:
            continue
        binding = outcome is not Outcome.NOT_APPLICABLE and check.level is Level.MUST
        colour = {"red": True, "bold": True} if binding else {"yellow": True}
        yield Line("")
        yield Line(f"{outcome.words.upper()} {check.level} {check.id}", colour)
        yield Line(f"  shows: {check.verifies}")
        if outcome is Outcome.FAILED:
            yield Line(f"  costs: {check.impact}")
        for message, same in groupby(group, key=lambda result: result.message):
            where = ", ".join(_where(result) for result in same)
            first, *rest = message.splitlines() or [""]
            yield Line(f"  - {where}: {first}")
            yield from (Line(f"      {line}") for line in rest)
        if outcome is Outcome.FAILED:
            yield Line(f"  script: scikeras-conformance script {how} {group[0].id!r}")


def _how(record: RunRecord) -> str:
    """Give what the command ``script`` has to be told of the subject."""
    estimators = record.configuration.get("estimators") or []
    return " ".join([record.subject["spec"], *(f"--estimators {place}" for place in estimators)])


def _unavailable(results: Iterable[Result]) -> Iterator[Line]:
    """Name what could not be judged, by what is missing for it; it is neither passed nor failed."""
    lacking: dict[str, dict[str, None]] = {}
    for result in results:
        if result.outcome is Outcome.UNAVAILABLE:
            lacking.setdefault(result.message, {})[result.check] = None
    if lacking:
        yield Line("")
        yield Line("CANNOT BE JUDGED HERE", {"red": True, "bold": True})
        for message, checks in lacking.items():
            yield Line(
                f"  - {', '.join(checks)}: {message.removeprefix('Cannot be judged here: ')}"
            )


def _where(result: Result) -> str:
    return f"{result.wrapper} ({result.case})" if result.case else result.wrapper


def _table(results: Iterable[Result]) -> Iterator[Line]:
    results = list(results)
    yield Line("")
    yield Line(
        f"{'chapter':<44} {'passed':>7} {'failed':>7} {'errored':>8} "
        f"{'not applicable':>15} {'not here':>9}"
    )
    for chapter in load_contract().chapters:
        mine = [result for result in results if result.chapter == chapter.id]
        if not mine:
            continue
        counts = Counts.of(len(mine), mine)
        marred = counts.passed + counts.not_applicable < counts.planned
        yield Line(
            f"{chapter.id + '  ' + chapter.title:<44} {counts.passed:>7} {counts.failed:>7} "
            f"{counts.errored:>8} {counts.not_applicable:>15} "
            f"{counts.unavailable:>9}",
            {"yellow": True} if marred else {"green": True},
        )


def _slowest(results: Sequence[Result]) -> Iterator[Line]:
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    if slowest:
        names = ", ".join(f"{result.id} {result.seconds:.1f} s" for result in slowest)
        yield Line("")
        yield Line(f"slowest: {names}", {"light": True})


def _gaps(record: RunRecord) -> Iterator[Line]:
    if record.missing:
        yield Line("")
        names = ", ".join(record.missing[:5]) + (", ..." if len(record.missing) > 5 else "")
        yield Line(f"No result for {len(record.missing)} planned checks: {names}", {"red": True})
    if record.unchecked:
        counts: dict[str, int] = {}
        for clause in record.unchecked:
            chapter = clause.partition("-")[0]
            counts[chapter] = counts.get(chapter, 0) + 1
        chapters = ", ".join(f"{chapter} ({count})" for chapter, count in counts.items())
        yield Line("")
        yield Line(f"Clauses that this version of the suite has no check for: {chapters}")


def _gate(record: RunRecord) -> Iterator[Line]:
    gate = record.gate
    if gate is None or not record.is_conclusive:
        return
    yield Line("")
    for one in gate.findings:
        yield Line(f"{one.concern.upper()} {one.id}", {"red": True, "bold": True})
        yield from (Line(f"  {line}") for line in one.message.splitlines()[:5])
    dormant = f", {len(gate.dormant)} for other conditions" if gate.dormant else ""
    text = f"({len(gate.known)} known failures{dormant}) {gate.baseline}"
    met = "baseline: MET" if gate.met else f"baseline: NOT MET, {len(gate.findings)} findings"
    yield Line(f"{met}  {text}", {"green" if gate.met else "red": True, "bold": True})


def _verdict(record: RunRecord) -> Line:
    counts = record.counts
    broken = sum(result.breaks_must for result in record.results)
    advisory = counts.failed - broken
    extent = f"{counts.planned} checks"
    where = ""
    if record.partial:
        extent = f"{counts.planned} of {record.catalog_size} checks"
        where = " IN WHAT WAS SELECTED"
    text = (
        f"verdict: {record.verdict.upper()}{where}  "
        f"({extent}: {counts.passed} passed, {broken} MUST and "
        f"{advisory} SHOULD failed, {counts.errored} errored, "
        f"{counts.not_applicable} not applicable, {counts.unavailable} cannot be judged here)"
    )
    good = record.verdict.exit_code == 0
    return Line(text, {"green" if good else "red": True, "bold": True})

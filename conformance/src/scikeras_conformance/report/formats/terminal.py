"""The terminal summary of a run: failures with their impact, a table by chapter, the verdict."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import Level, load_contract
from scikeras_conformance.report.structure import CheckEntry, Environment, Report, ReportedResult
from scikeras_conformance.report.wording import offered_clauses, subject_line

__all__ = ["Line", "render"]

SLOWEST = 10
OUTCOMES = [outcome for outcome in Outcome if outcome is not Outcome.PASSED]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with the markup of pytest's terminal writer."""

    text: str
    markup: dict[str, bool] = field(default_factory=dict)


def render(report: Report) -> Iterator[Line]:
    """Yield the lines of the summary."""
    footer = report.footer
    if footer.refusal is not None:
        yield Line(footer.refusal, {"red": True})
    if footer.refusal is not None and not report.results:
        yield Line(f"verdict: {footer.verdict.upper()}", {"red": True, "bold": True})
        return
    yield from _header(report)
    apart = (Outcome.PASSED, Outcome.UNAVAILABLE)
    notable = [result for result in report.results if result.outcome not in apart]
    for check, results in groupby(notable, key=lambda result: result.check):
        yield from _notable(check, report.catalog.checks[check], list(results))
    yield from _unavailable(report.results)
    yield from _table(report.results)
    yield from _slowest(report.results)
    yield from _gaps(report)
    yield from _gate(report)
    yield _verdict(report)


def _header(report: Report) -> Iterator[Line]:
    header, environment = report.header, report.header.environment
    yield Line(f"subject   {subject_line(report)}")
    if header.subject.path is not None:
        yield Line(f"          imported from {header.subject.path}")
    if environment is not None:
        packages = environment.packages
        yield Line(
            f"with      Python {environment.python}, Keras {packages.get('keras')} on "
            f"{environment.backend} {environment.backend_version} ({_device(environment)}), "
            f"scikit-learn {packages.get('scikit-learn')}, NumPy {packages.get('numpy')}"
        )
    if header.configuration.file:
        yield Line(f"settings  {header.configuration.file}")
    profiles = ", ".join(header.profiles) if header.profiles != ("all",) else "all profiles"
    suite = environment.suite if environment is not None else "?"
    yield Line(f"contract  {header.contract} ({profiles}), suite {suite}")


def _device(environment: Environment) -> str:
    requested = environment.requested_device
    return f"{environment.device}, as requested" if requested else str(environment.device)


def _notable(name: str, check: CheckEntry, results: Sequence[ReportedResult]) -> Iterator[Line]:
    for outcome in OUTCOMES:
        group = [result for result in results if result.outcome is outcome]
        if not group:
            continue
        neutral = (Outcome.NOT_APPLICABLE, Outcome.NOT_OFFERED)
        binding = outcome not in neutral and check.level is Level.MUST
        color = {"red": True, "bold": True} if binding else {"yellow": True}
        yield Line("")
        yield Line(f"{outcome.words.upper()} {check.level} {name}", color)
        yield Line(f"  verifies: {check.verifies}")
        if outcome is Outcome.FAILED:
            yield Line(f"  impact: {check.impact}")
        for message, same in groupby(group, key=lambda result: result.message):
            where = ", ".join(_where(result) for result in same)
            first, *rest = message.splitlines() or [""]
            yield Line(f"  - {where}: {first}")
            yield from (Line(f"      {line}") for line in rest)
        if group[0].reproduce:
            yield Line(f"  reproduce: {group[0].reproduce}")


def _unavailable(results: Iterable[Result]) -> Iterator[Line]:
    """Yield the checks that cannot be made here, grouped by what is missing for them."""
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


def _table(results: Sequence[Result]) -> Iterator[Line]:
    yield Line("")
    yield Line(
        f"{'chapter':<44} {'passed':>7} {'failed':>7} {'blocked':>8} {'errored':>8} "
        f"{'not applicable':>15} {'not offered':>12} {'not here':>9}"
    )
    for chapter in load_contract().chapters:
        mine = [result for result in results if result.chapter == chapter.id]
        if not mine:
            continue
        counts = Counts.of(len(mine), mine)
        good = counts.passed + counts.not_applicable + counts.not_offered == counts.planned
        yield Line(
            f"{chapter.id + '  ' + chapter.title:<44} {counts.passed:>7} {counts.failed:>7} "
            f"{counts.blocked:>8} {counts.errored:>8} {counts.not_applicable:>15} "
            f"{counts.not_offered:>12} {counts.unavailable:>9}",
            {"green" if good else "yellow": True},
        )


def _slowest(results: Sequence[Result]) -> Iterator[Line]:
    slowest = sorted(results, key=lambda result: -result.seconds)[:SLOWEST]
    if slowest:
        names = ", ".join(f"{result.id} {result.seconds:.1f} s" for result in slowest)
        yield Line("")
        yield Line(f"slowest: {names}", {"light": True})


def _gaps(report: Report) -> Iterator[Line]:
    missing, unchecked = report.footer.missing, report.footer.clauses_without_check
    if missing:
        yield Line("")
        names = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        yield Line(f"No result for {len(missing)} planned checks: {names}", {"red": True})
    if unchecked:
        counts: dict[str, int] = {}
        for clause in unchecked:
            chapter = clause.partition("-")[0]
            counts[chapter] = counts.get(chapter, 0) + 1
        chapters = ", ".join(f"{chapter} ({count})" for chapter, count in counts.items())
        yield Line("")
        yield Line(f"Clauses that this version of the suite has no check for: {chapters}")


def _gate(report: Report) -> Iterator[Line]:
    gate = report.gate
    if gate is None:
        return
    yield Line("")
    for one in gate.findings:
        yield Line(f"{one.concern.upper()} {one.id}", {"red": True, "bold": True})
        yield from (Line(f"  {line}") for line in one.message.splitlines()[:5])
    dormant = f", {len(gate.dormant)} for other conditions" if gate.dormant else ""
    text = f"({len(gate.known)} known failures{dormant}) {gate.baseline}"
    met = "baseline: MET" if gate.met else f"baseline: NOT MET, {len(gate.findings)} findings"
    yield Line(f"{met}  {text}", {"green" if gate.met else "red": True, "bold": True})


def _verdict(report: Report) -> Line:
    header, counts, verdict = report.header, report.footer.counts, report.footer.verdict
    broken = sum(result.breaks_must for result in report.results)
    extent = f"{counts.planned} checks"
    where = ""
    if counts.not_offered:
        offered, known = offered_clauses(report)
        where = f" IN WHAT IT OFFERS ({offered} OF {known} CLAUSES)"
    if header.partial:
        extent = f"{counts.planned} of {header.catalog_size} checks"
        where += " IN WHAT WAS SELECTED"
    text = (
        f"verdict: {verdict.upper()}{where}  ({extent}: {counts.passed} passed, {broken} MUST and "
        f"{counts.failed - broken} SHOULD failed, {counts.blocked} blocked, "
        f"{counts.errored} errored, {counts.not_applicable} not applicable, "
        f"{counts.not_offered} not offered, {counts.unavailable} cannot be judged here)"
    )
    return Line(text, {"green" if verdict.exit_code == 0 else "red": True, "bold": True})

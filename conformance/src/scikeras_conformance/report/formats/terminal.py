"""The terminal summary of a run: causes, a table by chapter, the verdict."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.formats.terminal_causes import causes
from scikeras_conformance.report.formats.terminal_lines import WIDTH, Line, wrapped
from scikeras_conformance.report.structure import Environment, Report, ReportedResult
from scikeras_conformance.report.wording import offered_clauses, subject_line

__all__ = ["Line", "render"]

SLOWEST = 3
MAX_OTHERS = 10
MAX_NAMES = 3
MAX_FINDINGS = 20

COLUMNS = (
    (Outcome.PASSED, " passed"),
    (Outcome.FAILED, " failed"),
    (Outcome.BLOCKED, "blocked"),
    (Outcome.ERRORED, "errored"),
    (Outcome.NOT_APPLICABLE, "n/a"),
    (Outcome.NOT_OFFERED, "not offered"),
    (Outcome.UNAVAILABLE, "not here"),
)
ALWAYS = (Outcome.PASSED, Outcome.FAILED)


def render(report: Report) -> Iterator[Line]:
    """Yield the lines of the summary, none of them wider than 80 columns."""
    yield from wrapped(_lines(report))


def _lines(report: Report) -> Iterator[Line]:
    footer = report.footer
    if footer.refusal is not None:
        yield Line(footer.refusal, {"red": True})
    if footer.refusal is not None and not report.results:
        yield Line(f"verdict: {footer.verdict.upper()}", {"red": True, "bold": True})
        return
    yield from _header(report)
    yield from causes(report)
    yield from _others(report)
    yield from _unavailable(report.results)
    yield from _changed(report.results)
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


def _others(report: Report) -> Iterator[Line]:
    """Yield what the suite failed in, and what does not apply, by check and message."""
    for outcome in (Outcome.ERRORED, Outcome.NOT_APPLICABLE, Outcome.NOT_OFFERED):
        found: dict[str, list[ReportedResult]] = {}
        for result in report.results:
            if result.outcome is outcome:
                found.setdefault(result.message, []).append(result)
        if not found:
            continue
        color = {"red": True, "bold": True} if outcome is Outcome.ERRORED else {"yellow": True}
        yield Line("")
        yield Line(outcome.words.upper(), color)
        for message, results in islice(found.items(), MAX_OTHERS):
            names = _names(results)
            first, *rest = message.splitlines() or [""]
            yield Line(f"  - {names}: {first}", hang=6)
            yield from (Line(f"      {line}", hang=8) for line in rest)
        if len(found) > MAX_OTHERS:
            yield Line(f"  - {len(found) - MAX_OTHERS} more reasons")


def _names(results: Sequence[ReportedResult]) -> str:
    """Return the ids of a few results, or the names and numbers of their checks."""
    if len(results) <= MAX_NAMES:
        return ", ".join(result.id for result in results)
    counts = Counter(result.check for result in results)
    names = [f"{name} ({count})" for name, count in counts.items()]
    return ", ".join(names[:MAX_NAMES]) + (", ..." if len(names) > MAX_NAMES else "")


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


def _changed(results: Iterable[Result]) -> Iterator[Line]:
    """Yield the settings that the subject changed during checks, which HYG-2 is about."""
    changes = Counter(change for result in results for change in result.changed)
    if not changes:
        return
    yield Line("")
    title = "SETTINGS OF KERAS THAT WERE CHANGED, AND RESTORED AFTER EACH CHECK (HYG-2)"
    yield Line(title, {"yellow": True})
    for change, count in changes.most_common(MAX_OTHERS):
        yield Line(f"  - {change}, in {count} check{'s' if count > 1 else ''}", hang=6)


def _table(results: Sequence[Result]) -> Iterator[Line]:
    counts = Counts.of(len(results), results)
    columns = [
        (outcome, heading)
        for outcome, heading in COLUMNS
        if outcome in ALWAYS or getattr(counts, str(outcome))
    ]
    room = min(44, WIDTH - sum(len(heading) + 2 for _, heading in columns))
    yield Line("")
    yield Line(f"{'chapter':<{room}}" + "".join(f"  {heading}" for _, heading in columns))
    for chapter in load_contract().chapters:
        mine = [result for result in results if result.chapter == chapter.id]
        if not mine:
            continue
        counts = Counts.of(len(mine), mine)
        good = counts.passed + counts.not_applicable + counts.not_offered == counts.planned
        name = textwrap.shorten(f"{chapter.id}: {chapter.title}", room, placeholder=" ...")
        cells = "".join(
            f"  {getattr(counts, str(outcome)):>{len(heading)}}" for outcome, heading in columns
        )
        yield Line(f"{name:<{room}}{cells}", {"green" if good else "yellow": True})


def _slowest(results: Sequence[Result]) -> Iterator[Line]:
    timed = [result for result in results if result.seconds]  # a stored report may be without
    slowest = sorted(timed, key=lambda result: -result.seconds)[:SLOWEST]
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
    for one in gate.findings[:MAX_FINDINGS]:
        yield Line(f"{one.concern.upper()} {one.id}", {"red": True, "bold": True})
        yield from (Line(f"  {line}") for line in one.message.splitlines()[:5])
    if len(gate.findings) > MAX_FINDINGS:
        left = len(gate.findings) - MAX_FINDINGS
        yield Line(f"{left} more findings: a report has them all (--report FILE, --to html=FILE).")
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

"""Phrases about a run that several formats share."""

from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.contract import Level
from scikeras_conformance.report.causes import Cause
from scikeras_conformance.report.structure import Report

__all__ = [
    "clauses_phrase",
    "counts_line",
    "ending",
    "environment_line",
    "headline",
    "is_good",
    "offered_clauses",
    "size_phrase",
    "subject_line",
]

MAX_CLAUSES = 8


def subject_line(report: Report) -> str:
    """Return the subject with its release."""
    subject = report.header.subject
    release = " ".join(filter(None, (subject.distribution, subject.version)))
    commit = f"commit {subject.commit}" if subject.commit else ""
    return f"{subject.spec} ({', '.join(filter(None, (release, commit))) or 'no release'})"


def environment_line(report: Report) -> str:
    """Return the environment; it is unknown where no process has run a check."""
    environment = report.header.environment
    if environment is None:
        return "unknown environment"
    packages = environment.packages
    parts = [
        ("Python", environment.python),
        ("Keras", packages.get("keras")),
        (environment.backend, environment.backend_version),
        ("scikit-learn", packages.get("scikit-learn")),
        ("NumPy", packages.get("numpy")),
        ("device", environment.device),
    ]
    return ", ".join(f"{name} {value}" for name, value in parts if value) or "unknown environment"


def ending(report: Report, problem: str = "") -> str:
    """Return the last line about a run: how it ended, and the exit code that says the same.

    Parameters
    ----------
    report : Report
        The run.
    problem : str, default=""
        What went wrong after the verdict; whatever that was, the run did not come to its end.
    """
    if problem:
        return f"incomplete: {problem.rstrip('.')} (exit code {int(ExitCode.INCOMPLETE)})"
    return f"{headline(report)} (exit code {int(report.footer.exit_code)})"


def headline(report: Report) -> str:
    """Return the verdict in a few words."""
    header, gate = report.header, report.gate
    words = str(report.footer.verdict)
    offered, known = offered_clauses(report)
    if report.is_complete and offered < known:
        words += f" in what it offers ({offered} of {known} clauses)"
    if report.is_complete and header.partial:
        words += f" in the {header.planned} of {header.catalog_size} checks selected"
    if gate is not None:
        words += (
            f"; baseline met ({len(gate.known)} known)"
            if gate.met
            else f"; baseline not met ({len(gate.findings)} findings)"
        )
    return words


def offered_clauses(report: Report) -> tuple[int, int]:
    """Return how many clauses of the run the subject offers, and how many there are."""
    clauses = {name for result in report.results for name in result.clauses[:1]}
    offered = {
        name
        for result in report.results
        if result.outcome is not Outcome.NOT_OFFERED
        for name in result.clauses[:1]
    }
    return len(offered), len(clauses)


def counts_line(report: Report) -> str:
    """Return the counts."""
    must = sum(result.level == Level.MUST for result in report.failures)
    counts = report.footer.counts
    words = [f"{counts.planned} planned", f"{counts.passed} passed"]
    words.append(f"{counts.failed} failed ({must} MUST)")
    words += [
        f"{getattr(counts, str(outcome))} {outcome.words}"
        for outcome in Outcome
        if outcome not in {Outcome.PASSED, Outcome.FAILED}
    ]
    if report.footer.missing:
        words.append(f"{len(report.footer.missing)} without result")
    return ", ".join(words)


def is_good(report: Report) -> bool:
    """Whether a run may be shown in green: all of it, conformant, with a baseline that is met.

    What is blocked or not offered is not a part of "all of it", whatever its level.
    """
    gate, counts = report.footer.gate, report.footer.counts
    met = gate is None or gate.met
    whole = not (report.header.partial or counts.blocked or counts.not_offered)
    return report.footer.verdict is Verdict.CONFORMANT and met and whole


def size_phrase(cause: Cause) -> str:
    """Return how many results have a cause in common."""
    if cause.size == 1:
        return f"cause of 1 {'failed' if cause.failed else 'blocked'} result"
    if not (cause.failed and cause.blocked):
        kind = "failed" if cause.failed else "blocked"
        return f"cause of {cause.size} {kind} results"
    return f"cause of {cause.size} results: {cause.failed} failed, {cause.blocked} blocked"


def clauses_phrase(report: Report, cause: Cause) -> str:
    """Return the clauses that a cause breaks, and those that it keeps from being checked."""
    names = set(cause.results)
    broken = {
        result.clauses[0]
        for result in report.results
        if result.id in names and result.outcome is Outcome.FAILED
    }
    parts = []
    for verb, found in (
        ("breaks", [name for name in cause.clauses if name in broken]),
        ("blocks", [name for name in cause.clauses if name not in broken]),
    ):
        if found:
            more = len(found) - MAX_CLAUSES
            words = [_with_level(report, name) for name in found[:MAX_CLAUSES]]
            words += [f"{more} more"] if more > 0 else []
            parts.append(f"{verb} {', '.join(words)}")
    return "; ".join(parts)


def _with_level(report: Report, clause: str) -> str:
    entry = report.catalog.clauses.get(clause)
    return f"{clause} ({entry.level})" if entry else clause

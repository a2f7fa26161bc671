"""Words about a run that several formats share."""

from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.contract import Level
from scikeras_conformance.report.record import RunRecord

__all__ = ["counts_line", "environment_line", "headline", "is_good", "subject_line"]


def subject_line(record: RunRecord) -> str:
    """Say who was judged."""
    subject = record.subject
    version = subject.get("version")
    release = f"{subject.get('distribution')} {version}" if version else "no release"
    return f"{subject['spec']} ({release})"


def environment_line(record: RunRecord) -> str:
    """Say where; without a process that ran a check nothing is known."""
    environment = record.environment
    packages = environment.get("packages", {})
    parts = [
        ("Python", environment.get("python")),
        ("Keras", packages.get("keras")),
        (str(environment.get("backend", "")), environment.get("backend_version")),
        ("scikit-learn", packages.get("scikit-learn")),
        ("NumPy", packages.get("numpy")),
        ("device", environment.get("device")),
    ]
    return ", ".join(f"{name} {value}" for name, value in parts if value) or "unknown environment"


def headline(record: RunRecord) -> str:
    """Give the verdict in a few words."""
    words = str(record.verdict)
    if record.is_conclusive and record.partial:
        words += f" in the {record.counts.planned} of {record.catalog_size} checks selected"
    if record.gate is not None and record.is_conclusive:
        known = len(record.gate.known)
        words += (
            f"; baseline met ({known} known)"
            if record.gate.met
            else f"; baseline not met ({len(record.gate.findings)} findings)"
        )
    return words


def counts_line(record: RunRecord) -> str:
    """Give the counts."""
    must = sum(result.level == Level.MUST for result in record.failures)
    counts = record.counts
    words = [f"{counts.planned} planned", f"{counts.passed} passed"]
    words.append(f"{counts.failed} failed ({must} MUST)")
    words += [
        f"{getattr(counts, str(outcome))} {outcome.words}"
        for outcome in Outcome
        if outcome not in {Outcome.PASSED, Outcome.FAILED}
    ]
    if record.missing:
        words.append(f"{len(record.missing)} without result")
    return ", ".join(words)


def is_good(record: RunRecord) -> bool:
    """Whether a run may be shown in green: all of it, conformant, and no stale excuse."""
    met = record.gate is None or record.gate.met
    return record.verdict is Verdict.CONFORMANT and met and not record.partial

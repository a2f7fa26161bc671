"""What results mean for their subject: a judgement of each, and the verdict of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import Level

__all__ = ["Judgement", "Policy", "Verdict", "decide"]


class Verdict(StrEnum):
    """What a run says of its subject."""

    CONFORMANT = "conformant"
    NOT_CONFORMANT = "not conformant"
    BLOCKED = "blocked"
    INCOMPLETE = "incomplete"
    USAGE = "usage error"
    NO_SUBJECT = "no subject"
    CANNOT_FIT = "cannot be fitted"
    NOTHING_RUN = "nothing run"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that goes with the verdict."""
        return ExitCode[self.name]

    @property
    def is_complete(self) -> bool:
        """Whether the run did what it had planned, so that its results can be compared."""
        return self in {Verdict.CONFORMANT, Verdict.NOT_CONFORMANT, Verdict.BLOCKED}


class Judgement(Enum):
    """What one result means for its subject."""

    KEPT = auto()
    """The promise is kept."""

    BROKEN = auto()
    """A promise that counts is broken."""

    BLOCKED = auto()
    """A promise that counts could not be checked: the subject failed before."""

    ADVISORY = auto()
    """A promise that does not count in this run is broken, or could not be checked."""

    NOTHING_TO_CHECK = auto()
    """The check does not apply, or is about what is not offered, which counts neither way."""

    UNKNOWN = auto()
    """The suite failed, or the check cannot be run here."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which promises count.

    Parameters
    ----------
    strict : bool, default=False
        Whether SHOULD counts like MUST.
    """

    strict: bool = False

    def counts(self, level: str) -> bool:
        """Return whether promises of a level count."""
        return level == Level.MUST or (self.strict and level == Level.SHOULD)

    def judge(self, result: Result) -> Judgement:
        """Return what a result means for its subject."""
        match result.outcome:
            case Outcome.PASSED:
                return Judgement.KEPT
            case Outcome.NOT_APPLICABLE | Outcome.NOT_OFFERED:
                return Judgement.NOTHING_TO_CHECK
            case Outcome.FAILED:
                return Judgement.BROKEN if self.counts(result.level) else Judgement.ADVISORY
            case Outcome.BLOCKED:
                return Judgement.BLOCKED if self.counts(result.level) else Judgement.ADVISORY
            case _:
                return Judgement.UNKNOWN


def decide(counts: Counts, results: Iterable[Result], *, strict: bool = False) -> Verdict:
    """Return the verdict of a run.

    A run with missing results, an error of the suite, or a check that cannot be run here says
    nothing about conformance, whatever else passed. A promise that was seen broken is broken,
    whatever could not be checked beside it. Without one, a blocked check that counts leaves the
    verdict open; so does a run in which every check was blocked, whether it counts or not.

    Parameters
    ----------
    counts : Counts
        The counts of the run.
    results : iterable of Result
        Its results.
    strict : bool, default=False
        Whether SHOULD checks count as well.
    """
    if counts.planned == counts.not_applicable + counts.not_offered:
        return Verdict.NOTHING_RUN
    policy = Policy(strict)
    found = {policy.judge(result) for result in results}
    if not counts.complete or Judgement.UNKNOWN in found:
        return Verdict.INCOMPLETE
    if Judgement.BROKEN in found:
        return Verdict.NOT_CONFORMANT
    nothing_seen = bool(counts.blocked) and not counts.passed + counts.failed
    if Judgement.BLOCKED in found or nothing_seen:
        return Verdict.BLOCKED
    return Verdict.CONFORMANT

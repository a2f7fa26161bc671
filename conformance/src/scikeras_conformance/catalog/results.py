"""The result of one check, the counts of a run, and the verdict with its exit code."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Annotated, Any

import msgspec

from scikeras_conformance.contract import Level

__all__ = ["Counts", "ExitCode", "Outcome", "Result", "Verdict", "decide"]


class Outcome(StrEnum):
    """What came of one check."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    NOT_APPLICABLE = "not_applicable"
    UNAVAILABLE = "unavailable"

    @property
    def words(self) -> str:
        """The outcome as a reader reads it."""
        return self.replace("_", " ")


class ExitCode(IntEnum):
    """How the command line, and a pytest run with a subject, end."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    USAGE = 2
    INCOMPLETE = 3
    NO_SUBJECT = 4
    NOTHING_RUN = 5
    BASELINE_NOT_MET = 6


class Verdict(StrEnum):
    """What a run says of its subject."""

    CONFORMANT = "conformant"
    NOT_CONFORMANT = "not conformant"
    INCOMPLETE = "incomplete"
    NO_SUBJECT = "no subject"
    NOTHING_RUN = "nothing run"

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that goes with the verdict."""
        return ExitCode[self.name]


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of one planned check.

    Parameters
    ----------
    id : str
        Id of the planned check.
    check, wrapper, case : str
        Its parts.
    clauses : tuple of str
        The clauses that the check is about.
    level : str
        How binding the check is.
    outcome : Outcome
        What came of it.
    message : str
        What was wrong, or why it does not apply or cannot be judged here; empty for a pass.
    details : str
        Traceback of a failure or an error; empty otherwise.
    seconds : float
        How long it took.
    example : str
        For a property, the smallest value found that breaks it, as Python source.
    tries : int
        How often it was run; more than once only where a baseline calls it flaky.
    """

    id: str
    check: str
    wrapper: str
    case: str
    clauses: tuple[str, ...]
    level: str
    outcome: Outcome
    message: str = ""
    details: Annotated[str, msgspec.Meta(description="A traceback.")] = ""
    seconds: Annotated[float, msgspec.Meta(ge=0, le=1e9)] = 0.0
    example: Annotated[
        str, msgspec.Meta(description="For a property, the smallest value that breaks it.")
    ] = ""
    tries: Annotated[int, msgspec.Meta(ge=1, description="How often it was run.")] = 1

    @property
    def chapter(self) -> str:
        """The chapter of the contract that the check belongs to."""
        return self.check.partition("-")[0]

    @property
    def breaks_must(self) -> bool:
        """Whether the result is a failure of a binding check."""
        return self.outcome is Outcome.FAILED and self.level == Level.MUST

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is known of the subject: the suite failed, or something was missing."""
        return self.outcome in {Outcome.ERRORED, Outcome.UNAVAILABLE}

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Result":
        """Return the result that `to_dict` made plain data of."""
        return msgspec.convert(data, cls)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many checks were planned, and what became of them."""

    planned: int
    passed: int
    failed: int
    errored: int
    not_applicable: int = 0
    unavailable: int = 0

    @classmethod
    def of(cls, planned: int, results: Iterable[Result]) -> "Counts":
        """Count results against the number of planned checks."""
        counts = Counter(result.outcome for result in results)
        return cls(planned, *(counts[outcome] for outcome in Outcome))

    @property
    def complete(self) -> bool:
        """Whether every planned check has exactly one result."""
        found = self.passed + self.failed + self.errored
        return self.planned == found + self.not_applicable + self.unavailable


def decide(counts: Counts, results: Iterable[Result], *, strict: bool = False) -> Verdict:
    """Return the verdict of a run.

    A run with missing results, an error of the suite or a check that cannot be made here says
    nothing about conformance, whatever else passed. A check that does not apply says nothing either
    way.

    Parameters
    ----------
    counts : Counts
        The count of the run.
    results : iterable of Result
        Its results.
    strict : bool, default=False
        Whether failures of SHOULD checks count as well.
    """
    if counts.planned == counts.not_applicable:
        return Verdict.NOTHING_RUN
    results = list(results)
    binding = (Level.MUST, Level.SHOULD) if strict else (Level.MUST,)
    if not counts.complete or counts.errored or counts.unavailable:
        return Verdict.INCOMPLETE
    if any(r.outcome is Outcome.FAILED and r.level in binding for r in results):
        return Verdict.NOT_CONFORMANT
    return Verdict.CONFORMANT

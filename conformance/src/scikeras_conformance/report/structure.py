"""The report as types: the one place that says which keys it has and what they hold.

These types are everything that is known at the end of a run; the formats show them. They are read
and written as they stand here, and the JSON schema is generated from them.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from scikeras_conformance.baseline import Gate, Known
from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.contract import Level
from scikeras_conformance.report.causes import Cause

__all__ = [
    "SCHEMA",
    "Catalog",
    "CheckEntry",
    "ClauseEntry",
    "Configuration",
    "Definition",
    "Environment",
    "Footer",
    "Header",
    "Report",
    "ReportedCounts",
    "ReportedResult",
    "ReportedSubject",
    "Sources",
]

SCHEMA: Final = "scikeras-conformance/report/2"

Count = Annotated[int, Meta(ge=0)]


class _Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the report: it never changes, and has no keys but those that are named."""


class Definition(_Part, frozen=True):
    """Where a class of the subject is defined."""

    file: str
    line: int


class Sources(_Part, frozen=True):
    """Where the source of the subject is."""

    roots: Annotated[
        tuple[str, ...], Meta(description="Folders and files that are the subject's own.")
    ] = ()
    definitions: Annotated[
        dict[str, Definition], Meta(description="The definition of each class, by wrapper.")
    ] = {}


class ReportedSubject(_Part, frozen=True):
    """The implementation that was checked."""

    spec: Annotated[str, Meta(description="As it was named on the command line.")]
    distribution: Annotated[
        str | None, Meta(description="The installed one that the imported file belongs to.")
    ] = None
    version: Annotated[
        str | None, Meta(description="Of the distribution, or of the imported package.")
    ] = None
    path: Annotated[str | None, Meta(description="The file or folder that was imported.")] = None
    commit: Annotated[
        str | None,
        Meta(description="Of that file, if git tracks it; with '+changes' if it was changed."),
    ] = None
    wrappers: Annotated[
        dict[str, str], Meta(description="The import path of each class, by wrapper.")
    ] = {}
    sources: Sources = Sources()
    not_offered: Annotated[
        tuple[str, ...], Meta(description="Capabilities that it is declared not to offer.")
    ] = ()
    builder_protocol: Annotated[str, Meta(description="How it calls builders.")] = "keywords"


class Environment(_Part, frozen=True):
    """The process that ran the checks."""

    suite: str | None = None
    python: str | None = None
    implementation: str | None = None
    platform: str | None = None
    machine: str | None = None
    backend: str | None = None
    backend_version: str | None = None
    device: Annotated[str | None, Meta(description="All devices that Keras lists.")] = None
    default_device: Annotated[
        str | None, Meta(description="The kind of device that holds the variables.")
    ] = None
    requested_device: str | None = None
    floatx: str | None = None
    packages: Annotated[dict[str, str | None], Meta(description="Versions by package.")] = {}


class Configuration(_Part, frozen=True):
    """Settings of the run that no other key has."""

    file: Annotated[str | None, Meta(description="The configuration file that was used.")] = None
    time_limit: Annotated[float | None, Meta(description="Seconds for each check.")] = None
    estimators: Annotated[
        tuple[str, ...], Meta(description="Estimator factories, as on the command line.")
    ] = ()
    chapters: Annotated[
        tuple[str, ...], Meta(description="The selected chapters; none for all of them.")
    ] = ()
    checks: Annotated[
        tuple[str, ...], Meta(description="The selected clauses and checks, or patterns of them.")
    ] = ()
    wrappers: Annotated[
        tuple[str, ...], Meta(description="The selected wrappers; none for all of them.")
    ] = ()


class Header(_Part, frozen=True):
    """What is known when the first result is there."""

    contract: Annotated[str, Meta(description="Version of the contract.")]
    started: Annotated[str, Meta(description="ISO 8601, in UTC.")]
    subject: ReportedSubject
    environment: Annotated[Environment | None, Meta(description="Null where no check ran.")]
    root: Annotated[
        str, Meta(description="The checkout, or the directory that the run was started from.")
    ]
    configuration: Configuration
    profiles: Annotated[
        tuple[str, ...], Meta(min_length=1, description="The word 'all' stands for all of them.")
    ]
    planned: Annotated[Count, Meta(description="Number of planned checks.")]
    catalog_size: Annotated[Count, Meta(description="Number of checks of these profiles.")]
    partial: Annotated[
        bool, Meta(description="Whether only some checks of the profiles were selected.")
    ]
    strict: Annotated[bool, Meta(description="Whether SHOULD counts like MUST.")]


class ClauseEntry(_Part, frozen=True):
    """A clause of the contract that the planned checks are about."""

    statement: str
    level: Level
    section: str


class CheckEntry(_Part, frozen=True):
    """A planned check."""

    verifies: Annotated[str, Meta(description="What a pass verifies.")]
    impact: Annotated[str, Meta(description="What the bug means for a user.")]
    level: Level
    profile: str
    clauses: Annotated[tuple[str, ...], Meta(min_length=1)]


class Catalog(_Part, frozen=True):
    """The clauses and checks of the run, so that the report can be read without the suite."""

    clauses: dict[str, ClauseEntry] = {}
    checks: dict[str, CheckEntry] = {}


class ReportedResult(Result, frozen=True):
    """The result of one planned check."""

    reproduce: Annotated[
        str, Meta(description="For a failed or blocked check, the command that runs it again.")
    ] = ""


class ReportedCounts(_Part, frozen=True):
    """How many checks were planned, and how many had each outcome."""

    planned: Count
    passed: Count
    failed: Count
    blocked: Count
    errored: Count
    not_applicable: Count
    not_offered: Count
    unavailable: Count
    complete: Annotated[bool, Meta(description="Whether every planned check has a result.")]

    @classmethod
    def of(cls, counts: Counts) -> "ReportedCounts":
        """Return the counts of a run as the report has them."""
        return cls(
            planned=counts.planned,
            passed=counts.passed,
            failed=counts.failed,
            blocked=counts.blocked,
            errored=counts.errored,
            not_applicable=counts.not_applicable,
            not_offered=counts.not_offered,
            unavailable=counts.unavailable,
            complete=counts.complete,
        )


class Footer(_Part, frozen=True):
    """What only the end of the run can tell."""

    verdict: Verdict
    exit_code: ExitCode
    counts: ReportedCounts
    refusal: Annotated[str | None, Meta(description="Why the subject could not be checked.")]
    missing: Annotated[tuple[str, ...], Meta(description="Planned checks without a result.")]
    unavailable: Annotated[
        dict[str, str], Meta(description="Checks that cannot be made here, with what is missing.")
    ]
    clauses_without_check: tuple[str, ...]
    clauses_excluded: Annotated[
        dict[str, str], Meta(description="Clauses that no check can observe, with the reason.")
    ]
    gate: Annotated[Gate | None, Meta(description="Null for a run without a baseline.")]


class Report(_Part, frozen=True):
    """One run of the suite.

    Parameters
    ----------
    schema : str
        Name and version of the format.
    header : Header
        Subject, environment and settings.
    causes : tuple of Cause
        What failed and what was blocked, by what really happened; the most frequent first.
    catalog : Catalog
        The clauses and checks that the run is about.
    results : tuple of ReportedResult
        One result for each planned check, in the order of the contract.
    footer : Footer
        Verdict, exit code, counts and gate.
    """

    schema: Literal["scikeras-conformance/report/2"]
    header: Header
    causes: tuple[Cause, ...]
    catalog: Catalog
    results: tuple[ReportedResult, ...]
    footer: Footer

    @property
    def failures(self) -> tuple[ReportedResult, ...]:
        """The results that failed."""
        return tuple(result for result in self.results if result.outcome is Outcome.FAILED)

    @property
    def blocked(self) -> tuple[ReportedResult, ...]:
        """The results that are blocked."""
        return tuple(result for result in self.results if result.outcome is Outcome.BLOCKED)

    @property
    def is_complete(self) -> bool:
        """Whether the run did what it had planned, so that its results can be compared."""
        return self.footer.verdict.is_complete

    @property
    def gate(self) -> Gate | None:
        """The comparison with the baseline; None for a run without one, or that is incomplete."""
        return self.footer.gate if self.is_complete else None

    def example_of(self, cause: Cause) -> ReportedResult:
        """Return the result that stands for a cause."""
        return next(result for result in self.results if result.id == cause.example)

    def known_of(self, cause: Cause) -> int:
        """Return how many results of a cause the baseline accepts."""
        gate = self.footer.gate
        return 0 if gate is None else sum(name in gate.known for name in cause.results)

    @property
    def causes_to_fix(self) -> tuple[Cause, ...]:
        """The causes, those that the baseline accepts altogether last."""
        return tuple(sorted(self.causes, key=lambda cause: self.known_of(cause) == cause.size))

    def known(self, result: Result) -> Known | None:
        """Return why the baseline accepts a failure; None if it does not."""
        gate = self.footer.gate
        return None if gate is None else gate.known.get(result.id)

"""Everything that is known at the end of a run, for all views of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from scikeras_conformance.results import Census, Result, Verdict

__all__ = ["RunRecord"]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run of the suite.

    Parameters
    ----------
    contract : str
        Version of the contract.
    subject : mapping
        Who was judged.
    environment : mapping
        Where.
    profiles : tuple of str
        The profiles that the run is about; empty if it is about all of them.
    catalogue_size : int
        Number of planned checks of those profiles.
    census : Census
        The count.
    verdict : Verdict
        The verdict.
    strict : bool
        Whether SHOULD checks count.
    refusal : str or None
        Why the subject could not be judged at all.
    missing : tuple of str
        Planned checks that have no result.
    unchecked : tuple of str
        Clauses of the contract that the suite has no check for.
    results : tuple of Result
        In the order of the plan.
    scripts : mapping of str to str
        For each failed result, by its id, a script that reproduces it without the suite.
    """

    contract: str
    subject: Mapping[str, Any]
    environment: Mapping[str, Any]
    profiles: tuple[str, ...]
    catalogue_size: int
    census: Census
    verdict: Verdict
    strict: bool
    refusal: str | None
    missing: tuple[str, ...]
    unchecked: tuple[str, ...]
    results: tuple[Result, ...]
    scripts: Mapping[str, str] = field(default_factory=dict)

    @property
    def partial(self) -> bool:
        """Whether only a part of its profiles was asked for."""
        return self.census.planned < self.catalogue_size

"""How many checks of a run ended in which way."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scikeras_conformance.catalog.results import Outcome, Result

__all__ = ["Counts"]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many checks were planned, and how many ended with each outcome."""

    planned: int
    passed: int = 0
    failed: int = 0
    blocked: int = 0
    errored: int = 0
    not_applicable: int = 0
    not_offered: int = 0
    unavailable: int = 0

    @classmethod
    def of(cls, planned: int, results: Iterable[Result]) -> "Counts":
        """Count results.

        Parameters
        ----------
        planned : int
            How many checks were planned.
        results : iterable of Result
            The results that there are.
        """
        found = Counter(result.outcome for result in results)
        return cls(planned, **{str(outcome): found[outcome] for outcome in Outcome})

    @property
    def complete(self) -> bool:
        """Whether every planned check has exactly one result."""
        found: int = sum(getattr(self, outcome) for outcome in Outcome)
        return found == self.planned

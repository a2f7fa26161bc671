"""Translates results into pytest's outcomes; nothing else does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from scikeras_conformance.baseline import Entry, concern_about
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Judgement, Policy

__all__ = ["Ending", "ItemPolicy", "SuiteError", "ending_of"]

Status = tuple[str, str, str]
"""Category, letter and word of a result, as pytest's terminal has them."""


class SuiteError(Exception):
    """A check failed in the suite's own code; it says nothing about the subject."""


@dataclass(frozen=True, slots=True)
class ItemPolicy:
    """What decides how a result ends its pytest item.

    Parameters
    ----------
    strict : bool, default=False
        Whether SHOULD counts like MUST.
    known : mapping of str to Entry or None, default=None
        The known failures that the baseline has for this environment, by the ids of the results;
        None for a run without a baseline.
    """

    strict: bool = False
    known: Mapping[str, Entry] | None = None

    def tries(self, result_id: str) -> int:
        """Return how often a check is run: once, or until a flaky one fails."""
        entry = (self.known or {}).get(result_id)
        return entry.tries if entry is not None and entry.flaky else 1


@dataclass(frozen=True, slots=True)
class Ending:
    """How a pytest item ends.

    Parameters
    ----------
    end : callable
        Ends the item, by an exception unless it passed.
    status : tuple of str or None
        What the terminal shows; None for what pytest shows by itself.
    """

    end: Callable[[], None]
    status: Status | None = None


def ending_of(result: Result, policy: ItemPolicy) -> Ending:
    """Return how a result ends its pytest item.

    An item fails if and only if the result stands in the way of exit code 0: the judgement is the
    one that the verdict is made of, and the concern the one that the gate is made of.

    Parameters
    ----------
    result : Result
        The result.
    policy : ItemPolicy
        What decides about it.
    """
    judgement = Policy(policy.strict).judge(result)
    text = f"{result.id}: {result.message}"
    if judgement is Judgement.UNKNOWN:
        return _unknown(result, text)
    if policy.known is not None:
        entry = policy.known.get(result.id)
        finding = concern_about(result, entry, datetime.now(UTC).date())
        if finding is not None:
            return _failed(
                f"{finding.concern}: {finding.id}: {finding.message}\n\n{result.details}"
            )
        if entry is not None and result.went_wrong:
            return _expected(f"known: {entry.reason} {entry.issue}".strip())
    match judgement:
        case Judgement.KEPT:
            return Ending(lambda: None)
        case Judgement.NOTHING_TO_CHECK:
            words = result.outcome.words
            letter = "o" if result.outcome is Outcome.NOT_OFFERED else "n"
            return Ending(lambda: pytest.skip(result.message), (words, letter, words.upper()))
        case Judgement.ADVISORY:
            words = result.outcome.words
            letter = "b" if result.outcome is Outcome.BLOCKED else "f"
            status = (f"should {words}", letter, f"{result.level} {words.upper()}")
            return _expected(f"{result.level}: {result.message}", status)
        case Judgement.BLOCKED:
            return _failed(f"{text}\n\n{result.details}", ("blocked", "B", "BLOCKED"))
        case _:
            return _failed(f"{text}\n\n{result.details}")


def _unknown(result: Result, text: str) -> Ending:
    if result.outcome is Outcome.UNAVAILABLE:
        return _failed(text, ("cannot be judged here", "U", "CANNOT BE JUDGED HERE"))

    def end() -> None:
        raise SuiteError(f"{text}\n\n{result.details}")

    return Ending(end, ("error", "E", "ERROR"))


def _failed(text: str, status: Status | None = None) -> Ending:
    return Ending(lambda: pytest.fail(text, pytrace=False), status)


def _expected(text: str, status: Status | None = None) -> Ending:
    return Ending(lambda: pytest.xfail(text), status)

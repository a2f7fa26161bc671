"""The baseline: entries for known failures, one for each result or one for each cause."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from scikeras_conformance.baseline.conditions import is_met
from scikeras_conformance.exceptions import BaselineError

__all__ = ["TRIES", "Baseline", "Entry", "matches"]

TRIES = 20
"""How often a flaky failure is tried: one in four escapes one run in three hundred."""

Text = Annotated[str, Meta(description="a text")]
Texts = Annotated[str | tuple[str, ...], Meta(description="a text, or a list of texts")]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A known failure, or several for one cause.

    The description of a field is what a mistake in it is answered with.

    Parameters
    ----------
    id : str or tuple of str
        The result that fails: check, wrapper and case, as in a report; or patterns of such ids, in
        which an asterisk stands for anything.
    fingerprint : str
        The kind of the failure, for an entry with one id; empty for one with patterns.
    message : str
        Its message, normalized and shortened, for the reader.
    reason : str
        Why it is accepted.
    issue : str
        Link to where it is worked on.
    when : dict
        Conditions under which it fails; empty for always.
    expires : date or None
        The last day on which it is accepted.
    flaky : bool
        Whether it fails only now and then.
    tries : int
        How often a flaky one is tried until it fails.
    results : dict of str to str
        For an entry with patterns, the results that it is about, each with the kind of its failure.
    passes : bool
        Whether the results pass under the conditions, as an exception to an entry without them.
    """

    id: Texts
    fingerprint: Text
    message: Text
    reason: Text
    issue: Text = ""
    when: Annotated[dict[str, Any], Meta(description="a table")] = {}
    expires: Annotated[
        date | None, Meta(description="a date such as 2027-01-31, without quotes")
    ] = None
    flaky: Annotated[bool, Meta(description="true or false")] = False
    tries: Annotated[int, Meta(ge=2, description="a whole number from 2")] = TRIES
    results: Annotated[
        dict[str, str], Meta(description="a table of fingerprints by the ids of results")
    ] = {}
    passes: Annotated[bool, Meta(description="true or false")] = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The id, or the patterns."""
        return (self.id,) if isinstance(self.id, str) else self.id

    @property
    def name(self) -> str:
        """The id, or the patterns, as text."""
        return ", ".join(self.ids)

    @property
    def has_patterns(self) -> bool:
        """Whether it can be about several results."""
        return not isinstance(self.id, str) or "*" in self.id

    @property
    def pinned(self) -> Mapping[str, str]:
        """The results that it is about, each with the kind of its failure."""
        if self.passes:
            return dict.fromkeys(self.ids, "")
        if self.has_patterns:
            return self.results
        return {self.name: self.fingerprint} if self.fingerprint else {}

    def matches(self, result_id: str) -> bool:
        """Return whether a result is the one that it names, or fits one of its patterns."""
        return any(matches(pattern, result_id) for pattern in self.ids)

    @property
    def key(self) -> tuple[tuple[str, ...], frozenset[tuple[str, str]]]:
        """What distinguishes the entry from all others of its baseline."""
        return tuple(self.pinned) or self.ids, frozenset(self.when.items())


class Baseline(Struct, frozen=True):
    """All known failures of one subject."""

    subject: str
    entries: tuple[Entry, ...] = ()

    @property
    def size(self) -> int:
        """How many known failures it has."""
        return sum(len(entry.pinned) for entry in self.entries if not entry.passes)

    def active(self, environment: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries whose conditions an environment meets, by the results they are about.

        An entry with more conditions outranks one with a part of them.

        Raises
        ------
        BaselineError
            If an environment meets the conditions of two entries for one result, of which neither
            outranks the other.
        """
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if not is_met(entry.when, environment):
                continue
            for name in entry.pinned:
                found[name] = _ranked(name, entry, found.get(name))
        return found


def matches(pattern: str, result_id: str) -> bool:
    """Return whether an id fits a pattern, in which an asterisk stands for anything.

    Examples
    --------
    >>> from scikeras_conformance.baseline.entries import matches
    >>> matches("CLS-8.builder-kinds:*", "CLS-8.builder-kinds:base:class")
    True
    """
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), result_id, re.DOTALL) is not None


def _ranked(name: str, entry: Entry, other: Entry | None) -> Entry:
    """Return that of two entries for one result which has more conditions."""
    if other is None or other.when.items() < entry.when.items():
        return entry
    if entry.when.items() < other.when.items():
        return other
    raise BaselineError(
        f"The baseline has two entries for {name!r} that hold here; give them conditions that "
        "exclude each other, or keep one."
    )

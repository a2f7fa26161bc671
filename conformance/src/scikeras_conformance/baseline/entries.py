"""The baseline: one entry for each known failure."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct

from scikeras_conformance.baseline.conditions import is_met
from scikeras_conformance.exceptions import BaselineError

__all__ = ["TRIES", "Baseline", "Entry"]

TRIES = 20
"""How often a flaky failure is tried: one in four escapes one run in three hundred."""

Text = Annotated[str, Meta(description="a text")]


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """One known failure.

    The description of a field is what a mistake in it is answered with.

    Parameters
    ----------
    id : str
        The result that fails: check, wrapper and case, as in a report.
    fingerprint : str
        The kind of the failure.
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
    """

    id: Text
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

    @property
    def key(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """What distinguishes the entry from all others of its baseline."""
        return self.id, frozenset(self.when.items())


class Baseline(Struct, frozen=True):
    """All known failures of one subject."""

    subject: str
    entries: tuple[Entry, ...] = ()

    def active(self, environment: Mapping[str, Any]) -> dict[str, Entry]:
        """Return the entries whose conditions an environment meets, by the result that they name.

        Raises
        ------
        BaselineError
            If an environment meets the conditions of two entries for one result.
        """
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if not is_met(entry.when, environment):
                continue
            if entry.id in found:
                raise BaselineError(
                    f"The baseline has two entries for {entry.id!r} that hold here; give them "
                    "conditions that exclude each other, or keep one."
                )
            found[entry.id] = entry
        return found

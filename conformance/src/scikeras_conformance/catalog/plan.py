"""What a run will do: checks × wrappers × cases, in a fixed order, narrowed by a selection."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import overload

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.contract import Capability, load_contract

__all__ = ["Plan", "PlannedCheck", "make_plan", "unchecked_clauses"]


NEEDED_BY_CASE: Mapping[str, Capability] = MappingProxyType(
    {
        "initialize": Capability.INITIALIZE,
        "partial_fit": Capability.PARTIAL_FIT,
        "routed": Capability.ROUTED_PARAMETERS,
        "uncompiled": Capability.COMPILATION_PARAMETERS,
    }
)
"""Capabilities by the words in names of cases; only parameters compile an uncompiled model."""


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """One check, for one wrapper and one case."""

    check: Check
    wrapper: Wrapper
    case: str

    @property
    def id(self) -> str:
        """Name of the planned check in reports and as a pytest item."""
        parts = [self.check.id, self.wrapper]
        return ":".join([*parts, self.case] if self.case else parts)

    @property
    def needs(self) -> frozenset[Capability]:
        """The capabilities without which there is nothing to check.

        A case that is named after a method, alone or in a part of its name, needs the method.
        """
        of_case = {NEEDED_BY_CASE[word] for word in self.case.split("-") if word in NEEDED_BY_CASE}
        of_case |= {needed for case, needed in self.check.case_needs if case == self.case}
        return self.check.needs | of_case | {Capability(self.wrapper)}


class Plan(Sequence[PlannedCheck]):
    """The planned checks of a run, in the order of the catalog.

    As a sequence it holds what was selected; the attributes also know the rest of the catalog.

    Parameters
    ----------
    catalog : sequence of Check
        All checks of the suite.
    selection : Selection
        The part that the run is about.

    Attributes
    ----------
    catalog : sequence of Check
        All checks of the suite.
    selection : Selection
        The part that the run is about.
    everything : mapping of str to PlannedCheck
        Everything that a run could plan, by id.
    extent : int
        How many planned checks the profiles of the selection have.
    """

    def __init__(self, catalog: Sequence[Check], selection: Selection) -> None:
        profiles = Selection(profiles=selection.profiles)
        self.catalog = catalog
        self.selection = selection
        self.everything: Mapping[str, PlannedCheck] = {
            planned.id: planned for planned in _all_of(catalog)
        }
        self._selected = tuple(
            planned
            for planned in self.everything.values()
            if selection.takes(planned.check, planned.wrapper)
        )
        self.extent = sum(
            profiles.takes(planned.check, planned.wrapper) for planned in self.everything.values()
        )

    @overload
    def __getitem__(self, index: int) -> PlannedCheck: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[PlannedCheck, ...]: ...

    def __getitem__(self, index: int | slice) -> PlannedCheck | tuple[PlannedCheck, ...]:
        """Return selected planned checks by their position."""
        return self._selected[index]

    def __len__(self) -> int:
        """Return how many planned checks were selected."""
        return len(self._selected)


def make_plan(catalog: Sequence[Check], selection: Selection) -> Plan:
    """Plan a run.

    Parameters
    ----------
    catalog : sequence of Check
        All checks of the suite.
    selection : Selection
        The part that the run is about.

    Returns
    -------
    Plan
        In the order of the catalog; empty if the selected parts have nothing in common.

    Raises
    ------
    UsageError
        If a name in the selection matches nothing, with the nearest name that would.
    """
    selection.require_known(catalog)
    return Plan(catalog, selection)


def _all_of(catalog: Iterable[Check]) -> Iterator[PlannedCheck]:
    for check in catalog:
        for wrapper in check.wrappers:
            for case in check.cases:
                yield PlannedCheck(check, wrapper, case)


def unchecked_clauses(catalog: Iterable[Check]) -> tuple[str, ...]:
    """Return the ids of the clauses that no check is about yet, though one could be."""
    checked = {clause for check in catalog for clause in check.clauses}
    return tuple(
        clause.id
        for clause in load_contract().clauses.values()
        if clause.id not in checked and not clause.excluded
    )

"""Capabilities: what the contract lets an implementation offer or leave out.

A subject may declare a capability as not offered. The checks that need it are then not executed,
and counted as *not offered*.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from scikeras_conformance.exceptions import UsageError, did_you_mean

__all__ = ["NEEDED_BY", "Capability", "parse_capabilities"]


class Capability(StrEnum):
    """Something that a subject may leave out."""

    BASE = "base"
    CLASSIFIER = "classifier"
    REGRESSOR = "regressor"
    BUILDERS = "builders"
    INITIALIZE = "initialize"
    PARTIAL_FIT = "partial-fit"
    COMPILATION_PARAMETERS = "compilation-parameters"
    BUILDER_ARGUMENTS = "builder-arguments"
    ROUTED_PARAMETERS = "routed-parameters"
    ENCODERS = "encoders"
    RANDOM_STATE = "random-state"
    CALLBACK_CLASSES = "callback-classes"

    @property
    def words(self) -> str:
        """The capability as a noun of a sentence."""
        return _WORDS[self]


_WORDS: Mapping[Capability, str] = MappingProxyType(
    {
        Capability.BASE: "a base wrapper",
        Capability.CLASSIFIER: "a classifier",
        Capability.REGRESSOR: "a regressor",
        Capability.BUILDERS: "builders that the wrapper calls",
        Capability.INITIALIZE: "the method initialize",
        Capability.PARTIAL_FIT: "the method partial_fit",
        Capability.COMPILATION_PARAMETERS: "compilation parameters of the constructor",
        Capability.BUILDER_ARGUMENTS: "the builder's arguments meta, compile_kwargs and params",
        Capability.ROUTED_PARAMETERS: "routed parameters",
        Capability.ENCODERS: "the encoders feature_encoder and target_encoder",
        Capability.RANDOM_STATE: "the parameter random_state",
        Capability.CALLBACK_CLASSES: "callbacks given as classes",
    }
)

_ROUTES = tuple(f"ROUTE-{number}" for number in range(1, 17))

_CLAUSES: Mapping[Capability, tuple[str, ...]] = MappingProxyType(
    {
        Capability.BASE: ("CLS-1", "SCORE-4"),
        Capability.BUILDERS: (
            *(f"BUILD-{number}" for number in range(1, 11)),
            *("CLS-6", "CLS-8", "CLS-9"),
        ),
        Capability.INITIALIZE: ("INIT-8",),
        Capability.PARTIAL_FIT: ("API-3",),
        Capability.COMPILATION_PARAMETERS: (
            *(f"COMP-{number}" for number in range(2, 9)),
            *("BUILD-5", "ROUTE-6", "ROUTE-7", "ROUTE-8", "ROUTE-10"),
        ),
        Capability.BUILDER_ARGUMENTS: (
            *("BUILD-3", "BUILD-4", "BUILD-5", "BUILD-6", "BUILD-7"),
            *("COMP-4", "COMP-6", "DATA-5"),
        ),
        Capability.ROUTED_PARAMETERS: (*_ROUTES, "COMP-8"),
        Capability.ENCODERS: ("DATA-1", "DATA-2", "DATA-3", "DATA-4", "DATA-5", "DATA-6", "TGT-8"),
        Capability.RANDOM_STATE: ("API-7", "HYG-2", "HYG-8"),
        Capability.CALLBACK_CLASSES: ("ROUTE-5",),
    }
)


def _by_clause() -> Mapping[str, frozenset[Capability]]:
    found: dict[str, set[Capability]] = {}
    for capability, clauses in _CLAUSES.items():
        for clause in clauses:
            found.setdefault(clause, set()).add(capability)
    return MappingProxyType({clause: frozenset(them) for clause, them in found.items()})


NEEDED_BY = _by_clause()
"""The capabilities that each clause is about, by its id; a clause without any is about all."""


def parse_capabilities(names: Iterable[str]) -> frozenset[Capability]:
    """Return the capabilities with these names.

    Parameters
    ----------
    names : iterable of str
        For example ``["regressor", "partial-fit"]``.

    Raises
    ------
    UsageError
        If there is no capability of a name, with the nearest one.

    Examples
    --------
    >>> sorted(parse_capabilities(["regressor", "base"]))
    [<Capability.BASE: 'base'>, <Capability.REGRESSOR: 'regressor'>]
    """
    if isinstance(names, str):
        raise UsageError(f"Capabilities take a list, such as [{names!r}].")
    known = [str(capability) for capability in Capability]
    found = []
    for name in names:
        if name not in known:
            raise UsageError(
                f"There is no capability {name!r:.60}.{did_you_mean(str(name), known)} Known: "
                f"{', '.join(known)}."
            )
        found.append(Capability(name))
    return frozenset(found)

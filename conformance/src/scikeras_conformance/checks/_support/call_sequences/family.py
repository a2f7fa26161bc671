"""All sequences of calls, executed once for each class, and what they say of each clause.

The sequences of the table come first, then random ones, the same in every run. A difference belongs
to the clause of the fact that differs; one of one clause does not hide one of another.
"""

import re
from collections import deque
from dataclasses import dataclass, field, replace
from functools import partial
from weakref import WeakKeyDictionary

from scikeras_conformance.catalog.printable import describe
from scikeras_conformance.checks._support.call_sequences.blame import blamed_clause
from scikeras_conformance.checks._support.call_sequences.driving import execute_sequence
from scikeras_conformance.checks._support.call_sequences.executed import (
    Difference,
    Executed,
    Raised,
)
from scikeras_conformance.checks._support.call_sequences.offers import offers_of
from scikeras_conformance.checks._support.call_sequences.strategy import call_sequences
from scikeras_conformance.checks._support.call_sequences.table import table_for
from scikeras_conformance.checks._support.contract_model.calls import Sequence, as_script, simpler
from scikeras_conformance.checks._support.properties import examples_of
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.seeding import seed_everything

__all__ = ["require_after_any_calls"]

RANDOM = 6
"""Random sequences for each wrapper."""

MAX_TRIES = 80
"""Sequences that are executed to find a shorter one that shows the same."""

COPY = "SER-1"
"""The clause about copies."""

CONTAINERS = "SKL-5"
"""The clause about containers."""

OF_VALUES = frozenset(
    {
        *("API-5", "API-6", "API-9", "DATA-2", "DATA-3", "DATA-7", "SCORE-1"),
        *("TGT-1", "TGT-2", "TGT-3", "TGT-4", "TGT-5", "TGT-10", "TGT-11"),
    }
)
"""The clauses about numbers and labels, which have to be the same whatever they are given in."""


@dataclass(slots=True)
class Family:
    """What came of all sequences.

    Parameters
    ----------
    pending : deque of Sequence
        The sequences that were not executed yet: a clause that is broken needs no more of them.
    stopped : list of str
        Scripts of those that did not come to an end.
    broken : dict
        The first sequence by the clause that it shows to be broken.
    compared : set of str
        The clauses that were compared at all.
    raised : list of str
        What the subject raised.
    blamed : dict
        The clause that each kind of exception was found to break.
    """

    pending: deque[Sequence]
    stopped: list[str] = field(default_factory=list)
    broken: dict[str, Sequence] = field(default_factory=dict)
    compared: set[str] = field(default_factory=set)
    raised: list[str] = field(default_factory=list)
    blamed: dict[str, str] = field(default_factory=dict)


_families: WeakKeyDictionary[type, dict[str, Family]] = WeakKeyDictionary()


def require_after_any_calls(context: CheckContext, clause: str) -> None:
    """Require that no sequence of calls shows a clause to be broken.

    Parameters
    ----------
    context : CheckContext
        The context.
    clause : str
        The clause.
    """
    family = _family(context)
    while family.pending and clause not in family.broken:
        _execute(context, family, family.pending.popleft())
    # The check ends, and the next one goes on, as if nothing had drawn random numbers.
    seed_everything()
    if clause in family.broken:
        script, words = _shortest(context, family.broken[clause], clause)
        context.fail(f"{words}, after:\n{script}")
    if family.stopped:
        context.stop("calling methods in any order", f"was stopped in:\n{family.stopped[0]}")
    if clause not in family.compared:
        more = f"; for one, {family.raised[0]} was raised" if family.raised else ""
        context.stop("calling methods in any order", f"never showed what {clause} is about{more}")


def _family(context: CheckContext) -> Family:
    families = _families.setdefault(context.cls, {})
    key = f"{context.wrapper} {context.subject.builder_protocol} {context.examples}"
    if key not in families:
        count = context.examples or RANDOM
        random = examples_of(lambda: call_sequences(context.wrapper), count)
        sequences = (*table_for(context.wrapper), *random)
        offers = offers_of(context)
        families[key] = Family(deque(dict.fromkeys(map(offers.within, sequences))))
    return families[key]


def _execute(context: CheckContext, family: Family, sequence: Sequence) -> None:
    try:
        executed = execute_sequence(context, sequence)
    except BaseException:  # the time limit, for example: this sequence was not judged
        family.stopped.append(as_script(sequence))
        raise
    family.compared |= executed.compared
    if sequence.frame and executed.compared & OF_VALUES:
        family.compared.add(CONTAINERS)
    for clause in _differences(context, sequence, executed):
        family.broken.setdefault(clause, sequence)
    for raised in executed.raised:
        family.raised.append(describe(raised.error))
        if clause := _blamed(context, family, sequence, raised):
            family.broken.setdefault(clause, sequence)


def _differences(
    context: CheckContext, sequence: Sequence, executed: Executed
) -> dict[str, Difference]:
    """Return the first difference of each clause.

    One of a copy counts only if it is not without the copy, and one of the values that a data frame
    leads to belongs to the clause about containers if it is not without the frame.
    """
    found = executed.differences
    if any(one.clause == COPY for one in found):
        calls = tuple(call for call in sequence.calls if call.method not in {"pickle", "deepcopy"})
        anyway = execute_sequence(context, replace(sequence, calls=calls)).words
        found = [one for one in found if one.clause != COPY or one.words not in anyway]
    if sequence.frame and any(one.clause in OF_VALUES for one in found):
        plain = execute_sequence(context, replace(sequence, frame=False))
        if not any(one.ends for one in plain.raised):
            found = [_of_containers(one, plain.words) for one in found]
    first: dict[str, Difference] = {}
    for one in found:
        first.setdefault(one.clause, one)
    return first


def _of_containers(found: Difference, anyway: set[str]) -> Difference:
    """Return a difference with the clause about containers, if it is not there with arrays."""
    is_of_frames = found.clause in OF_VALUES and found.words not in anyway
    return replace(found, clause=CONTAINERS) if is_of_frames else found


def _blamed(context: CheckContext, family: Family, sequence: Sequence, raised: Raised) -> str:
    """Return the clause that an exception breaks, found out once for each kind of exception."""
    key = f"{raised.method} {re.sub('[0-9.]+', '*', describe(raised.error)):.100}"
    if key not in family.blamed:
        family.blamed[key] = blamed_clause(sequence, raised, partial(execute_sequence, context))
    return family.blamed[key]


def _shortest(context: CheckContext, sequence: Sequence, clause: str) -> tuple[str, str]:
    """Return the shortest script found that shows the same, and what differs after it."""
    found = _shown(context, sequence, clause)
    if found is None:
        return as_script(sequence), "what was seen once was not seen again"
    tries, goes_on = 0, True
    while goes_on:
        goes_on = False
        for candidate in simpler(sequence):
            tries += 1
            shown = _shown(context, candidate, clause) if tries < MAX_TRIES else None
            if shown is not None:
                sequence, found, goes_on = candidate, shown, True
                break
    return as_script(sequence, found.position), found.words


def _shown(context: CheckContext, sequence: Sequence, clause: str) -> Difference | None:
    """Return the difference of a clause that a sequence shows, or what it raised."""
    executed = execute_sequence(context, sequence)
    if shown := _differences(context, sequence, executed).get(clause):
        return shown
    for raised in executed.raised:
        if blamed_clause(sequence, raised, partial(execute_sequence, context)) == clause:
            words = f"{raised.method} raised {describe(raised.error)}"
            return Difference(clause, raised.position, words)
    return None

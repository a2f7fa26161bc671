"""Groups what failed and what was blocked by what really happened.

One defect of a subject shows in many results. Results belong to one cause if they come from the
same statement of the subject with the same exception, values apart; if the subject raised nothing,
or somewhere else, they belong to one cause if the same promise is broken.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from string import ascii_lowercase
from typing import Annotated

from msgspec import Meta, Struct

from scikeras_conformance.catalog.results import Origin, Outcome, Result
from scikeras_conformance.report.message_patterns import pattern_of, words_in, words_of

__all__ = ["Cause", "causes_of"]

ALIKE = 0.65
"""The part of their words that two messages share if they say the same: two of three."""


MIN_CASES = 3
"""How many cases of a check have to fail alike for another one to count with them."""

REFUSED_OTHERWISE = "; expected "
"""What the message has if something else was raised than what the promise is."""


SIGNATURE = ("def ", "async def ", "@")
"""How the source of a function begins, where an exception is about its arguments."""

RAISED = " raised "
"""What a message has before an exception that it quotes."""


class Cause(Struct, frozen=True, forbid_unknown_fields=True):
    """What several results have in common, so that one change may fix them all."""

    id: Annotated[str, Meta(description="The same for the same cause in another run.")]
    what: Annotated[str, Meta(description="What happened in the example, on one line.")]
    origin: Annotated[
        Origin | None, Meta(description="The line of the subject that the example comes from.")
    ]
    clauses: Annotated[tuple[str, ...], Meta(description="The clauses that it breaks or blocks.")]
    failed: Annotated[int, Meta(ge=0)]
    blocked: Annotated[int, Meta(ge=0)]
    example: Annotated[str, Meta(description="The id of the result that stands for all.")]
    results: Annotated[tuple[str, ...], Meta(min_length=1)]

    @property
    def size(self) -> int:
        """How many results it has."""
        return len(self.results)


Key = tuple[str, ...]


class _Group:
    """Results that belong together so far."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.results: list[Result] = []

    @property
    def clauses(self) -> set[str]:
        return {_clause(result) for result in self.results}

    @property
    def own_clauses(self) -> set[str]:
        """The clauses of results that do not only follow from another one."""
        return {_clause(result) for result in self.results if not result.follows}


def causes_of(results: Iterable[Result], names: Iterable[str] = ()) -> tuple[Cause, ...]:
    """Group the results that failed or were blocked by their causes.

    Parameters
    ----------
    results : iterable of Result
        The results of a run, in the order of the contract.
    names : iterable of str, default=()
        Names of the subject's classes; that only they differ makes no other cause.

    Returns
    -------
    tuple of Cause
        The one with the most results first.
    """
    results = tuple(results)
    present = {(result.check, result.wrapper) for result in results}
    wrong = [result for result in results if result.went_wrong]
    order = {result.id: number for number, result in enumerate(wrong)}
    names = tuple(names)
    groups = _joined(_grouped(wrong, names, present), names)
    for group in groups:
        group.results.sort(key=lambda result: order[result.id])
    groups.sort(key=lambda group: (-len(group.results), order[group.results[0].id]))
    return tuple(map(_cause, groups))


def _grouped(
    results: Sequence[Result], names: tuple[str, ...], present: set[tuple[str, str]]
) -> list[_Group]:
    """Return groups of results with the same key.

    What follows from the failure of another check for the same wrapper, or for another one if that
    check is not for all wrappers, has the key of that failure.
    """
    groups: dict[Key, _Group] = {}
    by_check: dict[tuple[str, str], Key] = {}
    for result in sorted(results, key=lambda result: bool(result.follows)):
        root = (result.follows, result.wrapper)
        if root not in present:
            root = (result.follows, "")
        key = by_check.get(root) or _key(result, names)
        # What follows from a check that follows itself, comes after it.
        by_check.setdefault((result.check, result.wrapper), key)
        by_check.setdefault((result.check, ""), key)
        groups.setdefault(key, _Group(key)).results.append(result)
    return list(groups.values())


def _key(result: Result, names: tuple[str, ...]) -> Key:
    """Return what is the same in all results of a cause; no line number, which changes easily."""
    kind = result.exception.partition(":")[0]
    if _refused_otherwise(result):
        # It shows where the input got to, and not where it had to be refused.
        return ("promise", _promise(_clause(result)))
    if result.origin is not None and result.exception:
        place = (result.origin.file, result.origin.function, result.origin.source)
        if result.origin.raised:
            return ("raise", *place, kind)
        return ("line", *place, pattern_of(result.exception, names))
    if result.exception and kind != "AssertionError":
        return ("exception", pattern_of(result.exception, names))
    if result.outcome is Outcome.BLOCKED:
        return ("step", pattern_of(result.message, names))
    return ("promise", _promise(_clause(result)))


def _refused_otherwise(result: Result) -> bool:
    """Return whether something else was raised than what had to be, by a method that is there."""
    lacks = result.origin is not None and result.origin.source.startswith("class ")
    return result.outcome is Outcome.FAILED and REFUSED_OTHERWISE in result.message and not lacks


def _joined(groups: list[_Group], names: tuple[str, ...]) -> list[_Group]:
    """Join groups that are about one statement, or one promise, or say the same."""
    kept: dict[Key, _Group] = {}
    # A group of many clauses comes before those of one clause, which may be a part of it.
    for group in sorted(groups, key=lambda group: -len(group.clauses)):
        key = _wider(group, kept)
        if key in kept:
            kept[key].results += group.results
        else:
            kept[key] = group
    return _with_promises(list(_alike(kept, names)), names)


def _wider(group: _Group, others: Mapping[Key, _Group]) -> Key:
    """Return the key of the group that a group is a part of."""
    clauses = group.clauses
    for key, other in others.items():
        if _is_one_place(group.key, other.key) and (
            clauses & other.clauses or _share([_words(group)], [_words(other)])
        ):
            return key
        if _is_one_function(group.key, other.key) and clauses <= other.clauses:
            return key
    if len(clauses) > 1:
        return group.key
    (clause,) = clauses
    failed = all(result.outcome is Outcome.FAILED for result in group.results)
    match group.key:
        case ("line", file, function, *_):
            return ("line", file, function, clause)
        case ("exception", *_) if failed:
            return ("promise", _promise(clause))
    return group.key


def _is_one_place(one: Key, other: Key) -> bool:
    """Return whether two groups come from one place, where they concern the same promises.

    That is one statement with one type of exception, or one function that refuses what it is given.
    """
    if one[0] != other[0]:
        return False
    if one[0] == "raise":
        return one[1:3] == other[1:3]
    return one[0] == "line" and one[1:4] == other[1:4] and _kind_of(one) == _kind_of(other)


def _is_one_function(one: Key, other: Key) -> bool:
    """Return whether two groups come from one function, in whatever way it fails.

    That it does not take an argument is one thing, what it does with those that it takes another.
    """
    if not {one[0], other[0]} <= {"line", "raise"} or one[1:3] != other[1:3]:
        return False
    return len({key[3].startswith(SIGNATURE) for key in (one, other)}) == 1


def _words(group: _Group) -> frozenset[str]:
    return words_in(group.key[-1])


def _kind_of(key: Key) -> str:
    return key[-1].partition(":")[0]


def _alike(groups: dict[Key, _Group], names: tuple[str, ...]) -> Iterator[_Group]:
    """Join groups of broken promises that share a message, values apart."""
    found: list[tuple[_Group, set[frozenset[str]]]] = []
    for key, group in groups.items():
        if key[0] != "promise":
            yield group
            continue
        texts = {
            words_of(result.message, names)
            for result in group.results
            if not (result.follows or result.exception)
        }
        near = [pair for pair in found if _share(pair[1], texts)]
        found = [pair for pair in found if pair not in near]
        for other, more in near:
            group.results += other.results
            texts |= more
        found.append((group, texts))
    yield from (group for group, _ in found)


def _with_promises(groups: list[_Group], names: tuple[str, ...]) -> list[_Group]:
    """Join what concerns one clause alone with the broken promise of that clause.

    That is what was blocked, which cannot be seen before the promise is kept, and an exception that
    the promise is broken by in another process, whose frames are not known. What was blocked
    without an exception joins what else breaks its clause, whatever that is. An exception that one
    case alone has, from below the subject, joins the other cases of its check.
    """
    promises = [group for group in groups if group.key[0] == "promise"]
    apart = []
    for group in groups:
        if group.key[0] == "step":
            _share_out(group, [other for other in groups if other.key[0] != "step"], _clause)
        elif group.key[0] == "line" and len(group.results) == 1:
            others = [other for other in groups if other is not group]
            _share_out(group, others, _check, at_least=MIN_CASES)
        near = [
            other
            for other in promises
            if group.key[0] != "promise"
            and len(group.clauses) == 1
            and group.clauses <= other.own_clauses
            and (_is_blocked(group) or _is_raised_elsewhere(group, other, names))
        ]
        if near:
            max(near, key=lambda other: len(other.results)).results += group.results
            group.results = []  # nothing else is to be shared out to what is not kept
        elif group.results:
            apart.append(group)
    return apart


def _share_out(
    group: _Group,
    others: Sequence[_Group],
    what: Callable[[Result], str],
    at_least: int = 1,
) -> None:
    """Move each result to the group with most failures of its clause, or of its check, if any.

    What only follows from another failure is no failure of its own.
    """
    failures = {
        id(other): Counter(what(one) for one in other.results if _failed_by_itself(one))
        for other in others
    }
    left = []
    for result in group.results:
        other = max(others, key=lambda one: failures[id(one)][what(result)], default=None)
        if other is None or failures[id(other)][what(result)] < at_least:
            left.append(result)
        else:
            other.results.append(result)
    group.results = left


def _failed_by_itself(result: Result) -> bool:
    return result.outcome is Outcome.FAILED and not result.follows


def _is_blocked(group: _Group) -> bool:
    return bool(group.results) and all(
        result.outcome is Outcome.BLOCKED for result in group.results
    )


def _is_raised_elsewhere(group: _Group, other: _Group, names: tuple[str, ...]) -> bool:
    """Return whether messages of another group quote the exception of a group."""
    raised = {words_of(result.exception, names) for result in group.results}
    quoted = {
        words_of(words, names)
        for result in other.results
        if not result.exception
        for _, found, words in [result.message.partition(RAISED)]
        if found
    }
    return _share(raised, quoted)


def _share(some: Iterable[frozenset[str]], others: Iterable[frozenset[str]]) -> bool:
    return any(
        one and other and len(one & other) >= ALIKE * len(one | other)
        for one in some
        for other in others
    )


def _cause(group: _Group) -> Cause:
    results = group.results
    example = _example(results)
    text = example.exception if example.origin and example.exception else example.message
    lines = text.strip().splitlines() or [""]
    digest = hashlib.sha256("\n".join(group.key).encode("utf-8", "backslashreplace"))
    return Cause(
        id=digest.hexdigest()[:12],
        what=lines[0],
        origin=example.origin,
        clauses=tuple(dict.fromkeys(map(_clause, results))),
        failed=sum(result.outcome is Outcome.FAILED for result in results),
        blocked=sum(result.outcome is Outcome.BLOCKED for result in results),
        example=example.id,
        results=tuple(result.id for result in results),
    )


def _example(results: Sequence[Result]) -> Result:
    """Return a result to show: of the most frequent kind, rather failed than blocked, and short."""
    kinds = Counter(map(_kind, results))
    checks = {result.check for result in results}
    return max(
        results,
        key=lambda result: (
            result.follows not in checks,
            kinds[_kind(result)],
            result.outcome is Outcome.FAILED,
            -len(result.message),
        ),
    )


def _kind(result: Result) -> str:
    return pattern_of(result.exception or result.message)


def _clause(result: Result) -> str:
    return result.clauses[0]


def _check(result: Result) -> str:
    return result.check


def _promise(clause: str) -> str:
    """Return the promise of a clause: what SHOULD be beside a MUST has the same, as CLS-4b has."""
    return clause.rstrip(ascii_lowercase)

"""Tables in which every pair of values of two dimensions stands in a row together."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any

__all__ = ["pairs_in", "pairwise", "possible_pairs"]

Row = dict[str, Any]
Pair = tuple[tuple[str, Any], tuple[str, Any]]


def pairs_in(row: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield the pairs of values that a row holds, in the order of its dimensions."""
    return combinations(row.items(), 2)


def possible_pairs(
    dimensions: Mapping[str, Sequence[Any]], allows: Callable[[Row], bool]
) -> list[Pair]:
    """Return the pairs that an allowed row can hold, in the order of the dimensions.

    Parameters
    ----------
    dimensions : mapping
        The values of each dimension; they can be hashed.
    allows : callable
        Whether a row is allowed, complete or not: a value that is missing forbids nothing.
    """
    return [
        pair
        for (one, values), (other, others) in combinations(dimensions.items(), 2)
        for pair in product(((one, value) for value in values), ((other, v) for v in others))
        if _completed(dict(pair), dimensions, allows) is not None
    ]


def pairwise(
    dimensions: Mapping[str, Sequence[Any]], allows: Callable[[Row], bool]
) -> list[dict[str, Any]]:
    """Return rows in which every possible pair of values occurs, always the same ones.

    Parameters
    ----------
    dimensions : mapping
        The values of each dimension.
    allows : callable
        Whether a row is allowed, see `possible_pairs`.

    Examples
    --------
    >>> rows = pairwise({"a": (1, 2), "b": (3, 4), "c": (5, 6)}, lambda row: True)
    >>> len(rows)
    4
    """
    missing = dict.fromkeys(possible_pairs(dimensions, allows))
    rows = []
    while missing:
        row = _row_with(dict(next(iter(missing))), missing, dimensions, allows)
        rows.append({name: row[name] for name in dimensions})
        for pair in pairs_in(rows[-1]):
            missing.pop(pair, None)
    return rows


def _row_with(
    row: Row,
    missing: Mapping[Pair, None],
    dimensions: Mapping[str, Sequence[Any]],
    allows: Callable[[Row], bool],
) -> Row:
    """Complete a row so that it holds as many missing pairs as can be seen from step to step."""
    order = list(dimensions)
    for name in (name for name in order if name not in row):

        def gain(value: Any, name: str = name) -> int:
            here = order.index(name)
            return sum(
                (
                    ((other, row[other]), (name, value))
                    if order.index(other) < here
                    else ((name, value), (other, row[other]))
                )
                in missing
                for other in row
            )

        for value in sorted(dimensions[name], key=gain, reverse=True):
            if _completed({**row, name: value}, dimensions, allows) is not None:
                row[name] = value
                break
    return row


def _completed(
    row: Row, dimensions: Mapping[str, Sequence[Any]], allows: Callable[[Row], bool]
) -> Row | None:
    """Return an allowed row with these values, or None."""
    if not allows(row):
        return None
    name = next((name for name in dimensions if name not in row), None)
    if name is None:
        return row
    for value in dimensions[name]:
        found = _completed({**row, name: value}, dimensions, allows)
        if found is not None:
            return found
    return None

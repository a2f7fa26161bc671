"""Values of facts, and in which words something else differs from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scikeras_conformance.catalog.printable import describe, show
from scikeras_conformance.checks._support.modules import np

__all__ = ["KERAS_BATCH_SIZE", "UNSEEN", "Batches", "ByRow", "Either", "difference"]

UNSEEN = object()
"""In place of a fact that could not be read."""

KERAS_BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class Batches:
    """A batch size: -1 is all rows, None what Keras takes.

    Parameters
    ----------
    size : int or None
        The batch size.
    """

    size: int | None

    def rows_at_once(self, n_rows: int) -> int:
        """Return how many rows the first batch has."""
        size = KERAS_BATCH_SIZE if self.size is None else self.size
        return n_rows if size == -1 else min(size, n_rows)


@dataclass(frozen=True, slots=True, eq=False)
class Either:
    """One value or another: the contract allows both.

    Parameters
    ----------
    values : tuple
        The values.
    """

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ByRow:
    """Values of rows, whichever of them arrive, and in whatever order.

    Parameters
    ----------
    ids : sequence of int
        The numbers of the rows.
    values : ndarray of shape (n_rows, n_columns)
        Their values.
    """

    ids: Sequence[int]
    values: Any


def difference(expected: Any, seen: Any) -> str:
    """Return how what was seen differs from what was expected; empty if it does not.

    Parameters
    ----------
    expected : object
        The value of a fact.
    seen : object
        What was read. For `ByRow` the numbers of rows, and their values; for `Batches` the size,
        and the number of rows.
    """
    if seen is UNSEEN:
        return ""
    try:
        return _words(expected, seen)
    # What a subject returns may raise when it is compared.
    except Exception as error:
        return f"cannot be compared: {describe(error)}"


def _words(expected: Any, seen: Any) -> str:
    if isinstance(expected, Either):
        words = [_words(value, seen) for value in expected.values]
        return "" if "" in words else words[0]
    if isinstance(expected, ByRow):
        return _rows_differ(expected, *seen)
    if isinstance(expected, Batches):
        size, n_rows = seen
        wanted, found = expected.rows_at_once(n_rows), Batches(size).rows_at_once(n_rows)
        is_same = wanted == found
        return (
            "" if is_same else f"should make batches of {wanted} of {n_rows} rows, and was {size}"
        )
    try:
        if _same(expected, seen):
            return ""
        if isinstance(expected, np.ndarray):
            return _arrays_differ(expected, np.asarray(seen))
    except (TypeError, ValueError):
        # Not even something that could be compared, such as rows of several lengths.
        return f"should be {show(expected)}; it is {show(seen)}"
    if isinstance(expected, dict) and isinstance(seen, dict):
        wrong = [
            name for name in expected if name not in seen or not _same_in(expected, seen, name)
        ]
        more = [name for name in seen if name not in expected]
        expected = {name: expected[name] for name in wrong}
        seen = {name: seen[name] for name in (*wrong, *more) if name in seen}
    return f"should be {show(expected)}; it is {show(seen)}"


def _arrays_differ(expected: Any, seen: Any) -> str:
    """Return the first row in which an array differs, or its shape."""
    flat = seen[:, None] if seen.ndim == 1 else seen
    if flat.shape != expected.shape:
        return f"should have the shape {expected.shape}; they have {seen.shape}"
    for number, (wanted, found) in enumerate(zip(expected, flat, strict=True)):
        if not _same(wanted[None], found[None]):
            return f"should be {_short(wanted)} in row {number}; it is {_short(found)}"
    return "cannot be compared"


def _short(row: Any) -> str:
    return show((row.round(4) if row.dtype.kind == "f" else row).tolist())


def _same(expected: Any, seen: Any) -> bool:
    if isinstance(expected, np.ndarray):
        seen = np.asarray(seen)
        if seen.ndim == 1:
            seen = seen[:, None]
        if seen.shape != expected.shape:
            return False
        if expected.dtype.kind == "f":
            return bool(np.allclose(seen.astype(float), expected, atol=1e-3))
        return bool(np.all(seen == expected))
    if isinstance(expected, float):
        return abs(float(seen) - expected) < 1e-4
    if isinstance(expected, dict):
        return set(expected) == set(seen) and all(_same_in(expected, seen, k) for k in expected)
    if isinstance(expected, list) and not isinstance(seen, list):
        seen = np.asarray(seen).tolist()
    return bool(expected == seen)


def _same_in(expected: dict[str, Any], seen: dict[str, Any], name: str) -> bool:
    """Return whether two dicts hold the same by a name, as far as that could be read."""
    return seen[name] is UNSEEN or _same(expected[name], seen[name])


def _rows_differ(expected: ByRow, ids: Sequence[float], values: Any) -> str:
    values = np.asarray(values, dtype=float).reshape(len(values), -1)
    order: dict[float, int] = {number: position for position, number in enumerate(expected.ids)}
    rows = [order[number] for number in ids if number in order]
    alike = (len(rows), *expected.values.shape[1:]) == values.shape
    if alike and np.allclose(expected.values[rows], values, atol=1e-4):
        return ""
    known: dict[float, Any] = dict(zip(expected.ids, expected.values, strict=True))
    for number, value in zip(ids, values, strict=True):
        if number not in known:
            return f"have a row that was not given, which begins with {number:g}"
        wanted = known[number]
        found = np.asarray(value, dtype=float).ravel()
        if wanted.shape != found.shape or not np.allclose(wanted, found, atol=1e-4):
            row = f"row {expected.ids.index(int(number))}"
            return f"should be {_short(wanted)} for {row}; they are {_short(found)}"
    return ""

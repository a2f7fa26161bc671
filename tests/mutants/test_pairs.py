"""The table of call sequences, and what the page says of it."""

from pathlib import Path

from mutation.pairs import covered_pairs, with_pairs
from scikeras_conformance.checks._support.call_sequences.table import (
    DIMENSIONS,
    allows_row,
    table_rows,
)
from scikeras_conformance.checks._support.pairwise import pairs_in, pairwise

PAGE = Path(__file__).parents[2] / "docs" / "mutation.md"


def test_every_possible_pair_is_in_a_row():
    """No pair of values that go together is left out, and every row is allowed."""
    assert {True} == set(covered_pairs().values())
    assert [] == [row for row in table_rows() if not allows_row(row)]
    assert {tuple(DIMENSIONS)} == {tuple(row) for row in table_rows()}


def test_the_page_has_the_present_numbers():
    """The coverage on the page is computed, not typed."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_pairs(page) == page


def test_pairs_that_exclude_each_other_are_not_looked_for():
    """A constraint removes pairs, also where only a third dimension makes them impossible."""

    def allows(row):
        return not (row.get("a") == 1 and row.get("c") == 5) and not (
            row.get("b") == 3 and row.get("c") == 6
        )

    rows = pairwise({"a": (1, 2), "b": (3, 4), "c": (5, 6)}, allows)
    assert all(allows(row) for row in rows)
    pairs = {pair for row in rows for pair in pairs_in(row)}
    assert (("a", 1), ("b", 3)) not in pairs
    assert 9 == len(pairs)

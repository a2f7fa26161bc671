"""The clauses as data."""

import hashlib

import pytest

from scikeras_conformance.contract import Level, load_contract, parse_contract
from scikeras_conformance.exceptions import ContractError

CLAUSE = """
version = "1.0"
[[chapter]]
id = "ABC"
title = "A chapter"
[[clause]]
id = "ABC-1"
level = "MUST"
profile = "documented"
section = "Somewhere"
statement = "A promise."
"""


def test_no_clause_was_dropped():
    """The numbers of clauses are pinned, chapter by chapter: a clause may be split, not lost."""
    contract = load_contract()
    counts = {chapter.id: len(contract.of_chapter(chapter.id)) for chapter in contract.chapters}
    assert {
        "CLS": 10,
        "INIT": 12,
        "COMP": 8,
        "BUILD": 10,
        "DATA": 7,
        "TGT": 14,
        "ROUTE": 16,
        "SCORE": 5,
        "SER": 4,
        "API": 13,
        "SKL": 5,
        "HYG": 8,
        "DEV": 4,
        "TYP": 3,
    } == counts


FROZEN = {"1.0": "be5d86d2f14b84f1", "1.1": "a4de8e86f208bb05"}
"""A digest of the clauses of each version; a version that was published never changes."""


def test_the_clauses_of_a_version_are_frozen():
    """Whoever changes a promise gives the contract another version (docs/contract.md)."""
    contract = load_contract()
    promises = [
        f"{c.id} {c.level} {c.profile} {c.since} {c.statement}" for c in contract.clauses.values()
    ]
    digest = hashlib.sha256("\n".join(promises).encode()).hexdigest()
    assert FROZEN[contract.version] == digest[:16]


def test_a_clause_may_be_excluded_from_observation():
    """The reason comes from the data; where there is none, checks can observe it."""
    text = CLAUSE + 'excluded = "Nobody can see it."'
    assert "Nobody can see it." == parse_contract(text).clauses["ABC-1"].excluded
    assert "" == parse_contract(CLAUSE).clauses["ABC-1"].excluded


def test_clauses_are_numbered_without_gaps():
    """Within a chapter the clauses are 1, 2, 3, ...; one split off has the number and a letter."""
    contract = load_contract()
    for chapter in contract.chapters:
        names = [clause.id for clause in contract.of_chapter(chapter.id)]
        numbers = [name for name in names if name[-1].isdigit()]
        assert [f"{chapter.id}-{one}" for one in range(1, len(numbers) + 1)] == numbers
        split_off = [place for place, name in enumerate(names) if name not in numbers]
        assert [f"{names[place - 1]}b" for place in split_off] == [names[p] for p in split_off]


def test_a_clause_knows_its_chapter_and_first_version():
    """Chapter and version come from the data, with the first version where none is given."""
    clause = parse_contract(CLAUSE).clauses["ABC-1"]
    assert ("ABC", "1.0", Level.MUST) == (clause.chapter, clause.since, clause.level)


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (CLAUSE + CLAUSE[CLAUSE.index("[[clause]]") :], "stands twice"),
        (CLAUSE.replace("ABC-1", "XYZ-1"), "belongs to no chapter"),
        (CLAUSE.replace('"MUST"', '"PERHAPS"'), "'ABC-1' is damaged"),
        (CLAUSE.replace('statement = "A promise."', ""), "'ABC-1' is damaged"),
        (CLAUSE + 'colour = "red"', "'ABC-1' is damaged"),
    ],
)
def test_damaged_contracts_are_refused(damage, complaint):
    """Whatever is wrong with the data is said, with the clause that it is wrong in."""
    with pytest.raises(ContractError, match=complaint):
        parse_contract(damage)

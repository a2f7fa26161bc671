"""Every promise has its check, every check its promise, and the page says so."""

import dataclasses
from pathlib import Path

import pytest

from scikeras_conformance.checks import CATALOG
from scikeras_conformance.cli.traceability import faults, page_with_table
from scikeras_conformance.contract import load_contract

PAGE = Path(__file__).parents[2] / "docs" / "contract.md"


def test_every_clause_has_a_check_or_a_reason():
    """Nothing that is promised goes unchecked without a word, and no check is about nothing."""
    assert [] == faults(load_contract(), CATALOG)


def with_clause(**changes):
    contract = load_contract()
    clause = dataclasses.replace(contract.clauses["CLS-1"], **changes)
    return contract._replace(clauses={**contract.clauses, "CLS-1": clause})


CHECK = next(check for check in CATALOG if check.clauses[0] == "CLS-1")
WITHOUT = [check for check in CATALOG if "CLS-1" not in check.clauses]


@pytest.mark.parametrize(
    ("contract", "catalog", "fault"),
    [
        (load_contract(), WITHOUT, "clause CLS-1 has no check of its own, and no reason for that"),
        (
            with_clause(excluded="because"),
            [*WITHOUT, CHECK],
            "clause CLS-1 has checks, and a reason why it can have none",
        ),
        (
            load_contract(),
            [*CATALOG, dataclasses.replace(CHECK, clauses=("CLS-1", "CLS-99"))],
            f"check {CHECK.id} is about CLS-99, which is no clause",
        ),
    ],
)
def test_faults_are_found(contract, catalog, fault):
    """A clause without a check, one with check and excuse, a check of no clause."""
    assert {fault} == set(faults(contract, catalog)) - set(faults(load_contract(), CATALOG))


def test_a_reason_stands_for_a_check():
    """A clause that cannot be observed is complete with the reason."""
    found = faults(with_clause(excluded="because"), WITHOUT)
    assert [] == [fault for fault in found if "CLS-1 " in fault]


def test_the_page_is_up_to_date():
    """If it is not: python -m scikeras_conformance.cli.traceability docs/contract.md."""
    text = PAGE.read_text(encoding="utf-8")
    assert text == page_with_table(text, load_contract(), CATALOG)


def test_a_page_without_the_mark():
    """The command never writes over a page that is not the one."""
    with pytest.raises(ValueError, match="has no line"):
        page_with_table("# Something else\n", load_contract(), CATALOG)

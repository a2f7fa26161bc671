"""The records of the checks."""

from importlib import import_module
from inspect import getsource

import pytest

from scikeras_conformance.catalog.check import check
from scikeras_conformance.catalog.plan import unchecked_clauses
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.contract import Level, Profile, load_contract
from scikeras_conformance.exceptions import ContractError

CHAPTERS = tuple(chapter.id for chapter in load_contract().chapters)


def test_ids_are_unique():
    """A result can be told by the id of its check."""
    ids = [check.id for check in CATALOG]
    assert len(set(ids)) == len(ids)


def test_every_clause_of_the_chapters_has_a_check():
    """No clause of a chapter that the suite covers is left out."""
    open_clauses = [name for name in unchecked_clauses(CATALOG) if name.split("-")[0] in CHAPTERS]
    assert [] == open_clauses


def test_checks_stand_in_the_order_of_the_contract():
    """A reader of a report finds the clauses in the order of the contract."""
    order = list(load_contract().clauses)
    positions = [
        (CHAPTERS.index(check.chapter), order.index(check.clauses[0])) for check in CATALOG
    ]
    assert sorted(positions) == positions


def test_records_are_complete():
    """Each record says in a line what it verifies and what the bug costs, and has distinct cases."""
    offenders = [
        record.id
        for record in CATALOG
        if any(
            not line or "\n" in line or line.endswith(".")
            for line in (record.verifies, record.impact)
        )
        or record.verifies == record.impact
        or len(set(record.cases)) < len(record.cases)
        or not record.wrappers
    ]
    assert [] == offenders


def test_a_check_takes_its_level_from_its_clause():
    """Without a level of its own a check is as binding as its clause."""
    record = check("CLS-6.example", verifies="a", impact="b", wrappers=[Wrapper.BASE])(print)
    assert (Level.SHOULD, ("",)) == (record.level, record.cases)


def test_a_check_may_ask_for_less_than_its_clause_but_not_for_more():
    """A SHOULD check of a MUST clause is fine, a MUST check of a SHOULD clause is not."""
    weaker = check("CLS-1.example", verifies="a", impact="b", level=Level.SHOULD)(print)
    assert Level.SHOULD == weaker.level
    with pytest.raises(ContractError, match="more binding"):
        check("CLS-6.example", verifies="a", impact="b", level=Level.MUST)


def test_a_check_of_an_unknown_clause_is_refused():
    """A check cannot be held against a promise that nobody made."""
    with pytest.raises(ContractError, match="CLS-99"):
        check("CLS-99.example", verifies="a", impact="b")


def test_what_a_check_presupposes_is_a_check_that_presupposes_nothing():
    """Its failures are counted to the cause of that check, which has to exist and have its own."""
    by_id = {check.id: check for check in CATALOG}
    roots = {check.presupposes for check in CATALOG} - {""}
    assert {"CLS-5.estimator-type"} <= roots <= set(by_id)
    assert [] == [root for root in roots if by_id[root].presupposes]


def test_the_documented_profile_needs_no_data_frames():
    """It is judged where Keras and scikit-learn alone are installed, and is complete there."""
    documented = [check for check in CATALOG if check.profile is Profile.DOCUMENTED]
    assert len(documented) > 100
    modules = {check.function.__module__ for check in documented}
    needing = [name for name in modules if ".frames import" in getsource(import_module(name))]
    assert [] == needing

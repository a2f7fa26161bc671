"""The plan of a run."""

import pytest

from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.exceptions import UsageError


def test_the_whole_plan_has_unique_ids_and_every_check():
    """Without a selection everything is planned, and results can be told apart."""
    plan = make_plan(CATALOG, Selection())
    assert len({item.id for item in plan}) == len(plan)
    assert set(CATALOG) == {item.check for item in plan}
    assert sum(len(check.wrappers) * len(check.cases) for check in CATALOG) == len(plan)


def test_the_order_is_that_of_the_catalog():
    """Two runs plan the same in the same order."""
    first, second = (make_plan(CATALOG, Selection()) for _ in range(2))
    assert [item.id for item in first] == [item.id for item in second]


def test_selections_narrow_the_plan():
    """Chapter, clause, pattern and wrapper each take what they name and no more."""
    by_clause = make_plan(CATALOG, Selection(checks=("INIT-1",), wrappers=("base",)))
    assert by_clause
    assert {"INIT-1"} == {item.check.clauses[0] for item in by_clause}
    assert {"base"} == {item.wrapper for item in by_clause}
    by_pattern = make_plan(CATALOG, Selection(chapters=("COMP",), checks=("*.loss",)))
    assert {"COMP-5.loss"} == {item.check.id for item in by_pattern}


def test_a_clause_selects_checks_that_are_about_it_too():
    """A check that touches a second clause runs when that one is asked for."""
    plan = make_plan(CATALOG, Selection(checks=("DATA-3",)))
    assert {"TGT-8.own-encoder", "DATA-3.decoded"} <= {item.check.id for item in plan}


def test_parts_without_anything_in_common_give_an_empty_plan():
    """Known names that share no check are no mistake in a name."""
    assert [] == list(make_plan(CATALOG, Selection(chapters=("TGT",), checks=("INIT-1",))))


@pytest.mark.parametrize(
    ("selection", "complaint"),
    [
        (Selection(chapters=("INT",)), "no chapter 'INT'. Did you mean 'INIT'"),
        (Selection(wrappers=("clasifier",)), "Did you mean 'classifier'"),
        (Selection(checks=("INIT-1.free-parameter",)), "Did you mean 'INIT-1.free-parameters'"),
        (Selection(checks=("DEV-4",)), "DEV-4 has no check: This is a requirement for the suite"),
        (Selection(checks=("nonsense",)), "No check matches 'nonsense'"),
    ],
)
def test_names_that_match_nothing_are_refused(selection, complaint):
    """A misspelt name never selects nothing in silence."""
    with pytest.raises(UsageError, match=complaint):
        make_plan(CATALOG, selection)


def test_a_clause_that_waits_for_its_check():
    """It is no slip of the keyboard, and there is nothing to run all the same."""
    rest = [check for check in CATALOG if "CLS-1" not in check.clauses]
    with pytest.raises(UsageError, match="CLS-1 has no check yet"):
        make_plan(rest, Selection(checks=("CLS-1",)))


def profiles_of(selection):
    return {str(item.check.profile) for item in make_plan(CATALOG, selection)}


def test_a_run_is_about_the_documented_profile():
    """Unless a profile, a chapter or a check is named."""
    assert {"documented"} == profiles_of(Selection.requested())
    assert {"documented"} == profiles_of(Selection.requested(wrappers=["base"]))
    assert {"api"} == profiles_of(Selection.requested(chapters=["API"]))
    assert {"api"} == profiles_of(Selection.requested(checks=["API-1"]))
    assert {"api"} == profiles_of(Selection.requested(profiles=["api"]))
    assert {"api", "documented"} <= profiles_of(Selection.requested(profiles=["all"]))
    assert not profiles_of(Selection.requested(profiles=["api"], chapters=["CLS"]))


def test_the_profile_of_a_machine_without_a_gpu():
    """It is everything but the checks that would be unavailable there."""
    everything = {check.id for check in CATALOG}
    planned = make_plan(CATALOG, Selection.requested(profiles=["cpu"]))
    assert {"DEV-2.on-a-gpu", "DEV-3.devices-agree"} == everything - {i.check.id for i in planned}
    assert len(planned) == planned.extent


def test_a_plan_knows_the_rest_of_the_catalog():
    """What a baseline may name, and how much of its profiles a run is, need no second plan."""
    plan = make_plan(CATALOG, Selection(checks=("INIT-1",), profiles=("documented",)))
    whole = make_plan(CATALOG, Selection())
    assert list(whole) == list(plan.everything.values())
    assert len(make_plan(CATALOG, Selection(profiles=("documented",)))) == plan.extent
    assert (len(plan), plan[0], plan[:1]) == (len(list(plan)), next(iter(plan)), (plan[0],))

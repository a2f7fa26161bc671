"""Every check can fail: each mutant fails the checks of the clause that it breaks."""

import pickle
import subprocess
import sys

import pytest

from broken import BROKEN
from controls import CONTROLS
from mutants import MUTANTS
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

NOT_SHOWN_HERE = {
    "DEV-2.on-a-gpu": "needs a GPU; tests/conformance/test_devices.py simulates one",
    "DEV-3.devices-agree": "needs a GPU; tests/conformance/test_devices.py simulates one",
}
"""Checks that no mutant can fail on a machine without a GPU, and why."""


def run_until_each_failed(plan, subject):
    """Run checks; of one with as many cases as SKL-1, a failing case is enough."""
    results, failed = [], set()
    for planned in plan:
        if planned.check.conditional and planned.check.id in failed:
            continue
        results.append(execute(planned, subject))
        if results[-1].outcome is Outcome.FAILED:
            failed.add(planned.check.id)
    return results


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_a_mutant_fails_the_checks_of_its_clause(mutant):
    """The checks that the mutant declares fail, and the suite itself makes no error."""
    subject = load_subject(f"mutants:{mutant.name}")
    plan = make_plan(CATALOG, Selection(checks=mutant.kills))
    results = run_until_each_failed(plan, subject)
    errors = [f"{r.id}: {r.details}" for r in results if r.outcome is Outcome.ERRORED]
    assert [] == errors
    failed = {result.check for result in results if result.outcome is Outcome.FAILED}
    assert set(mutant.kills) == failed


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_a_mutant_has_a_story(mutant):
    """A mutant says what it does wrong, and names known checks of one clause."""
    assert mutant.story
    known = {check.id for check in CATALOG}
    assert set(mutant.kills) <= known
    assert {mutant.clause} == {kill.partition(".")[0] for kill in mutant.kills}


def test_no_check_is_without_a_mutant():
    """A check that no mutant fails might never fail."""
    killed = {kill for mutant in MUTANTS.values() for kill in mutant.kills}
    missing = [check.id for check in CATALOG if check.id not in killed]
    assert list(NOT_SHOWN_HERE) == missing


def test_names_of_copies_are_unique():
    """Copies of the reference are found by name, in other processes too."""
    names = [*MUTANTS, *CONTROLS, *BROKEN]
    assert len(set(names)) == len(names)


def test_copies_can_be_imported_in_other_processes():
    """A pickled class of a mutant is broken in a new process too."""
    mutant = MUTANTS["r_squared_is_cut_at_zero"]
    data = pickle.dumps(mutant.KerasRegressor)
    assert mutant.KerasRegressor is pickle.loads(data)
    code = f"import pickle; print(pickle.loads({data!r}).scorer([1, 2], [9, 9]))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "0.0" == done.stdout.split()[-1], done.stderr[-2000:]

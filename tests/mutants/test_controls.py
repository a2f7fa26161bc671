"""The suite fails wrong subjects only, and no subject causes an error of the suite."""

import os

import pytest

from broken import BROKEN
from controls import CONTROLS
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

COSTLY = ("HYG-3", "HYG-4", "TYP-")
NEED_A_GPU = {"DEV-2.on-a-gpu", "DEV-3.devices-agree"}


def one_of_each_check():
    """Return the first planned check of each check, which runs every line of it."""
    firsts = {planned.check.id: planned for planned in reversed(make_plan(CATALOG, Selection()))}
    return [firsts[check.id] for check in CATALOG]


def checks_for(name, subjects):
    """Return each check for the first subject and the composed one, every other one for the rest.

    So half of the subjects meet a check that a test is about; a nightly job, which sets
    ``EVERY_CHECK``, leaves nothing out but what takes long, and types, which need a package on disk.
    What type checkers see of packages is the business of tests/conformance/test_typing_checks.py.
    """
    wanted = one_of_each_check()
    names = list(subjects)
    if name == names[0]:
        return [planned for planned in wanted if not planned.check.id.startswith("TYP-")]
    wanted = [planned for planned in wanted if not planned.check.id.startswith(COSTLY)]
    if name not in names or os.environ.get("EVERY_CHECK"):
        return wanted
    return wanted[names.index(name) % 2 :: 2]


@pytest.mark.parametrize("name", [*CONTROLS, "composed"])
def test_controls_fail_nothing(name):
    """A wrapper that is written differently and keeps the contract passes every check."""
    subject = load_subject(f"controls:{name}" if name in CONTROLS else f"controls.{name}")
    results = [execute(planned, subject) for planned in checks_for(name, CONTROLS)]
    not_here = {r.check for r in results if r.outcome is Outcome.UNAVAILABLE}
    assert not_here <= NEED_A_GPU
    wrong = [f"{r.id}: {r.message}" for r in results if r.outcome is not Outcome.PASSED]
    assert len(not_here) == len(wrong), wrong


@pytest.mark.parametrize("name", BROKEN)
def test_broken_subjects_cause_no_error_of_the_suite(name):
    """Whatever a subject returns, the subject fails, not the suite."""
    subject = load_subject(f"broken:{name}")
    results = [execute(planned, subject) for planned in checks_for(name, BROKEN)]
    errors = [f"{r.id}: {r.details}" for r in results if r.outcome is Outcome.ERRORED]
    assert [] == errors

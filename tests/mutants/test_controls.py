"""The suite fails wrong subjects only, and no subject causes an error of the suite."""

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


WITHOUT_COSTLY = [check.id for check in CATALOG if not check.id.startswith(COSTLY)]


def first_plan(*checks):
    """Return the first planned check of each check, which runs every line of it."""
    firsts = {planned.check.id: planned for planned in reversed(make_plan(CATALOG, Selection()))}
    return [firsts[check] for check in checks]


SEQUENCES = [check for check in WITHOUT_COSTLY if check.endswith(".after-any-calls")]
"""They share one execution of many calls, which takes seconds whichever of them is run.

What they try here is a table of calls, and one random sequence.
"""

OTHERS = [check for check in WITHOUT_COSTLY if check not in SEQUENCES]


def part_for(name, subjects):
    """Return the checks that a subject meets in the ordinary run.

    Each subject meets others, spread over all chapters, and all subjects of a kind together meet
    a quarter of the checks. The composed control, which is not among them, meets every ninth check
    and the sequences of calls. What takes long, and types, which need a package on disk, are left
    out; what type checkers see of packages is the business of
    tests/conformance/test_typing_checks.py.
    """
    names = list(subjects)
    if name not in names:
        return [*OTHERS[::9], *SEQUENCES]
    return OTHERS[names.index(name) :: 4 * len(names)]


def with_parts(subjects, *more):
    """Return each subject with its part of the checks, and with the rest of them."""
    for name in (*subjects, *more):
        part = part_for(name, subjects)
        rest = [check for check in WITHOUT_COSTLY if check not in part]
        marks = [pytest.mark.slow, pytest.mark.mutants]
        yield pytest.param(name, part, id=name, marks=marks)
        if rest:
            marks = [*marks, pytest.mark.exhaustive]
            yield pytest.param(name, rest, id=f"{name}-rest", marks=marks)
    costly = [check.id for check in CATALOG if check.id.startswith(("HYG-3", "HYG-4"))]
    marks = [pytest.mark.slow, pytest.mark.mutants, pytest.mark.exhaustive]
    yield pytest.param(next(iter(subjects)), costly, id="costly", marks=marks)
    marks = [pytest.mark.mutants, pytest.mark.fast]
    yield pytest.param(next(iter(subjects)), WITHOUT_COSTLY[:6], id="fast", marks=marks)


def results_of(subject, checks):
    """Return the results of the first planned check of each check."""
    return [
        execute(planned, subject, examples=1 if planned.check.id in SEQUENCES else None)
        for planned in first_plan(*checks)
    ]


@pytest.mark.mutants
@pytest.mark.parametrize(
    "result", ["SER-1.fitted:base:deepcopy-history", "SER-4.pickle:regressor:own-compile"]
)
def test_what_keras_loses_in_a_copy_is_not_charged(result):
    """A wrapper whose copies of models are those that Keras makes is not at fault."""
    subject = load_subject("controls:copies_models_as_keras_does")
    (planned,) = [one for one in make_plan(CATALOG, Selection()) if one.id == result]
    assert Outcome.PASSED == execute(planned, subject).outcome


@pytest.mark.parametrize(("name", "checks"), list(with_parts(CONTROLS, "composed")))
def test_controls_fail_nothing(name, checks):
    """A wrapper that is written differently and keeps the contract passes every check."""
    subject = load_subject(f"controls:{name}" if name in CONTROLS else f"controls.{name}")
    results = results_of(subject, checks)
    not_here = {r.check for r in results if r.outcome is Outcome.UNAVAILABLE}
    assert not_here <= NEED_A_GPU
    fine = {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    wrong = [f"{r.id}: {r.message}" for r in results if r.outcome not in fine]
    assert len(not_here) == len(wrong), wrong


@pytest.mark.parametrize(("name", "checks"), list(with_parts(BROKEN)))
def test_broken_subjects_cause_no_error_of_the_suite(name, checks):
    """Whatever a subject returns, the subject fails, not the suite."""
    subject = load_subject(f"broken:{name}")
    results = results_of(subject, checks)
    errors = [f"{r.id}: {r.details}" for r in results if r.outcome is Outcome.ERRORED]
    assert [] == errors

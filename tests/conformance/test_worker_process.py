"""The worker process of checks that need one in which the subject was not imported."""

import os
import time

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks._support import worker_process
from scikeras_conformance.checks._support.worker_process import run_in_worker_process
from scikeras_conformance.exceptions import Blocked, Nonconformance
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.subject.loading import Subject


@pytest.fixture
def context():
    return CheckContext(Subject("nobody", {}, print), Wrapper.BASE)


@pytest.mark.fast
@pytest.mark.process
def test_a_function_runs_in_another_process(context):
    """It is not this process, and it is kept for the next task."""
    first = run_in_worker_process(context, "calling", os.getpid)
    assert os.getpid() != first
    assert first == run_in_worker_process(context, "calling", os.getpid)


@pytest.mark.process
def test_what_is_raised_there_is_the_subjects_failure(context):
    """So is what cannot be pickled, in either direction."""
    with pytest.raises(Nonconformance, match="calling raised ValueError: invalid literal"):
        run_in_worker_process(context, "calling", int, "x")
    with pytest.raises(Nonconformance, match="pickling the arguments of calling raised"):
        run_in_worker_process(context, "calling", len, lambda: 0)
    with pytest.raises(Nonconformance, match="calling raised SystemExit"):
        run_in_worker_process(context, "calling", exit, 0)


@pytest.mark.process
def test_a_process_that_ends(context):
    """The check fails, and the next task has a process to run in."""
    with pytest.raises(Nonconformance, match="calling ended the process"):
        run_in_worker_process(context, "calling", os._exit, 0)
    assert 3 == run_in_worker_process(context, "calling", len, "abc")


@pytest.mark.process
def test_a_process_that_hangs(context, monkeypatch):
    """A task that takes too long is stopped; that says nothing of the clause, so it blocks."""
    monkeypatch.setattr(worker_process, "LONGEST_WAIT_SECONDS", 1.0)
    with pytest.raises(Blocked, match="calling did not finish within 1 s"):
        run_in_worker_process(context, "calling", time.sleep, 60)
    monkeypatch.undo()
    assert 3 == run_in_worker_process(context, "calling", len, "abc")


@pytest.mark.process
def test_a_result_that_cannot_be_pickled(context):
    """It is a failure, not the end of the process."""
    with pytest.raises(Nonconformance, match="calling raised"):
        run_in_worker_process(context, "calling", open, os.devnull)
    assert 3 == run_in_worker_process(context, "calling", len, "abc")

"""The process that checks ask when they need one that has seen nothing."""

import os
import time

import pytest

from scikeras_conformance.catalog.check import Wrapper
from scikeras_conformance.checks._support import worker_process as _elsewhere
from scikeras_conformance.checks._support.worker_process import ask_elsewhere
from scikeras_conformance.exceptions import Nonconformance
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.subject.loading import Subject


@pytest.fixture
def context():
    return CheckContext(Subject("nobody", {}, print), Wrapper.BASE)


@pytest.mark.fast
@pytest.mark.process
def test_another_process_answers(context):
    """It is not this one, and it is kept for the next question."""
    first = ask_elsewhere(context, "asking", os.getpid)
    assert os.getpid() != first
    assert first == ask_elsewhere(context, "asking", os.getpid)


@pytest.mark.process
def test_what_is_raised_there_is_the_subjects_failure(context):
    """So is what cannot be pickled, in either direction."""
    with pytest.raises(Nonconformance, match="asking raised ValueError: invalid literal"):
        ask_elsewhere(context, "asking", int, "x")
    with pytest.raises(Nonconformance, match="pickling for asking raised"):
        ask_elsewhere(context, "asking", len, lambda: 0)
    with pytest.raises(Nonconformance, match="asking raised SystemExit"):
        ask_elsewhere(context, "asking", exit, 0)


@pytest.mark.process
def test_a_process_that_ends(context):
    """The check has failed, and the next question has a process to answer it."""
    with pytest.raises(Nonconformance, match="asking ended the process"):
        ask_elsewhere(context, "asking", os._exit, 0)
    assert 3 == ask_elsewhere(context, "asking", len, "abc")


@pytest.mark.process
def test_a_process_that_hangs(context, monkeypatch):
    """Nobody waits for ever."""
    monkeypatch.setattr(_elsewhere, "PATIENCE", 1.0)
    with pytest.raises(Nonconformance, match="did not come to an end within 1 s"):
        ask_elsewhere(context, "asking", time.sleep, 60)
    monkeypatch.undo()
    assert 3 == ask_elsewhere(context, "asking", len, "abc")


@pytest.mark.process
def test_an_answer_that_cannot_be_sent(context):
    """It is a failure, not the end of the process."""
    with pytest.raises(Nonconformance, match="asking raised"):
        ask_elsewhere(context, "asking", open, os.devnull)
    assert 3 == ask_elsewhere(context, "asking", len, "abc")

"""What a check cannot do to the next one, and what a process tells after its end."""

import cProfile
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from scikeras_conformance.catalog.check import check
from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.printable import MAX_DETAILS, MAX_MESSAGE, bounded, describe, show
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import SubjectIncompleteError, TimeUp
from scikeras_conformance.runner import post_mortem, time_limit
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.runner.interruption import is_from_outside, noticing_interrupts
from scikeras_conformance.runner.process_state import restored_process_state
from scikeras_conformance.subject.loading import Subject, load_subject


def outcome_of(function, limit=30):
    """Return the result of a check that does something to a subject."""
    record = check("CLS-2.made-up", verifies="something", impact="nothing")(function)
    subject = Subject("toy", dict.fromkeys(Wrapper, object))
    return execute(PlannedCheck(record, Wrapper.BASE, ""), subject, limit=limit)


class HangingError(Exception):
    """An exception whose text never comes."""

    def __str__(self):
        time.sleep(60)
        return ""


class Other(BaseException):
    """An exception that nobody expects."""


@pytest.mark.parametrize("error", [Other, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_any_exception_of_a_subject_is_its_own(error):
    """In a guard it breaks the clause, and an interrupt that nobody sent is no interrupt."""

    def function(context):
        with context.doing("fit(...)"):
            raise error("x")

    result = outcome_of(function)
    assert (Outcome.FAILED, f"fit(...) raised {error.__name__}: x") == (
        result.outcome,
        result.message,
    )


def test_an_exception_outside_a_guard_is_an_error_of_the_suite():
    """Whatever its base, it leaves a result."""

    def function(context):
        raise Other

    assert Outcome.ERRORED is outcome_of(function).outcome


def test_the_interrupt_of_the_user_ends_the_run():
    """Ctrl-C is a signal, which the subject has not raised."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def function(context):
        with context.doing("fit(...)"):
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            outcome_of(function)
    finally:
        signal.signal(signal.SIGINT, before)  # jobs in the background ignore the signal
    assert not is_from_outside(KeyboardInterrupt())  # the next one may be the subject's


def test_an_interrupt_that_is_handled_elsewhere_is_not_the_users(monkeypatch):
    """In a worker no key press arrives, so whoever raises it is the subject."""
    monkeypatch.setattr("scikeras_conformance.runner.interruption._Interrupts.count", 0)
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with noticing_interrupts():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not is_from_outside(KeyboardInterrupt())


def test_a_time_limit_is_blocked():
    """Nobody saw a promise broken; the message says where the check was."""

    def function(context):
        with context.doing("fit(...)"):
            time.sleep(60)

    result = outcome_of(function, limit=0.2)
    assert (Outcome.BLOCKED, "the check") == (result.outcome, result.step)
    assert "was stopped after 0.2 s" in result.message
    assert "time.sleep(60)" in result.message
    assert "test_isolation.py" in result.details


def test_an_exception_whose_text_hangs():
    """The time limit ends it too, and it is not asked for its text again."""

    def function(context):
        with context.doing("fit(...)"):
            raise HangingError

    assert Outcome.BLOCKED is outcome_of(function, limit=0.2).outcome


@pytest.mark.slow
def test_an_error_of_the_suite_whose_text_hangs():
    """Even what escapes every guard is described in a limited time."""

    def function(context):
        raise HangingError

    result = outcome_of(function, limit=0.2)
    assert Outcome.BLOCKED is result.outcome
    assert "the check ended with HangingError, which cannot be described" in result.message


@pytest.mark.parametrize("text", ["A" * 10_000_000, "A\n" * 5_000_000, "\ud800\x00\x1b[31m\u202e"])
def test_messages_are_short_and_printable(text):
    """Whatever a subject says can be sent between processes and written into a file."""

    def function(context):
        with context.doing("fit(...)"):
            context.fail(text) if len(text) > 100 else None
            raise ValueError(text)

    result = outcome_of(function)
    assert Outcome.FAILED is result.outcome
    assert len(result.message) < MAX_MESSAGE + 100
    assert len(result.details) < MAX_DETAILS + 100
    for part in (result.message, result.details, result.exception):
        assert not set("\ud800\x00\x1b\u202e") & set(part)
        part.encode("utf-8")


def test_the_lines_of_a_traceback_survive_a_long_message():
    """A message of a megabyte in the middle does not push out where it came from."""
    text = "".join(f'  File "/a.py", line {n}, in f\n' for n in range(50))
    shortened = bounded(f"{text}ValueError: {'x' * 1_000_000}\n{text}", MAX_DETAILS)
    assert 100 == shortened.count('File "/a.py"')
    assert "characters left out" in shortened


@pytest.mark.parametrize("error", [ValueError, Other, KeyboardInterrupt])
def test_a_text_that_cannot_be_made(error):
    """A repr and a message that raise anything are named, and the time limit passes."""

    class RudeError(Exception):
        def __repr__(self):
            raise error

        __str__ = __repr__

    assert f"<RudeError whose repr raises {error.__name__}>" == show(RudeError())
    assert "RudeError: (its message cannot be printed)" == describe(RudeError())
    error = TimeUp
    for text in (show, describe):
        with pytest.raises(TimeUp):
            text(RudeError())


def test_the_state_of_the_process_is_restored(tmp_path, monkeypatch):
    """The next check does not start in a directory that is gone, with a trace function, and so on."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.setenv("KEPT", "1")
    state = lambda: (  # noqa: E731 - what is compared below
        Path.cwd(), dict(os.environ), list(sys.path), sys.stdout, socket.getdefaulttimeout(),
        sys.getrecursionlimit(), sys.getprofile(),
    )  # fmt: skip
    before = state()
    with restored_process_state():
        os.chdir(gone)
        gone.rmdir()
        os.environ["ADDED"] = os.environ.pop("KEPT")
        sys.path.insert(0, "nowhere")
        sys.stdout = None
        socket.setdefaulttimeout(0.1)
        sys.setrecursionlimit(5000)
        sys.setprofile(lambda *_: None)
        sys.modules["json"] = None
    assert before == state()
    assert json is sys.modules["json"]


def test_a_profiler_in_c_is_left_alone():
    """A run under cProfile goes on, and is profiled to its end."""
    with cProfile.Profile() as profiler:
        started = sys.getprofile()  # None from Python 3.12 on, where it needs no such function
        assert started in (profiler, None)
        with restored_process_state():
            pass
        assert started is sys.getprofile()
        with restored_process_state():
            sys.setprofile(lambda *_: None)
        assert sys.getprofile() is None


def test_waits_grow_with_the_time_limit():
    """A slow machine that is given more time is given more for each wait too, and never less."""
    waits = []
    for limit in (1, time_limit.DEFAULT_LIMIT, 5 * time_limit.DEFAULT_LIMIT):
        with time_limit.time_limit(limit):
            waits.append(time_limit.scaled(20))
    assert [20, 20, 100] == waits


# -- after the end of a process -------------------------------------------------------------------

TIMEOUT = """\
stage: imported Keras and scikit-learn
stage: imported the subject 'odd'
Timeout (0:00:15)!
Thread 0x00007f (most recent call first):
  File "/lib/threading.py", line 3 in wait
Thread 0x00008f (most recent call first):
  File "/code/odd.py", line 7 in wait_for_ever
  File "/code/odd.py", line 2 in <module>
"""


def test_what_a_process_leaves_behind(tmp_path):
    """What it was doing, why it ended, and the traceback of its main thread in the usual order."""
    file = tmp_path / "gw0.txt"
    file.write_text(TIMEOUT)
    death = post_mortem.read(file)
    assert ("imported the subject 'odd'", True, "") == (death.stage, death.timed_out, death.reason)
    assert death.details.endswith('  File "/code/odd.py", line 7 in wait_for_ever')
    assert "threading.py" not in death.details


def test_a_process_that_crashed(tmp_path):
    """The signal is named, in Python's words."""
    file = tmp_path / "gw0.txt"
    file.write_text("Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent)\n")
    death = post_mortem.read(file)
    assert (False, "Segmentation fault", "") == (death.timed_out, death.reason, death.details)


def test_a_process_that_left_nothing(tmp_path):
    """Nothing is known, which is no error."""
    assert post_mortem.Death() == post_mortem.read(tmp_path / "nothing")


# -- subjects that lie ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("def __getattr__(name): raise RuntimeError('no')", "asking it for .* raised RuntimeError"),
        ("def __getattr__(name): raise KeyboardInterrupt", "raised KeyboardInterrupt"),
        (
            "class Lie:\n    __class__ = property(lambda self: type)\nKerasClassifier = Lie()",
            "is not a class",
        ),
    ],
)
def test_subjects_that_cannot_be_read(body, complaint, tmp_path, monkeypatch):
    """A module whose attributes raise, and objects that only say that they are classes."""
    (tmp_path / "liar.py").write_text(body)
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("liar", None)
    with pytest.raises(SubjectIncompleteError, match=complaint):
        load_subject("liar")

"""The worker process of checks that need one in which the subject was not imported."""

import os
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

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


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="processes start from nothing elsewhere")
def test_a_process_has_imported_keras_and_nothing_of_the_suite(tmp_path):
    """Importing Keras takes longest; classes of the suite and of the subject have to be found."""
    code = """
        from scikeras_conformance.checks._support.quick_starts import starting_context

        if __name__ == "__main__":
            with starting_context().Pool(1) as pool:
                print(pool.apply(eval, ("[name in __import__('sys').modules for name in "
                    "('keras', 'scikeras_conformance.doubles', 'scikeras_reference')]",)))
    """
    assert "[True, False, False]" == output_of_script(code, tmp_path)


@pytest.mark.exhaustive
@pytest.mark.process
def test_joblib_uses_the_processes_that_were_started(tmp_path):
    """They serve its next calls, and what a user defines in a script is still found there."""
    code = """
        import os

        import joblib
        from scikeras_conformance.checks._support.quick_starts import start_joblib_quickly

        print("read")


        def here(number):
            import sys

            return os.getpid(), "keras" in sys.modules


        start_joblib_quickly()
        found = joblib.Parallel(n_jobs=2)(joblib.delayed(here)(number) for number in range(4))
        print(os.getpid() in dict(found), set(dict(found).values()))
    """
    expected = "{True}" if sys.platform == "linux" else "{False}"
    assert f"read\nFalse {expected}" == output_of_script(code, tmp_path)


def output_of_script(code, folder):
    """Return what a script prints; it has no guard against being read by other processes."""
    script = Path(folder, "script.py")
    script.write_text(dedent(code), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()

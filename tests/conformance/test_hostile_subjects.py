"""Subjects that hang, crash, exit, fork, print: the run goes on, and says what happened."""

import json
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.usefixtures("toy_on_path")

LIMIT = "2"


def judge(tmp_path, body, *, where="fit", options=()):
    """Judge a subject that does something odd in a method, or while it is imported."""
    code = "import os, signal, sys, threading, time\nfrom toy_subject import *\n"
    if where == "import":
        code += body
    else:
        code += (
            f"class KerasClassifier(BaseWrapper):\n    def {where}(self, *args):\n        {body}\n"
        )
    (tmp_path / "odd.py").write_text(code)
    report = tmp_path / "report.json"
    command = [
        *(sys.executable, "-m", "scikeras_conformance", "run", "odd", "--report", str(report)),
        *("--time-limit", LIMIT, *(options or ("--check", "CLS-2"))),
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300
    )
    data = json.loads(report.read_text())
    return done, data, {result["id"]: result for result in data["results"]}


ENDS = [
    "os._exit(0)",
    "os.kill(os.getpid(), signal.SIGKILL)",
    "os.kill(os.getpid(), signal.SIGSEGV)",
    "while True:\n            try: time.sleep(60)\n            except: pass",
]


@pytest.mark.parametrize("body", ENDS, ids=["exit", "killed", "segfault", "stubborn"])
def test_a_check_that_ends_its_process(body, tmp_path):
    """The check has failed, also where the exit code was zero; all others have their results."""
    done, data, results = judge(tmp_path, body)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    assert 3 == len(results)
    result = results["CLS-2.fit-and-predict:classifier"]
    assert "failed" == result["outcome"]
    assert "The process ended during this check" in result["message"]


def test_a_check_that_dies_once_is_run_again(tmp_path):
    """What the machine did once (out of memory, say) is not held against the subject."""
    body = "open('died', 'x').close() if not os.path.exists('died') else sys.exit('again')"
    body += "; os._exit(9)"
    done, _, results = judge(tmp_path, body)
    assert 1 == done.returncode
    assert "SystemExit: again" in results["CLS-2.fit-and-predict:classifier"]["message"]


def test_a_hanging_check_is_stopped(tmp_path):
    """It fails after its own time limit, and the message says where it was."""
    done, _, results = judge(tmp_path, "time.sleep(600)")
    assert 1 == done.returncode
    message = results["CLS-2.fit-and-predict:classifier"]["message"]
    assert "was stopped after 2 s" in message
    assert "time.sleep(600)" in message


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("time.sleep(600)", "was stopped after 2 s"),
        ("os._exit(0)", "the process that imported it ended"),
        ("sys.exit(0)", "cannot be imported: SystemExit"),
        ("raise RuntimeError('no')", "cannot be imported: RuntimeError: no"),
    ],
)
def test_an_import_that_does_not_end_well(body, complaint, tmp_path):
    """There is no subject, whatever is planned, and it takes no time to find out."""
    start = time.monotonic()
    done, data, results = judge(tmp_path, body, where="import", options=("--chapter", "CLS"))
    assert 4 == done.returncode, done.stdout + done.stderr
    assert complaint in data["footer"]["refusal"]
    assert {} == results
    assert time.monotonic() - start < 120


def test_forks_leave_one_result_each(tmp_path):
    """A child that comes back from a fork does not report, and does not disturb."""
    done, data, results = judge(tmp_path, "os.fork()")
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    assert "failed" == results["CLS-2.fit-and-predict:classifier"]["outcome"]


def test_threads_that_never_end(tmp_path):
    """They do not keep the run from ending."""
    body = "threading.Thread(target=time.sleep, args=(900,)).start()"
    done, data, _ = judge(tmp_path, body)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]


def test_megabytes_of_output(tmp_path):
    """What a subject prints is not the run's output, and is kept short."""
    done, data, _ = judge(tmp_path, "print('x' * 30_000_000); sys.stderr.write('y' * 30_000_000)")
    assert 1 == done.returncode
    assert len(done.stdout) < 20_000
    assert len(json.dumps(data)) < 50_000


def test_a_repr_that_raises(tmp_path):
    """A failure is shown all the same."""
    _, _, results = judge(
        tmp_path, "raise ValueError(self)\n    def __repr__(self):\n        raise KeyError('no')"
    )
    message = results["CLS-2.fit-and-predict:classifier"]["message"]
    assert "fit(...) raised ValueError: (its message cannot be printed)" in message


def test_a_report_that_cannot_be_written_any_more(tmp_path):
    """The run is incomplete: what it found is not where it was asked for."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (tmp_path / "odd.py").write_text(
        "import shutil\nfrom toy_subject import *\nshutil.rmtree('reports', ignore_errors=True)\n"
    )
    command = [sys.executable, "-m", "scikeras_conformance", "run", "odd", "--check", "CLS-1"]
    done = subprocess.run(
        [*command, "--report", "reports/r.json"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert 3 == done.returncode, done.stdout
    assert "cannot be written" in done.stdout

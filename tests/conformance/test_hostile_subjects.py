"""Subjects that hang, crash, exit, fork, print: the run goes on, and says what happened."""

import json
import signal
import subprocess
import sys
import time

import pytest

from commands import conformance, on_one_line
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

pytestmark = pytest.mark.usefixtures("toy_on_path")
process = pytest.mark.process

LIMIT = "2"


def judge(tmp_path, body, *, where="fit", others=None, options=()):
    """Judge a subject that does something odd in a method, or while it is imported.

    What other wrappers than the classifier do in that method is in `others`, by name.
    """
    code = "import os, signal, sys, threading, time\nfrom toy_subject import *\n"
    if where == "import":
        code += body
    else:
        for name, does in {"KerasClassifier": body, **(others or {})}.items():
            code += f"class {name}(BaseWrapper):\n    def {where}(self, *args):\n        {does}\n"
    (tmp_path / "odd.py").write_text(code)
    report = tmp_path / "report.json"
    done = conformance(
        *("run", "odd", "--report", str(report), "--time-limit", LIMIT),
        *(options or ("--check", "CLS-2")),
        cwd=tmp_path,
    )
    data = json.loads(report.read_text())
    return done, data, {result["id"]: result for result in data["results"]}


STUBBORN = "while True:\n            try: time.sleep(60)\n            except: pass"
CRASHES = "os.kill(os.getpid(), signal.SIGSEGV)"


@process
@pytest.mark.parametrize(
    ("body", "crashes"),
    [
        pytest.param("os._exit(0)", True, id="exit", marks=pytest.mark.exhaustive),
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", False, marks=pytest.mark.exhaustive),
        pytest.param(STUBBORN, False, id="stubborn", marks=pytest.mark.exhaustive),
    ],
)
def test_checks_that_end_their_process(body, crashes, tmp_path):
    """Each is blocked, whatever the signal or exit code; all others have their results."""
    others = {"KerasRegressor": CRASHES} if crashes else {}
    done, data, results = judge(tmp_path, body, others=others)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    assert 3 == len(results)
    for wrapper in ("classifier", "regressor")[: 1 + crashes]:
        result = results[f"CLS-2.fit-and-predict:{wrapper}"]
        assert ("blocked", "the check") == (result["outcome"], result["step"])
        assert "the process ended during the check" in result["message"]
    if crashes:
        assert "crashed: Segmentation fault" in result["message"]
        assert "in fit" in result["details"]


@process
@pytest.mark.exhaustive
def test_a_check_that_dies_once_is_run_again(tmp_path):
    """What the machine did once (out of memory, say) is not held against the subject."""
    body = "open('died', 'x').close() if not os.path.exists('died') else sys.exit('again')"
    body += "; os._exit(9)"
    done, _, results = judge(tmp_path, body)
    assert 1 == done.returncode
    assert "SystemExit: again" in results["CLS-2.fit-and-predict:classifier"]["message"]


@pytest.fixture(scope="module")
def run_of_several(tmp_path_factory, toy_for_module):
    """Judge one subject of which each wrapper does something else that its process survives."""
    others = {
        "KerasRegressor": "os.fork()",
        # The last, because the others are derived from it.
        "BaseWrapper": "print('x' * 30_000_000); sys.stderr.write('y' * 30_000_000); "
        "raise KeyboardInterrupt",
    }
    return judge(tmp_path_factory.mktemp("several"), "time.sleep(600)", others=others)


@process
def test_a_run_of_odd_checks_is_complete(run_of_several):
    """Whatever checks did, each has its result, and the run its verdict."""
    done, data, results = run_of_several
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    assert 3 == len(results)


@process
def test_a_hanging_check_is_stopped(run_of_several):
    """It is blocked after its own time limit, and the message says where it was."""
    _, _, results = run_of_several
    assert "blocked" == results["CLS-2.fit-and-predict:classifier"]["outcome"]
    message = results["CLS-2.fit-and-predict:classifier"]["message"]
    assert "was stopped after 2 s" in message
    assert "time.sleep(600)" in message


@process
def test_forks_leave_one_result_each(run_of_several):
    """A child that comes back from a fork does not report, and does not disturb."""
    _, _, results = run_of_several
    assert "failed" == results["CLS-2.fit-and-predict:regressor"]["outcome"]


@process
def test_an_interrupt_of_a_subject(run_of_several):
    """Only the user's Ctrl-C ends a run."""
    _, _, results = run_of_several
    assert "failed" == results["CLS-2.fit-and-predict:base"]["outcome"]


@process
def test_megabytes_of_output(run_of_several):
    """What a subject prints is not the run's output, and is kept short."""
    done, data, _ = run_of_several
    assert len(done.stdout) < 20_000
    assert len(json.dumps(data)) < 50_000


@process
def test_an_import_that_ends_the_process(tmp_path):
    """There is no subject, whatever is planned, and it takes no time to find out."""
    start = time.monotonic()
    options = ("--chapter", "CLS")
    done, data, results = judge(tmp_path, "os._exit(0)", where="import", options=options)
    assert 4 == done.returncode, done.stdout + done.stderr
    assert "the process that imported the subject 'odd' ended" in data["footer"]["refusal"]
    assert {} == results
    assert time.monotonic() - start < 120


HANG = "while True:\n    try: time.sleep(60)\n    except BaseException: pass\n"


@pytest.mark.exhaustive
@process
@pytest.mark.parametrize("workers", ["1", pytest.param("2", marks=pytest.mark.exhaustive)])
def test_an_import_that_swallows_its_time_limit(tmp_path, workers):
    """It is ended from outside Python, and terminal and report say where it was."""
    start = time.monotonic()
    options = ("--chapter", "CLS", "--workers", workers)
    done, data, _ = judge(tmp_path, HANG, where="import", options=options)
    assert 4 == done.returncode, done.stdout + done.stderr
    for text in (on_one_line(done.stdout), data["footer"]["refusal"]):
        assert "did not come to an end within 2 s and could not be stopped" in text
        assert 'odd.py", line 4' in text
    assert "no subject (exit code 4)" == done.stdout.splitlines()[-1]
    assert time.monotonic() - start < 60


@process
@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "body",
    [
        "raise BaseException('no')",
        "import _thread; _thread.interrupt_main()",
    ],
)
def test_further_interrupts_of_a_subject(tmp_path, body):
    """Only the user's Ctrl-C ends a run; all checks have their results."""
    done, data, results = judge(tmp_path, body)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    assert "failed" == results["CLS-2.fit-and-predict:classifier"]["outcome"]


@process
@pytest.mark.slow
@pytest.mark.exhaustive
def test_garbage_on_the_connection_of_a_worker(tmp_path):
    """The process that started the worker notices its silence, and the run goes on without it."""
    body = "for fd in range(64):\n            try: os.write(fd, b'GARBAGE' * 100)\n"
    body += "            except OSError: pass"
    done, data, results = judge(tmp_path, body)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    result = results["CLS-2.fit-and-predict:classifier"]
    assert "blocked" == result["outcome"]
    assert "it was silent for" in result["message"]


@process
@pytest.mark.exhaustive
def test_streams_of_pytest_that_are_closed(tmp_path):
    """Pytest fails in the worker, which is replaced; the other checks have their results."""
    body = "sys.stdout.close(); sys.stderr.close(); os.close(1); os.close(2)"
    done, data, results = judge(tmp_path, body)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    assert 3 == len(results)


@pytest.mark.exhaustive
@process
def test_text_that_cannot_be_sent(tmp_path):
    """A lone surrogate in what is raised, printed and logged reaches every format as a sign."""
    text = r"'\\ud800\\x00\\x1b[31m ]]> ::error::'".replace("\\\\", "\\")
    body = f"import logging; logging.error({text}); print({text}); raise ValueError({text})"
    exports = [f"--report={tmp_path / name}" for name in ("r.html", "r.xml", "r.md", "r.sarif")]
    done, data, results = judge(
        tmp_path, body, options=("--check", "CLS-2", "--to=github", *exports)
    )
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]
    message = results["CLS-2.fit-and-predict:classifier"]["message"]
    assert "\N{REPLACEMENT CHARACTER}" in message
    for file in ("r.html", "r.xml", "r.md", "r.sarif"):
        assert "\x1b" not in (tmp_path / file).read_text(encoding="utf-8")
    assert "\x1b" not in done.stdout


@process
@pytest.mark.exhaustive
def test_a_process_that_outlives_its_worker(tmp_path):
    """A child that keeps the connection open does not keep the run from ending."""
    body = "if os.fork() == 0:\n            os.setsid(); time.sleep(90); os._exit(0)\n"
    body += "        os._exit(3)"
    (tmp_path / "odd.py").write_text(
        "import os, time\nfrom toy_subject import *\nclass KerasClassifier(BaseWrapper):\n"
        f"    def fit(self, *args):\n        {body}\n"
    )
    command = ["run", "odd", "--check", "CLS-2", "--report", "r.json", "--time-limit", LIMIT]
    start = time.monotonic()
    # Into a file: the child keeps a pipe open too.
    with (tmp_path / "out").open("w") as out:
        done = subprocess.run(
            [sys.executable, "-m", "scikeras_conformance", *command],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=tmp_path, check=False,
        )  # fmt: skip
    assert time.monotonic() - start < 80
    assert 1 == done.returncode
    results = {one.id: one for one in load_report(tmp_path / "r.json").results}
    assert "exited, or was killed" in results["CLS-2.fit-and-predict:classifier"].message


@process
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("os._exit(3)", "it exited, or was killed", marks=pytest.mark.exhaustive),
        ("time.sleep(600)", "was stopped after 2 s"),
    ],
)
def test_a_first_fit_that_does_not_come_back(tmp_path, body, reason):
    """The run ends before hundreds of checks do the same one after the other."""
    done, data, _ = judge(tmp_path, body, options=("--profile", "hygiene", "--workers", "1"))
    assert 8 == done.returncode, done.stdout + done.stderr
    assert "cannot be judged" in data["footer"]["refusal"]
    assert reason in data["footer"]["refusal"]
    assert "cannot be fitted (exit code 8)" == done.stdout.splitlines()[-1]


@pytest.mark.exhaustive
@process
def test_a_report_that_disappears_during_the_run(tmp_path):
    """Summary, last line, other formats and exit code all call the run incomplete."""
    folder = tmp_path / "gone"
    folder.mkdir()
    body = f"import shutil; shutil.rmtree({str(folder)!r}, ignore_errors=True)"
    options = ("--check", "CLS-2", f"--to=markdown={folder / 'r.md'}", "--to", "github")
    done, data, _ = judge(tmp_path, body, options=options)
    assert 3 == done.returncode, done.stdout + done.stderr
    assert ("incomplete", 3) == (data["footer"]["verdict"], data["footer"]["exit_code"])
    assert "cannot be written" in data["footer"]["refusal"]
    assert "::error title=conformance::incomplete" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("incomplete: The report ")
    assert done.stdout.splitlines()[-1].endswith("(exit code 3)")


@process
@pytest.mark.exhaustive
def test_threads_that_never_end(tmp_path):
    """They do not keep the run from ending."""
    body = "threading.Thread(target=time.sleep, args=(900,)).start()"
    done, data, _ = judge(tmp_path, body)
    assert 1 == done.returncode, done.stdout + done.stderr
    assert data["footer"]["counts"]["complete"]


def test_a_repr_that_raises(tmp_path, monkeypatch):
    """A failure is shown all the same."""
    (tmp_path / "no_repr.py").write_text(
        "from toy_subject import *\n"
        "class KerasClassifier(BaseWrapper):\n"
        "    def fit(self, *args):\n        raise ValueError(self)\n"
        "    def __repr__(self):\n        raise KeyError('no')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    plan = make_plan(CATALOG, Selection(checks=("CLS-2",), wrappers=("classifier",)))
    (result,) = [execute(planned, load_subject("no_repr")) for planned in plan]
    assert "fit(...) raised ValueError: (its message cannot be printed)" in result.message


HEARS_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a command. A test run in the background ignores the signal, and children inherit that."""


@process
def test_the_user_stops_a_run(tmp_path, monkeypatch):
    """It ends at once, with a report that says so."""
    (tmp_path / "odd.py").write_text(
        "import time\nfrom toy_subject import *\nclass KerasClassifier(BaseWrapper):\n"
        "    def fit(self, *args):\n        open('begun', 'w').close(); time.sleep(600)\n"
    )
    command = ["run", "odd", "--check", "CLS-2", "--report", "r.json", "--workers", "1"]
    running = subprocess.Popen(
        [
            sys.executable,
            "-c",
            HEARS_CTRL_C,
            sys.executable,
            "-m",
            "scikeras_conformance",
            *command,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        text=True,
    )
    try:
        for _ in range(600):
            time.sleep(0.1)
            if (tmp_path / "begun").exists():
                break
        start = time.monotonic()
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    assert time.monotonic() - start < 8
    assert (3, "incomplete (exit code 3)") == (running.returncode, out.splitlines()[-1])
    footer = load_report(tmp_path / "r.json").footer
    assert "The run was interrupted by the user." == footer.refusal

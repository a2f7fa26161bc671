"""The line that says how far a run is."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from runs import failed, result
from scikeras_conformance.pytest_plugin.progress import CLEAR, Progress


class Terminal:
    fullwidth = 60

    def __init__(self):
        self.text = ""

    def write(self, msg, *, flush=False):
        self.text += msg


@pytest.fixture
def scene():
    """Return a run of ten checks, a terminal, and a clock that is set by hand."""
    controller = SimpleNamespace(planned=dict.fromkeys(range(10)), results={})
    return SimpleNamespace(controller=controller, terminal=Terminal(), now=0.0)


def progress(scene, mode):
    return Progress(scene.controller, lambda: scene.terminal, mode, clock=lambda: scene.now)


def start(shown, name):
    shown.pytest_runtest_logstart(f"test_contract.py::test_conforms[{name}]")


def test_the_live_line(scene):
    """Done of planned, failures, errors, time left, chapter and check; cut to the terminal."""
    shown = progress(scene, "live")
    scene.now = 1.0
    start(shown, "CLS-1.extends-base:base")
    assert f"{CLEAR}0/10  0 failed  Wrapper classes: CLS-1.extends-base:base" == scene.terminal.text
    outcomes = (result(), failed(), failed(), result("errored"))
    scene.controller.results = dict(enumerate(outcomes))
    scene.now = 9.0
    assert "4/10  2 failed  1 errored  12 s left  Wrapper classes: " in shown.line(9.0)
    shown.pytest_runtest_logreport()
    assert 59 == len(scene.terminal.text.rpartition(CLEAR)[2])
    shown.pytest_sessionfinish()
    assert scene.terminal.text.endswith(CLEAR)


def test_it_is_not_drawn_more_often_than_anybody_can_read(scene):
    """Many results at once are one line."""
    shown = progress(scene, "live")
    scene.now = 1.0
    for _ in range(5):
        start(shown, "CLS-1.extends-base:base")
    assert 1 == scene.terminal.text.count(CLEAR)


def test_long_runs_count_in_minutes(scene):
    """Seconds would say more than is known."""
    shown = progress(scene, "live")
    scene.now = 1.0
    start(shown, "X-1.x:base")
    scene.controller.results = dict(enumerate([result()] * 5))
    assert "5/10  0 failed  10 min left  X: X-1.x:base" == shown.line(601.0)


def test_the_slowest_checks_come_first_and_tell_no_time(scene):
    """What is left is said once a part of the run is done that is like the rest."""
    shown = progress(scene, "live")
    scene.now = 1.0
    start(shown, "X-1.x:base")
    scene.controller.planned = dict.fromkeys(range(1000))
    for done, said in ((49, False), (50, True)):
        scene.controller.results = dict(enumerate([result()] * done))
        assert said is (" left" in shown.line(601.0))


@pytest.mark.parametrize(("mode", "count"), [("log", 2), ("none", 0)])
def test_logs_are_quiet(scene, mode, count):
    """A line a minute, without control characters; or none at all."""
    shown = progress(scene, mode)
    for second in range(150):
        scene.now = float(second)
        shown.pytest_runtest_logreport()
    shown.pytest_sessionfinish()
    assert count == scene.terminal.text.count("\n")
    assert "\x1b" not in scene.terminal.text


@pytest.mark.exhaustive
@pytest.mark.process
@pytest.mark.usefixtures("toy_on_path")
def test_in_a_real_terminal(tmp_path):
    """The line is there while checks run in two workers, and gone from the summary."""
    pty = pytest.importorskip("pty", reason="there are no such terminals on Windows")
    main, end = pty.openpty()
    command = [sys.executable, "-m", "scikeras_conformance", "run", "toy_subject"]
    process = subprocess.Popen(
        [*command, "--check", "CLS-[129]*", "--workers", "2"],
        stdin=subprocess.DEVNULL, stdout=end, stderr=end, cwd=tmp_path,
    )  # fmt: skip
    os.close(end)
    shown = b""
    while True:
        try:
            piece = os.read(main, 4096)
        except OSError:  # how a terminal ends whose other side was closed
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    text = shown.decode()
    assert 1 == process.wait()
    assert "/14  " in text
    assert "Wrapper classes: CLS-" in text
    summary = text.partition(" conformance ===")[2]
    assert "verdict: NOT CONFORMANT" in summary
    assert "/14  " not in summary

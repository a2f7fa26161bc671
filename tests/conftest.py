"""What all tests share: markers that are true, and the list of what was collected."""

import gc
import os
import sys
from pathlib import Path

import pytest

EXHAUSTIVE_PAGES = {"data.md", "explaining.md", "migrating.md", "uncertainty.md"}
"""Pages whose examples take more than five seconds."""

COLLECTED = pytest.StashKey()
"""Every item of a session, before anything was deselected."""

_started = []


def _notice(event, arguments):
    """Note when this process starts a Python process."""
    if event == "subprocess.Popen":
        executable, command = arguments[:2]
        program = executable or (command if isinstance(command, (str, bytes)) else command[0])
        name = Path(os.fsdecode(program)).name
        if name.startswith("python"):
            _started.append(name)


sys.addaudithook(_notice)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark pages as slow, and costly tests on TensorFlow; keep the list for test_fast_subset.py."""
    on_tensorflow = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
    for item in items:
        if item.get_closest_marker("costly"):
            item.add_marker("exhaustive" if on_tensorflow else "slow")
        if item.path.suffix == ".md":
            item.add_marker("exhaustive" if item.path.name in EXHAUSTIVE_PAGES else "slow")
    config.stash[COLLECTED] = list(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Let a worker that has nothing to do take over tests of another, some of which take long."""
    if config.getvalue("dist") != "load":  # somebody asked for something else
        return None
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


def pytest_collection_finish():
    """Keep what was imported out of every collection of garbage, which a backend makes long."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail a test that starts a Python process and is not marked with it: it would not be fast."""
    _started.clear()
    result = yield
    marks = {mark.name for mark in item.iter_markers()}
    if _started and not marks & {"process", "mutants"}:
        pytest.fail("this test starts a process of Python: mark it with pytest.mark.process")
    return result


@pytest.fixture(scope="session")
def collected(pytestconfig):
    """Return every item of this session, before anything was deselected."""
    return pytestconfig.stash[COLLECTED]

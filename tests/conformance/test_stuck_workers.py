"""The watchdog: which silence is too long, and what becomes of a worker that is given up."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from scikeras_conformance.pytest_plugin import stuck_workers
from scikeras_conformance.pytest_plugin.ended_workers import Workers
from scikeras_conformance.pytest_plugin.stuck_workers import Watchdog, allowed_silence
from scikeras_conformance.pytest_plugin.worker import POST_MORTEM

LIMIT = 100.0


class Node:
    """A worker of xdist, as far as the watchdog looks at it."""

    def __init__(self):
        self.sent = []
        self.putevent = self.sent.append
        self.workeroutput = {}
        self.gateway = SimpleNamespace(
            id="gw0",
            spec=SimpleNamespace(popen=True),
            _rinfo=lambda: SimpleNamespace(pid=4321),
        )
        self.shutting_down = False

    def send(self, event, **content):
        self.putevent((event, {"node": self, **content}))


@pytest.fixture
def ended(monkeypatch):
    """Return the list of processes that the watchdog ends."""
    pids = []
    monkeypatch.setattr(stuck_workers, "_end_process", pids.append)
    return pids


@pytest.fixture
def clock():
    """Return a clock that a test sets."""
    return SimpleNamespace(now=0.0)


@pytest.fixture
def watched(ended, clock):
    """Return a watchdog and the worker that it watches."""
    dog, node = Watchdog(LIMIT, clock=lambda: clock.now), Node()
    dog.watch(node)
    return dog, node


def report(when, *, passed=True):
    return SimpleNamespace(when=when, passed=passed)


@pytest.mark.parametrize("phase", ["starting", "preparing", "running", "ending"])
def test_patience_follows_the_time_limit(phase):
    """Each limit grows with the time limit, and none is shorter than the time limit itself."""
    assert 1000 <= allowed_silence(phase, 1000) < allowed_silence(phase, 2000)
    assert 60 <= allowed_silence(phase, 2) or phase == "running"
    assert None is allowed_silence(phase, 0)


def test_a_check_that_is_run_several_times_has_several_times_as_long():
    """A flaky check of a baseline is not given up while it is repeated."""
    assert 2 * LIMIT <= allowed_silence("running", LIMIT, 3) - allowed_silence("running", LIMIT, 1)


def test_a_worker_that_has_nothing_to_do_may_be_silent(watched, ended, clock):
    """Between two checks it waits for the next one, however long the other workers take."""
    dog, node = watched
    node.send("runtest_protocol_complete", item_index=0)
    clock.now = 1e6
    dog.look()
    assert [] == ended


def test_a_worker_that_does_not_end_is_given_up(watched, ended, clock):
    """Once it was told to end, it has as long as for a start."""
    dog, node = watched
    node.send("runtest_protocol_complete", item_index=0)
    node.shutting_down = True
    dog.look()
    clock.now = LIMIT + 1
    dog.look()
    assert [4321] == ended


def test_a_silent_check_is_given_up(watched, ended, clock):
    """Its process is ended, xdist learns of it, and what it sends afterwards is dropped."""
    dog, node = watched
    node.send("logstart", nodeid="a")
    node.send("testreport", rep=report("setup"))
    clock.now = LIMIT
    dog.look()
    assert [] == ended
    clock.now = 2 * LIMIT
    dog.look()
    node.send("testreport", rep=report("call"))
    assert [4321] == ended
    assert "errordown" == node.sent[-1][0]
    assert "was silent for" in dog.reason_of(node)


def test_no_process_of_another_machine_is_ended(watched, ended, clock):
    """Its number means another process here."""
    dog, node = watched
    node.gateway.spec.popen = False
    clock.now = 1e6
    dog.look()
    assert ([None], "errordown") == (ended, node.sent[-1][0])


def test_a_worker_that_exited_without_notice(watched, ended, clock, monkeypatch):
    """A child may hold its connection open; at the second look there is nothing to wait for."""
    dog, node = watched
    monkeypatch.setattr(stuck_workers, "_has_exited", lambda worker: True)
    dog.look()
    assert [] == node.sent
    dog.look()
    assert ["errordown"] == [name for name, _ in node.sent]
    assert "exited, or was killed" == dog.reason_of(node)


def test_messages_of_other_threads_are_no_sign_of_life(watched, ended, clock):
    """A stuck worker still answers xdist when checks are taken away from it."""
    dog, node = watched
    node.send("testreport", rep=report("setup"))
    clock.now = 2 * LIMIT
    node.send("unscheduled", indices=[1])
    dog.look()
    assert [4321] == ended


@pytest.mark.parametrize(
    ("event", "content", "reason"),
    [
        ("internal_error", {"formatted_error": "Traceback\nOSError: closed"}, "OSError: closed"),
        ("workerfinished", {}, "was interrupted"),
    ],
)
def test_a_worker_in_which_pytest_broke_is_replaced(event, content, reason, watched, ended):
    """Neither an internal error nor an interrupt of a worker ends the run."""
    dog, node = watched
    node.workeroutput["exitstatus"] = 2
    node.send(event, **content)
    assert ["errordown"] == [name for name, _ in node.sent]
    assert [4321] == ended
    assert reason in dog.reason_of(node)


def test_all_workers_are_ended(watched, ended):
    """When the user stops a run, none goes on until its check has ended."""
    dog, _ = watched
    dog.end_all()
    assert [4321] == ended


def test_a_worker_that_ends_is_watched_no_more(watched, ended, clock):
    """Whether it came to its end or died by itself, xdist knows."""
    dog, node = watched
    node.workeroutput["exitstatus"] = 0
    node.send("workerfinished")
    clock.now = 1e6
    dog.look()
    assert ["workerfinished"] == [name for name, _ in node.sent]
    assert ([], "") == (ended, dog.reason_of(node))


@pytest.fixture
def workers():
    """Return the workers of a run of which nothing else is needed."""
    options = SimpleNamespace(time_limit=LIMIT, subject="toy")
    workers = Workers(SimpleNamespace(options=options, baseline=None, starts_with_smoke=True))
    yield workers
    workers.close()


def added(workers):
    node = Node()
    node.workerinput = {}
    workers.add(node)
    return node


def test_workers_that_cannot_be_started(workers):
    """After a few that ended at once the run ends too, and says why."""
    assert [None, None] == [workers.why_none_starts(added(workers)) for _ in range(2)]
    why = workers.why_none_starts(added(workers))
    assert "No worker could be started: 3 ended at once" in why


def test_workers_that_had_begun_are_replaced(workers):
    """However many checks end their processes, the others have their turn."""
    for _ in range(10):
        node = added(workers)
        workers.may_collect(node)
        assert None is workers.why_none_starts(node)


def test_why_a_subject_was_not_imported(workers):
    """The stage, the way the process ended and the place come from what it left behind."""
    node = added(workers)
    Path(node.workerinput[POST_MORTEM]).write_text(
        "stage: imported the subject 'toy'\nTimeout (0:02:05)!\nThread 0x1 (most recent call first):\n"
        '  File "/code/toy.py", line 4 in <module>\n  File "/lib/importlib.py", line 1 in load\n'
    )
    why = workers.why_none_began(node)
    assert "the process that imported the subject 'toy' ended while it did so" in why
    assert "it did not come to an end within 100 s and could not be stopped" in why
    assert 'File "/code/toy.py", line 4 in <module>' in why

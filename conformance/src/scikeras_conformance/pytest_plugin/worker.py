"""What an xdist worker adds to a run."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scikeras_conformance.pytest_plugin.run import Run
from scikeras_conformance.runner import post_mortem

if TYPE_CHECKING:
    import pytest

__all__ = ["FACTS", "POST_MORTEM", "Worker"]

FACTS = "conformance_facts"
"""The key of the facts in what a worker leaves behind."""

POST_MORTEM = "conformance_post_mortem"
"""The key of the file for `post_mortem` in what a worker is given."""


class Worker:
    """The plugin object of a worker: at its end it sends the facts of its process.

    It leads a process group, so that what the subject forked ends when it does. No key press
    reaches it there, so an interrupt is the subject's doing, and pytest does not see it.

    Parameters
    ----------
    config : pytest.Config
        Of the worker.
    run : Run
        The run, as this process knows it.
    """

    def __init__(self, config: "pytest.Config", run: Run) -> None:
        self.config: Any = config
        self._run = run
        self._has_run = False
        self._process = os.getpid()
        self._leads = hasattr(os, "setpgid")
        if self._leads:
            os.setpgid(0, 0)
        # A function, because processes that the subject starts would inherit SIG_IGN.
        signal.signal(signal.SIGINT, lambda _number, _frame: None)

    def pytest_sessionstart(self) -> None:
        """Leave traces; later than pytest, which has such a file of its own."""
        file = self.config.workerinput.get(POST_MORTEM)
        if file is not None:
            post_mortem.keep(Path(file))

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note that the subject was loaded and used."""
        self._has_run |= hasattr(report, "conformance_result")

    def pytest_sessionfinish(self) -> None:
        """Send the facts."""
        if self._has_run:
            self.config.workeroutput[FACTS] = self._run.facts

    def pytest_unconfigure(self) -> None:
        """End the processes that the subject left behind."""
        if self._leads and os.getpid() == self._process:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.killpg(0, signal.SIGTERM)

"""New processes that start quickly, because they have imported Keras already.

To import a backend takes longer than anything that a check does in a new process. So one process
imports it, and nothing of the subject; the others are forked from that one. It has not used the
backend, which therefore has no threads yet that a fork would lose.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from types import ModuleType
from typing import Any

from scikeras_conformance.runner.time_limit import scaled

__all__ = ["start_joblib_quickly", "starting_context"]

IMPORTED = ["keras", "sklearn.model_selection"]
"""What the first process imports: nothing of the suite, whose classes a pickle has to name."""

SETTING = "joblib.externals.loky.backend.context"
"""The module of joblib that decides how its processes start."""

LONGEST_START_SECONDS = 60.0


def starting_context() -> Any:
    """Return the context of `multiprocessing` for new processes.

    Elsewhere than on Linux, libraries of the system do not allow to fork, and a process starts
    from nothing.
    """
    if sys.platform != "linux":
        return get_context("spawn")
    context = get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)
    return context


def start_joblib_quickly() -> None:
    """Start two worker processes of joblib, which it keeps, unless it has them already.

    They are joblib's own in all but their start. Where they cannot be started so, joblib starts
    them itself when it needs them.
    """
    import joblib

    with suppress(Exception), _quick_starts(), _without_main():
        joblib.Parallel(n_jobs=2, backend="loky", timeout=scaled(LONGEST_START_SECONDS))(
            joblib.delayed(abs)(number) for number in range(2)
        )


@contextmanager
def _quick_starts() -> Iterator[None]:
    setting = importlib.import_module(SETTING)
    before = setting.get_start_method()
    setting.set_start_method(starting_context().get_start_method(), force=True)
    try:
        yield
    finally:
        setting.set_start_method(before, force=True)


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the main module, which joblib's processes do not import, but others do."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main

"""Run a function in a worker process that imports the subject only by unpickling."""

import os
import pickle
import warnings
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import Any

from scikeras_conformance.catalog.printable import describe
from scikeras_conformance.checks._support.quick_starts import starting_context
from scikeras_conformance.runner.context import CheckContext
from scikeras_conformance.runner.time_limit import scaled

__all__ = ["run_in_worker_process"]

LONGEST_WAIT_SECONDS = 90.0
"""For one task; importing a backend takes a few of them."""


class _Worker:
    """The worker process, which is kept for the next task because it starts slowly.

    It does not import the subject by itself, so a pickle has to name the modules of its classes.
    """

    process: Any = None
    connection: Any = None
    owner = 0


def run_in_worker_process(
    context: CheckContext, what: str, function: Callable[..., Any], *arguments: Any
) -> Any:
    """Call a function of the suite in a worker process, and return its result.

    Parameters
    ----------
    context : CheckContext
        The context. An exception in the process, or its end, is a failure of the subject; where
        it takes too long, the check is blocked.
    what : str
        What is done, in words that form a sentence with "raised ...".
    function : callable
        An importable function whose result can be pickled.
    *arguments : object
        Its arguments. If they cannot be pickled, the subject fails.
    """
    with context.doing(f"pickling the arguments of {what}"):
        task = pickle.dumps((function, arguments))
    status, result = _run(task)
    if status == "too slow":
        context.stop(what, result)
    context.require(status == "returned", f"{what} {result}")
    return result


def _run(task: bytes) -> tuple[str, Any]:
    worker = _started()
    result: tuple[str, Any] = ("ended", "ended the process")
    try:
        worker.connection.send_bytes(task)
        longest = scaled(LONGEST_WAIT_SECONDS)
        if not wait([worker.connection, worker.process.sentinel], longest):
            result = ("too slow", f"did not finish within {longest:g} s")
        elif worker.connection.poll():
            result = worker.connection.recv()
    except (OSError, EOFError):
        pass  # the process has ended, and closed its end of the connection
    finally:
        if result[0] in {"ended", "too slow"}:
            _stop()
    return result


def _started() -> type[_Worker]:
    if _Worker.owner != os.getpid() or not _Worker.process.is_alive():
        # Not a fork of this process, which would contain whatever has been imported here.
        starting = starting_context()
        ours, theirs = starting.Pipe()
        process = starting.Process(target=run_tasks, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        _Worker.process, _Worker.connection, _Worker.owner = process, ours, os.getpid()
    return _Worker


def _stop() -> None:
    _Worker.process.kill()
    _Worker.process.join()
    _Worker.connection.close()
    _Worker.owner = 0


def run_tasks(connection: Any) -> None:
    """Run one task after the other, until the connection is closed."""
    warnings.simplefilter("ignore")
    while True:
        try:
            task = connection.recv_bytes()
        except EOFError:
            return
        try:
            function, arguments = pickle.loads(task)  # noqa: S301 - made by the suite itself
            result = pickle.dumps(("returned", function(*arguments)))
        except (Exception, SystemExit) as error:
            result = pickle.dumps(("raised", f"raised {describe(error)}"))
        connection.send_bytes(result)

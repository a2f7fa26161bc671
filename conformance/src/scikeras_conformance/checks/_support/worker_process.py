"""Run a function in a worker process that imports the subject only by unpickling."""

import os
import pickle
import warnings
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import wait
from typing import Any

from scikeras_conformance.runner.context import CheckContext, describe

__all__ = ["run_in_worker_process"]

PATIENCE = 90.0
"""Seconds for one question; importing a backend takes a few of them."""


class _Helper:
    """The process, which is kept for the next question: it takes long to start.

    It imports nothing of the subject by itself, so a pickle has to say where its classes are from.
    """

    process: Any = None
    connection: Any = None
    owner = 0


def run_in_worker_process(
    context: CheckContext, what: str, function: Callable[..., Any], *arguments: Any
) -> Any:
    """Call a function of the suite in a fresh process, and give what it returned.

    Parameters
    ----------
    context : CheckContext
        The context; what is raised there is the subject's failure, and so is the end of the process.
    what : str
        What is done, in words that make a sentence with "raised ...".
    function : callable
        Can be imported. It may return what can be pickled.
    *arguments : object
        Can be pickled, or else the subject has failed.
    """
    with context.doing(f"pickling for {what}"):
        data = pickle.dumps((function, arguments))
    verdict, answer = _exchange(data)
    context.require(verdict == "gave", f"{what} {answer}")
    return answer


def _exchange(data: bytes) -> tuple[str, Any]:
    helper = _started()
    answer: tuple[str, Any] = ("ended", "ended the process")
    try:
        helper.connection.send_bytes(data)
        if not wait([helper.connection, helper.process.sentinel], PATIENCE):
            answer = ("ended", f"did not come to an end within {PATIENCE:g} s")
        elif helper.connection.poll():
            answer = helper.connection.recv()
    except (OSError, EOFError):
        pass  # the process is gone, and so is its end of the line
    finally:
        if answer[0] == "ended":
            _stop()
    return answer


def _started() -> type[_Helper]:
    if _Helper.owner != os.getpid() or not _Helper.process.is_alive():
        # Not a fork, which would have in it whatever was imported here.
        spawning = get_context("spawn")
        ours, theirs = spawning.Pipe()
        process = spawning.Process(target=answer_questions, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        _Helper.process, _Helper.connection, _Helper.owner = process, ours, os.getpid()
    return _Helper


def _stop() -> None:
    _Helper.process.kill()
    _Helper.process.join()
    _Helper.connection.close()
    _Helper.owner = 0


def answer_questions(connection: Any) -> None:
    """Answer one question after the other, until nobody asks any more."""
    warnings.simplefilter("ignore")
    while True:
        try:
            data = connection.recv_bytes()
        except EOFError:
            return
        try:
            function, arguments = pickle.loads(data)  # noqa: S301 - the suite's own question
            answer = pickle.dumps(("gave", function(*arguments)))
        except (Exception, SystemExit) as error:
            answer = pickle.dumps(("raised", f"raised {describe(error)}"))
        connection.send_bytes(answer)

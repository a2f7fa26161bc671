"""Restores what a check may change in its process, and what the next one relies on."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import repeat
from operator import is_

__all__ = ["restored_process_state"]


@contextmanager
def restored_process_state() -> Iterator[None]:
    """Restore the state of the process after a block.

    That is: the working directory, the environment, the path of imports, the streams, tracing and
    profiling, the timeout of sockets, the limit of recursion, and modules that were made impossible
    to import. What is not restored, such as replaced modules and closed files, is on the page about
    limits.
    """
    directory, modules = _working_directory(), dict(sys.modules)
    environment, path = dict(os.environ), list(sys.path)
    streams = sys.stdin, sys.stdout, sys.stderr
    trace, profile = sys.gettrace(), sys.getprofile()
    trace_of_threads, profile_of_threads = threading.gettrace(), threading.getprofile()
    timeout, recursion = socket.getdefaulttimeout(), sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.settrace(trace)
        if sys.getprofile() is not profile:
            # One in C, such as that of cProfile, can be started by itself alone.
            sys.setprofile(profile if callable(profile) else None)
        threading.settrace(trace_of_threads)
        threading.setprofile(profile_of_threads)
        sys.stdin, sys.stdout, sys.stderr = streams
        sys.path[:] = path
        # Without a loop of Python over thousands of modules, unless there is one to restore.
        if any(map(is_, list(sys.modules.values()), repeat(None))):
            for name in [name for name in modules if sys.modules.get(name, modules) is None]:
                sys.modules[name] = modules[name]
        socket.setdefaulttimeout(timeout)
        sys.setrecursionlimit(recursion)
        if os.environ != environment:
            os.environ.clear()
            os.environ.update(environment)
        if directory is not None and _working_directory() != directory:
            with suppress(OSError):  # the check has removed it
                os.chdir(directory)


def _working_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - only a text is needed
    except OSError:  # it has been removed
        return None

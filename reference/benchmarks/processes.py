"""The processes that competitors run in, as controlled by the main process."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, Self

__all__ = ["Process", "Worker"]

ROOT = Path(__file__).parents[2]


class Worker(Protocol):
    """An object that answers messages."""

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a message."""

    def close(self) -> None:
        """End the worker."""


class Process:
    """A worker in a separate process."""

    def __init__(self, changes: Mapping[str, Any]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._errors_shown = 0
        paths = [str(ROOT / "reference"), str(ROOT / "reference" / "src")]
        environment = {
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **os.environ,
            "PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.getenv("PYTHONPATH")])]),
            "PYTHONHASHSEED": "0",
        }
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-m", "benchmarks.worker", json.dumps(dict(changes))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            env=environment, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message and return the answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process has no pipes")
        try:
            self._process.stdin.write(json.dumps(dict(message)) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            answer: dict[str, Any] = json.loads(line)
        else:
            answer = {"failed": f"the process ended (exit code {self._process.wait()})"}
        if "failed" in answer:
            self._print_errors()
        return answer

    def close(self) -> None:
        """Close the pipes, which ends the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _print_errors(self) -> None:
        """Print what the process wrote to standard error since the last failure."""
        content = os.pread(self._errors.fileno(), 1_000_000, self._errors_shown)
        self._errors_shown += len(content)
        sys.stderr.write(content.decode(errors="replace"))

"""What a process that is ended leaves behind: what it was doing, and where it was.

It is a file, because neither the output of a subject nor the connection to the process that started
this one can be relied on by then.
"""

import faulthandler
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar

__all__ = ["Death", "file_of_this_process", "keep", "note", "read"]

STAGE = re.compile(r"^stage: (.*)$", re.MULTILINE)
TIMED_OUT = re.compile(r"^Timeout \(", re.MULTILINE)
FATAL = re.compile(r"^(?:Fatal Python error: |Windows fatal exception: )(.*)$", re.MULTILINE)
THREAD = re.compile(r"^(?:Current thread|Thread|Stack) .*$", re.MULTILINE)
FRAME = re.compile(r'^  File ".*", line \d+ in .*$', re.MULTILINE)


class _Kept:
    """The file of this process, open as long as the process lives."""

    file: ClassVar[IO[Any] | None] = None


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended, as far as it could tell.

    Parameters
    ----------
    stage : str
        What it was doing, in words that continue "while it"; empty if unknown.
    timed_out : bool
        Whether a time limit ended it.
    reason : str
        The signal or error that ended it, in Python's words; empty if unknown.
    details : str
        Where the main thread was, as a traceback; empty if unknown.
    """

    stage: str = ""
    timed_out: bool = False
    reason: str = ""
    details: str = ""


def keep(path: Path) -> None:
    """Let this process leave its traces in a file, if it can be written here."""
    with suppress(OSError):
        _Kept.file = path.open("w", encoding="utf-8")
        faulthandler.enable(_Kept.file)


def note(stage: str) -> None:
    """Note what this process is about to do, if it leaves traces at all."""
    if _Kept.file is not None:
        with suppress(OSError, ValueError):  # a subject may close files that are not its own
            _Kept.file.write(f"stage: {stage}\n")
            _Kept.file.flush()


def file_of_this_process() -> int:
    """Return the descriptor that tracebacks are written to: of the file, or of the error output."""
    for file in (_Kept.file, sys.stderr):
        # Under pytest sys.stderr may be an object without a file descriptor.
        with suppress(AttributeError, OSError, ValueError):
            if file is not None:
                return file.fileno()
    return 2


def read(path: Path) -> Death:
    """Return what a process has left behind; an empty record if that is nothing."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Death()
    fatal = FATAL.findall(text)
    return Death(
        stage=(STAGE.findall(text) or [""])[-1],
        timed_out=TIMED_OUT.search(text) is not None,
        reason=fatal[-1] if fatal else "",
        details=_traceback(text),
    )


def _traceback(text: str) -> str:
    """Return the frames of the main thread, which comes last, in the order of a traceback."""
    frames = FRAME.findall(THREAD.split(text)[-1])
    return "\n".join(["Traceback (most recent call last):", *reversed(frames)]) if frames else ""

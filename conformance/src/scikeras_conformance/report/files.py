"""Writes files in one step, and finds out beforehand whether they can be written."""

import os
from contextlib import suppress
from pathlib import Path

from scikeras_conformance.exceptions import ReportError

__all__ = ["check_folder_writable", "check_writable", "write_text"]


def check_writable(path: Path) -> None:
    """Check that a report can be written to a path, before anything has run.

    Raises
    ------
    ReportError
        If the directory is missing or not writable, or the path is a directory.
    """
    try:
        parent = path.resolve().parent
        is_folder, is_special = path.is_dir(), _is_special(path)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null character
        raise ReportError(f"The report {path} cannot be written: {error}.") from error
    if is_folder:
        raise ReportError(f"The report {path} is a directory; give the name of a file.")
    if is_special:
        return
    if not parent.is_dir():
        raise ReportError(f"The report {path} cannot be written: there is no directory {parent}.")
    if not os.access(parent, os.W_OK):
        raise ReportError(f"The report {path} cannot be written: {parent} is not writable.")


def check_folder_writable(path: Path) -> None:
    """Check that files can be written to a folder, which need not exist yet.

    Raises
    ------
    ReportError
        If it is a file, or the directory in which it would be made is not writable.
    """
    try:
        path = path.resolve()
        there = next(one for one in (path, *path.parents) if one.exists())
        is_folder = there.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null character
        raise ReportError(f"The scripts cannot be written to {path}: {error}.") from error
    if not is_folder:
        raise ReportError(f"The scripts cannot be written to {path}: {there} is not a directory.")
    if not os.access(there, os.W_OK):
        raise ReportError(f"The scripts cannot be written to {path}: {there} is not writable.")


def write_text(text: str, path: Path) -> None:
    """Write a file in one step, so that a reader never sees half of it.

    A link is followed, and a device or a pipe (``/dev/stdout``, ``/dev/null``) is written to;
    neither is replaced by a file.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    draft = None
    try:
        if not _is_special(path):
            path = path.resolve()
            draft = path.with_name(f".{path.name}.{os.getpid()}")
        # A message of a subject may contain a lone surrogate, which UTF-8 cannot encode.
        (draft or path).write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
        if draft is not None:
            draft.replace(path)
    except OSError as error:
        if draft is not None:
            with suppress(OSError):  # the file system does not even accept the name
                draft.unlink(missing_ok=True)
        raise ReportError(f"The report {path} cannot be written: {error}.") from error


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()

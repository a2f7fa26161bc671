"""Writes files in one step, and finds out beforehand whether they can be written."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from scikeras_conformance.exceptions import ReportError, UsageError

__all__ = [
    "CONFIGURATION_FILES",
    "check_folder_writable",
    "check_writable",
    "is_same_file",
    "write_text",
]

CONFIGURATION_FILES = frozenset({"scikeras-conformance.toml", "pyproject.toml"})


def check_writable(path: Path) -> None:
    """Check that a report can be written to a path, before anything has run.

    Raises
    ------
    UsageError
        If it has the name of a configuration file, which a report never replaces.
    ReportError
        If the directory is missing or not writable, or the path is a directory.
    """
    try:
        resolved = path.resolve()
        parent = resolved.parent
        is_folder, is_special = path.is_dir(), _is_special(path)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null character
        raise ReportError(f"The report {path} cannot be written: {error}.") from error
    if {path.name, resolved.name} & CONFIGURATION_FILES:
        raise UsageError(
            f"The output {path} has the name of a configuration file, which no output replaces; "
            "give another."
        )
    if is_folder:
        raise ReportError(f"The report {path} is a directory; give the name of a file.")
    if is_special:
        return
    if not parent.is_dir():
        raise ReportError(f"The report {path} cannot be written: there is no directory {parent}.")
    try:
        # Permissions alone tell too little: a file system may be read-only, or full of rules.
        with tempfile.TemporaryFile(dir=parent):
            pass
    except OSError as error:
        raise ReportError(f"The report {path} cannot be written: {error}.") from error


def check_folder_writable(path: Path) -> None:
    """Check that files can be written to a folder, which need not exist yet.

    Raises
    ------
    ReportError
        If it is a file, or cannot be made or written to.
    """
    try:
        path = path.resolve()
        there = next(one for one in (path, *path.parents) if one.exists())
        if there.is_dir():
            with tempfile.TemporaryDirectory(dir=there):
                return
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null character
        raise ReportError(f"The scripts cannot be written to {path}: {error}.") from error
    raise ReportError(f"The scripts cannot be written to {path}: {there} is not a directory.")


def is_same_file(path: Path, other: Path) -> bool:
    """Return whether two paths lead to one file, by whatever name or link."""
    try:
        return path.resolve() == other.resolve() or (path.exists() and path.samefile(other))
    except OSError:
        return False


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

"""Where in the subject's own source a failure happened."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scikeras_conformance.catalog.results import Result
from scikeras_conformance.report.structure import Report

__all__ = ["Location", "location_of", "root_of"]

FRAME = re.compile(r'^  File "(.+)", line (\d{1,9})\b', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Location:
    """A line of the subject."""

    file: str
    line: int
    exact: bool
    """Whether the traceback names it; otherwise it is where the wrapper is defined."""

    def under(self, root: str) -> str | None:
        """Return the path relative to a directory, or None if the file is elsewhere."""
        if not root:
            return None
        try:
            relative = os.path.relpath(self.file, root)
        except ValueError:  # on another drive
            return None
        return None if relative.startswith("..") else Path(relative).as_posix()


def root_of(directory: Path) -> Path:
    """Return the checkout that a directory belongs to, or the directory itself."""
    directory = directory.absolute()
    checkouts = (parent for parent in (directory, *directory.parents) if (parent / ".git").exists())
    return next(checkouts, directory)


def location_of(report: Report, result: Result) -> Location | None:
    """Return the line of the subject that a failure is about.

    Parameters
    ----------
    report : Report
        The run.
    result : Result
        One of its results.

    Returns
    -------
    Location or None
        The innermost line of the subject in the traceback; else where the wrapper is defined; None
        where neither is known.
    """
    sources = report.header.subject.sources
    if result.origin is not None:
        file = _absolute(result.origin.file, sources.roots)
        if file is not None:
            return Location(file, result.origin.line, exact=bool(result.exception))
    for file, line in reversed(FRAME.findall(result.details)):
        if any(
            file == root or file.startswith(root.rstrip(os.sep) + os.sep) for root in sources.roots
        ):
            return Location(file, int(line), exact=True)
    definition = sources.definitions.get(result.wrapper)
    return Location(definition.file, definition.line, exact=False) if definition else None


def _absolute(shown: str, roots: Iterable[str]) -> str | None:
    """Return the path of a file of which only the part from its package is known."""
    parts = shown.split("/")
    for root in roots:
        folder = root.replace(os.sep, "/").split("/")
        for count in range(len(parts), 0, -1):
            if folder[-count:] == parts[:count]:
                return "/".join([*folder, *parts[count:]])
    return None

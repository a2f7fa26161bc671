"""Where in the subject's own source a failure happened."""

import inspect
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.results import Result
from scikeras_conformance.report.structure import Report
from scikeras_conformance.subject.loading import Subject

__all__ = ["Location", "location_of", "root_of", "sources_of"]

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


def sources_of(subject: Subject) -> dict[str, Any]:
    """Return the folders and files of a subject, and the line of each class."""
    roots: set[str] = set()
    definitions: dict[str, Any] = {}
    for wrapper in subject.classes:
        cls = subject.public_class(wrapper)
        module = sys.modules.get(cls.__module__.partition(".")[0])
        roots.update(map(str, getattr(module, "__path__", None) or ()))
        try:
            file = inspect.getsourcefile(cls)
            line = inspect.getsourcelines(cls)[1]
        # A class may come from no file, or name one that does not exist.
        except (OSError, TypeError):
            continue
        if file is not None:
            path = str(Path(file).absolute())
            definitions[str(wrapper)] = {"file": path, "line": line}
            roots.add(path)
    return {"roots": sorted(roots), "definitions": definitions}


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
    for file, line in reversed(FRAME.findall(result.details)):
        if any(
            file == root or file.startswith(root.rstrip(os.sep) + os.sep) for root in sources.roots
        ):
            return Location(file, int(line), exact=True)
    definition = sources.definitions.get(result.wrapper)
    return Location(definition.file, definition.line, exact=False) if definition else None

"""Where in the subject's own source a failure happened."""

import inspect
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scikeras_conformance.catalog.results import Result
from scikeras_conformance.report.record import RunRecord
from scikeras_conformance.subject.loading import Subject

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        """Give the path from a directory on, or None if the file is elsewhere."""
        if not root:
            return None
        try:
            relative = os.path.relpath(self.file, root)
        except ValueError:  # on another drive
            return None
        return None if relative.startswith("..") else Path(relative).as_posix()


def sources_of(subject: Subject) -> dict[str, Any]:
    """Say where the source of a subject is: its folders or files, and the line of each class."""
    roots: set[str] = set()
    definitions: dict[str, Any] = {}
    for wrapper in subject.classes:
        cls = subject.public_class(wrapper)
        module = sys.modules.get(cls.__module__.partition(".")[0])
        roots.update(map(str, getattr(module, "__path__", None) or ()))
        try:
            file = inspect.getsourcefile(cls)
            line = inspect.getsourcelines(cls)[1]
        # A class may come from no file at all, or say that it comes from one that is not there.
        except (OSError, TypeError):
            continue
        if file is not None:
            path = str(Path(file).absolute())
            definitions[str(wrapper)] = {"file": path, "line": line}
            roots.add(path)
    return {"roots": sorted(roots), "definitions": definitions}


def root_of(directory: Path) -> Path:
    """Give the checkout that a directory belongs to, or the directory itself."""
    directory = directory.absolute()
    checkouts = (parent for parent in (directory, *directory.parents) if (parent / ".git").exists())
    return next(checkouts, directory)


def location_of(record: RunRecord, result: Result) -> Location | None:
    """Give the line of the subject that a failure is about.

    Parameters
    ----------
    record : RunRecord
        The run.
    result : Result
        One of its results.

    Returns
    -------
    Location or None
        The innermost line of the subject in the traceback; else where the wrapper is defined; None
        where neither is known.
    """
    sources: Mapping[str, Any] = record.subject.get("sources") or {}
    roots = [str(root) for root in sources.get("roots", ())]
    for file, line in reversed(FRAME.findall(result.details)):
        if any(file == root or file.startswith(root.rstrip(os.sep) + os.sep) for root in roots):
            return Location(file, int(line), exact=True)
    definition = sources.get("definitions", {}).get(result.wrapper)
    if not definition:
        return None
    return Location(str(definition["file"]), int(definition["line"]), exact=False)

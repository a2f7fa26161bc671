"""The JSON report of a run: a header, the results, and a footer without which it is incomplete.

While the run goes on the file holds the header and the results so far, in the order in which they
came; at its end the complete report, in the order of the contract, takes its place. So a run that
was killed leaves a file without a footer, and never the report of an earlier run.
"""

import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import load_contract
from scikeras_conformance.exceptions import ReportError
from scikeras_conformance.report.record import RunRecord

__all__ = [
    "SCHEMA",
    "ReportStream",
    "check_writable",
    "to_dict",
    "write_report",
    "write_scripts",
    "write_text",
]

SCHEMA = "scikeras-conformance/report/1"


def to_dict(record: RunRecord) -> dict[str, Any]:
    """Give a run as plain data, in the layout of the report."""
    return {
        "schema": SCHEMA,
        "header": _header(record),
        "catalog": _catalog(record),
        "results": [_result(result, record.scripts) for result in record.results],
        "footer": {
            "verdict": str(record.verdict),
            "exit_code": int(record.exit_code),
            "counts": {**asdict(record.counts), "complete": record.counts.complete},
            "refusal": record.refusal,
            "missing": list(record.missing),
            "cannot_be_judged_here": {
                result.id: result.message
                for result in record.results
                if result.outcome is Outcome.UNAVAILABLE
            },
            "clauses_without_check": list(record.unchecked),
            "clauses_excluded": {
                clause.id: clause.excluded
                for clause in load_contract().clauses.values()
                if clause.excluded
            },
            "gate": None if record.gate is None else record.gate.to_dict(),
        },
    }


def _header(record: RunRecord) -> dict[str, Any]:
    return {
        "contract": record.contract,
        "started": record.started,
        "subject": dict(record.subject),
        "environment": dict(record.environment),
        "root": record.root,
        "configuration": dict(record.configuration),
        "profiles": list(record.profiles) or ["all"],
        "planned": record.counts.planned,
        "catalog_size": record.catalog_size,
        "partial": record.partial,
        "strict": record.strict,
    }


def _catalog(record: RunRecord) -> dict[str, Any]:
    return {
        "clauses": {name: asdict(note) for name, note in record.clauses.items()},
        "checks": {
            name: {**asdict(note), "clauses": list(note.clauses)}
            for name, note in record.checks.items()
        },
    }


def _result(result: Result, scripts: Mapping[str, str]) -> dict[str, Any]:
    return {**result.to_dict(), "script": scripts.get(result.id, "")}


class ReportStream:
    """The report while the run goes on.

    Parameters
    ----------
    path : Path
        The file; what it held is gone at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = False
        self._separator = ""
        self._file: IO[str] | None = None
        self._write(f'{{"schema": {json.dumps(SCHEMA)},\n')

    @property
    def begun(self) -> bool:
        """Whether the header has been written."""
        return self._begun

    def begin(self, record: RunRecord) -> None:
        """Write the header; of the record nothing is taken that only the end can tell."""
        self._begun = True
        header = json.dumps(_header(record), ensure_ascii=False)
        catalog = json.dumps(_catalog(record), ensure_ascii=False)
        self._write(f'"header": {header},\n"catalog": {catalog},\n"results": [\n')

    def add(self, results: Iterable[Result], scripts: Mapping[str, str]) -> None:
        """Write results."""
        for result in results:
            text = json.dumps(_result(result, scripts), ensure_ascii=False)
            self._write(f"{self._separator}{text}")
            self._separator = ",\n"

    def close(self) -> None:
        """Leave the file as it is."""
        if self._file is not None:
            self._file.close()

    def _write(self, text: str) -> None:
        try:
            if self._file is None:
                self._file = self._path.open("w", encoding="utf-8", errors="backslashreplace")
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise ReportError(f"The report {self._path} cannot be written: {error}.") from error


def write_scripts(record: RunRecord, folder: Path) -> None:
    """Write the scripts of all failures into a folder, a file for each.

    Raises
    ------
    ReportError
        If a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in record.scripts.items():
            file = re.sub(r"[^\w.-]+", "_", name) + ".py"
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"The scripts cannot be written to {folder}: {error}.") from error


def check_writable(path: Path) -> None:
    """Refuse a path that no report can be written to, before anything has run.

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


def write_report(record: RunRecord, path: Path) -> None:
    """Write the report in one step, so that a reader never meets half of it.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    write_text(json.dumps(to_dict(record), indent=1, ensure_ascii=False) + "\n", path)


def write_text(text: str, path: Path) -> None:
    """Write a file in one step.

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
        # A message of a subject may hold half a surrogate, which is no text to UTF-8.
        (draft or path).write_text(text, encoding="utf-8", errors="backslashreplace")
        if draft is not None:
            draft.replace(path)
    except OSError as error:
        if draft is not None:
            with suppress(OSError):  # it is not even a name that the file system takes
                draft.unlink(missing_ok=True)
        raise ReportError(f"The report {path} cannot be written: {error}.") from error


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file()

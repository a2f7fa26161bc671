"""Writes the JSON report: a header, the results, and a footer without which it is incomplete.

During the run the file holds the header and the results so far, in the order in which they came; at
its end the complete report, in the order of the contract, replaces it. So a run that was killed
leaves a file without a footer, and never the report of an earlier run.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import msgspec

from scikeras_conformance.catalog.results import Result
from scikeras_conformance.exceptions import ReportError
from scikeras_conformance.report.building import reported
from scikeras_conformance.report.files import write_text
from scikeras_conformance.report.structure import SCHEMA, Header, Report

__all__ = ["ReportStream", "to_dict", "to_json", "write_report"]


def to_dict(report: Report) -> dict[str, Any]:
    """Return a report as plain data, in the layout of the file."""
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return plain


def to_json(report: Report) -> str:
    """Return a complete report as the text of its file: a line for each cause and each result."""
    parts = (f"{_json(name)}: {_part(value)}" for name, value in to_dict(report).items())
    return "{" + ",\n".join(parts) + "}\n"


def write_report(report: Report, path: Path) -> None:
    """Write a complete report in one step.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    write_text(to_json(report), path)


class ReportStream:
    """The report during the run.

    Parameters
    ----------
    path : Path
        The file; its previous content is gone at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header: Header | None = None
        self._separator = ""
        self._file: IO[str] | None = None
        self._write(f'{{"schema": {_json(SCHEMA)},\n')

    @property
    def begun(self) -> bool:
        """Whether the header has been written."""
        return self._header is not None

    def begin(self, report: Report) -> None:
        """Write header and catalog of a report that has no end yet."""
        self._header = report.header
        self._write(f'"header": {_json(report.header)},\n"catalog": {_json(report.catalog)},\n')
        self._write('"results": [\n')

    def add(self, results: Iterable[Result]) -> None:
        """Write results."""
        assert self._header is not None
        for result in results:
            self._write(f"{self._separator}{_json(reported(result, self._header))}")
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


def _part(value: Any) -> str:
    if isinstance(value, list | tuple) and value:
        return "[\n" + ",\n".join(map(_json, value)) + "\n]"
    return _json(value)


def _json(value: Any) -> str:
    # Not msgspec's own encoder: it refuses the lone surrogates that a subject's message may hold.
    text = json.dumps(msgspec.to_builtins(value), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")

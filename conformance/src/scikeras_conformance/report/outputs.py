"""The files of a run: the report, the requested formats, and scripts of failures."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from scikeras_conformance.catalog.results import Result
from scikeras_conformance.exceptions import ReportError, UsageError
from scikeras_conformance.report.files import (
    check_folder_writable,
    check_writable,
    is_same_file,
    write_text,
)
from scikeras_conformance.report.formats import parse_target, render_as
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.writing import ReportStream, write_report

__all__ = ["Outputs", "write_scripts"]


class Outputs:
    """The files of a run, and what it prints besides its summary.

    Parameters
    ----------
    report : str, Path or None
        File of the JSON report.
    scripts : str, Path or None
        Folder for scripts that reproduce the failures.
    exports : iterable of str
        ``format=file`` for a file, ``format`` for the terminal.
    baseline, config_file : str, Path or None
        Files that the run reads, which no output may replace.

    Raises
    ------
    ConformanceError
        If a file could not be written, or a format is unknown; before anything has run.
    """

    def __init__(
        self,
        report: str | Path | None,
        scripts: str | Path | None,
        exports: Iterable[str],
        *,
        baseline: str | Path | None = None,
        config_file: str | Path | None = None,
    ) -> None:
        self._report = Path(report).absolute() if report else None
        self._scripts = Path(scripts).absolute() if scripts else None
        self._targets = [parse_target(export) for export in exports]
        self._stream: ReportStream | None = None
        self._streamed: set[str] = set()
        if self._scripts is not None:
            check_folder_writable(self._scripts)
        taken: set[Path] = set()
        read = {"baseline": baseline, "configuration": config_file}
        for path in (self._report, *(target.path for target in self._targets)):
            if path is None:
                continue
            check_writable(path)
            for name, file in read.items():
                if file and is_same_file(path, Path(file)):
                    raise UsageError(f"The output {path} is the {name} of the run; give another.")
            if path.resolve() in taken:
                raise UsageError(
                    f"Two outputs of the run go to {path}, and the last would replace the others; "
                    "give each a file of its own."
                )
            taken.add(path.resolve())

    @property
    def streams(self) -> bool:
        """Whether there is a report that grows during the run."""
        return self._stream is not None

    def open(self) -> None:
        """Begin the report: an earlier run's report in its file is gone."""
        if self._report is not None:
            self._stream = ReportStream(self._report)

    def stream(self, make_report: Callable[[], Report], results: Iterable[Result]) -> None:
        """Add new results to the report.

        Parameters
        ----------
        make_report : callable
            Returns the report so far; called once, for its header.
        results : iterable of Result
            All results so far.
        """
        if self._stream is None:
            return
        if not self._stream.begun:
            self._stream.begin(make_report())
        new = [result for result in results if result.id not in self._streamed]
        self._stream.add(new)
        self._streamed.update(result.id for result in new)

    def write(self, report: Report, script_of: Callable[[Result], str]) -> None:
        """Write everything that goes into a file, as far as it can be written.

        Parameters
        ----------
        report : Report
            The complete report.
        script_of : callable
            Makes the script of a failure; called only if scripts were requested.

        Raises
        ------
        ReportError
            If something could not be written, after everything else was.
        """
        if self._stream is not None:
            self._stream.close()
        errors: list[ReportError] = []
        for write in self._writers(report, script_of):
            try:
                write()
            except ReportError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _writers(
        self, report: Report, script_of: Callable[[Result], str]
    ) -> Iterator[Callable[[], None]]:
        if self._report is not None:
            yield partial(write_report, report, self._report)
        if self._scripts is not None:
            yield partial(write_scripts, report, self._scripts, script_of)
        for target in self._targets:
            if target.path is not None:
                yield partial(write_text, render_as(target.form, report), target.path)

    def to_terminal(self, report: Report) -> Iterator[str]:
        """Yield the formats that were requested without a file."""
        for target in self._targets:
            if target.path is None:
                yield render_as(target.form, report)


def write_scripts(report: Report, folder: Path, script_of: Callable[[Result], str]) -> None:
    """Write the scripts of all failures into a folder, a file for each.

    Raises
    ------
    ReportError
        If a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for result in report.failures:
            file = re.sub(r"[^\w.-]+", "_", result.id) + ".py"
            (folder / file).write_text(script_of(result), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"The scripts cannot be written to {folder}: {error}.") from error

"""What a run leaves behind: the report, scripts, and the formats that were asked for."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.report.formats.registry import parse_target, render_as
from scikeras_conformance.report.json_report import (
    ReportStream,
    check_writable,
    write_report,
    write_scripts,
    write_text,
)
from scikeras_conformance.report.record import RunRecord

__all__ = ["Outputs"]


class Outputs:
    """The files of a run, and what it shows in the terminal besides its summary.

    Parameters
    ----------
    report : str or None
        File of the JSON report.
    scripts : str or None
        Folder for scripts that reproduce the failures.
    exports : iterable of str
        ``format=file`` for a file, ``format`` for the terminal.
    baseline : str or None
        File of known failures, which no output may replace.

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
    ) -> None:
        self._report = Path(report).absolute() if report else None
        self._scripts = Path(scripts).absolute() if scripts else None
        self._targets = [parse_target(export) for export in exports]
        self._stream: ReportStream | None = None
        self._streamed: set[str] = set()
        taken: set[Path] = set()
        known = Path(baseline).resolve() if baseline else None
        for path in (self._report, *(target.path for target in self._targets)):
            if path is None:
                continue
            check_writable(path)
            if path.resolve() == known:
                raise UsageError(f"The output {path} is the baseline of the run; give it another.")
            if path.resolve() in taken:
                raise UsageError(
                    f"Two outputs of the run go to {path}, and the last would replace the others; "
                    "give each a file of its own."
                )
            taken.add(path.resolve())

    @property
    def streams(self) -> bool:
        """Whether there is a report that grows while the run goes on."""
        return self._stream is not None

    def open(self) -> None:
        """Begin the report: what an earlier run left there is gone."""
        if self._report is not None:
            self._stream = ReportStream(self._report)

    def stream(self, make_record: Callable[[], RunRecord]) -> None:
        """Add to the report what has come since the last time."""
        if self._stream is None:
            return
        record = make_record()
        if not self._stream.begun:
            self._stream.begin(record)
        new = [result for result in record.results if result.id not in self._streamed]
        self._stream.add(new, record.scripts)
        self._streamed.update(result.id for result in new)

    def write(self, record: RunRecord) -> None:
        """Write everything that goes into a file."""
        if self._stream is not None:
            self._stream.close()
        if self._report is not None:
            write_report(record, self._report)
        if self._scripts is not None:
            write_scripts(record, self._scripts)
        for target in self._targets:
            if target.path is not None:
                write_text(render_as(target.form, record), target.path)

    def to_terminal(self, record: RunRecord) -> Iterator[str]:
        """Give the texts that were asked for without a file."""
        for target in self._targets:
            if target.path is None:
                yield render_as(target.form, record)

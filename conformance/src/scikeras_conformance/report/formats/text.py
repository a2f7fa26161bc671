"""Plain text: the summary of a run as the terminal shows it, without colors."""

from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import ending

__all__ = ["text"]


def text(report: Report) -> str:
    """Return a run as plain text; the last line is the verdict with its exit code."""
    lines = [printable(line.text) for line in render(report)]
    return "\n".join([*lines, ending(report)]) + "\n"

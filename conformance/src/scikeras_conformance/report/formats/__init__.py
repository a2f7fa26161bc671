"""The formats of a run: each is a function that takes the report and returns a text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scikeras_conformance.exceptions import UsageError, did_you_mean
from scikeras_conformance.report.formats.github import github
from scikeras_conformance.report.formats.html import html
from scikeras_conformance.report.formats.junit import junit
from scikeras_conformance.report.formats.markdown import markdown
from scikeras_conformance.report.formats.sarif import sarif
from scikeras_conformance.report.formats.shields import shields
from scikeras_conformance.report.formats.text import text
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.writing import to_json

__all__ = ["FORMATS", "Target", "parse_target", "render_as"]

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "html": html,
    "junit": junit,
    "markdown": markdown,
    "sarif": sarif,
    "github": github,
    "shields": shields,
    "text": text,
    "json": to_json,
}


@dataclass(frozen=True, slots=True)
class Target:
    """A format and its file; None for the terminal."""

    form: str
    path: Path | None


def parse_target(export: str, formats: Iterable[str] = FORMATS) -> Target:
    """Read ``format`` or ``format=file``.

    Raises
    ------
    UsageError
        If there is no such format, or no file after the sign.
    """
    form, equals, file = export.partition("=")
    known = list(formats)
    if form not in known:
        raise UsageError(
            f"There is no format {form!r}.{did_you_mean(form, known)} Known: {', '.join(known)}."
        )
    if equals and not file:
        raise UsageError(f"The format {export!r} names no file after the sign.")
    return Target(form, Path(file).absolute() if file else None)


def render_as(form: str, report: Report) -> str:
    """Return a run in a format."""
    return FORMATS[form](report)

"""The formats of a run: each is a function that takes the report and returns a text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scikeras_conformance.catalog.plan import nearest
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.report.formats.github import github
from scikeras_conformance.report.formats.html import html
from scikeras_conformance.report.formats.junit import junit
from scikeras_conformance.report.formats.markdown import markdown
from scikeras_conformance.report.formats.sarif import sarif
from scikeras_conformance.report.formats.shields import shields
from scikeras_conformance.report.structure import Report

__all__ = ["FORMATS", "Target", "parse_target", "render_as"]

FORMATS: Mapping[str, Callable[[Report], str]] = {
    "html": html,
    "junit": junit,
    "markdown": markdown,
    "sarif": sarif,
    "github": github,
    "shields": shields,
}


@dataclass(frozen=True, slots=True)
class Target:
    """A format and its file; None for the terminal."""

    form: str
    path: Path | None


def parse_target(text: str) -> Target:
    """Read ``format`` or ``format=file``.

    Raises
    ------
    UsageError
        If there is no such format, or no file after the sign.
    """
    form, equals, file = text.partition("=")
    if form not in FORMATS:
        raise UsageError(
            f"There is no format {form!r}.{nearest(form, list(FORMATS))} Known: "
            f"{', '.join(FORMATS)}."
        )
    if equals and not file:
        raise UsageError(f"The format {text!r} names no file after the sign.")
    return Target(form, Path(file).absolute() if file else None)


def render_as(form: str, report: Report) -> str:
    """Return a run in a format."""
    return FORMATS[form](report)

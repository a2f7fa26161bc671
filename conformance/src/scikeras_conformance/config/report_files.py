"""Which format a report is written in, by the name of its file."""

from collections.abc import Iterable
from pathlib import Path

from scikeras_conformance.exceptions import UsageError

__all__ = ["form_of", "split_reports"]

FORMS = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".xml": "junit",
    ".sarif": "sarif",
    ".txt": "text",
}


def form_of(path: str | Path) -> str:
    """Return the format that the extension of a file stands for; JSON for any other extension.

    Examples
    --------
    >>> form_of("report.html"), form_of("report.json"), form_of("/dev/stdout")
    ('html', 'json', 'json')
    """
    return FORMS.get(Path(path).suffix.lower(), "json")


def split_reports(paths: Iterable[str | Path]) -> tuple[Path | None, tuple[str, ...]]:
    """Return the file of the JSON report that grows during the run, and exports for all others.

    Parameters
    ----------
    paths : iterable of str or Path
        The files that ``--report`` names.

    Returns
    -------
    tuple
        The path, or None, and ``format=file`` for each other file.

    Raises
    ------
    UsageError
        If a name is empty.
    """
    first: Path | None = None
    exports: list[str] = []
    for path in paths:
        if not str(path):
            raise UsageError("--report takes the name of a file, not an empty text.")
        form, file = form_of(path), Path(path).absolute()
        if form == "json" and first is None:
            first = file
        else:
            exports.append(f"{form}={file}")
    return first, tuple(exports)

"""The Sphinx extension that writes the generated pages before Sphinx reads them."""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from sitegen.material import MissingReportError, gather
from sitegen.pages import FOLDER, pages

__all__ = ["setup"]


def _write(app: Sphinx) -> None:
    docs = Path(app.srcdir)
    try:
        found = pages(gather(docs, app.config.peer_reports))
    except MissingReportError as error:
        raise ExtensionError(str(error)) from error
    for name, page in found.items():
        path = docs / name
        path.parent.mkdir(exist_ok=True)
        # Unchanged pages are not written, so that Sphinx does not read them again.
        if not path.exists() or path.read_text(encoding="utf-8") != page:
            path.write_text(page, encoding="utf-8")
    for path in (docs / FOLDER).glob("*.md"):
        if f"{FOLDER}/{path.name}" not in found:
            path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_config_value("peer_reports", [], "env", types=[list])
    app.connect("builder-inited", _write, priority=100)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}

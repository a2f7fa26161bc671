"""HTML pages out of templates: everything is escaped, nothing is loaded from anywhere."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from scikeras_conformance.catalog.printable import printable

if TYPE_CHECKING:
    import jinja2

__all__ = ["render_page"]


def render_page(template: str, **values: Any) -> str:
    """Return a page.

    No script runs but our own: its digest is in the policy of the page, so that not even a mistake
    in the escaping would run one of a subject's.

    Parameters
    ----------
    template : str
        Name of a file in ``templates``.
    **values : object
        What the template shows; all text is escaped.
    """
    code = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    return (
        _templates()
        .get_template(template)
        .render(style=_asset("page.css"), code=code, digest=digest, **values)
    )


@cache
def _templates() -> "jinja2.Environment":
    # Imported here: a run that writes no page does not need it.
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: _read("templates", name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _shown(value: Any) -> Any:
    """Make the text of a subject printable, before it is escaped."""
    return printable(value) if type(value) is str else value


def _asset(name: str) -> str:
    return _read("assets", name)


@cache
def _read(folder: str, name: str) -> str:
    return (files(__package__) / folder / name).read_text(encoding="utf-8")

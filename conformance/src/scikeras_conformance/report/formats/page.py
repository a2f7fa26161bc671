"""The frame of an HTML page that needs nothing but itself."""

import base64
import hashlib
from functools import cache
from html import escape as escape_markup
from importlib.resources import files

from scikeras_conformance.report.formats.text import printable

__all__ = ["escape", "facts", "page", "tag"]

MOODS = {"passed": "good", "failed": "bad"}

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<main id="main">
{body}
</main>
{script}</body>
</html>
"""


def page(title: str, body: str, *, script: bool = False) -> str:
    """Frame the body of a page.

    Nothing is loaded from anywhere, and no script runs but our own: its digest is in the policy of
    the page, so that not even a slip in the escaping would run one of a subject's.

    Parameters
    ----------
    title : str
        As text.
    body : str
        As HTML, with everything from outside escaped.
    script : bool, default=False
        Whether the page has the filters of a report.
    """
    code = _asset("page.js") if script else ""
    digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; "
        "base-uri 'none'; form-action 'none'"
    )
    return PAGE.format(
        policy=policy,
        title=escape(title),
        style=_asset("page.css"),
        body=body,
        script=f"<script>{code}</script>\n" if script else "",
    )


def facts(pairs: list[tuple[str, str]]) -> str:
    """Give terms with their descriptions, both as text."""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<dl class="facts">{rows}</dl>'


def tag(outcome: str, text: str) -> str:
    """Give a short coloured word; it is the word that counts, not the colour."""
    return f'<span class="tag {MOODS.get(outcome, "fair")}">{escape(text)}</span>'


def escape(text: str) -> str:
    """Give a text as HTML that shows it."""
    return escape_markup(printable(text))


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text(encoding="utf-8")

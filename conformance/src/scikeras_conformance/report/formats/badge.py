"""A badge with the verdict, as SVG and for the endpoint of shields."""

import json
from html import escape

from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.report.formats.summary import is_good
from scikeras_conformance.report.record import RunRecord

__all__ = ["badge", "shields"]

LABEL = "wrapper contract"

# Dark enough to read white on.
COLOURS = {"good": "#1a7f37", "fair": "#9a6700", "bad": "#b3261e", "none": "#57606a"}
NAMES = {"good": "success", "fair": "yellow", "bad": "critical", "none": "inactive"}

SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" \
aria-label="{label}: {message}">
<title>{label}: {message}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="3"/></clipPath>
<g clip-path="url(#r)">
<rect width="{left}" height="20" fill="#3d444d"/>
<rect x="{left}" width="{right}" height="20" fill="{colour}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
<text x="{middle_left}" y="14" textLength="{text_left}">{label}</text>
<text x="{middle_right}" y="14" textLength="{text_right}">{message}</text>
</g>
</svg>
"""


def badge(record: RunRecord) -> str:
    """Give the badge as SVG."""
    message, mood = _message(record)
    text_left, text_right = _width(LABEL), _width(message)
    left, right = text_left + 12, text_right + 12
    return SVG.format(
        width=left + right,
        left=left,
        right=right,
        colour=COLOURS[mood],
        label=LABEL,
        message=escape(message),
        middle_left=left / 2,
        middle_right=left + right / 2,
        text_left=text_left,
        text_right=text_right,
    )


def shields(record: RunRecord) -> str:
    """Give the badge as what an endpoint of shields answers."""
    message, mood = _message(record)
    data = {"schemaVersion": 1, "label": LABEL, "message": message, "color": NAMES[mood]}
    return json.dumps(data | {"isError": not record.is_conclusive}, indent=1) + "\n"


def _message(record: RunRecord) -> tuple[str, str]:
    """Say the verdict in a few words; green is for a whole run that is conformant."""
    if not record.is_conclusive:
        return str(record.verdict), "none"
    extent = f"{record.counts.passed}/{record.counts.planned}"
    where = ", part" if record.partial else ""
    if record.gate is not None and not record.gate.met:
        return f"{extent}{where}, baseline not met", "bad"
    if record.verdict is Verdict.NOT_CONFORMANT:
        known = record.gate is not None
        return f"{extent}{where}{', known failures' if known else ''}", "fair" if known else "bad"
    if is_good(record):
        return f"conformant {record.contract}", "good"
    return f"{extent}{where}", "fair"


def _width(text: str) -> int:
    # Verdana at eleven pixels; textLength makes it fit whatever the font.
    return round(6.6 * len(text)) + 2

"""Text of a subject, made fit to be shown."""

import re

__all__ = ["printable"]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Give a text without characters that would steer a terminal or break a file.

    Line breaks and tabs stay; every other control character, half a surrogate, and what turns the
    direction of the text that follows, becomes a sign for what cannot be shown.
    """
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))

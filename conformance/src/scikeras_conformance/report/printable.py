"""Makes text of a subject safe to show."""

import re

__all__ = ["printable"]

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text without characters that would steer a terminal or break a file.

    Line breaks and tabs stay. Every other control character, lone surrogates and characters that
    change the direction of the text become the replacement character.
    """
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))

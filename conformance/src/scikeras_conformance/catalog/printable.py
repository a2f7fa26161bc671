"""Makes text of a subject safe to send, to store and to show, whatever is in it."""

import re

from scikeras_conformance.exceptions import TimeUp

__all__ = ["MAX_DETAILS", "MAX_MESSAGE", "bounded", "describe", "printable", "show"]

MAX_MESSAGE = 4_000
"""Characters of a message, or of an example."""

MAX_DETAILS = 20_000
"""Characters of a traceback."""

MAX_LINE = 1_000

LENGTH_OF_NOTE = 50
"""A text that is longer by less than the note about it stays as it is."""

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text without characters that would steer a terminal or break a file.

    Line breaks and tabs stay. Every other control character, lone surrogates and characters that
    change the direction of the text become the replacement character.
    """
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def bounded(text: str, size: int) -> str:
    """Return a printable text of a limited length.

    Lines are shortened first, so that one endless message does not push the lines of a traceback
    out; then lines in the middle are left out, because a traceback says most at both ends.

    Parameters
    ----------
    text : str
        Any text.
    size : int
        The largest number of characters, apart from the note about what was left out.

    Examples
    --------
    >>> bounded("abc" * 30, 12)
    'abcabc ... (78 characters left out) ... abcabc'
    """
    # Splitting millions of short lines is not worth it: both ends are all that is kept.
    if size < len(text) and text.count("\n") < size:
        text = "\n".join(_cut(line, min(MAX_LINE, size)) for line in text.split("\n"))
    return printable(_cut(text, size, "\n"))


def show(value: object) -> str:
    """Return a short text for any value of a subject, also for one whose ``repr`` raises."""
    try:
        text = " ".join(repr(value).split())
    except TimeUp:
        raise
    except BaseException as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= 80 else text[:80] + "..."


def describe(error: BaseException) -> str:
    """Return type and message of an exception, the message cut to a readable length.

    Functions are named without the function that defines them, which is the check itself where a
    message is about a builder.
    """
    try:
        # Cut first, because the expression takes long for an endless word.
        text = re.sub(r"[\w.]+\.<locals>\.", "", " ".join(str(error).split())[:600])
    except TimeUp:
        raise
    except BaseException:
        text = "(its message cannot be printed)"
    if len(text) > 300:
        text = text[:300] + " ..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _cut(text: str, size: int, joint: str = " ") -> str:
    left_out = len(text) - size
    if left_out <= LENGTH_OF_NOTE:
        return text
    head, tail = text[: size // 2], text[-(size - size // 2) :]
    return f"{head}{joint}... ({left_out} characters left out) ...{joint}{tail}"

"""What messages have in common when the values in them are left out."""

import re
from collections.abc import Iterable

from scikeras_conformance.baseline import normalize

__all__ = ["pattern_of", "words_in", "words_of"]

MAX_LENGTH = 80
MAX_TEXT = 1000
"""What is looked at: some rules take time that grows with the square of a text."""

ATTRIBUTE = re.compile(r"has no attribute '(\w+)'")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`+[^`]*`+")
REPR = re.compile(r"<[^<>]*(?:<[^<>]*>[^<>]*)*>")
CALL = re.compile(r"(?:[\w<>]+\.)+(\w+)\(\)")
BRACKETS = re.compile(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
NUMBER = re.compile(r"(?<![\w.])-?\d[\d.]*(?:e[-+]?\d+)?\b")
VALUES = re.compile(r"\*(?:[\s,;.=:*]*\*)+")


def pattern_of(text: str, names: Iterable[str] = ()) -> str:
    """Return the first words of a message, each value in it as an asterisk.

    Parameters
    ----------
    text : str
        Type and message of an exception, or the message of a result.
    names : iterable of str, default=()
        Names that count as values.

    Examples
    --------
    >>> from scikeras_conformance.report.message_patterns import pattern_of
    >>> pattern_of("ValueError: target.shape=(12, 1), output.shape=(12, 2) of 'dense'")
    'ValueError: target.shape=*, output.shape=* of *'
    >>> pattern_of("AttributeError: 'Net' object has no attribute 'outputs'")
    "AttributeError: no attribute 'outputs'"
    """
    text = normalize(text[:MAX_TEXT])
    attribute = ATTRIBUTE.search(text)
    if attribute is not None:
        # Which object lacks it depends on the check; what it lacks is the point.
        return f"{text.partition(':')[0]}: no attribute {attribute[1]!r}"
    for name in names:
        text = re.sub(rf"\b{re.escape(name)}\b", "*", text)
    text = QUOTED.sub("*", REPR.sub("*", CALL.sub(r"\1()", text)))
    text = re.sub(r"\(\)", "", text)
    while (shorter := BRACKETS.sub("*", text)) != text:
        text = shorter
    text = re.sub(r"\b[A-Z]\w*\*", "*", text)  # the representation of an object
    # A message that was cut may open brackets that it does not close.
    text = re.sub(r"[(\[{].*", "*", text)
    return VALUES.sub("*", NUMBER.sub("*", text))[:MAX_LENGTH].rstrip()


def words_of(message: str, names: Iterable[str] = ()) -> frozenset[str]:
    r"""Return the words of the first line of a message, without values.

    Examples
    --------
    >>> from scikeras_conformance.report.message_patterns import words_of
    >>> sorted(words_of("fit changed 'a', at 12\nin the regressor"))
    ['at', 'changed', 'fit']
    """
    lines = message.strip().splitlines() or [""]
    return words_in(pattern_of(lines[0], names))


def words_in(pattern: str) -> frozenset[str]:
    """Return the words of a pattern."""
    return frozenset(re.findall(r"[a-z_]+", pattern.lower()))

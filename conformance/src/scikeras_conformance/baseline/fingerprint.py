"""Distinguishes kinds of failures: by the message, without what changes from run to run."""

import hashlib
import re

__all__ = ["fingerprint", "normalize"]

FLOAT = r"[-+]?(?:\d+\.(?!\.\.)\d*|(?<!\.)\.\d+|\d+(?=[eE][-+]?\d))(?:[eE][-+]?\d+)?"

# In this order: an earlier rule replaces what a later one would break up.
RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"\b0x[0-9a-fA-F]+"), "<address>"),
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"(?<![\w<.])(?:[A-Za-z]:)?(?:[\\/][\w.+@~-]+){2,}"), "<path>"),
    (re.compile(r"\bline \d+"), "line <number>"),
    # Keras counts layers and models through the life of a process.
    (re.compile(r"\b([a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*)_\d+\b"), r"\1_<number>"),
    (re.compile(r"\.{4,}"), "..."),
    (re.compile(rf"(?<![\w.<]){FLOAT}(?!\w)"), "<float>"),
    # Before the rules that look for spaces, which are slow where there are many.
    (re.compile(r"\s+"), " "),
    (re.compile(r"(?<=[\[(]) | (?=[\])])"), ""),
    # A long array is abbreviated, and where depends on how its numbers are written.
    (re.compile(r"<float>(?:[\s,;\[\]()]+(?:<float>|[-+]?\d*(?=\.\.\.)))+"), "<floats>"),
)


def normalize(message: str) -> str:
    """Return a message without addresses, paths, line numbers, counters and values of floats.

    Whole numbers stay: "3 classes instead of 2" and "4 classes instead of 2" are two failures.

    Examples
    --------
    >>> from scikeras_conformance.baseline import normalize
    >>> normalize("<f at 0x7f1a> in /srv/me/a.py, line 3, gave 0.25 for dense_12")
    '<f at <address>> in <path>, line <number>, gave <float> for dense_<number>'
    """
    for pattern, replacement in RULES:
        message = pattern.sub(replacement, message)
    return message.strip()


def fingerprint(message: str) -> str:
    """Return a short name for the kind of failure that a message describes."""
    text = normalize(message).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()[:12]

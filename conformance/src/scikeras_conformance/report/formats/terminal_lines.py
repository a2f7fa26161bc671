"""Lines of text for a terminal, no wider than 80 columns."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["WIDTH", "Line", "wrapped"]

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text with the markup of pytest's terminal writer.

    Parameters
    ----------
    text : str
        The text.
    markup : dict
        Colors and the like.
    hang : int, default=2
        The indentation of its continuation, if it is too long.
    is_command : bool, default=False
        Whether it can be copied into a shell, also when it is continued.
    """

    text: str
    markup: dict[str, bool] = field(default_factory=dict)
    hang: int = 2
    is_command: bool = False


def wrapped(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines of which none is wider than the terminal.

    A word of a command is never broken, so that it can be copied.
    """
    for line in lines:
        parts = textwrap.wrap(
            line.text,
            WIDTH - 2 * line.is_command,
            subsequent_indent=" " * line.hang,
            break_long_words=not line.is_command,
            break_on_hyphens=False,
            replace_whitespace=False,
            drop_whitespace=True,
        )
        for number, part in enumerate(parts or [""], 1):
            continues = line.is_command and number < len(parts)
            yield Line(f"{part} \\" if continues else part, line.markup)

"""Functions that return Markdown, with all data escaped."""

import re
from collections.abc import Iterable, Sequence
from html import escape

__all__ = [
    "clause_file",
    "clause_link",
    "code_block",
    "dropdown",
    "mutant_anchor",
    "mutant_link",
    "prose",
    "table",
    "text",
]

SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~$&]")

BAR = re.compile(r"(?<!\\)\|")

NAME = re.compile(r"(?<![\w`])(?:[\w.]*_[\w.*]*\w*(?:\([^()]*\))?|\w+\([^()]*\))(?<!\.)")
"""Python code within a sentence: a name with an underscore, or a call."""


def text(words: str) -> str:
    """Return escaped text on one line."""
    return SPECIAL.sub(lambda match: "\\" + match[0], " ".join(words.split()))


def code(words: str) -> str:
    """Return inline code."""
    fence = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def prose(words: str) -> str:
    """Return an escaped sentence, with Python names and text in backticks as inline code."""
    parts = " ".join(words.split()).split("`")
    out = []
    for number, part in enumerate(parts):
        if number % 2 and number < len(parts) - 1:
            out.append(code(part))
            continue
        end = 0
        for match in NAME.finditer(part):
            out += [text_within(part[end : match.start()]), code(match[0])]
            end = match.end()
        out.append(text_within(part[end:]))
    return "".join(out)


def text_within(words: str) -> str:
    """Return escaped text, with leading and trailing spaces."""
    return SPECIAL.sub(lambda match: "\\" + match[0], words)


def code_block(source: str, language: str = "python") -> str:
    """Return a code block, with a fence that is longer than any in the source."""
    longest = max((len(run) for run in re.findall("`{3,}", source)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{source.rstrip()}\n{fence}"


def dropdown(title: str, body: str) -> str:
    """Return a collapsed section."""
    return f"::::{{dropdown}} {title}\n{body}\n::::"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the cells are Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    # Bars are already escaped in text, but not in code.
    lines += ["| " + " | ".join(BAR.sub(r"\|", cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def clause_file(clause: str) -> str:
    """Return the file name of the page of a clause."""
    return f"{clause}.md"


def clause_link(clause: str, folder: str = "") -> str:
    """Return a link to the page of a clause."""
    return f"[{clause}]({folder}{clause_file(clause)})"


def mutant_anchor(name: str) -> str:
    """Return the name of a mutant with an anchor for links."""
    # HTML, because Markdown has no anchors in table cells.
    return f'<span id="{escape(name)}"></span>{code(name)}'


def mutant_link(name: str) -> str:
    """Return a link from the page of a clause to a mutant in the kill matrix."""
    href = f"mutants.html#{escape(name)}"
    return f'<a class="reference internal" href="{href}"><code>{escape(name)}</code></a>'

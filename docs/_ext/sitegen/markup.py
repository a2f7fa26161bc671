"""Pieces of Markdown, with everything that is data shown as the text that it is."""

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
"""What reads as Python within a sentence: a name with an underscore, or a call."""


def text(words: str) -> str:
    """Show words as they are, on one line."""
    return SPECIAL.sub(lambda match: "\\" + match[0], " ".join(words.split()))


def code(words: str) -> str:
    """Show words as code within a line."""
    fence = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    pad = " " if words.startswith("`") or words.endswith("`") else ""
    return f"{fence}{pad}{words}{pad}{fence}"


def prose(words: str) -> str:
    """Show a sentence in which names of Python, and what stands in backticks, are code."""
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
    """Show a piece of a line as it is, with the spaces at its ends."""
    return SPECIAL.sub(lambda match: "\\" + match[0], words)


def code_block(source: str, language: str = "python") -> str:
    """Show source in a block of its own, whatever fences it holds."""
    longest = max((len(run) for run in re.findall("`{3,}", source)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{source.rstrip()}\n{fence}"


def dropdown(title: str, body: str) -> str:
    """Fold something away under a title."""
    return f"::::{{dropdown}} {title}\n{body}\n::::"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a table; the cells are Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    # Text has its bars escaped; code has not.
    lines += ["| " + " | ".join(BAR.sub(r"\|", cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def clause_file(clause: str) -> str:
    """Give the name of the page of a clause."""
    return f"{clause}.md"


def clause_link(clause: str, folder: str = "") -> str:
    """Give a link to the page of a clause."""
    return f"[{clause}]({folder}{clause_file(clause)})"


def mutant_anchor(name: str) -> str:
    """Show the name of a mutant where links to it lead."""
    # As HTML: a cell of a table can be no target of Markdown's.
    return f'<span id="{escape(name)}"></span>{code(name)}'


def mutant_link(name: str) -> str:
    """Give a link, from the page of a clause, to where a mutant stands in the kill matrix."""
    href = f"mutants.html#{escape(name)}"
    return f'<a class="reference internal" href="{href}"><code>{escape(name)}</code></a>'

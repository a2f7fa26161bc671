"""Writes the baseline file, and renews it without losing comments, order or formatting."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tomlkit
from msgspec.structs import replace
from tomlkit.items import AoT, Comment, InlineTable, Table, Whitespace

from scikeras_conformance.baseline.entries import TRIES, Baseline, Entry
from scikeras_conformance.baseline.reading import SCHEMA
from scikeras_conformance.baseline.renewal import Renewal

__all__ = ["dump", "renewed_text"]

HEAD = (
    "Failures that are known. Reasons, issues, conditions, expiry and flaky are yours to edit, as",
    "are comments; a renewal keeps them.",
)


def dump(baseline: Baseline) -> str:
    """Return a new baseline as TOML."""
    document = tomlkit.document()
    for line in HEAD:
        document.add(tomlkit.comment(line))
    document.add("schema", tomlkit.item(SCHEMA))
    document.add("subject", _text(baseline.subject))
    return _joined(tomlkit.dumps(document), map(_block, baseline.entries))


def renewed_text(text: str, renewal: Renewal) -> str:
    """Return the text of a baseline file with other entries.

    Entries that stay are changed only in what is different. A comment directly above an entry
    belongs to it, and goes with it; all other comments stay where they are.

    Parameters
    ----------
    text : str
        The file as it is.
    renewal : Renewal
        What becomes of its entries; new ones stand at its end.
    """
    document = tomlkit.parse(text)
    tables = document.get("known", [])
    if not isinstance(tables, AoT):  # one array of inline tables
        document.pop("known", None)
        return _joined(document.as_string(), map(_block, renewal.after.entries))
    document.remove("known")
    kept = []
    between = document.as_string()
    entries = zip(renewal.before.entries, renewal.kept, strict=True)
    for (old, new), table in zip(entries, tables.body, strict=True):
        part = _Part.of(table)
        loose, above = _split(between)
        if new is None:
            # One empty line is enough between its neighbors.
            between = loose + (part.after.lstrip("\r\n") if _ends_empty(loose) else part.after)
            continue
        kept += [loose, above, part.text if new == old else part.changed_to(old, new)]
        between = part.after
    return _joined("".join([*kept, between]), map(_block, renewal.added))


@dataclass
class _Part:
    """An entry of the file: its table, its text, and what stands between it and the next one."""

    table: Table
    text: str
    after: str

    @classmethod
    def of(cls, table: Table) -> "_Part":
        after = _cut_trivia(table)
        return cls(table, _as_text(table), after)

    def changed_to(self, old: Entry, new: Entry) -> str:
        """Return the text of the entry with other values."""
        results = self.table.get("results")
        if old.results != new.results and isinstance(results, Table | InlineTable):
            _change(results, old.results, new.results)
            old = replace(old, results=new.results)
        for name in Entry.__struct_fields__:
            value = getattr(new, name)
            if getattr(old, name) != value and name != "results":
                self.table[name] = _item(value)
        text = _as_text(self.table)
        added = old.results != new.results
        return text.rstrip("\r\n") + "\n\n" + _results(new) if added else text


def _change(table: Table | InlineTable, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Change a table of results in what is different."""
    for name in old.keys() - new.keys():
        del table[name]
    for name, kind in new.items():
        if old.get(name) != kind:
            table[name] = _text(kind)


def _cut_trivia(table: Table) -> str:
    """Take the comments and empty lines at the end of a table out of it, and return them.

    They belong to the next entry, and a new key of this one would be put behind them.
    """
    body = table.value.body
    count = len(body)
    while count and isinstance(body[count - 1][1], (Comment, Whitespace)):
        count -= 1
    after = "".join(item.as_string() for _, item in body[count:])
    del body[count:]
    last = body[-1][1] if body else None
    return (_cut_trivia(last) if isinstance(last, Table) else "") + after


def _as_text(table: Table) -> str:
    trivia = table.trivia
    return f"{trivia.indent}[[known]]{trivia.comment_ws}{trivia.comment}{trivia.trail}" + (
        table.as_string()
    )


def _split(between: str) -> tuple[str, str]:
    """Split what stands before an entry into what does not belong to it, and comments that do."""
    lines = between.splitlines(keepends=True)
    count = len(lines)
    while count and lines[count - 1].lstrip().startswith("#"):
        count -= 1
    return "".join(lines[:count]), "".join(lines[count:])


def _ends_empty(text: str) -> bool:
    return not text or text.endswith(("\n\n", "\r\n\r\n"))


def _joined(text: str, blocks: Iterable[str]) -> str:
    """Add entries at the end of a text, with an empty line before each."""
    newline = "\r\n" if "\r\n" in text else "\n"
    for block in blocks:
        text = text.rstrip("\r\n") + newline * 2 + block.replace("\n", newline)
    return text


def _block(entry: Entry) -> str:
    """Return a new entry as text."""
    table = tomlkit.table()
    for name, value in _values(entry):
        table.add(name, value)
    text = "[[known]]\n" + table.as_string()
    return f"{text}\n{_results(entry)}" if entry.results else text


def _results(entry: Entry) -> str:
    """Return the results of an entry as a table of its own, a line for each."""
    lines = [
        f"{_text(name).as_string()} = {_text(kind).as_string()}"
        for name, kind in entry.results.items()
    ]
    return "\n".join(["[known.results]", *lines]) + "\n"


def _values(entry: Entry) -> Iterator[tuple[str, Any]]:
    yield "id", _item(entry.id)
    yield "reason", _text(entry.reason)
    if entry.issue:
        yield "issue", _text(entry.issue)
    if entry.when:
        when = tomlkit.inline_table()
        when.update(entry.when)
        yield "when", when
    if entry.expires is not None:
        yield "expires", tomlkit.item(entry.expires)
    if entry.flaky:
        yield "flaky", tomlkit.item(True)
        if entry.tries != TRIES:
            yield "tries", tomlkit.item(entry.tries)
    if entry.passes:
        yield "passes", tomlkit.item(True)
        return
    yield "message", _text(entry.message)
    if entry.fingerprint:
        yield "fingerprint", _text(entry.fingerprint)


def _item(value: Any) -> Any:
    if isinstance(value, str):
        return _text(value)
    return _list(value) if isinstance(value, tuple) else tomlkit.item(value)


def _list(texts: Iterable[str]) -> Any:
    array = tomlkit.array()
    for text in texts:
        array.append(_text(text))
    return array.multiline(True)


def _text(text: str) -> Any:
    # Half a surrogate, which a subject's message may contain, cannot be written in TOML.
    return tomlkit.item(text.encode("utf-8", "backslashreplace").decode("utf-8"))

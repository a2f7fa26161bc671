"""Reads the baseline file; a mistake in it is an error that names file, entry and key."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from scikeras_conformance.baseline.conditions import check_conditions
from scikeras_conformance.baseline.entries import Baseline, Entry
from scikeras_conformance.exceptions import BaselineError, did_you_mean

__all__ = ["SCHEMA", "load", "load_for", "parse"]

SCHEMA = "scikeras-conformance/baseline/1"
KEYS = ("schema", "subject", "known")

# Otherwise msgspec would read a date out of a text.
_DATES = (date, datetime)


def load(path: Path, *, unpinned: bool = False) -> Baseline:
    """Read a baseline.

    Parameters
    ----------
    path : Path
        The file.
    unpinned : bool, default=False
        Whether an entry may be without the kinds of its failures, for a renewal to fill in.

    Raises
    ------
    BaselineError
        If the file cannot be read, has another schema, or an entry is not understood.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(
            f"The baseline {path} cannot be read: {error}. 'scikeras-conformance baseline write' "
            "makes one out of a report."
        ) from error
    return parse(text, f"The baseline {path}", unpinned=unpinned)


def load_for(path: Path, subject: str, known: Iterable[str]) -> Baseline:
    """Read the baseline that a run is compared with.

    Parameters
    ----------
    path : Path
        The file.
    subject : str
        The subject of the run, as it was named.
    known : iterable of str
        The ids of everything that a run could plan.

    Raises
    ------
    BaselineError
        If it is not understood, is about another subject, or has an entry for a result that the
        suite does not have, with the nearest one.
    """
    baseline = load(path)
    if baseline.subject != subject:
        raise BaselineError(
            f"The baseline {path} is about {baseline.subject!r}, and the run about {subject!r}. "
            "Give the run a baseline of its own, or none."
        )
    names = list(known)
    for entry in baseline.entries:
        unknown = next((name for name in entry.pinned if name not in names), None)
        if unknown is not None:
            raise BaselineError(
                f"The baseline {path} has an entry for {unknown!r}, which is the result of no "
                f"check.{did_you_mean(unknown, names)}"
            )
    return baseline


def parse(text: str, where: str, *, unpinned: bool = False) -> Baseline:
    """Return the baseline that a text in TOML describes.

    Parameters
    ----------
    text : str
        The content of the file.
    where : str
        The file, for messages.
    unpinned : bool, default=False
        Whether an entry may be without the kinds of its failures, for a renewal to fill in.

    Raises
    ------
    BaselineError
        If the text is not TOML, has another schema, or an entry is not understood.
    """
    try:
        data = tomllib.loads(text)
    # tomllib raises other errors too: for huge numbers and deep nesting.
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"{where} is not TOML: {error}.") from error
    if "schema" not in data:
        raise BaselineError(f"{where} has no key 'schema'; it has to be {SCHEMA!r}.")
    if data["schema"] != SCHEMA:
        raise BaselineError(
            f"{where} is of the schema {data['schema']!r}; this version of the suite reads "
            f"{SCHEMA!r}."
        )
    _refuse_unknown_keys(data, KEYS, where)
    tables = data.get("known", [])
    if not isinstance(data.get("subject"), str) or not isinstance(tables, list):
        raise BaselineError(f"{where} needs a text 'subject' and tables [[known]].")
    entries: dict[Any, Entry] = {}
    for number, table in enumerate(tables, 1):
        entry = _entry(table, f"{where}, entry {number}", unpinned=unpinned)
        if entry.key in entries:
            raise BaselineError(
                f"{where}, entry {number} ({entry.name}) has the id and the conditions of an entry "
                "before it, as two branches may leave behind; keep one."
            )
        entries[entry.key] = entry
    return Baseline(data["subject"], tuple(entries.values()))


def _entry(table: Any, where: str, *, unpinned: bool) -> Entry:
    if not isinstance(table, dict):
        raise BaselineError(f"{where} is not a table; write [[known]] above it.")
    where = f"{where} ({table.get('id', 'without id')})"
    _refuse_unknown_keys(table, Entry.__struct_fields__, where)
    for name in ("id", "reason"):
        if not (table.get(name) and str(table[name]).strip()):
            raise BaselineError(f"{where} has no {name}; every entry needs one.")
    try:
        given = {"message": "", "fingerprint": "", **table}
        entry = msgspec.convert(given, Entry, builtin_types=_DATES)
    except msgspec.ValidationError as error:
        raise BaselineError(f"{where}: {_mistake(table, error)}") from error
    if "tries" in table and not entry.flaky:
        raise BaselineError(f"{where} has tries, which only an entry with flaky = true can have.")
    _check_pinned(entry, where, unpinned=unpinned)
    return msgspec.structs.replace(entry, when=check_conditions(entry.when, where))


def _check_pinned(entry: Entry, where: str, *, unpinned: bool) -> None:
    """Check that an entry says which results fail in which way, and in one place."""
    if entry.passes:
        if not entry.when or "*" in entry.name or entry.fingerprint or entry.results:
            raise BaselineError(
                f"{where} has passes = true; such an entry has ids without asterisks, conditions "
                "under when, and no fingerprints."
            )
        return
    right, wrong = ("results", "fingerprint") if entry.has_patterns else ("fingerprint", "results")
    if getattr(entry, wrong):
        kind = "with a pattern" if entry.has_patterns else "for one result"
        raise BaselineError(f"{where} has {wrong}; an entry {kind} takes {right}.")
    if not entry.pinned and not unpinned:
        raise BaselineError(
            f"{where} has no {right}; every entry needs this. 'scikeras-conformance baseline "
            "update REPORT --write' fills it in."
        )
    for name in entry.pinned:
        if not entry.matches(name):
            raise BaselineError(f"{where} has the result {name!r}, which does not fit its id.")


def _refuse_unknown_keys(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    known = list(known)
    for name in table:
        if name not in known:
            raise BaselineError(f"{where} has the unknown key {name!r}.{did_you_mean(name, known)}")


def _mistake(table: Mapping[str, Any], error: msgspec.ValidationError) -> str:
    """Return what a key takes, instead of the type that msgspec expected."""
    found = re.search(r"at `\$\.(\w+)", str(error))
    if found is None:
        return str(error)
    name = found[1]
    hint = get_type_hints(Entry, include_extras=True)[name]
    (meta,) = (one for one in hint.__metadata__ if isinstance(one, msgspec.Meta))
    return f"{name} takes {meta.description}, not {table[name]!r}."

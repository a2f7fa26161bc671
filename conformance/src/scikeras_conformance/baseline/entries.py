"""The baseline file: one entry for each failure that is known."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from scikeras_conformance.baseline.conditions import check_conditions, holds
from scikeras_conformance.exceptions import BaselineError, did_you_mean

__all__ = ["SCHEMA", "TRIES", "Baseline", "Entry", "dump", "load", "load_for"]

SCHEMA = "scikeras-conformance/baseline/1"

TRIES = 20
"""How often a flaky failure is tried: one in four slips through one run in three hundred."""

HEAD = """\
# Failures that are known. Reasons, issues, conditions, expiry and flaky are yours to edit; a
# renewal keeps them, and drops comments.
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One known failure.

    Parameters
    ----------
    id : str
        The result that fails: check, wrapper and case, as in a report.
    fingerprint : str
        The kind of the failure.
    message : str
        Its message, normalised and cut, for the reader.
    reason : str
        Why it is accepted.
    issue : str
        Link to where it is worked on.
    when : mapping
        Conditions under which it fails; empty for always.
    expires : date or None
        The last day on which it is accepted.
    flaky : bool
        Whether it fails only now and then.
    tries : int
        How often a flaky one is tried until it fails.
    """

    id: str
    fingerprint: str
    message: str
    reason: str
    issue: str = ""
    when: Mapping[str, str] = field(default_factory=dict)
    expires: date | None = None
    flaky: bool = False
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Baseline:
    """All known failures of one subject."""

    subject: str
    entries: tuple[Entry, ...] = ()

    def active(self, environment: Mapping[str, Any]) -> dict[str, Entry]:
        """Give the entries whose conditions hold in an environment, by the result that they name.

        Raises
        ------
        BaselineError
            If two entries for one result hold at the same time.
        """
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if not holds(entry.when, environment):
                continue
            if entry.id in found:
                raise BaselineError(
                    f"The baseline has two entries for {entry.id!r} that hold here; give them "
                    "conditions that exclude each other, or keep one."
                )
            found[entry.id] = entry
        return found


def load(path: Path) -> Baseline:
    """Read a baseline.

    Raises
    ------
    BaselineError
        If the file cannot be read, is of another schema, or an entry makes no sense.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(
            f"The baseline {path} cannot be read: {error}. 'scikeras-conformance baseline write' "
            "makes one out of a report."
        ) from error
    # Beside its own error it lets through those of numbers and nests that are too large.
    except (ValueError, RecursionError) as error:
        raise BaselineError(f"The baseline {path} is not TOML: {error}.") from error
    if data.get("schema") != SCHEMA:
        raise BaselineError(
            f"The baseline {path} is of the schema {data.get('schema')!r}; this version of the "
            f"suite reads {SCHEMA!r}."
        )
    extra = sorted(set(data) - {"schema", "subject", "known"})
    if extra:
        hint = did_you_mean(extra[0], ["schema", "subject", "known"])
        raise BaselineError(f"The baseline {path} has the unknown key {extra[0]!r}.{hint}")
    known = data.get("known", [])
    if not isinstance(data.get("subject"), str) or not isinstance(known, list):
        raise BaselineError(f"The baseline {path} needs a text 'subject' and tables [[known]].")
    entries = tuple(
        _entry(table, f"The baseline {path}, entry {n}") for n, table in enumerate(known, 1)
    )
    met: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    for number, entry in enumerate(entries, 1):
        kind = (entry.id, frozenset(entry.when.items()))
        if kind in met:
            raise BaselineError(
                f"The baseline {path}, entry {number} ({entry.id}) has the id and the conditions "
                "of an entry before it, as two branches may leave behind; keep one."
            )
        met.add(kind)
    return Baseline(data["subject"], entries)


_TYPES: Mapping[str, tuple[type, str]] = {
    "id": (str, "a text"),
    "fingerprint": (str, "a text"),
    "message": (str, "a text"),
    "reason": (str, "a text"),
    "issue": (str, "a text"),
    "when": (dict, "a table"),
    "expires": (date, "a date such as 2027-01-31, without quotes"),
    "flaky": (bool, "true or false"),
    "tries": (int, "a whole number from 2"),
}


def _entry(table: Any, where: str) -> Entry:
    if not isinstance(table, dict):
        raise BaselineError(f"{where} is no table; write [[known]] above it.")
    where = f"{where} ({table.get('id', 'without id')})"
    for name, value in table.items():
        if name not in _TYPES:
            raise BaselineError(
                f"{where} has the unknown key {name!r}.{did_you_mean(name, list(_TYPES))}"
            )
        wanted, words = _TYPES[name]
        # A bool is an int and a datetime is a date to Python, and neither is meant.
        wrong = not isinstance(value, wanted) or isinstance(value, datetime)
        if wrong or (wanted is int and (isinstance(value, bool) or value < 2)):
            raise BaselineError(f"{where}: {name} takes {words}, not {value!r}.")
    for name in ("id", "fingerprint", "reason"):
        if not str(table.get(name, "")).strip():
            raise BaselineError(f"{where} has no {name}; every entry needs one.")
    if "tries" in table and not table.get("flaky"):
        raise BaselineError(f"{where} has tries, which only an entry with flaky = true can have.")
    when = check_conditions(table.get("when", {}), where)
    return Entry(**{"message": "", **table, "when": when})


def load_for(path: Path, subject: str, known: Iterable[str]) -> Baseline:
    """Read the baseline that a run is held against.

    Parameters
    ----------
    path : Path
        The file.
    subject : str
        What the run is about, as it was named.
    known : iterable of str
        The ids of everything that a run could plan.

    Raises
    ------
    BaselineError
        If it makes no sense, is about another subject, or has an entry for a result that the suite
        does not have, with the nearest one.
    """
    baseline = load(path)
    if baseline.subject != subject:
        raise BaselineError(
            f"The baseline {path} is about {baseline.subject!r}, and the run about {subject!r}. "
            "Give the run a baseline of its own, or none."
        )
    names = list(known)
    for entry in baseline.entries:
        if entry.id not in names:
            raise BaselineError(
                f"The baseline {path} has an entry for {entry.id!r}, which is the result of no "
                f"check.{did_you_mean(entry.id, names)}"
            )
    return baseline


def dump(baseline: Baseline) -> str:
    """Give a baseline as TOML that `load` reads."""
    lines = [HEAD + f"schema = {_toml(SCHEMA)}", f"subject = {_toml(baseline.subject)}"]
    for entry in baseline.entries:
        lines += ["", "[[known]]"]
        lines += [f"{name} = {_toml(getattr(entry, name))}" for name in ("id", "reason")]
        if entry.issue:
            lines.append(f"issue = {_toml(entry.issue)}")
        if entry.when:
            pairs = ", ".join(
                f"{_toml(name)} = {_toml(value)}" for name, value in entry.when.items()
            )
            lines.append(f"when = {{ {pairs} }}")
        if entry.expires is not None:
            lines.append(f"expires = {entry.expires.isoformat()}")
        if entry.flaky:
            lines.append("flaky = true")
            if entry.tries != TRIES:
                lines.append(f"tries = {entry.tries}")
        lines += [f"{name} = {_toml(getattr(entry, name))}" for name in ("message", "fingerprint")]
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    # The strings of JSON are strings of TOML, but for the character DEL and half surrogates.
    clean = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")

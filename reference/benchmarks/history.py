"""The history of the ratios that a demand limits: an entry for each stored run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.demands import judge

__all__ = ["Entry", "entry", "extended", "read", "write"]

Entry = Mapping[str, Any]
"""The day, and the median of each ratio by its name."""


def entry(scenarios: Mapping[str, Mapping[str, Any]], day: str) -> Entry:
    """Return what is kept of a run.

    Parameters
    ----------
    scenarios : mapping
        The records of the scenarios, by name.
    day : str
        The day of the run, as in 2026-11-30.
    """
    return {
        "day": day,
        "ratios": {
            finding.demand.name: float(f"{finding.measured.median:.4g}")
            for finding in judge(scenarios)
            if finding.measured is not None
        },
    }


def extended(entries: Sequence[Entry], new: Entry) -> list[Entry]:
    """Return a history with a new entry, unless the last one is of the same run."""
    return [*entries, *([new] if not entries or entries[-1] != new else [])]


def read(path: Path) -> list[Entry]:
    """Return the entries in a file, the oldest first; none if there is no such file."""
    entries: list[Entry] = []
    if path.exists():
        entries = json.loads(path.read_text(encoding="utf-8"))
    return entries


def write(entries: Sequence[Entry], path: Path) -> None:
    """Store the entries."""
    path.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")

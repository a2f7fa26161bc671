"""The JSON report of a run: a header, the results, and a footer without which it is incomplete."""

import json
import os
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scikeras_conformance.contract import load_contract
from scikeras_conformance.exceptions import ReportError
from scikeras_conformance.reporting.record import RunRecord
from scikeras_conformance.results import Outcome

__all__ = ["SCHEMA", "check_writable", "to_dict", "write_report", "write_scripts"]

SCHEMA = "scikeras-conformance/report/1"


def to_dict(record: RunRecord) -> dict[str, Any]:
    """Give a run as plain data, in the layout of the report."""
    return {
        "schema": SCHEMA,
        "header": {
            "contract": record.contract,
            "subject": dict(record.subject),
            "environment": dict(record.environment),
            "profiles": list(record.profiles) or ["all"],
            "partial": record.partial,
            "strict": record.strict,
        },
        "results": [
            {**result.to_dict(), "script": record.scripts.get(result.id, "")}
            for result in record.results
        ],
        "footer": {
            "verdict": str(record.verdict),
            "exit_code": int(record.verdict.exit_code),
            "census": {**asdict(record.census), "holds": record.census.holds},
            "refusal": record.refusal,
            "missing": list(record.missing),
            "cannot_be_judged_here": {
                result.id: result.message
                for result in record.results
                if result.outcome is Outcome.UNAVAILABLE
            },
            "clauses_without_check": list(record.unchecked),
            "clauses_excluded": {
                clause.id: clause.excluded
                for clause in load_contract().clauses.values()
                if clause.excluded
            },
        },
    }


def write_scripts(record: RunRecord, folder: Path) -> None:
    """Write the scripts of all failures into a folder, a file for each.

    Raises
    ------
    ReportError
        If a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in record.scripts.items():
            file = re.sub(r"[^\w.-]+", "_", name) + ".py"
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ReportError(f"The scripts cannot be written to {folder}: {error}.") from error


def check_writable(path: Path) -> None:
    """Refuse a path that no report can be written to, before anything has run.

    Raises
    ------
    ReportError
        If the directory is missing or not writable, or the path is a directory.
    """
    parent = path.absolute().parent
    if path.is_dir():
        raise ReportError(f"The report {path} is a directory; give the name of a file.")
    if not parent.is_dir():
        raise ReportError(f"The report {path} cannot be written: there is no directory {parent}.")
    if not os.access(parent, os.W_OK):
        raise ReportError(f"The report {path} cannot be written: {parent} is not writable.")


def write_report(record: RunRecord, path: Path) -> None:
    """Write the report in one step, so that a reader never meets half of it.

    Raises
    ------
    ReportError
        If the file cannot be written.
    """
    text = json.dumps(to_dict(record), indent=1, ensure_ascii=False) + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ReportError(f"The report {path} cannot be written: {error}.") from error

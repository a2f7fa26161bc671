"""The data of the generated pages: contract, checks, mutants, examples, stored runs."""

import inspect
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.contract import Contract, load_contract
from scikeras_conformance.exceptions import ConformanceError
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.report.structure import Report

__all__ = ["Broken", "Example", "Material", "MissingReportError", "gather", "stored_runs"]


class MissingReportError(Exception):
    """A stored run is missing or cannot be read."""


@dataclass(frozen=True)
class Broken:
    """A mutant, as shown on a page."""

    name: str
    clause: str
    kills: tuple[str, ...]
    story: str
    source: str
    collateral: tuple[str, ...] | None = None
    """Other checks that fail with it; None if that is not recorded."""


@dataclass(frozen=True)
class Example:
    """Code that runs without an error with every wrapper that conforms to a clause."""

    clause: str
    code: str
    broken_by: str = ""
    """The mutant with which it fails; empty if the mutants need data of the suite."""


@dataclass(frozen=True)
class Material:
    """All data of the generated pages."""

    contract: Contract
    catalog: Sequence[Check]
    mutants: Sequence[Broken] = ()
    examples: Mapping[str, Example] = field(default_factory=dict)
    runs: Mapping[str, Report] = field(default_factory=dict)
    """Stored runs by the name of their file."""
    explained: Mapping[str, str] = field(default_factory=dict)
    """By the id of a check, a link to lines that reproduce the defect in a real implementation."""

    def checks_of(self, clause: str) -> list[Check]:
        """Return the checks of a clause."""
        return [check for check in self.catalog if check.clauses[0] == clause]

    def checks_also_of(self, clause: str) -> list[Check]:
        """Return the checks of other clauses that also cover this one."""
        return [check for check in self.catalog if clause in check.clauses[1:]]

    def killing(self, check: str) -> list[Broken]:
        """Return the mutants that a check detects."""
        return [mutant for mutant in self.mutants if check in mutant.kills]

    def mutants_of(self, clause: str) -> list[Broken]:
        """Return the mutants of a clause."""
        return [mutant for mutant in self.mutants if mutant.clause == clause]


def source_of(function: Any) -> str:
    """Return the source of a function without its decorators."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("def "))
    return "\n".join(lines[start:])


def helpers_of(function: Any) -> list[Any]:
    """Return the private functions of its module that a function uses, directly or indirectly."""
    found: list[Any] = []

    def look_into(code: Any, space: Mapping[str, Any]) -> None:
        for name in code.co_names:
            value: Any = space.get(name)
            if not inspect.isfunction(value) or not name.startswith("_") or value in found:
                continue
            if value.__module__ == function.__module__:
                found.append(value)
                look_into(value.__code__, space)
        for constant in code.co_consts:
            if inspect.iscode(constant):
                look_into(constant, space)

    look_into(function.__code__, function.__globals__)
    return found


def without_docstring(source: str) -> str:
    """Return the source of a function without its docstring, if that is a single line."""
    lines = source.splitlines()
    start = next(number for number, line in enumerate(lines) if line.endswith(":")) + 1
    docstring = lines[start].strip()
    if docstring.startswith('"""') and docstring.endswith('"""') and len(docstring) > 3:
        lines.pop(start)
        if not lines[start].strip():
            lines.pop(start)
    return "\n".join(lines)


def _whole_source(patch: Any) -> str:
    parts = [*(source_of(helper) for helper in helpers_of(patch)), source_of(patch)]
    return "\n\n\n".join([*parts[:-1], without_docstring(parts[-1])])


def _mutants() -> list[Broken]:
    # Imported here because it imports Keras and needs `fixtures` on the import path.
    from mutants import MUTANTS
    from mutation.matrix import FILE, declared

    written = declared() if FILE.exists() else {}
    return [
        Broken(
            name=mutant.name,
            clause=mutant.clause,
            kills=tuple(mutant.kills),
            story=" ".join(mutant.story.split()),
            source=_whole_source(getattr(mutant, "change", mutant.patch)),
            collateral=tuple(sorted(written[mutant.name][1])) if written else None,
        )
        for mutant in MUTANTS.values()
    ]


def stored_runs(folder: Path, expected: Sequence[str]) -> dict[str, Report]:
    """Read the stored runs that are compared, those that are expected first.

    Parameters
    ----------
    folder : Path
        The folder of the JSON reports.
    expected : sequence of str
        Names, without suffix, of reports that must exist.

    Raises
    ------
    MissingReportError
        If an expected report is missing, or any report cannot be read.
    """
    found = {path.stem: path for path in sorted(folder.glob("*.json"))}
    missing = [name for name in expected if name not in found]
    if missing:
        raise MissingReportError(
            f"There is no stored run {', '.join(missing)} in {folder.name}/. Create it with "
            "scikeras-conformance run SUBJECT --profile all --report FILE."
        )
    names = [*expected, *(name for name in found if name not in expected)]
    try:
        return {name: load_report(found[name]) for name in names}
    except ConformanceError as error:
        raise MissingReportError(f"A stored run cannot be compared. {error}") from error


def gather(docs: Path, expected: Sequence[str]) -> Material:
    """Return all data of the generated pages.

    Parameters
    ----------
    docs : Path
        The folder of the documentation.
    expected : sequence of str
        Names of the stored runs that must exist.
    """
    from scikeras_conformance.checks import CATALOG
    from sitegen.examples import load_examples

    return Material(
        contract=load_contract(),
        catalog=CATALOG,
        mutants=_mutants(),
        examples=load_examples(docs / "examples"),
        runs=stored_runs(docs / "peers", expected),
        explained=_explained(docs / "peers"),
    )


def _explained(folder: Path) -> dict[str, str]:
    """Return links to the headings of pages about peers that are ids of checks."""
    found = {}
    for page in sorted(folder.glob("*.md")):
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("### `") and line.endswith("`"):
                check = line[5:-1]
                slug = "".join(c for c in check.lower() if c.isalnum() or c in "-_")
                found[check] = f"../peers/{page.name}#{slug}"
    return found

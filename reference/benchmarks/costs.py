"""The page "What a fit costs": the parts of a fit and of a prediction, as Markdown."""

from collections.abc import Mapping
from typing import Any

from benchmarks.competitors import COMPETITORS
from benchmarks.parts import PARTS
from benchmarks.report import NOTHING, amount, environments, table
from benchmarks.results import Results
from benchmarks.scenarios import SAMPLED

__all__ = ["missing", "page", "parts_table"]


def missing(results: Results) -> list[str]:
    """Return the scenarios whose calls have not been sampled."""
    return [name for name in SAMPLED if "parts" not in results.scenarios.get(name, {})]


def page(results: Results) -> str:
    """Return the content of the page for the backend of some results."""
    found = [results.scenarios[name] for name in SAMPLED]
    sections = [f"### {one['title']}\n\n{parts_table(one)}" for one in found]
    numbers = {name: results.scenarios[name]["parts"]["environment"] for name in SAMPLED}
    machines = environments(results.environments, numbers)
    return "\n\n".join([*sections, "### Environment", machines])


def parts_table(record: Mapping[str, Any]) -> str:
    """Return the table of the parts of a call, with their sum."""
    seconds = record["parts"]["seconds"]
    rows = [
        [part, *(_cell(of.get(part)) for of in seconds.values())]
        for part in PARTS
        if any(part in of for of in seconds.values())
    ]
    rows.append(["**one call**", *(_cell(sum(of.values())) for of in seconds.values())])
    return table(["part", *(COMPETITORS[name].title for name in seconds)], rows)


def _cell(seconds: float | None) -> str:
    return NOTHING if seconds is None else amount(seconds, "s")

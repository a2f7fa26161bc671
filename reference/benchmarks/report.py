"""Results as Markdown: demands, ratios with quartiles, medians, and environments."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.competitors import COMPETITORS
from benchmarks.demands import Demand, Finding, judge
from benchmarks.results import Results, Spread, ratios, spread

__all__ = [
    "NOTHING",
    "amount",
    "demands_table",
    "environments",
    "inserted",
    "markers",
    "page",
    "ratio_table",
    "table",
]

MAIN = "tensorflow"
"""The backend that the demands are about."""

NOTHING = "\N{EN DASH}"
"""Stands in a table where nothing was measured."""
Scenarios = Mapping[str, Mapping[str, Any]]


def page(results: Results) -> str:
    """Return the content of the page for the backend of some results."""
    numbers = {name: record["environment"] for name, record in results.scenarios.items()}
    demands = ["#### Demands", demands_table(judge(results.scenarios))]
    parts = [
        *(demands if results.backend == MAIN else []),
        *("#### Ratios (reference ÷ competitor)", ratio_table(results.scenarios)),
        *("#### Medians", median_table(results.scenarios)),
        *("#### Not measured", absences(results.scenarios)),
        *("#### Environment", environments(results.environments, numbers)),
    ]
    return "\n\n".join(parts)


def markers(backend: str) -> tuple[str, str]:
    """Return the lines of the page before and after the results on a backend."""
    return f"<!-- results on {backend}: start -->", f"<!-- results on {backend}: end -->"


def inserted(text: str, backend: str, content: str) -> str:
    """Return the text of a page with other content for a backend."""
    first, last = markers(backend)
    before, start, rest = text.partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise ValueError(f"the page must contain the lines {first} and {last}")
    return f"{before}{first}\n\n{content}\n\n{last}{after}"


def demands_table(findings: Sequence[Finding]) -> str:
    """Return the table of demands and measured ratios."""
    rows = [
        [
            f"`{finding.demand.scenario}`",
            _compared(finding.demand),
            f"{finding.demand.at_most:.4g}",
            _ratio(finding.measured),
            finding.verdict,
        ]
        for finding in findings
    ]
    head = ["scenario", "reference ÷", "at most", "measured", "verdict"]
    return table(head, rows, left=(0, 1, 4))


def _compared(demand: Demand) -> str:
    title = COMPETITORS[demand.competitor].title
    return title if demand.of == "reference" else f"{title} ({COMPETITORS[demand.of].title})"


def ratio_table(scenarios: Scenarios) -> str:
    """Return the table of ratios with quartiles; below 1, the reference needs less."""
    rows, others = [], [name for name in _measured(scenarios) if name != "reference"]
    for name, record in scenarios.items():
        found = (ratios(record, other) for other in others)
        rows.append([f"`{name}`", *(_ratio(spread(ratio) if ratio else None) for ratio in found)])
    return table(["scenario", *(COMPETITORS[name].title for name in others)], rows)


def _measured(scenarios: Scenarios) -> list[str]:
    """Return the competitors that were measured at all, in their order."""
    return [
        name
        for name in COMPETITORS
        if any(name in record["samples"] for record in scenarios.values())
    ]


def median_table(scenarios: Scenarios) -> str:
    """Return the table of medians, by scenario."""
    rows, measured = [], _measured(scenarios)
    for name, record in scenarios.items():
        cells = [
            amount(spread(record["samples"][other]).median, record["unit"])
            if other in record["samples"]
            else NOTHING
            for other in measured
        ]
        rows.append([f"`{name}`", record["title"], str(record["rounds"]), *cells])
    titles = (COMPETITORS[name].title for name in measured)
    return table(["scenario", "what", "rounds", *titles], rows, left=(0, 1))


def absences(scenarios: Scenarios) -> str:
    """Return a list of competitors without a counterpart for a scenario, with reasons."""
    where: dict[tuple[str, str], list[str]] = {}
    for name, record in scenarios.items():
        for competitor, reason in record["absent"].items():
            where.setdefault((competitor, reason), []).append(name)
    lines = [
        f"- {COMPETITORS[competitor].title} {reason} ({', '.join(f'`{n}`' for n in names)})"
        for (competitor, reason), names in where.items()
    ]
    return "\n".join(lines) or "Every competitor was measured in every scenario."


def environments(facts: Sequence[Mapping[str, Any]], numbers: Mapping[str, int]) -> str:
    """Return a list of environments, with the scenarios that were measured in each.

    Parameters
    ----------
    facts : sequence of mappings
        All environments.
    numbers : mapping of str to int
        Which of them each scenario was measured in.
    """
    lines = []
    for number, one in enumerate(facts):
        names = [name for name, of in numbers.items() if of == number]
        if not names:
            continue
        packages = ", ".join(f"{name} {version}" for name, version in one["packages"].items())
        what = "all" if len(names) == len(numbers) else ", ".join(f"`{n}`" for n in names)
        lines.append(
            f"- {what}: {one['processor']}, {one['cores']} cores, {one['system']}; "
            f"Python {one['python']}, Keras on {one['backend']}; {packages}."
        )
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> str:
    """Return a table in Markdown; `left` are the columns of text."""
    rule = ["---" if index in left else "---:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))


def _ratio(measured: Spread | None) -> str:
    if measured is None:
        return NOTHING
    return f"{measured.median:.3g} [{measured.low:.3g}, {measured.high:.3g}]"


def amount(value: float, unit: str) -> str:
    """Return a number of seconds or bytes with a unit of suitable size."""
    if unit == "bytes":
        return f"{value / 1000:,.3g} kB" if abs(value) < 1e6 else f"{value / 1e6:.3g} MB"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e6:.2g} µs"

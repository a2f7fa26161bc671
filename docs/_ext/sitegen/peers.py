"""The comparison of real implementations, built from stored runs."""

from collections.abc import Sequence

from scikeras_conformance.catalog.printable import printable
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.contract import Clause
from scikeras_conformance.report.formats.markdown import plain
from scikeras_conformance.report.matrix import as_markdown
from scikeras_conformance.report.structure import Report
from scikeras_conformance.report.wording import (
    counts_line,
    environment_line,
    headline,
    subject_line,
)
from sitegen.markup import clause_link, code, prose, table, text
from sitegen.material import Material

__all__ = ["comparison_page"]

CLAUSES = "../clauses/"
MAX_CLAUSES = 6
MAX_TEXT = 160


def comparison_page(material: Material) -> str:
    """Return the page of the comparison.

    Parameters
    ----------
    material : Material
        The contract and the stored runs.

    Returns
    -------
    str
        Markdown.
    """
    parts = [
        "# Comparison of implementations",
        (
            "Each column is one run of the suite. This page is generated from the stored JSON "
            "reports. A cell says how many of the checks that passed or failed have passed. The "
            "pages about [SciKeras](scikeras.md), [keras.wrappers](keras-wrappers.md), "
            "[scikit-keras](scikit-keras.md) and [skdeep](skdeep.md) explain the failures."
        ),
        "## Runs",
        _table_of_runs(material),
        "## By cause",
        (
            "What failed or was blocked, grouped as [reports](../reports.md#causes) explain: one "
            "row for each cause, with the number of its results."
        ),
        *_by_cause(material),
        "## By chapter",
        _by_chapter(material),
        "## By clause",
        *_by_clause(material),
        "## By check",
        "The output of `scikeras-conformance matrix`; the numbers refer to the runs above.",
        _by_check(list(material.runs.values())),
    ]
    return "\n\n".join(parts) + "\n"


def _table_of_runs(material: Material) -> str:
    return table(
        ["", "run", "subject", "environment", "verdict", "report"],
        [
            [
                str(number),
                plain(name),
                plain(subject_line(run)),
                plain(environment_line(run)),
                f"**{plain(headline(run))}**: {plain(counts_line(run))}",
                f"[JSON]({name}.json)",
            ]
            for number, (name, run) in enumerate(material.runs.items(), 1)
        ],
    )


def _by_cause(material: Material) -> list[str]:
    parts = []
    for name, run in material.runs.items():
        if not run.causes:
            continue
        count = sum(cause.size for cause in run.causes)
        parts += [
            f"### Causes of {plain(name)}",
            f"{len(run.causes)} causes for {count} results.",
            table(["failed", "blocked", "what happened", "where", "clauses"], _causes(run)),
        ]
    return parts


def _causes(run: Report) -> list[list[str]]:
    return [
        [
            str(cause.failed),
            str(cause.blocked),
            plain(_short(cause.what)),
            code(f"{cause.origin.file}:{cause.origin.line}") if cause.origin else "",
            _clauses(cause.clauses),
        ]
        for cause in run.causes
    ]


def _clauses(names: Sequence[str]) -> str:
    links = [clause_link(name, CLAUSES) for name in names[:MAX_CLAUSES]]
    more = len(names) - MAX_CLAUSES
    return ", ".join(links) + (f" and {more} more" if more > 0 else "")


def _short(what: str) -> str:
    words = " ".join(printable(what).split())
    return words if len(words) <= MAX_TEXT else f"{words[:MAX_TEXT]} ..."


def _columns(material: Material) -> tuple[list[str], list[Report]]:
    return [plain(name) for name in material.runs], list(material.runs.values())


def _by_chapter(material: Material) -> str:
    heads, runs = _columns(material)
    rows = [
        [
            f"[{chapter.id}]({CLAUSES}{chapter.id}.md)",
            text(chapter.title),
            *(_cell([r for r in run.results if r.chapter == chapter.id]) for run in runs),
        ]
        for chapter in material.contract.chapters
    ]
    return table(["chapter", "", *heads], rows)


def _by_clause(material: Material) -> list[str]:
    heads, runs = _columns(material)
    parts = []
    for chapter in material.contract.chapters:
        rows = [_clause_row(clause, runs) for clause in material.contract.of_chapter(chapter.id)]
        parts.append(f"### {chapter.id}")
        parts.append(table(["clause", "level", "statement", *heads], rows))
    return parts


def _clause_row(clause: Clause, runs: Sequence[Report]) -> list[str]:
    cells = [_cell([r for r in run.results if r.clauses[0] == clause.id]) for run in runs]
    if clause.excluded:
        cells = ["not observable"] * len(runs)
    return [
        clause_link(clause.id, CLAUSES),
        str(clause.level),
        prose(clause.statement),
        *cells,
    ]


def _cell(results: Sequence[Result]) -> str:
    """Return a cell with the number of passed results and of other outcomes."""
    if not results:
        return "not run"
    counts = {o: sum(result.outcome is o for result in results) for o in Outcome}
    judged = counts[Outcome.PASSED] + counts[Outcome.FAILED]
    words = [f"{counts[Outcome.PASSED]} of {judged}"] if judged else []
    words += [
        f"{counts[outcome]} {outcome.words}"
        for outcome in Outcome
        if counts[outcome] and outcome not in {Outcome.PASSED, Outcome.FAILED}
    ]
    mark = "good" if not counts[Outcome.FAILED] and judged else "bad"
    return f'<span class="cell {mark if judged else "fair"}">{", ".join(words)}</span>'


def _by_check(runs: Sequence[Report]) -> str:
    # The suite's own page begins with a title and a table of the runs, which stand here already.
    _, _, checks = as_markdown(runs).partition("| check | level |")
    return f"| check | level |{checks}"

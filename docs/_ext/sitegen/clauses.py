"""The pages of the clauses and of the chapters, and the index."""

from collections.abc import Iterator
from textwrap import shorten

from scikeras_conformance.catalog.check import NO_CASE, Check
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.contract import Chapter, Clause
from scikeras_conformance.report.formats.markdown import code as code_of_data
from scikeras_conformance.report.formats.markdown import plain
from scikeras_conformance.report.structure import Report
from sitegen.markup import clause_link, code, code_block, dropdown, mutant_link, prose, table, text
from sitegen.material import Material, source_of

__all__ = ["chapter_page", "clause_page", "index_page"]

BEFORE_THE_EXAMPLE = "before.md"


def clause_page(clause: Clause, material: Material) -> str:
    """Return the page of a clause.

    Parameters
    ----------
    clause : Clause
        The clause.
    material : Material
        The data that the page is built from.

    Returns
    -------
    str
        Markdown.
    """
    chapter = next(c for c in material.contract.chapters if c.id == clause.chapter)
    parts = [
        f"# {clause.id}",
        f":::{{div}} statement\n{prose(clause.statement)}\n:::",
        table(
            ["level", "chapter", "profile", "since", "source"],
            [
                [
                    f"**{clause.level}**",
                    f"[{chapter.id}: {text(chapter.title)}]({chapter.id}.md)",
                    str(clause.profile),
                    f"contract {clause.since}",
                    text(clause.section),
                ]
            ],
        ),
    ]
    checks = material.checks_of(clause.id)
    parts += _why(clause, checks)
    parts += _example(clause, material)
    parts += _checks(clause, checks, material)
    parts += _implementations(checks, material)
    return "\n\n".join(parts) + "\n"


def _why(clause: Clause, checks: list[Check]) -> Iterator[str]:
    yield "## Why it matters"
    if clause.excluded:
        yield "No check can observe this clause, so no run has a result for it."
        yield prose(clause.excluded)
        return
    yield "If a wrapper breaks this clause:"
    yield "\n".join(f"- {prose(impact)}" for impact in dict.fromkeys(c.impact for c in checks))


def _example(clause: Clause, material: Material) -> Iterator[str]:
    example = material.examples.get(clause.id)
    mutants = material.mutants_of(clause.id)
    if example is None and not mutants:
        return
    yield "## Right and wrong"
    if example is not None:
        yield (
            f"**Right.** This code runs without an error if a wrapper conforms to {clause.id}. "
            f"All examples start with [the same code]({BEFORE_THE_EXAMPLE})."
        )
        yield code_block(example.code)
    if not mutants:
        return
    named = [m for m in mutants if example is not None and m.name == example.broken_by]
    wrong = (named or mutants)[0]
    yield f"**Wrong.** {prose(wrong.story)}" + (
        f" With this change to the reference ({mutant_link(wrong.name)}) the example above fails:"
        if named
        else f" This change to the reference ({mutant_link(wrong.name)}) breaks the clause:"
    )
    yield code_block(wrong.source)
    others = [mutant for mutant in mutants if mutant is not wrong]
    if others:
        yield dropdown(
            f"{len(others)} more {'ways' if len(others) > 1 else 'way'} to get it wrong",
            "\n\n".join(
                f"{mutant_link(mutant.name)}: {prose(mutant.story)}\n\n{code_block(mutant.source)}"
                for mutant in others
            ),
        )


def _checks(clause: Clause, checks: list[Check], material: Material) -> Iterator[str]:
    also = material.checks_also_of(clause.id)
    if not checks and not also:
        return
    yield "## Checks"
    for check in checks:
        yield f"### {code(check.id)}"
        yield f"Verifies that {prose(check.verifies)}."
        yield _runs(check)
        killed = material.killing(check.id)
        if killed:
            yield "Mutants of the reference that this check detects:"
            yield "\n".join(f"- {mutant_link(m.name)}: {prose(m.story)}" for m in killed)
        else:
            yield "This check needs a GPU. It is tested with a simulated one instead of a mutant."
        if check.id in material.explained:
            yield (
                f"[A few lines that reproduce the defect in a real implementation]"
                f"({material.explained[check.id]})."
            )
        yield dropdown("Source", code_block(source_of(check.function)))
    if also:
        yield "### Checks of other clauses that also cover it"
        yield "\n".join(
            f"- {clause_link(check.clauses[0])}: {code(check.id)} verifies that "
            f"{prose(check.verifies)}"
            for check in also
        )
    if checks:
        yield "Run the checks on your wrapper, or print one as a script that needs no suite:"
        yield code_block(_commands(clause, checks[0]), "bash")


def _commands(clause: Clause, check: Check) -> str:
    result = ":".join(filter(None, (check.id, check.wrappers[0], check.cases[0])))
    return (
        f"scikeras-conformance run your_package.wrappers --check '{clause.id}.*'\n"
        f"scikeras-conformance script your_package.wrappers {result}"
    )


def _runs(check: Check) -> str:
    wrappers = ", ".join(check.wrappers)
    words = f"**{check.level}**, for {wrappers}"
    cases = [case for case in check.cases if case != NO_CASE]
    if len(cases) > 12:
        words += f", in {len(cases)} cases"
    elif cases:
        words += f", in the cases {', '.join(code(case) for case in cases)}"
    if check.clauses[1:]:
        words += f"; also covers {', '.join(clause_link(other) for other in check.clauses[1:])}"
    return words + "."


def _implementations(checks: list[Check], material: Material) -> Iterator[str]:
    names = {check.id for check in checks}
    rows = [
        [plain(name), *cells]
        for name, run in material.runs.items()
        if (cells := _standing(run, names))
    ]
    if rows:
        yield "## Implementations"
        yield "Results of the [stored runs](../peers/comparison.md):"
        yield table(["run", "result", "first failure"], rows)


def _standing(run: Report, checks: set[str]) -> list[str]:
    results = [result for result in run.results if result.check in checks]
    if not results:
        return []
    counts = {
        str(outcome): sum(result.outcome is outcome for result in results) for outcome in Outcome
    }
    words = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    failed = [result for result in results if result.outcome is Outcome.FAILED]
    if not failed:
        return [words, ""]
    return [words, f"{code_of_data(failed[0].id)}: {plain(shorten(failed[0].message, 300))}"]


def chapter_page(chapter: Chapter, material: Material) -> str:
    """Return the page of a chapter."""
    clauses = material.contract.of_chapter(chapter.id)
    toc = "\n".join(clause.id for clause in clauses)
    return "\n\n".join(
        [
            f"# {chapter.id}: {text(chapter.title)}",
            _table(clauses, material),
            f"```{{toctree}}\n:hidden:\n\n{toc}\n```\n",
        ]
    )


def index_page(material: Material) -> str:
    """Return the index of all clauses, by chapter."""
    contract = material.contract
    parts = [
        "# Clauses",
        (
            f"Contract {contract.version} has {len(contract.clauses)} clauses, and the suite has "
            f"{len(material.catalog)} checks for them. The checks are tested with "
            f"[{len(material.mutants)} mutants](mutants.md) of the reference. See "
            "[the contract](../contract.md) for its versions and "
            "[checking an implementation](../conformance.md#results) for the meaning of results."
        ),
    ]
    for chapter in contract.chapters:
        parts += [
            f"## [{chapter.id}: {text(chapter.title)}]({chapter.id}.md)",
            _table(contract.of_chapter(chapter.id), material),
        ]
    toc = "\n".join([*(chapter.id for chapter in contract.chapters), "mutants", "before"])
    parts.append(f"```{{toctree}}\n:hidden:\n\n{toc}\n```\n")
    return "\n\n".join(parts)


def _table(clauses: tuple[Clause, ...], material: Material) -> str:
    return table(
        ["clause", "statement", "level", "profile", "checks", "mutants"],
        [
            [
                clause_link(clause.id),
                prose(clause.statement),
                str(clause.level),
                str(clause.profile),
                str(len(material.checks_of(clause.id)) or "not observable"),
                str(len(material.mutants_of(clause.id))),
            ]
            for clause in clauses
        ],
    )

"""Traceability of clauses and checks: what does not match, and the table of both.

``python -m scikeras_conformance.cli.traceability docs/contract.md`` updates the table on that page.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from scikeras_conformance.catalog.check import Check
from scikeras_conformance.contract import Clause, Contract, load_contract

__all__ = ["MARK", "faults", "page_with_table", "table"]

MARK = "<!-- the rest of this page is written by a command, see above -->\n"
"""The line of the page before the table."""


def faults(contract: Contract, catalog: Sequence[Check]) -> list[str]:
    """Return where contract and checks do not match.

    Parameters
    ----------
    contract : Contract
        The clauses.
    catalog : sequence of Check
        The checks.

    Returns
    -------
    list of str
        A clause needs a check, or a reason why none can observe it, and has not both; a check is
        about clauses of the contract. Empty if all of that holds.
    """
    named = {clause for check in catalog for clause in check.clauses}
    first = {check.clauses[0] for check in catalog}
    found = [
        f"check {check.id} is about {clause}, which is no clause"
        for check in catalog
        for clause in check.clauses
        if clause not in contract.clauses
    ]
    for clause in contract.clauses.values():
        if clause.excluded and clause.id in named:
            found.append(f"clause {clause.id} has checks, and a reason why it can have none")
        elif not clause.excluded and clause.id not in first:
            found.append(f"clause {clause.id} has no check of its own, and no reason for that")
    return found


def table(contract: Contract, catalog: Iterable[Check]) -> str:
    """Return the clauses with their checks as a table of Markdown, chapter by chapter."""
    checks = list(catalog)
    lines = [f"Contract {contract.version}: {len(contract.clauses)} clauses, {len(checks)} checks."]
    for chapter in contract.chapters:
        lines += ["", f"## {chapter.id}: {chapter.title}", ""]
        lines += [
            "| clause | level | profile | since | promise | checks |",
            "|---|---|---|---|---|---|",
        ]
        lines += [_row(clause, checks) for clause in contract.of_chapter(chapter.id)]
    return "\n".join(lines) + "\n"


def _row(clause: Clause, checks: Iterable[Check]) -> str:
    own = [f"`{check.id.partition('.')[2]}`" for check in checks if check.clauses[0] == clause.id]
    also = [f"`{check.id}`" for check in checks if clause.id in check.clauses[1:]]
    last = f"none: {clause.excluded}" if clause.excluded else ", ".join(own) or "none yet"
    if also:
        last += f"; also {', '.join(also)}"
    statement = clause.statement.replace("|", "\\|")
    return (
        f"| {clause.id} | {clause.level} | {clause.profile} | {clause.since} | {statement} | "
        f"{last} |"
    )


def page_with_table(text: str, contract: Contract, catalog: Iterable[Check]) -> str:
    """Return a page with the table as it should be.

    Parameters
    ----------
    text : str
        The page; what stands before `MARK` is kept.
    contract : Contract
        The clauses.
    catalog : iterable of Check
        The checks.

    Raises
    ------
    ValueError
        If the mark is not there.
    """
    before, mark, _ = text.partition(MARK)
    if not mark:
        raise ValueError(f"The page has no line {MARK.strip()!r}, after which the table stands.")
    return f"{before}{MARK}\n{table(contract, catalog)}"


def main(arguments: Sequence[str]) -> None:
    """Update the table on the page that is named."""
    from scikeras_conformance.checks import CATALOG

    (name,) = arguments
    page = Path(name)
    text = page_with_table(page.read_text(encoding="utf-8"), load_contract(), CATALOG)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

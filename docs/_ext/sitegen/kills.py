"""The page of the kill matrix: which mutant breaks which clause, and which checks notice."""

from sitegen.markup import clause_link, code, mutant_anchor, prose, table, text
from sitegen.material import Broken, Material

__all__ = ["kill_matrix_page"]

MOST = 8
"""Names of checks that a cell lists."""


def kill_matrix_page(material: Material) -> str:
    """Write the page.

    Parameters
    ----------
    material : Material
        Mutants, and the contract that orders them.
    """
    parts = [
        "# The kill matrix",
        (
            "A *mutant* is the reference with one promise broken, as a real wrapper might break "
            "it. A check that no mutant fails may be one that cannot fail, so each check has to "
            f"kill at least one. There are {len(material.mutants)}. In their code `reference` "
            "is the copy of the reference that is broken, and `wrap(cls, method, around)` puts "
            "`around(original, self, *args, **kwargs)` in the place of a method."
        ),
    ]
    known = any(mutant.collateral is not None for mutant in material.mutants)
    if known:
        parts.append(
            "*Also breaks* counts further checks that fail with the mutant, of any clause. Of "
            "other clauses one case of each check is tried, and none of the costly checks, which "
            "start processes or train in earnest."
        )
    for chapter in material.contract.chapters:
        mutants = [m for m in material.mutants if m.clause.partition("-")[0] == chapter.id]
        if not mutants:
            continue
        heads = ["mutant", "breaks", "kills", *(["also breaks"] if known else [])]
        parts.append(f"## {chapter.id}: {text(chapter.title)}")
        parts.append(table(heads, [_row(mutant)[: len(heads)] for mutant in mutants]))
    return "\n\n".join(parts) + "\n"


def _row(mutant: Broken) -> list[str]:
    return [
        f"{mutant_anchor(mutant.name)}<br>{prose(mutant.story)}",
        clause_link(mutant.clause),
        # Each name on a line of its own, since they are long.
        "<br>".join(code(check) for check in mutant.kills),
        _also(mutant),
    ]


def _also(mutant: Broken) -> str:
    if not mutant.collateral:
        return "nothing"
    shown = ", ".join(code(check) for check in mutant.collateral[:MOST])
    more = len(mutant.collateral) - MOST
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(mutant.collateral)}: {shown}{rest}"

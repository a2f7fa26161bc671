"""The kill matrix: which mutant breaks which clause, and which checks detect it."""

from sitegen.markup import clause_link, code, mutant_anchor, prose, table, text
from sitegen.material import Broken, Material

__all__ = ["kill_matrix_page"]

MAX_LISTED = 8
"""The largest number of checks listed in a cell."""


def kill_matrix_page(material: Material) -> str:
    """Return the page of the kill matrix.

    Parameters
    ----------
    material : Material
        The mutants, and the contract that defines their order.

    Returns
    -------
    str
        Markdown.
    """
    parts = [
        "# The kill matrix",
        (
            "A *mutant* is the reference with one clause broken, as a real wrapper might break "
            "it. A check that no mutant fails might never fail, so each check must kill at least "
            f"one of the {len(material.mutants)} mutants. In their code, `reference` is the copy "
            "of the reference that is modified, and `wrap(cls, method, around)` replaces a method "
            "by `around(original, self, *args, **kwargs)`."
        ),
    ]
    known = any(mutant.collateral is not None for mutant in material.mutants)
    if known:
        parts.append(
            "*Also breaks* lists other checks that fail with the mutant. Of the checks of other "
            "clauses, one case each is run, and no slow checks, which start processes or train "
            "for many epochs."
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
        # One name per line, because the names are long.
        "<br>".join(code(check) for check in mutant.kills),
        _also(mutant),
    ]


def _also(mutant: Broken) -> str:
    if not mutant.collateral:
        return "nothing"
    shown = ", ".join(code(check) for check in mutant.collateral[:MAX_LISTED])
    more = len(mutant.collateral) - MAX_LISTED
    rest = f" and {more} more" if more > 0 else ""
    return f"{len(mutant.collateral)}: {shown}{rest}"

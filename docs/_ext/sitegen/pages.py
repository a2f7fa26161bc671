"""All generated pages, by path."""

import json
from importlib.resources import files

from sitegen.clauses import chapter_page, clause_page, index_page
from sitegen.examples import preamble
from sitegen.kills import kill_matrix_page
from sitegen.markup import code_block
from sitegen.material import Material
from sitegen.peers import comparison_page
from sitegen.schema import schema_page

__all__ = ["FOLDER", "pages"]

FOLDER = "clauses"
"""The folder in which every file is generated."""


def pages(material: Material) -> dict[str, str]:
    """Return all generated pages.

    Parameters
    ----------
    material : Material
        The data that the pages are built from.

    Returns
    -------
    dict of str to str
        Markdown, by the path within the documentation.
    """
    contract = material.contract
    schema = (files("scikeras_conformance.report") / "report.schema.json").read_text("utf-8")
    found = {
        f"{FOLDER}/index.md": index_page(material),
        f"{FOLDER}/mutants.md": kill_matrix_page(material),
        f"{FOLDER}/before.md": _before_page(),
        "peers/comparison.md": comparison_page(material),
        "reference/report-schema.md": schema_page(schema, json.loads(schema)),
    }
    for chapter in contract.chapters:
        found[f"{FOLDER}/{chapter.id}.md"] = chapter_page(chapter, material)
    for clause in contract.clauses.values():
        found[f"{FOLDER}/{clause.id}.md"] = clause_page(clause, material)
    return found


def _before_page() -> str:
    return (
        "# Code before each example\n\n"
        "All examples on the pages of the clauses start with these lines. The examples are run "
        "whenever this site is built. With the reference each must run without an error, and with "
        "the mutant on its page each must fail.\n\n"
        f"{code_block(preamble())}\n"
    )

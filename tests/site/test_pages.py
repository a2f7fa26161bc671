"""The pages of the site that are made out of data."""

import dataclasses
import json
import re
from pathlib import Path

import pytest

from runs import HOSTILE, failed, result, run
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.contract import load_contract
from scikeras_conformance.report.writing import write_report
from sitegen.clauses import clause_page
from sitegen.examples import load_examples
from sitegen.kills import kill_matrix_page
from sitegen.markup import prose
from sitegen.material import Broken, Example, Material, MissingReportError, gather, stored_runs
from sitegen.pages import pages
from sitegen.peers import comparison_page
from sitegen.schema import schema_page

DOCS = Path(__file__).parents[2] / "docs"
CONTRACT = load_contract()

WITHOUT_EXAMPLE = {
    "SER-4": "what is pickled has to stand in a module",
    "HYG-3": "an import cannot be undone",
    "HYG-4": "memory is measured over many fits",
    "HYG-8": "threads meet by chance",
    "DEV-1": "shows on a machine without a GPU only",
    "DEV-2": "needs a GPU",
    "DEV-3": "needs a GPU",
    "DEV-4": "not observable",
    "TYP-1": "nothing runs",
    "TYP-2": "nothing runs",
    "TYP-3": "nothing runs",
}
"""Clauses that cannot be shown by a few lines that run, and why."""

MUTANT = Broken(
    "promises_nothing",
    "CLS-1",
    ("CLS-1.extends-base",),
    "Let `object` do, and call it base_class.",
    "def promises_nothing(reference):\n    pass",
)


@pytest.fixture(scope="module")
def material():
    return gather(DOCS, [])


def bare(**more):
    return Material(CONTRACT, CATALOG, **more)


def page_of(clause, **more):
    return clause_page(CONTRACT.clauses[clause], bare(**more))


@pytest.mark.slow
def test_every_clause_has_a_page_that_the_index_leads_to(material):
    """Nobody has to write a page for a new clause, check or mutant."""
    found = pages(material)
    for clause in CONTRACT.clauses:
        assert f"# {clause}\n" in found[f"clauses/{clause}.md"]
        assert f"[{clause}]({clause}.md)" in found["clauses/index.md"]
    for check in CATALOG:
        assert f"### `{check.id}`" in found[f"clauses/{check.clauses[0]}.md"]
    for mutant in material.mutants:
        assert mutant.source in found[f"clauses/{mutant.clause}.md"].replace("\n    \n", "\n\n")


def test_a_page_tells_what_a_check_is_for():
    """Statement, cost, what a pass shows, and what it kills, all out of the data."""
    check = next(check for check in CATALOG if check.id == "CLS-1.extends-base")
    page = page_of("CLS-1", mutants=[MUTANT])
    assert check.verifies in page
    assert f"- {prose(check.impact)}\n" in page
    assert "<code>promises_nothing</code></a>: Let `object` do, and call it `base_class`." in page
    assert "**MUST**" in page
    assert "def extends_base(context" in page


def test_right_and_wrong():
    """The example stands above the mutant that it fails with; without one the mutant speaks."""
    other = dataclasses.replace(MUTANT, name="another", source="def another(reference): ...")
    example = Example("CLS-1", "assert issubclass(A, B)", "another")
    page = page_of("CLS-1", mutants=[MUTANT, other], examples={"CLS-1": example})
    shown, _, folded = page.partition("1 more way to get it wrong")
    assert "assert issubclass(A, B)" in shown
    assert "the example above fails" in shown
    assert other.source in shown
    assert MUTANT.source in folded
    assert "the example above fails" not in page_of("CLS-1", mutants=[MUTANT])


def test_a_clause_that_cannot_be_observed_says_why():
    """The reason stands where the checks would."""
    page = page_of("DEV-4")
    assert CONTRACT.clauses["DEV-4"].excluded.split(";")[0] in page
    assert "## Checks" not in page


@pytest.mark.slow
def test_every_clause_has_an_example_or_a_reason(material):
    """An example names a mutant of its clause, so that it is known to be able to fail."""
    assert set(WITHOUT_EXAMPLE) == set(CONTRACT.clauses) - set(material.examples)
    clauses = {mutant.name: mutant.clause for mutant in material.mutants}
    named = [e for e in material.examples.values() if e.broken_by]
    assert [] == [e.clause for e in named if clauses.get(e.broken_by) != e.clause]
    assert ["BUILD-2", "BUILD-7"] == sorted(set(material.examples) - {e.clause for e in named})


@pytest.mark.parametrize("entry", ["[CLS-1]\ncode = ''", "[INIT-1]\nbroken-by = 'x'"])
def test_an_example_in_the_wrong_place_or_form(tmp_path, entry):
    """A typo does not make an example vanish."""
    (tmp_path / "INIT.toml").write_text(entry)
    with pytest.raises(ValueError, match=r"INIT\.toml"):
        load_examples(tmp_path)


@pytest.mark.slow
def test_the_kill_matrix_has_every_mutant(material):
    """Links from the pages of the clauses lead to it."""
    page = kill_matrix_page(material)
    for mutant in material.mutants:
        assert f'<span id="{mutant.name}">' in page


def test_the_kill_matrix_tells_of_collateral_where_it_is_known():
    """What else a mutant breaks is counted, and nothing is not the same as not written down."""
    some = dataclasses.replace(MUTANT, collateral=("CLS-2.fit-and-predict",) * 10)
    none = dataclasses.replace(MUTANT, collateral=())
    page = kill_matrix_page(bare(mutants=[some, none]))
    assert "| 10: `CLS-2.fit-and-predict`, " in page
    assert "and 2 more |" in page
    assert "| nothing |" in page
    assert "nothing |" not in kill_matrix_page(bare(mutants=[MUTANT]))


def test_runs_side_by_side():
    """Each subject has a column, by chapter, by clause and by check."""
    bad = run(result(wrapper="classifier"), failed(), subject={"spec": "bad", "version": None})
    page = comparison_page(bare(runs={"good": run(result()), "bad": bad}))
    assert "| [CLS](../clauses/CLS.md) | Wrapper classes " in page
    assert "good | bad |" in page
    row = next(line for line in page.splitlines() if line.startswith("| [CLS-1](../clauses/"))
    assert ["1 of 1", "1 of 2"] == re.findall(r"\d of \d", row)
    assert "[JSON](bad.json)" in page
    assert "| CLS&#45;1&#46;extends&#45;base |" in page


def test_what_a_subject_says_is_shown_as_text():
    """A message of a stored run is no markup of the site."""
    hostile = run(failed(message=HOSTILE), subject={"spec": "<b>", "version": None})
    material = bare(runs={"hostile": hostile})
    page = clause_page(CONTRACT.clauses["CLS-1"], material)
    assert "alert" in page
    for text in (page, comparison_page(material)):
        assert "<script>" not in text
        assert "<b>" not in text
        assert text == text.encode("utf-8").decode("utf-8")


def test_a_stored_run_that_is_missing(tmp_path):
    """The comparison is never made of what happens to be there."""
    write_report(run(result()), tmp_path / "toy.json")
    assert ["toy"] == list(stored_runs(tmp_path, ["toy"]))
    with pytest.raises(MissingReportError, match="no stored run scikeras"):
        stored_runs(tmp_path, ["toy", "scikeras"])
    (tmp_path / "toy.json").write_text("{}")
    with pytest.raises(MissingReportError, match=r"cannot be compared.*toy\.json"):
        stored_runs(tmp_path, ["toy"])


def test_the_schema_in_words():
    """Each key of the report is in a table, with the way to it."""
    schema = {
        "title": "A report",
        "description": "What it is",
        "properties": {
            "header": {
                "required": ["when"],
                "properties": {
                    "when": {"type": "string", "description": "A | day."},
                    "who": {"type": "object", "additionalProperties": {"$ref": "#/$defs/name"}},
                    "all": {
                        "type": "array",
                        "items": {"type": "object", "properties": {"n": {"enum": [1, 2]}}},
                    },
                },
            }
        },
        "$defs": {"name": {"type": ["string", "null"]}},
    }
    page = schema_page(json.dumps(schema), schema)
    assert r"| `header.when` | string | yes | A \| day. |" in page
    assert "| `header.who` | object of `name` | no |  |" in page
    assert "| `header.all[].n` | one of `1`, `2` | no |  |" in page
    assert "string or null" in page

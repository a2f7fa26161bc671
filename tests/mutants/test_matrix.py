"""The kill matrix: what each mutant is tried against, and what is declared to fail."""

import pytest

from mutants import MUTANTS
from mutation import matrix
from scikeras_conformance.checks import CATALOG

KNOWN = {check.id for check in CATALOG}


def test_what_mutants_break_besides_is_declared_of_known_ones():
    """The file names mutants and checks that there are, and says what it says once."""
    others = matrix.tomllib.loads(matrix.FILE.read_text(encoding="utf-8"))
    assert others
    assert set() == set(others) - set(MUTANTS)
    for name, checks in others.items():
        assert sorted(set(checks)) == checks, name
        assert set() == set(checks) - KNOWN, name
        assert set() == set(checks) & set(MUTANTS[name].kills), name


def test_a_mutant_is_tried_against_all_cases_of_its_clause():
    """Of other clauses one case is enough, and costly checks are left out."""
    planned = matrix.scope(MUTANTS["fit_resolves_in_place"], ())
    cases = [item.case for item in planned if item.check.id == "INIT-5.parameters-untouched"]
    assert len(set(cases)) > 1
    assert len(cases) == 3 * len(set(cases))
    (other,) = [item for item in planned if item.check.id == "ROUTE-13.grid-search"]
    assert "classifier" == other.wrapper
    assert not [item for item in planned if item.check.id.startswith(matrix.COSTLY)]


def test_part_of_the_matrix_keeps_what_is_declared_of_the_rest(tmp_path, monkeypatch):
    """Writing down what some checks say leaves what others said."""
    file = tmp_path / "collateral.toml"
    file.write_text('base_is_a_stranger = ["SER-1.fitted", "TGT-1.binary"]\n', encoding="utf-8")
    monkeypatch.setattr(matrix, "FILE", file)
    matrix.write({"base_is_a_stranger": {"TGT-2.multiclass"}}, ["TGT-*"])
    others = matrix.declared()["base_is_a_stranger"][1]
    assert {"SER-1.fitted", "TGT-2.multiclass"} == others


@pytest.mark.parametrize("argument", ["no_such_mutant", "--check=COMP-5.metricz"])
def test_names_that_match_nothing_are_errors(argument, capsys):
    """An empty part of the matrix is not as declared."""
    with pytest.raises(SystemExit) as stop:
        matrix.main([argument])
    assert 2 == stop.value.code
    assert argument.removeprefix("--check=") in capsys.readouterr().err

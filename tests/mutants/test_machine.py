"""Machine-made mutants: how they are made and judged, and how explanations apply."""

from collections import Counter

import pytest

from mutation import changes, machine, tally
from mutation.changes import Change
from mutation.judging import judge, judges, plan

ALPHA_IN_A_LIST = "ROUTE-10.shared-and-own:regressor:loss-list"


def places(text, module="_parameters.routing"):
    """Return the changes of a module that change a line with this text."""
    label = next(label for label, name in changes.MODULES.items() if name == module)
    return [change for change in changes.changes([label]) if text in change.was]


@pytest.mark.exhaustive
def test_changes_are_small_and_of_behaviour():
    """A change is one line, or two; words and annotations are left alone."""
    made = list(changes.changes())
    assert set(changes.MODULES) == {change.label for change in made}
    assert len(made) == len({change.name for change in made})
    for change in machine.in_fair_order(made)[:20]:
        was, now = change.difference
        assert was != now
        assert change.was == was
    assert [] == places("raise self._unknown", "_parameters.storage")
    assert [] == places("def initialized_", "_base")


def test_a_change_is_found_by_its_name():
    """Any process can make a mutant again from its name; other names are nobody's."""
    change = places("if isinstance(item, Mapping):")[0]
    assert change == changes.get(change.name)
    assert ("if not isinstance(item, Mapping):", "assemble") == (
        change.difference[1],
        change.function,
    )
    assert all(
        changes.get(name) is None
        for name in ("parameters_routing", "parameters_routing_AddNot_x", "a_AddNot_1")
    )
    with pytest.raises(LookupError, match="has no parameters_routing_AddNot_999"):
        _ = Change("parameters_routing", "AddNot", 999).text


def test_a_mutant_is_killed_by_a_check_that_reaches_it():
    """The suite fails a wrapper that is changed, says which check does, and passes the others."""
    change = places("if isinstance(item, Mapping):")[0]
    assert ALPHA_IN_A_LIST in plan()
    other = "CLS-1.extends-base:regressor"
    assert ("killed", ALPHA_IN_A_LIST, []) == judge(change, [other, ALPHA_IN_A_LIST], budget=60)
    assert ("survived", "", [other]) == judge(change, [other], budget=60)
    assert ("unfinished", "", []) == judge(change, [ALPHA_IN_A_LIST], budget=-1)
    assert ("not reached", "", []) == judge(change, [], budget=60)


def test_judges_are_those_that_reach_the_line():
    """One case of each check comes first, the quickest first, and then the others."""
    change = places("if isinstance(item, Mapping):")[0]
    lines = {"parameters_routing": [change.line]}
    surveyed = {
        "A.a:base": {"seconds": 2.0, "lines": lines},
        "A.a:regressor": {"seconds": 1.0, "lines": lines},
        "B.b:base": {"seconds": 3.0, "lines": lines},
        "C.c:base": {"seconds": 0.1, "lines": {"parameters_routing": [change.line + 1]}},
    }
    assert ["A.a:regressor", "B.b:base", "A.a:base"] == judges(change, surveyed)
    at_import = places('"batch_size": (1, None),', "_training.keras_arguments")[0]
    assert set(surveyed) == set(judges(at_import, surveyed))


def test_what_killed_a_neighbour_is_asked_first():
    """The checks that killed most in their time come first, for mutants of the same module."""
    change = places("if isinstance(item, Mapping):")[0]
    entry = machine.record(change, "killed", "B.b:base", [])
    lines = {name: {"seconds": 1.0} for name in ("A.a:base", "B.b:regressor")}
    killers = machine.Killers({change.name: entry})
    assert ["B.b:regressor", "A.a:base"] == killers.first(list(lines), "parameters_routing", lines)
    assert list(lines) == killers.first(list(lines), "model_builder_call", lines)


def test_explanations_are_of_mutants_that_exist():
    """A reason for a survivor that cannot be made any more is reported."""
    change = places("if isinstance(item, Mapping):")[0]
    was, now = change.difference
    entry = f"[[survivor]]\nmodule = '_parameters.routing'\nwas = '{was}'\nwhy = 'so'\n"
    known = tally.Explanations(entry + f"now = '{now}'\n")
    assert ("so", []) == (known.of(change), known.stale([change]))
    assert {""} == {known.of(other) for other in places("if isinstance(item, (list, tuple)):")}
    assert ["_parameters.routing: gone"] == tally.Explanations(
        "[[survivor]]\nmodule = '_parameters.routing'\nwas = 'gone'\nwhy = 'so'\n"
    ).stale([change])
    dead = {change.name: machine.record(change, "killed", ALPHA_IN_A_LIST, [])}
    assert [f"_parameters.routing: {was}"] == known.refuted([change], dead)
    assert [] == known.refuted([change], {})
    by_function = tally.Explanations(
        "[[survivor]]\nmodule = '_parameters.routing'\nfunction = 'assemble'\nwhy = 'so'\n"
    )
    assert "so" == by_function.of(change)


@pytest.mark.exhaustive
@pytest.mark.slow
def test_the_explanations_of_this_project_hold():
    """Each reason is a sentence, and fits a mutant that is made."""
    explanations = tally.Explanations.load()
    assert [] == explanations.stale()
    assert all(entry["why"].endswith(".") for entry in explanations.entries)


def test_the_share_is_of_what_was_judged_and_is_not_equivalent():
    """What was not judged counts for nothing, and an error of the suite is no kill."""
    count = Counter({"killed": 6, "survived": 1, "error": 1, "equivalent": 5, "open": 9})
    assert 0.75 == tally.share(count)
    assert tally.share(Counter(open=3)) is None


@pytest.mark.exhaustive
@pytest.mark.slow
def test_results_are_kept_and_written(tmp_path):
    """A run goes on from what is kept; the page has the counts and the survivors."""
    change = places("if isinstance(item, Mapping):")[0]
    page = tmp_path / "page.md"
    page.write_text(f"Words.\n\n{tally.MARK}\nof the last run\n", encoding="utf-8")
    line = machine.json.dumps(machine.record(change, "survived", "", []))
    (tmp_path / "results.jsonl").write_text(line + "\n", encoding="utf-8")
    done = machine.main([change.name, "--state", str(tmp_path), "--write", str(page)])
    assert 1 == done
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Words.")
    assert "of the last run" not in text
    assert "| `_parameters.routing` | 1 | 0 | 0 | 1 | 0 | 0.0% |" in text
    assert "as `if not isinstance(item, Mapping):` (survived)" in text
    with pytest.raises(SystemExit, match="2"):
        machine.main(["nothing", "--state", str(tmp_path)])

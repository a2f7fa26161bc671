"""Held-out mutants: each breaks a known promise, and the list of those that survive is true."""

import json
import tomllib
from collections import Counter

import pytest

from broken import BROKEN
from controls import CONTROLS
from held_out import BY_KIND, HELD_OUT
from mutants import MUTANTS
from mutation import kill_rate
from scikeras_conformance.contract import load_contract

CLAUSES = load_contract().clauses

SURVIVORS = tomllib.loads(kill_rate.SURVIVORS.read_text(encoding="utf-8"))
"""The held-out mutants that no check kills, and why."""

STANDS_FOR = {
    "further_training": "warm_fits_renew_the_optimizer",
    "in_place": "names_of_metrics_are_replaced_in_the_list",
    "labels_and_columns": "labels_are_as_long_as_the_first",
    "numbers_and_shapes": "one_row_of_several_targets_is_flat",
    "second_call": "steps_of_the_first_fit_are_counted_on",
    "validation": "sample_weights_switch_the_split_off",
}
"""Mutants of the kinds that are killed at once."""


def test_names_of_copies_are_unique():
    """Copies of the reference are found by name, so no two collections share one."""
    counts = Counter(
        [*MUTANTS, *CONTROLS, *BROKEN, *(m.name for ms in BY_KIND.values() for m in ms)]
    )
    assert [] == [name for name, count in counts.items() if count > 1]


@pytest.mark.parametrize("kind", sorted(BY_KIND))
def test_each_mutant_breaks_a_known_promise(kind):
    """A mutant says what goes wrong, and names a clause, at the level that the clause has."""
    assert BY_KIND[kind]
    offenders = [
        mutant.name
        for mutant in BY_KIND[kind]
        if not mutant.story
        or mutant.clause not in CLAUSES
        or mutant.level != CLAUSES[mutant.clause].level
    ]
    assert [] == offenders


def test_survivors_are_held_out_mutants_with_a_reason():
    """The list names mutants that there are, says why each survives, and none stands for a kind."""
    assert set() == set(SURVIVORS) - set(HELD_OUT)
    assert [] == [name for name, reason in SURVIVORS.items() if not reason.strip()]
    assert set() == set(SURVIVORS) & set(STANDS_FOR.values())
    assert [] == [name for kind, name in STANDS_FOR.items() if HELD_OUT[name] not in BY_KIND[kind]]


@pytest.mark.mutants
@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", STANDS_FOR.values())
def test_the_suite_kills_a_mutant_of_a_kind(name):
    """A MUST check of the suite fails for it, and the suite itself makes no error."""
    entry = kill_rate.judge(name)
    assert [] == entry["errors"]
    assert ("killed", "MUST") == (entry["fate"], entry["killed_level"])


def test_survivors_that_are_not_listed_fail_the_run():
    """So does one that is listed and was killed, and a mutant that was not judged to the end."""
    listed = {"b": "a reason", "c": "a reason"}
    entries = [
        {"name": name, "fate": fate}
        for name, fate in [("a", "killed"), ("b", "survived"), ("c", "killed"), ("d", "survived")]
    ]
    assert ["c: killed, but listed", "d: survived"] == kill_rate.faults(entries, listed)
    assert ["e: unfinished"] == kill_rate.faults([{"name": "e", "fate": "unfinished"}], listed)


def test_checks_of_the_clause_judge_first():
    """The own clause comes first, then the chapter; checks that start processes come last."""
    mutant = HELD_OUT["weights_of_validation_rows_are_dropped"]
    planned = kill_rate.plan_for(mutant)
    own = [mutant.clause in item.check.clauses for item in planned]
    assert own == sorted(own, reverse=True)
    costly = [item.check.id.startswith(kill_rate.COSTLY) for item in planned]
    assert costly == sorted(costly)
    assert {"documented", "api"} == {str(item.check.profile) for item in planned}
    assert len(kill_rate.plan_for(mutant, ("all",))) > len(planned)


@pytest.mark.parametrize(
    ("promise", "check", "expected"),
    [("MUST", "MUST", True), ("MUST", "SHOULD", False), ("SHOULD", "SHOULD", True)],
)
def test_a_should_check_kills_no_must_promise(promise, check, expected):
    """A wrapper that fails SHOULD checks alone is called conformant."""
    assert expected == kill_rate.kills(promise, check)


def test_results_are_kept_and_counted(tmp_path):
    """The last line of a mutant counts; the table shows kills by kind, and names survivors."""
    store = tmp_path / "kills.jsonl"
    entry = {
        "name": "a", "kind": "in_place", "clause": "INIT-5", "level": "MUST", "seconds": 1.0,
        "fate": "survived", "killed_by": "CLS-4b.x:classifier", "killed_level": "SHOULD",
    }  # fmt: skip
    killed = {**entry, "name": "b", "fate": "killed", "killed_by": "INIT-5.x:classifier"}
    lines = [{**entry, "fate": "unfinished"}, entry, killed]
    store.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    found = kill_rate.kept(store)
    assert {"a": entry, "b": killed} == found
    text = kill_rate.table(list(found.values()))
    assert "| in_place | 2 | 1 | 1 | 50.0% |" in text
    assert "survived: in_place.a, INIT-5 MUST, falls to SHOULD CLS-4b.x:classifier" in text
    assert {} == kill_rate.kept(tmp_path / "none.jsonl")


def test_an_unknown_mutant_is_an_error(capsys):
    """An empty selection does not read as a kill rate."""
    with pytest.raises(SystemExit) as stop:
        kill_rate.main(["no_such_mutant"])
    assert 2 == stop.value.code
    assert "no_such_mutant" in capsys.readouterr().err

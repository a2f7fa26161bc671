"""Entries for causes: patterns that pin the results they are about, in one or several environments."""

import difflib

import pytest
from msgspec.structs import replace

from runs import ENVIRONMENT, SHOULD, blocked, failed, result
from scikeras_conformance.baseline import Baseline, Concern, Entry, fingerprint, judge, renew
from scikeras_conformance.baseline.entries import matches
from scikeras_conformance.baseline.reading import parse
from scikeras_conformance.baseline.writing import dump, renewed_text
from scikeras_conformance.exceptions import BaselineError
from test_baseline import TODAY

ONE, TWO = (failed(wrapper=name) for name in ("base", "classifier"))
THREE = failed(wrapper="regressor", message="quite another message")
OTHER = failed(check=SHOULD)
KIND = fingerprint(ONE.message)
BOTH = Entry(
    "CLS-1.extends-base:*", "", ONE.message, "It is old.", results={ONE.id: KIND, TWO.id: KIND}
)
PASSED = {one.id: result(wrapper=one.wrapper) for one in (ONE, TWO)}
TORCH = {**ENVIRONMENT, "backend": "torch"}


def findings(entry, *results):
    gate = judge(
        Baseline("toy", (entry,)), results, ENVIRONMENT, planned=[one.id for one in results],
        file="b", today=TODAY,
    )  # fmt: skip
    assert gate.met is not bool(gate.findings)
    return [(one.concern, one.id, one.message) for one in gate.findings]


def renewal(entries, *results, environment=ENVIRONMENT, causes=(), **more):
    names = [one.id for one in (ONE, TWO, THREE, OTHER)]
    baseline = Baseline("toy", tuple(entries))
    return renew(baseline, results, environment, known=names, reason="new", causes=causes, **more)


# -- the gate --------------------------------------------------------------------------------------


def test_what_an_entry_has_pinned_is_accepted():
    """All of its results, each with its kind, also blocked ones."""
    assert [] == findings(BOTH, ONE, TWO)
    stopped = blocked(wrapper="base")
    entry = replace(BOTH, results={**BOTH.results, stopped.id: fingerprint(stopped.message)})
    assert [] == findings(entry, stopped, TWO)


def test_another_result_that_fits_the_pattern_is_a_new_failure():
    """A pattern accepts nothing by itself; the message says which entry it nearly was."""
    third = failed(wrapper="regressor")
    ((concern, name, message),) = findings(BOTH, ONE, TWO, third)
    assert (Concern.NEW, third.id) == (concern, name)
    assert "It fits CLS-1.extends-base:* (It is old.), but is not among the results" in message


def test_another_kind_of_failure_is_not_accepted():
    """Nor is the kind of one result accepted for another."""
    ((concern, name, _),) = findings(BOTH, ONE, replace(TWO, message="another"))
    assert (Concern.CHANGED, TWO.id) == (concern, name)
    swapped = replace(BOTH, results={ONE.id: KIND, TWO.id: fingerprint("another")})
    ((concern, name, _),) = findings(swapped, ONE, TWO)
    assert (Concern.CHANGED, TWO.id) == (concern, name)


def test_a_result_that_passes_now_is_named():
    """The rest of the entry is still good."""
    ((concern, name, message),) = findings(BOTH, ONE, PASSED[TWO.id])
    assert (Concern.STALE, TWO.id) == (concern, name)
    assert "out of the results of CLS-1.extends-base:*" in message


def test_a_pattern_is_an_id_with_asterisks():
    """Every other character stands for itself."""
    assert matches("A-1.b:*:[x]?", "A-1.b:base:[x]?")
    assert not matches("A-1.b", "A-1.bc")
    assert not matches("A-1.b*", "A-1x.b")


# -- renewal ---------------------------------------------------------------------------------------


def test_a_cause_becomes_one_entry():
    """With a pattern for each check of which it has several results, and the id of the others."""
    cause = [ONE.id, TWO.id, OTHER.id]
    after = renewal([], ONE, TWO, THREE, OTHER, causes=[cause, [THREE.id]]).after
    first, second = after.entries
    assert ("CLS-1.extends-base:*", OTHER.id) == first.id
    assert cause == list(first.results)
    assert Entry(THREE.id, fingerprint(THREE.message), THREE.message, "new") == second
    assert 4 == after.size
    assert after == parse(dump(after), "it")


def test_a_renewal_changes_only_the_results_that_are_different():
    """A line goes for what passes, and a kind is changed; reason and pattern stay."""
    text = dump(Baseline("toy", (BOTH,)))
    renewed = renewal([BOTH], PASSED[ONE.id], replace(TWO, message="another"))
    new = renewed_text(text, renewed)
    lines = [*difflib.ndiff(text.splitlines(), new.splitlines())]
    changed = [line for line in lines if line.startswith(("- ", "+ "))]
    assert [
        f'- "{ONE.id}" = "{KIND}"',
        f'- "{TWO.id}" = "{KIND}"',
        f'+ "{TWO.id}" = "{fingerprint("another")}"',
        '- message = "fit(...) raised ValueError: no"',
        '+ message = "another"',
    ] == sorted(changed, key=lambda line: ("message" in line, changed.index(line)))
    assert renewed.after == parse(new, "it")
    assert () == renewal([BOTH], *PASSED.values()).after.entries


def test_a_new_failure_gets_an_entry_of_its_own():
    """Whoever wrote the reason of an entry did not know of it."""
    third = failed(wrapper="regressor")
    first, second = renewal(
        [BOTH], ONE, TWO, third, causes=[[ONE.id, TWO.id, third.id]]
    ).after.entries
    assert BOTH == first
    assert (third.id, "new") == (second.id, second.reason)


@pytest.mark.parametrize("name", ["CLS-1.*", ONE.id])
def test_an_entry_that_a_person_wrote_is_filled_in(name):
    """Id and reason are enough for a renewal; a run refuses such an entry."""
    head = "schema = 'scikeras-conformance/baseline/1'\nsubject = 'toy'\n"
    text = f"{head}# Ours.\n[[known]]\nid = '{name}'\nreason = 'r'\n"
    with pytest.raises(BaselineError, match=r"'scikeras-conformance baseline update REPORT"):
        parse(text, "it")
    before = parse(text, "it", unpinned=True)
    renewed = renewal(before.entries, ONE, THREE, OTHER)
    entry, *others = parse(renewed_text(text, renewed), "it").entries
    assert ("r", name) == (entry.reason, entry.id)
    fits = [one for one in (ONE, THREE) if matches(name, one.id)]
    assert {one.id: fingerprint(one.message) for one in fits} == dict(entry.pinned)
    assert {one.id for one in (ONE, THREE, OTHER)} - set(entry.pinned) == {one.id for one in others}
    assert "# Ours." in renewed_text(text, renewed)


# -- several environments --------------------------------------------------------------------------


def test_a_renewal_for_one_environment_leaves_the_entries_of_others_alone():
    """Neither those that do not hold here, nor those that hold everywhere."""
    of_jax = replace(BOTH, when={"backend": "jax"})
    everywhere = replace(BOTH, id=OTHER.id, fingerprint="0", results={})
    here = [PASSED[ONE.id], PASSED[TWO.id], result(check=SHOULD)]
    renewed = renewal([of_jax, everywhere], *here, environment=TORCH, when=["backend"])
    assert (of_jax, everywhere) == renewed.kept
    assert () == renewal([of_jax], *here, when=["backend"]).after.entries


def test_another_kind_in_one_environment_is_an_entry_that_outranks():
    """One file serves both, and neither run finds anything."""
    changed = replace(TWO, message="torch says so")
    after = renewal([BOTH], ONE, changed, environment=TORCH, when=["backend"]).after
    first, second = after.entries
    assert BOTH == first
    assert (TWO.id, {"backend": "torch"}) == (second.id, second.when)
    for environment, results in ((ENVIRONMENT, [ONE, TWO]), (TORCH, [ONE, changed])):
        gate = judge(
            after, results, environment, planned=[one.id for one in results], file="b", today=TODAY
        )
        assert gate.met


def test_a_result_that_passes_in_one_environment_is_an_exception():
    """Both runs agree with the file, and neither hides what the other has."""
    here = [PASSED[ONE.id], TWO]
    renewed = renewal([BOTH], *here, environment=TORCH, when=["backend"])
    (exception,) = renewed.added
    assert (ONE.id, {"backend": "torch"}, True) == (
        exception.id, exception.when, exception.passes,
    )  # fmt: skip
    after = parse(dump(renewed.after), "it")
    assert (renewed.after, 2) == (after, after.size)
    met = [
        judge(after, results, environment, planned=[], file="b", today=TODAY).met
        for environment in (TORCH, ENVIRONMENT)
        for results in (here, [ONE, TWO])
    ]
    assert [True, False, False, True] == met
    assert after == renewal(after.entries, *here, environment=TORCH, when=["backend"]).after
    again = renewal(after.entries, ONE, TWO, environment=TORCH, when=["backend"]).after
    assert (BOTH,) == again.entries


def test_several_exceptions_are_one_entry():
    """Results that fail after all are taken out of it."""
    both = renewal([BOTH], *PASSED.values(), environment=TORCH, when=["backend"])
    assert ((ONE.id, TWO.id),) == tuple(entry.id for entry in both.added)
    text = dump(both.after)
    less = renewal(both.after.entries, ONE, PASSED[TWO.id], environment=TORCH, when=["backend"])
    after = parse(renewed_text(text, less), "it")
    assert less.after == after
    assert TWO.id == after.entries[-1].id


def test_a_range_holds_for_the_next_version_too():
    """An exact version would be stale with each release."""
    (entry,) = renewal([], ONE, when=["keras", "python<4"]).after.entries
    newer = {**ENVIRONMENT, "packages": {**ENVIRONMENT["packages"], "keras": "3.15.9"}}
    for environment in (ENVIRONMENT, newer):
        assert {ONE.id: entry} == Baseline("toy", (entry,)).active(environment)


# -- the file --------------------------------------------------------------------------------------

HEAD = "schema = 'scikeras-conformance/baseline/1'\nsubject = 'toy'\n[[known]]\nreason = 'r'\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id = 'a*'\nfingerprint = '0'", "has fingerprint; an entry with a pattern takes results"),
        ("id = 'a'\n[known.results]\na = '0'", "has results; an entry for one result takes"),
        ("id = ['a']\nresults = {b = '0'}", "'b', which does not fit its id"),
        ("id = 'a*'\nresults = {a = 1}", "results takes a table of fingerprints"),
        ("id = 1", "id takes a text, or a list of texts"),
        ("id = 'a*'", "has no results"),
        ("id = []\n", "has no id"),
        ("id = 'a'\npasses = true", "has passes = true; such an entry has ids"),
        ("id = 'a*'\npasses = true\nwhen = {backend = 'jax'}", "has passes = true"),
        (
            "id = 'a*'\nresults = {ab = '0'}\n[[known]]\nid = '*b'\nreason = 's'\nresults = {ab = '1'}",
            "has the id and the conditions",
        ),
    ],
)
def test_slips_in_an_entry_with_patterns(text, complaint):
    """What is not understood accepts nothing."""
    with pytest.raises(BaselineError) as error:
        parse(HEAD + text, "it")
    assert complaint in str(error.value)


def test_results_that_are_an_inline_table_are_renewed_too():
    """However the file has them."""
    text = HEAD + f"id = 'CLS-1.*'\nresults = {{'{ONE.id}' = '{KIND}', '{TWO.id}' = '{KIND}'}}\n"
    before = parse(text, "it")
    renewed = renewal(before.entries, ONE, PASSED[TWO.id])
    assert renewed.after == parse(renewed_text(text, renewed), "it")
    assert {ONE.id: KIND} == dict(renewed.after.entries[0].pinned)

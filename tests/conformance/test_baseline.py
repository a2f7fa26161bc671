"""Known failures: the fingerprint, the conditions, the gate, and which entries a renewal keeps."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from runs import ENVIRONMENT, MUST, SHOULD, failed, result
from scikeras_conformance.baseline import (
    Baseline,
    Concern,
    Entry,
    fingerprint,
    judge,
    normalize,
    renew,
)
from scikeras_conformance.baseline.conditions import is_met
from scikeras_conformance.exceptions import BaselineError

TODAY = date(2026, 11, 25)
FAILURE = failed()
ENTRY = Entry(FAILURE.id, fingerprint(FAILURE.message), FAILURE.message, "It is old.")


# -- the fingerprint ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<f at 0x7f00aa>", "<f at 0x1234>"),
        ("in /srv/me/a.py", "in /build/x/y/b.py"),
        (r"in C:\me\a.py", r"in D:\you\b.py"),
        ("a.py, line 3", "a.py, line 99"),
        ("off by 0.123", "off by 1e-07"),
        ("dense_1 and my_layer_2", "dense_44 and my_layer_3"),
        ("[0.1 0.25\n 0.75]", "[ 0.5  0.25 -1.e+03]"),
        ("[[0.1, 0.2], [0.3, 0...", "[[0.1111, 0.2222], [0.3..."),
        ("[0.1, 0.2, 0...", "[0.1, 0.2, 0...."),
        ("a  b\n c", "a b c"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("id 123e4567-e89b-12d3-a456-426614174000", "id 00000000-e89b-12d3-a456-426614174000"),
    ],
)
def test_what_changes_by_chance_is_left_out(one, other):
    """Two runs of one failure have one fingerprint."""
    assert normalize(one) == normalize(other)
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3 classes", "4 classes"),
        ("shape (10, 2)", "shape (10, 1)"),
        ("ValueError: x", "TypeError: x"),
        ("epochs", "epoch"),
        ("raised nothing", "raised ValueError"),
        ("is True", "is False"),
    ],
)
def test_another_failure_has_another_fingerprint(one, other):
    """Whole numbers, shapes, types and words distinguish failures."""
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    "part", [" ", "\n", "a_", "/a", "1.0, ", "[ ", "0x0", "1e", "-1.e", "<float> ", "\x1b[1"]
)
def test_a_long_message_takes_no_long_time(part):
    """Four times the text takes four times the time: no message of a subject stops the gate."""

    def seconds(count):
        start = time.process_time()
        normalize("x" + part * count + "y")
        return time.process_time() - start

    assert seconds(80_000) < 2 + 4 * seconds(20_000)


@pytest.mark.slow
@given(st.text())
def test_normalising_twice_changes_nothing(text):
    """A message that stands in a baseline, normalized, has the fingerprint of the failure."""
    assert len(fingerprint(text)) == 12
    assert normalize(normalize(normalize(text))) == normalize(normalize(text))


# -- conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "applies"),
    [
        ({}, True),
        ({"backend": "jax"}, True),
        ({"backend": "torch"}, False),
        ({"device": "gpu"}, True),
        ({"device": "tpu"}, False),
        ({"platform": "linux"}, True),
        ({"platform": "windows"}, False),
        ({"python": ">=3.12"}, True),
        ({"python": "<3.12"}, False),
        ({"jax": ">=0.10"}, True),
        ({"torch": ">=2"}, False),
        ({"scipy": ">=1"}, False),
        ({"keras": ">=3.12", "backend": "torch"}, False),
    ],
)
def test_conditions(when, applies):
    """All of them have to hold, and what is not known does not."""
    active = Baseline("toy", (replace(ENTRY, when=when),)).active(ENVIRONMENT)
    assert ([ENTRY.id] if applies else []) == list(active)


def test_two_entries_that_hold_at_once_are_an_error():
    """Nobody could say which of them a failure has to match."""
    one, other = (replace(ENTRY, when=when) for when in ({"backend": "jax"}, {"device": "gpu"}))
    with pytest.raises(BaselineError, match="two entries"):
        Baseline("toy", (one, other)).active(ENVIRONMENT)
    with pytest.raises(BaselineError, match="two entries"):
        Baseline("toy", (ENTRY, ENTRY)).active(ENVIRONMENT)


def test_an_entry_for_an_environment_outranks_one_for_all():
    """So that a failure may have another message in one of several environments."""
    special = replace(ENTRY, when={"backend": "jax"}, fingerprint="0")
    for entries in ((ENTRY, special), (special, ENTRY)):
        assert {ENTRY.id: special} == Baseline("toy", entries).active(ENVIRONMENT)


# -- the gate -------------------------------------------------------------------------------------


def gate_of(entries, *results, planned=None):
    names = planned or [one.id for one in results]
    baseline = Baseline("toy", tuple(entries))
    return judge(baseline, results, ENVIRONMENT, planned=names, file="b.toml", today=TODAY)


def test_a_known_failure_is_accepted_with_its_reason():
    """What is known fails nothing, and says why."""
    gate = gate_of([replace(ENTRY, issue="i")], FAILURE)
    assert gate.met
    assert ("It is old.", "i", False) == (
        gate.known[ENTRY.id].reason, gate.known[ENTRY.id].issue, gate.known[ENTRY.id].flaky,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "outcome", "concern", "words"),
    [
        (None, FAILURE, Concern.NEW, "raised ValueError"),
        (None, failed(check=SHOULD), Concern.NEW, "raised ValueError"),
        (ENTRY, failed(message="another"), Concern.CHANGED, "instead of"),
        (ENTRY, result(), Concern.STALE, "passed"),
        (ENTRY, result("not_applicable", message="why"), Concern.STALE, "not applicable"),
        (replace(ENTRY, expires=date(2026, 11, 24)), FAILURE, Concern.EXPIRED, "until 2026-11-24"),
        (replace(ENTRY, flaky=True), result(tries=20), Concern.NEVER_FAILED, "20 times out of 20"),
        (replace(ENTRY, flaky=True), failed(message="x"), Concern.CHANGED, "instead of"),
        (replace(ENTRY, flaky=True), result("not_applicable"), Concern.STALE, "not applicable"),
    ],
)
def test_what_closes_the_gate(entry, outcome, concern, words):
    """Each regression and each stale excuse is found, and nothing is accepted besides."""
    gate = gate_of([entry] if entry else [], outcome)
    assert [concern] == [one.concern for one in gate.findings]
    assert words in gate.findings[0].message
    assert not gate.met
    assert {} == gate.known


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (replace(ENTRY, expires=TODAY), FAILURE),
        (replace(ENTRY, flaky=True), replace(FAILURE, tries=3)),
    ],
)
def test_what_is_still_accepted(entry, outcome):
    """The last day counts, and a flaky failure has to fail once."""
    assert gate_of([entry], outcome).met


def test_errors_of_the_suite_are_none_of_the_gates_business():
    """They are neither accepted nor found: the run has no verdict anyway."""
    gate = gate_of([ENTRY], result("errored", message=FAILURE.message))
    assert gate.met
    assert {} == gate.known


def test_entries_of_other_conditions_and_other_checks_are_named():
    """They are not stale, and not passed over in silence either."""
    dormant = replace(ENTRY, when={"backend": "torch"})
    gate = gate_of([dormant, replace(ENTRY, id="CLS-2.fit-and-predict:base")], result())
    assert gate.met
    assert (ENTRY.id,) == gate.dormant
    assert ("CLS-2.fit-and-predict:base",) == gate.unselected


@pytest.mark.parametrize(
    ("used", "condition", "expected"),
    [("gpu", "gpu", True), ("gpu", "cpu", False), ("cpu", "gpu", False), ("cpu", "cpu", True)],
)
def test_a_device_is_the_one_that_was_used(used, condition, expected):
    """A machine with a GPU lists its CPU too; an entry for the CPU does not hold on the GPU."""
    environment = {**ENVIRONMENT, "device": "gpu:0, cpu:0", "default_device": used}
    assert expected == is_met({"device": condition}, environment)


# -- renewal --------------------------------------------------------------------------------------


def renewed(entries, *results, known=None, **more):
    names = known or [ENTRY.id, *(one.id for one in results)]
    baseline = Baseline("toy", tuple(entries))
    return renew(baseline, results, ENVIRONMENT, known=names, reason="new", **more).after.entries


def test_a_baseline_out_of_a_run():
    """Every failure becomes an entry, and nothing else does."""
    (entry,) = renewed([], FAILURE, result(check=SHOULD))
    assert Entry(ENTRY.id, ENTRY.fingerprint, FAILURE.message, "new") == entry
    assert gate_of([entry], FAILURE).met


def test_what_a_person_wrote_stays():
    """A failure that changed keeps reason, link and expiry, and gets another fingerprint."""
    old = replace(ENTRY, issue="i", expires=date(2020, 1, 1), flaky=True, tries=9)
    (entry,) = renewed([old], failed(message="another " + "x" * 300))
    assert replace(old, fingerprint=entry.fingerprint, message=entry.message) == entry
    assert fingerprint("another " + "x" * 300) == entry.fingerprint
    assert len(entry.message) < 250
    assert (old,) == renewed([old], FAILURE)


@pytest.mark.parametrize(
    ("entry", "results", "known", "stays"),
    [
        (ENTRY, [result()], None, False),
        (ENTRY, [], ["other"], False),
        (ENTRY, [], None, True),
        (ENTRY, [result("errored")], None, True),
        (replace(ENTRY, when={"backend": "torch"}), [result()], None, True),
        (replace(ENTRY, flaky=True), [result()], None, True),
        (replace(ENTRY, flaky=True), [result(tries=20)], None, False),
    ],
)
def test_which_entries_stay(entry, results, known, stays):
    """Those that pass or are gone go; those that the run says nothing about stay."""
    assert ((entry,) if stays else ()) == renewed([entry], *results, known=known)


def test_new_entries_under_the_conditions_of_the_run():
    """A version alone is its series, a device its kind, and a range is taken as it is."""
    when = ["backend", "keras", "device", "scikit-learn<2", "platform=linux"]
    (entry,) = renewed([], FAILURE, when=when, issue="i")
    assert {
        "backend": "jax",
        "keras": ">=3.15,<3.16",
        "device": "gpu",
        "scikit-learn": "<2",
        "platform": "linux",
    } == entry.when
    assert "i" == entry.issue
    assert gate_of([entry], FAILURE).met


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("bakend", "Did you mean 'backend'"),
        ("scipy", "does not have it"),
        ("keras<3", "the run had keras 3.15.1"),
        ("backend=torch", "the run had backend jax"),
        ("keras=<3", "takes a version specifier"),
        ("", "takes a name"),
    ],
)
def test_conditions_that_a_run_does_not_tell(name, words):
    """A slip is an error that suggests the nearest name."""
    with pytest.raises(BaselineError, match=words):
        renewed([], FAILURE, when=[name])


def test_the_level_does_not_matter():
    """A SHOULD that broke is a regression as well."""
    assert {MUST, SHOULD} == {one.check for one in (FAILURE, failed(check=SHOULD))}
    assert not gate_of([ENTRY], FAILURE, failed(check=SHOULD)).met

"""The file of a baseline: reading it, writing it, and what a renewal leaves in place."""

import difflib
from datetime import date

import pytest
from msgspec.structs import replace

from runs import failed
from scikeras_conformance.baseline import (
    Baseline,
    Entry,
    Renewal,
    fingerprint,
    load,
    load_for,
)
from scikeras_conformance.baseline.reading import parse
from scikeras_conformance.baseline.writing import dump, renewed_text
from scikeras_conformance.exceptions import BaselineError

TODAY = date(2026, 11, 25)


FAILURE = failed()


ENTRY = Entry(FAILURE.id, fingerprint(FAILURE.message), FAILURE.message, "It is old.")


FULL = Entry(
    "CLS-1.extends-base:base",
    "0123456789ab",
    'a "quoted" \\ message\x7f\n\ud800',
    "Why \N{SNOWMAN}",
    issue="https://example.org/1",
    when={"backend": "jax", "keras": ">=3.12,<4"},
    expires=date(2027, 1, 31),
    flaky=True,
    tries=7,
)


def test_a_baseline_survives_being_written(tmp_path):
    """Every field comes back, whatever characters it holds; half a surrogate as its escape."""
    path = tmp_path / "b.toml"
    path.write_text(dump(Baseline("toy", (FULL, ENTRY))), encoding="utf-8")
    expected = replace(FULL, message=FULL.message.replace("\ud800", "\\ud800"))
    assert Baseline("toy", (expected, ENTRY)) == load(path)


GOOD = "schema = 'scikeras-conformance/baseline/1'\nsubject = 'toy'\n[[known]]\n"


NEEDED = "id = 'a'\nfingerprint = 'f'\nreason = 'r'\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = ", "is not TOML"),
        ("x = " + "[" * 20_000, "is not TOML"),
        ("x = 1" + "0" * 5000, "is not TOML"),
        (GOOD + NEEDED + "[[known]]\n" + NEEDED, "entry 2 (a) has the id and the conditions"),
        ("subject = 'a'", "has no key 'schema'"),
        ("schema = 'scikeras-conformance/baseline/2'", "is of the schema"),
        (GOOD.replace("subject", "subjet"), "Did you mean 'subject'"),
        (GOOD.replace("'toy'", "1"), "needs a text 'subject'"),
        (GOOD.replace("[[known]]", "known = [1]"), "is not a table"),
        (GOOD + "id = 'a'\nfingerprint = 'f'", "has no reason"),
        (GOOD + "id = 'a'\nfingerprint = 'f'\nreason = ' '", "has no reason"),
        (GOOD + NEEDED + "flakey = true", "Did you mean 'flaky'"),
        (GOOD + NEEDED + "flaky = 'yes'", "flaky takes true or false"),
        (GOOD + NEEDED + "expires = '2027-01-01'", "expires takes a date"),
        (GOOD + NEEDED + "expires = 2027-01-01T00:00:00", "expires takes a date"),
        (GOOD + NEEDED + "flaky = true\ntries = 1", "tries takes a whole number"),
        (GOOD + NEEDED + "flaky = true\ntries = true", "tries takes a whole number"),
        (GOOD + NEEDED + "tries = 3", "flaky = true"),
        (GOOD + NEEDED + "when = { bakend = 'jax' }", "Did you mean 'backend'"),
        (GOOD + NEEDED + "when = { backend = 'jaxx' }", "Did you mean 'jax'"),
        (GOOD + NEEDED + "when = { device = 'gup' }", "Did you mean 'gpu'"),
        (GOOD + NEEDED + "when = { keras = '3.12' }", "takes a version specifier"),
        (GOOD + NEEDED + "when = { keras = 3 }", "takes a text"),
    ],
)
def test_slips_in_a_baseline_are_errors(tmp_path, text, complaint):
    """An entry that is not understood accepts nothing."""
    path = tmp_path / "b.toml"
    path.write_text(text)
    with pytest.raises(BaselineError, match="The baseline") as error:
        load(path)
    assert complaint in str(error.value)


def test_a_baseline_that_is_not_there(tmp_path):
    """The message says how to make one."""
    with pytest.raises(BaselineError, match="baseline write"):
        load(tmp_path / "none.toml")


def test_an_entry_for_nothing_is_an_error_with_the_nearest(tmp_path):
    """A renamed check does not leave its excuse behind, nor one subject its excuses to another."""
    path = tmp_path / "b.toml"
    path.write_text(dump(Baseline("toy", (ENTRY,))))
    assert (ENTRY,) == load_for(path, "toy", [ENTRY.id]).entries
    with pytest.raises(BaselineError, match="Did you mean 'CLS-1.extends-bass:base'"):
        load_for(path, "toy", ["CLS-1.extends-bass:base"])
    with pytest.raises(BaselineError, match="is about 'toy'"):
        load_for(path, "other", [ENTRY.id])


COMMENTED = """\
# Our own words at the top.
schema = 'scikeras-conformance/baseline/1'   # behind the schema
subject = "toy"

# Not directly above an entry, so it belongs to the file.

# The first entry.
[[known]]  # behind the header
id = "a"
fingerprint = '0'  # behind a key
reason = '''Two
lines.
# no comment'''
message = "old"
when = {backend="jax",keras = ">=3"}   # as we like it

# The second entry.
[[known]]
fingerprint = "0"
  # within an entry
  id = "b"
reason = "r"


# The third entry.
# In two lines.
[[known]]
expires = 2027-01-31
id = "c"
fingerprint = "0"
reason = "r"
# At the end.
"""


A, B, C = (
    Entry("a", "0", "old", "Two\nlines.\n# no comment", when={"backend": "jax", "keras": ">=3"}),
    Entry("b", "0", "", "r"),
    Entry("c", "0", "", "r", expires=date(2027, 1, 31)),
)


def renewed(text, *entries):
    """Return the text of a baseline file with other entries."""
    before = parse(text, "it")
    wanted = {entry.key: entry for entry in entries}
    kept = tuple(wanted.pop(entry.key, None) for entry in before.entries)
    return renewed_text(text, Renewal(before, kept, tuple(wanted.values())))


def renewed_file(*entries, text=COMMENTED):
    """Return the lines that are gone, and those that have come, if a file has other entries."""
    new = renewed(text, *entries)
    difference = [*difflib.ndiff(text.splitlines(), new.splitlines())]
    return [[line[2:] for line in difference if line.startswith(sign)] for sign in ("- ", "+ ")] + [
        parse(new, "it").entries
    ]


def test_a_baseline_that_stays_is_not_touched():
    """Comments, order, quotes and empty lines are the user's."""
    assert COMMENTED == renewed(COMMENTED, A, B, C)
    assert (A, B, C) == parse(COMMENTED, "it").entries


def test_a_renewal_changes_only_what_is_different():
    """Comments above, behind and between entries survive, also those behind what changes."""
    new = replace(A, fingerprint="1", message="new"), replace(B, fingerprint="1"), C
    gone, come, entries = renewed_file(*new)
    assert ["fingerprint = '0'  # behind a key", 'message = "old"', 'fingerprint = "0"'] == gone
    assert ['fingerprint = "1"  # behind a key', 'message = "new"', 'fingerprint = "1"'] == come
    assert new == entries


def test_a_message_that_was_not_there_is_added_to_its_entry():
    """It stands in its own table, not behind the comments of the next one."""
    new = A, replace(B, fingerprint="1", message="new"), C
    gone, come, entries = renewed_file(*new)
    assert ['fingerprint = "0"'] == gone
    assert ['fingerprint = "1"', 'message = "new"'] == come
    assert new == entries


@pytest.mark.parametrize(
    ("entries", "gone", "stays"),
    [
        ((B, C), "# The first entry.", "# Not directly above an entry, so it belongs to the file."),
        ((A, C), "# The second entry.", "# The third entry."),
        ((A, B), "# In two lines.", "# At the end."),
        ((), "# The second entry.", "# At the end."),
    ],
)
def test_an_entry_goes_with_the_comment_above_it(entries, gone, stays):
    """A comment does not come to stand above an entry that it is not about."""
    lines = renewed(COMMENTED, *entries).splitlines()
    assert gone not in lines
    assert stays in lines
    assert "# Our own words at the top." == lines[0]
    assert entries == renewed_file(*entries)[2]


def test_new_entries_stand_at_the_end():
    """What was there keeps its place, and its comments."""
    new = Entry("n", "f", "m", "r")
    text = renewed(COMMENTED, A, new, B, C)
    assert text.startswith(COMMENTED)
    assert (A, B, C, new) == parse(text, "it").entries


@pytest.mark.parametrize("ends", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_that_end_and_break_lines_in_other_ways(ends, newline):
    """Whatever the file ends with, a new entry is a table of its own, in the file's line breaks."""
    text = (COMMENTED.rstrip("\n") + ends).replace("\n", newline)
    assert text == renewed(text, *parse(text, "it").entries)
    new = Entry("n", "f", "m", "r")
    after = renewed(text, *parse(text, "it").entries, new)
    assert new == parse(after, "it").entries[-1]
    assert after.count("\n") == after.count(newline)


@pytest.mark.parametrize(
    "when", ["when = {backend = 'jax'}", "when.backend = 'jax'", "[known.when]\nbackend = 'jax'"]
)
def test_conditions_in_every_form_of_a_table(when):
    """Also as a table of its own, which is the last of its entry, with comments behind it."""
    text = f"{GOOD}{NEEDED}{when}\n\n# About b.\n[[known]]\n{NEEDED.replace('a', 'b', 1)}"
    first, second = parse(text, "it").entries
    assert text == renewed(text, first, second)
    assert text.endswith(renewed(text, second).partition("# About")[2])
    new = replace(first, fingerprint="g", message="new")
    after = renewed(text, new, second)
    assert (new, second) == parse(after, "it").entries
    assert "\n\n# About b.\n[[known]]" in after


def test_a_file_without_entries_and_one_with_an_array():
    """Both are baselines too; the entries of an array become tables."""
    head = "# ours\nschema = 'scikeras-conformance/baseline/1'\nsubject = 'toy'\n"
    array = "known = [{id = 'b', fingerprint = '0', reason = 'r'}]\n"
    for text in (head, head + array):
        after = renewed(text, B, C)
        assert (B, C) == parse(after, "it").entries
        assert after.startswith(head)

"""What a result becomes in pytest, and that it agrees with the verdict and the gate."""

from datetime import date

import pytest
from msgspec.structs import replace

from runs import MUST, failed, result, run
from scikeras_conformance.baseline import Baseline, Entry, fingerprint, judge
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.pytest_plugin.outcomes import ItemPolicy, SuiteError, ending_of

SHOULD = "CLS-9.not-a-model"
KNOWN = Entry(failed().id, fingerprint(failed().message), "", "old", "link")
EXPIRED = replace(KNOWN, expires=date(2020, 1, 1))
BLOCKED = result("blocked", message="could not be checked: fit(...) raised ValueError: no")
KNOWN_BLOCKED = replace(KNOWN, id=BLOCKED.id, fingerprint=fingerprint(BLOCKED.message))
XFAIL, FAIL, SKIP = pytest.xfail.Exception, pytest.fail.Exception, pytest.skip.Exception

BARE, STRICT = ItemPolicy(), ItemPolicy(strict=True)
EMPTY = ItemPolicy(known={})


def known(entry):
    return ItemPolicy(known={entry.id: entry})


def how(outcome, policy):
    """Return the exception that ends the item, None for a pass."""
    try:
        ending_of(outcome, policy).end()
    except (XFAIL, FAIL, SKIP, SuiteError) as error:
        return type(error)
    return None


@pytest.mark.parametrize(
    ("outcome", "policy", "expected"),
    [
        (result(), BARE, None),
        (result(), STRICT, None),
        (result(), EMPTY, None),
        (failed(), BARE, FAIL),
        (failed(check=SHOULD), BARE, XFAIL),
        (failed(check=SHOULD), STRICT, FAIL),
        (failed(check=SHOULD), EMPTY, FAIL),
        (failed(), known(KNOWN), XFAIL),
        (failed(message="other"), known(KNOWN), FAIL),
        (result(), known(KNOWN), FAIL),
        (failed(), known(EXPIRED), FAIL),
        (result("errored", message="m"), BARE, SuiteError),
        (result("errored", message="m"), known(KNOWN), SuiteError),
        (result("unavailable", message="m"), BARE, FAIL),
        (result("unavailable", check=SHOULD, message="m"), BARE, FAIL),
        (result("not_applicable", message="m"), BARE, SKIP),
        (result("not_applicable", check=SHOULD, message="m"), STRICT, SKIP),
        (result("not_applicable", message="m"), known(KNOWN), FAIL),
        (BLOCKED, BARE, FAIL),
        (BLOCKED, STRICT, FAIL),
        (BLOCKED, EMPTY, FAIL),
        (BLOCKED, known(KNOWN_BLOCKED), XFAIL),
        (failed(wrapper="base"), known(KNOWN_BLOCKED), FAIL),
        (result("blocked", check=SHOULD, message="m"), BARE, XFAIL),
        (result("blocked", check=SHOULD, message="m"), STRICT, FAIL),
        (result("not_offered", message="m"), BARE, SKIP),
        (result("not_offered", message="m"), STRICT, SKIP),
        (result("not_offered", message="m"), known(KNOWN), FAIL),
    ],
)
def test_what_a_result_becomes(outcome, policy, expected):
    """Nothing that was not kept ends as a pass."""
    assert expected is how(outcome, policy)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("entries", [None, (), (KNOWN,), (EXPIRED,)])
@pytest.mark.parametrize("check", [MUST, SHOULD])
@pytest.mark.parametrize("outcome", [*map(str, Outcome)])
def test_items_agree_with_the_exit_code(outcome, check, entries, strict):
    """An item stands in the way of a green session if and only if its result bars exit code 0."""
    one = failed(check=check) if outcome == "failed" else result(outcome, check, message="m")
    other = result(wrapper="regressor")
    gate, active = None, None
    if entries is not None:
        baseline = Baseline("toy", entries)
        active = baseline.active({})
        gate = judge(
            baseline, [one, other], {}, planned=[one.id, other.id], file="b", today=date.today()
        )
    code = run(one, other, strict=strict, gate=gate).footer.exit_code
    ended = how(one, ItemPolicy(strict, active))
    assert (code is ExitCode.CONFORMANT) == (ended in {None, XFAIL, SKIP})


@pytest.mark.parametrize(
    ("outcome", "letter", "word"),
    [
        (result("errored"), "E", "ERROR"),
        (result("unavailable"), "U", "CANNOT BE JUDGED HERE"),
        (result("not_applicable"), "n", "NOT APPLICABLE"),
        (result("not_offered"), "o", "NOT OFFERED"),
        (failed(check=SHOULD), "f", "SHOULD FAILED"),
        (result("blocked"), "B", "BLOCKED"),
        (result("blocked", check=SHOULD), "b", "SHOULD BLOCKED"),
    ],
)
def test_what_pytest_has_no_letter_for(outcome, letter, word):
    """The terminal shows what a result means, where pytest's own words would mislead."""
    assert (letter, word) == ending_of(outcome, BARE).status[1:]


def test_what_pytest_shows_by_itself():
    """A pass is a dot and a failure an F."""
    assert None is ending_of(result(), BARE).status
    assert None is ending_of(failed(), BARE).status


def test_a_flaky_check_is_tried_as_often_as_its_entry_says():
    """Any other check is run once."""
    flaky = replace(KNOWN, flaky=True, tries=7)
    assert (7, 1) == (known(flaky).tries(KNOWN.id), known(flaky).tries("other"))
    assert (1, 1) == (known(KNOWN).tries(KNOWN.id), BARE.tries(KNOWN.id))

"""Counts and verdict."""

import pytest

from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import Verdict, decide


def result(outcome, level="MUST", name="CLS-1.a:base"):
    return Result(name, "CLS-1.a", "base", "", ("CLS-1",), level, Outcome(outcome))


@pytest.mark.parametrize(
    ("results", "missing", "strict", "verdict"),
    [
        ([], 0, False, Verdict.NOTHING_RUN),
        ([result("passed")], 0, False, Verdict.CONFORMANT),
        ([result("passed"), result("failed")], 0, False, Verdict.NOT_CONFORMANT),
        ([result("passed")], 1, False, Verdict.INCOMPLETE),
        ([result("failed")], 1, False, Verdict.INCOMPLETE),
        ([result("passed"), result("errored")], 0, False, Verdict.INCOMPLETE),
        ([result("passed"), result("unavailable")], 0, False, Verdict.INCOMPLETE),
        ([result("failed"), result("unavailable", "SHOULD")], 0, False, Verdict.INCOMPLETE),
        ([result("passed"), result("failed", "SHOULD")], 0, False, Verdict.CONFORMANT),
        ([result("passed"), result("failed", "SHOULD")], 0, True, Verdict.NOT_CONFORMANT),
        ([result("passed"), result("not_applicable")], 0, True, Verdict.CONFORMANT),
        ([result("passed"), result("not_applicable")], 0, False, Verdict.CONFORMANT),
        ([result("passed"), result("not_applicable")], 1, False, Verdict.INCOMPLETE),
        ([result("failed"), result("not_applicable")], 0, False, Verdict.NOT_CONFORMANT),
        ([result("not_applicable")], 0, False, Verdict.NOTHING_RUN),
        ([result("not_applicable")], 1, False, Verdict.INCOMPLETE),
        ([result("passed"), result("blocked")], 0, False, Verdict.BLOCKED),
        ([result("failed"), result("blocked")], 0, False, Verdict.NOT_CONFORMANT),
        ([result("failed", "SHOULD"), result("blocked")], 0, False, Verdict.BLOCKED),
        ([result("blocked"), result("errored")], 0, False, Verdict.INCOMPLETE),
        ([result("blocked")], 1, False, Verdict.INCOMPLETE),
        ([result("passed"), result("blocked", "SHOULD")], 0, False, Verdict.CONFORMANT),
        ([result("passed"), result("blocked", "SHOULD")], 0, True, Verdict.BLOCKED),
        ([result("blocked", "SHOULD")], 0, False, Verdict.BLOCKED),
        ([result("blocked", "SHOULD"), result("not_applicable")], 0, False, Verdict.BLOCKED),
        ([result("passed"), result("not_offered")], 0, True, Verdict.CONFORMANT),
        ([result("failed"), result("not_offered")], 0, False, Verdict.NOT_CONFORMANT),
        ([result("not_offered")], 0, False, Verdict.NOTHING_RUN),
        ([result("not_offered"), result("not_applicable")], 0, False, Verdict.NOTHING_RUN),
    ],
)
def test_verdicts(results, missing, strict, verdict):
    """Nothing but full counts without errors, failures or blocked checks is conformant."""
    counts = Counts.of(len(results) + missing, results)
    assert verdict == decide(counts, results, strict=strict)


def test_only_conformance_exits_with_zero():
    """Every other verdict ends a CI job red, and each with a code of its own."""
    codes = {verdict: verdict.exit_code for verdict in Verdict}
    assert {Verdict.CONFORMANT} == {verdict for verdict, code in codes.items() if code == 0}
    assert len(set(codes.values())) == len(codes)


def test_exit_codes_are_pinned():
    """CI jobs rely on the numbers."""
    expected = {
        "CONFORMANT": 0,
        "NOT_CONFORMANT": 1,
        "USAGE": 2,
        "INCOMPLETE": 3,
        "NO_SUBJECT": 4,
        "NOTHING_RUN": 5,
        "BASELINE_NOT_MET": 6,
        "BLOCKED": 7,
        "CANNOT_FIT": 8,
    }
    assert expected == {code.name: code.value for code in ExitCode}


def test_results_are_counted():
    """Each outcome is counted once, and a missing result is noticed."""
    results = [result(outcome) for outcome in Outcome]
    assert Counts(8, 1, 1, 1, 1, 1, 1, 1) == Counts.of(8, results)
    assert Counts.of(7, results).complete
    assert not Counts.of(8, results).complete


def test_results_survive_the_way_from_a_worker():
    """Plain data and back gives the same result."""
    before = Result("i", "CLS-1.a", "base", "c", ("CLS-1",), "MUST", Outcome.FAILED, "m", "d", 0.5)
    assert before == Result.from_dict(before.to_dict())

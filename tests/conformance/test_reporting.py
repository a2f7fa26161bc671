"""Terminal and JSON views of a run."""

import json

import pytest

from scikeras_conformance.catalog.counts import Counts
from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.catalog.verdict import decide
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.exceptions import ReportError
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.json_report import check_writable, to_dict, write_report
from scikeras_conformance.report.record import RunRecord

ENVIRONMENT = {
    "suite": "0.1",
    "python": "3.12",
    "backend": "jax",
    "backend_version": "0.10",
    "device": "cpu:0",
    "packages": {"keras": "3.15", "scikit-learn": "1.9", "numpy": "2.4"},
}


def result(outcome, wrapper="base", case="", message="", check="CLS-1.extends-base"):
    clause = check.partition(".")[0]
    return Result(f"{check}:{wrapper}", check, wrapper, case, (clause,), "MUST", outcome, message)


def record(*results, planned=None, refusal=None, subject=None):
    counts = Counts.of(len(results) if planned is None else planned, results)
    return RunRecord(
        contract="1.0",
        subject=subject or {"spec": "toy", "distribution": "toy-dist", "version": "2.0"},
        environment=ENVIRONMENT,
        profiles=("documented",),
        catalog_size=10,
        counts=counts,
        verdict=decide(counts, results),
        strict=False,
        refusal=refusal,
        missing=("CLS-3.x:base",) if planned else (),
        unchecked=("HYG-1", "HYG-2"),
        results=results,
    )


def text(run):
    return "\n".join(line.text for line in render(run, CATALOG))


def test_a_failure_is_shown_with_its_cost():
    """What failed, where, how, and what it costs a user."""
    shown = text(
        record(
            result(Outcome.FAILED, "classifier", "a-case", "line one\nline two"),
            result(Outcome.PASSED),
        )
    )
    assert "FAILED MUST CLS-1.extends-base" in shown
    assert "costs: code that asks isinstance" in shown
    assert "- classifier (a-case): line one\n      line two" in shown
    assert (
        "verdict: NOT CONFORMANT IN WHAT WAS SELECTED  (2 of 10 checks: 1 passed, 1 MUST and 0 SHOULD failed"
        in shown
    )


def test_the_same_message_is_shown_once():
    """Wrappers that fail alike share a line."""
    shown = text(
        record(
            result(Outcome.FAILED, "classifier", message="same"),
            result(Outcome.FAILED, "regressor", message="same"),
        )
    )
    assert "- classifier, regressor: same" in shown


@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Outcome.ERRORED, "ERRORED"), (Outcome.NOT_APPLICABLE, "NOT APPLICABLE")],
)
def test_what_is_no_failure_is_shown_without_its_impact(outcome, words):
    """An error of the suite, and a check that does not apply, say nothing about the subject."""
    shown = text(record(result(outcome, message="because")))
    assert f"{words} MUST CLS-1.extends-base" in shown
    assert "because" in shown
    assert "costs:" not in shown
    assert "verdict: CONFORMANT" not in shown


def test_what_cannot_be_judged_here_stands_apart():
    """It is named by what is missing, is no error of the suite, and leaves no verdict."""
    lacking = "Cannot be judged here: there is no GPU"
    run = record(result(Outcome.PASSED), result(Outcome.UNAVAILABLE, "regressor", message=lacking))
    shown = text(run)
    assert "CANNOT BE JUDGED HERE\n  - CLS-1.extends-base: there is no GPU" in shown
    assert "ERRORED" not in shown
    assert "0 errored, 0 not applicable, 1 cannot be judged here" in shown
    assert "verdict: INCOMPLETE" in shown
    footer = to_dict(run)["footer"]
    assert {"CLS-1.extends-base:regressor": lacking} == footer["cannot_be_judged_here"]
    assert 3 == footer["exit_code"]


def test_missing_results_and_open_clauses_are_named():
    """Nothing that was not checked is passed over in silence."""
    shown = text(record(result(Outcome.PASSED), planned=2))
    assert "No result for 1 planned checks: CLS-3.x:base" in shown
    assert "no check for: HYG (2)" in shown


def test_the_environment_is_named():
    """A verdict is about one release in one environment."""
    shown = text(record(result(Outcome.PASSED)))
    assert "subject   toy (toy-dist 2.0)" in shown
    assert "Python 3.12, Keras 3.15 on jax 0.10 (cpu:0), scikit-learn 1.9, NumPy 2.4" in shown


def test_a_refused_subject_has_nothing_but_the_reason():
    """Without a subject there is no table."""
    shown = text(record(refusal="it cannot be imported"))
    assert shown.startswith("it cannot be imported")
    assert "chapter" not in shown


def test_the_layout_of_the_report():
    """Header, results and footer have the documented keys."""
    data = to_dict(record(result(Outcome.PASSED)))
    assert ["schema", "header", "catalog", "results", "footer"] == list(data)
    assert {"contract", "subject", "environment", "partial", "strict"} < set(data["header"])
    assert {
        *("verdict", "exit_code", "counts", "refusal", "missing", "cannot_be_judged_here", "gate"),
        *("clauses_without_check", "clauses_excluded"),
    } == set(data["footer"])


def test_a_report_is_written_in_one_step(tmp_path):
    """The file is complete, and nothing else is left behind."""
    path = tmp_path / "report.json"
    write_report(record(result(Outcome.PASSED)), path)
    assert "conformant" == json.loads(path.read_text())["footer"]["verdict"]
    assert [path] == list(tmp_path.iterdir())


def test_a_report_that_cannot_be_written(tmp_path):
    """A folder, and a file in no folder, are refused before and after the run."""
    with pytest.raises(ReportError, match="is a directory"):
        check_writable(tmp_path)
    with pytest.raises(ReportError, match="there is no directory"):
        check_writable(tmp_path / "no" / "report.json")
    with pytest.raises(ReportError, match="cannot be written"):
        write_report(record(result(Outcome.PASSED)), tmp_path / "no" / "report.json")
    check_writable(tmp_path / "report.json")

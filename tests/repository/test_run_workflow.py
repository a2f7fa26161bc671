"""The commands of the workflows: that they are there, and that they can be run on one's own machine."""

import os
import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

sys.path.append(str(ROOT / "scripts"))  # after everything else: they are no package

import run_workflow  # noqa: E402


def jobs(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].items()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_script_that_a_workflow_runs_is_there(path):
    """A typo would only be seen on GitHub, in the weekly or the release job perhaps too late."""
    for _, job in jobs(path):
        for step in job.get("steps", []):
            for script in re.findall(r"(?:^|[ /])((?:\.ci|scripts)/[\w.-]+)", step.get("run", "")):
                assert os.access(ROOT / script, os.X_OK), script


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ({}, [{}]),
        ({"a": ["1", "2"], "b": ["x"]}, [{"a": "1", "b": "x"}, {"a": "2", "b": "x"}]),
        ({"include": [{"a": "1"}, {"a": "2"}]}, [{"a": "1"}, {"a": "2"}]),
    ],
)
def test_a_job_is_run_with_every_value_of_its_matrix(matrix, expected):
    """As GitHub does."""
    assert expected == run_workflow.variants({"strategy": {"matrix": matrix}})


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"uses": "actions/upload-artifact@0"}, "runs on GitHub only"),
        ({"run": "x", "env": {"A": "${{ github.token }}"}}, "only GitHub knows"),
        ({"run": "x", "if": "github.ref_type == 'tag'"}, "only if"),
    ],
)
def test_what_only_github_can_do_is_skipped_with_a_reason(step, reason):
    """It is never taken for something that was run."""
    with pytest.raises(run_workflow.Skipped, match=reason):
        run_workflow.command_of(step, {})


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        ({"uses": "./.github/workflows/x.yml"}, "it calls"),
        ({"runs-on": "windows-latest", "steps": []}, "it runs on windows-latest"),
        ({"runs-on": "ubuntu-latest", "permissions": {"issues": "write"}, "steps": []}, "a token"),
        (
            {
                "runs-on": "ubuntu-latest",
                "steps": [{"uses": "actions/setup-python@0", "with": {"python-version": "2.0"}}],
            },
            "there is no python2.0 here",
        ),
    ],
)
def test_a_job_that_cannot_run_here_is_skipped_with_a_reason(job, reason):
    """So that the output shows what nobody has tried."""
    with pytest.raises(run_workflow.Skipped, match=reason):
        run_workflow.python_of(job, {})


def test_a_command_gets_the_values_of_the_matrix():
    """In its variables; the text of a command never has an expression."""
    step = {"run": 'scripts/x "$A"', "env": {"A": "${{ matrix.backend }}"}}
    assert ('scripts/x "$A"', {"A": "jax"}) == run_workflow.command_of(step, {"backend": "jax"})
    assert run_workflow.command_of({"uses": "actions/checkout@0"}, {}) is None

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
        ({"a": "${{ fromJSON(inputs.list) }}"}, [{"a": "1"}, {"a": "2"}]),
        ({"a": ["1", "2"], "b": ["x"]}, [{"a": "1", "b": "x"}, {"a": "2", "b": "x"}]),
        ({"include": [{"a": "1"}, {"a": "2"}]}, [{"a": "1"}, {"a": "2"}]),
    ],
)
def test_a_job_is_run_with_every_value_of_its_matrix(matrix, expected):
    """As GitHub does."""
    values = {"inputs.list": '["1", "2"]'}
    assert expected == run_workflow.variants({"strategy": {"matrix": matrix}}, values)


def test_a_matrix_that_only_github_can_compute_is_skipped():
    """Its letters are not taken for its values."""
    job = {"strategy": {"matrix": {"a": "${{ fromJSON(needs.plan.outputs.list) }}"}}}
    with pytest.raises(run_workflow.Skipped, match="only GitHub knows"):
        run_workflow.variants(job, {})


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
        list(run_workflow.commands_of(step, {}))


@pytest.mark.parametrize(
    ("job", "reason"),
    [
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


@pytest.mark.process
def test_a_shim_that_starts_nothing_is_no_python(tmp_path, monkeypatch):
    """Tools for several Pythons put one on the path for each, whether it is chosen or not."""
    shim = tmp_path / "python9.9"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(run_workflow.Skipped, match=r"there is no python9\.9 here"):
        run_workflow.interpreter("9.9")


def test_a_command_gets_the_values_of_the_matrix():
    """In its variables; the text of a command never has an expression."""
    step = {"run": 'scripts/x "$A"', "env": {"A": "${{ matrix.backend }}"}}
    (command,) = run_workflow.commands_of(step, {"matrix.backend": "jax"})
    assert run_workflow.Command('scripts/x "$A"', {"A": "jax"}) == command
    assert [] == list(run_workflow.commands_of({"uses": "actions/checkout@0"}, {}))


def test_the_action_of_the_repository_is_run_with_its_inputs():
    """Its steps are those of the job that uses it, in the folder that it is given."""
    step = {"uses": "./", "with": {"directory": "fork", "backend": "${{ matrix.backend }}"}}
    install, gate = run_workflow.commands_of(step, {"matrix.backend": "jax"})
    assert {"jax"} == {install.env["BACKEND"], gate.env["BACKEND"]}
    assert "--editable=." == install.env["PACKAGE"]
    assert {"fork"} == {install.folder, gate.folder}
    with pytest.raises(ValueError, match="no input directoty"):
        list(run_workflow.commands_of({"uses": "./", "with": {"directoty": "fork"}}, {}))


def listed(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["run_workflow.py", *arguments, "--list"])
    monkeypatch.setattr(run_workflow, "interpreter", lambda version: f"python{version}")
    with pytest.raises(SystemExit) as ended:
        run_workflow.main()
    assert 0 == ended.value.code
    return capsys.readouterr().out


def test_a_workflow_that_is_called_is_run_too(capsys, monkeypatch):
    """With the inputs of the job that calls it: three scikit-learns, two Pythons, two backends."""
    shown = listed(capsys, monkeypatch, "ci.yml", "contract")
    assert 12 == len(re.findall(r"^== contract/cpu \{", shown, re.MULTILINE))
    assert 12 == shown.count("conformance/install.sh")
    assert "== contract/gpu\n  skipped: only if contains(inputs.device, 'gpu')" in shown


def test_some_rows_of_a_matrix(capsys, monkeypatch):
    """Those that have all of the values; a job that has no such row says so."""
    rows = ["--row", "backend=jax", "--row", "python=3.11"]
    shown = listed(capsys, monkeypatch, "ci.yml", "contract", "lint", *rows)
    assert 3 == len(re.findall(r"^== contract/cpu \{.*'jax'\}$", shown, re.MULTILINE))
    assert "tensorflow" not in shown
    assert "== lint\n  skipped: no row of its matrix has backend=jax, python=3.11" in shown


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_workflow_can_be_listed(capsys, monkeypatch, path):
    """Each of its jobs has commands, or a reason for having none."""
    shown = listed(capsys, monkeypatch, path.name)
    for name, _ in jobs(path):
        assert re.search(rf"^== {name}\b.*\n(?:==|  \S)", shown, re.MULTILINE), name


@pytest.mark.skipif(os.name == "nt", reason="commands are for bash")
@pytest.mark.parametrize(
    ("text", "minutes", "expected"),
    [("exit 3", None, 3), ("true", 1.0, 0), ("sleep 60 & sleep 60", 0.01, None)],
)
def test_a_command_that_takes_hours_can_be_stopped(text, minutes, expected, tmp_path):
    """With all that it started; that it was stopped is no exit code."""
    assert expected == run_workflow.run_command(text, tmp_path, dict(os.environ), minutes)

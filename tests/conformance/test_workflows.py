"""The workflows: what they may do, whom they call, and that nothing of an input becomes a command."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORK = ROOT / "fixtures/sample_fork/.github/workflows/conformance.yml"
TEMPLATE = ROOT / "docs/templates/conformance.yml"
WORKFLOWS = [*sorted((ROOT / ".github/workflows").glob("*.yml")), FORK, TEMPLATE]
ACTION = ROOT / "action.yml"
SCRIPTS = ROOT / ".github/actions/conformance"
REUSABLE = ROOT / ".github/workflows/conformance.yml"

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs(path):
    return read(path)["jobs"].items()


def steps(path):
    """Return the steps of a workflow or an action."""
    data = read(path)
    if "runs" in data:
        return data["runs"]["steps"]
    return [step for job in data["jobs"].values() for step in job.get("steps", [])]


def calls(path):
    """Return the steps and jobs that have ``uses``."""
    found = steps(path)
    if path != ACTION:
        found = [*found, *(job for _, job in jobs(path))]
    return [one for one in found if "uses" in one]


def inputs_of(path):
    data = read(path)
    # YAML takes the word "on" for true.
    return data.get("inputs") or data[True]["workflow_call"]["inputs"]


def test_there_is_something_to_look_at():
    """The workflows, the action and the steps in them are found."""
    assert {
        "ci.yml", "conformance.yml", "gpu.yml", "nightly.yml", "pages.yml", "release.yml", "weekly.yml",
    } == {path.name for path in WORKFLOWS}  # fmt: skip
    assert 4 == len(steps(ACTION))
    assert len(steps(ROOT / ".github/workflows/ci.yml")) > 10


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.parts[-2:])
def test_what_others_made_is_pinned_by_commit(path):
    """A tag can be moved; a commit cannot, and the version stands beside it for the reader."""
    for call in calls(path):
        assert call["uses"].startswith("./") or PINNED.fullmatch(call["uses"]), call["uses"]
    text = path.read_text(encoding="utf-8")
    for line in re.findall(r"uses: (?!\./|OWNER).*", text):
        assert re.search(r"# v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", [*WORKFLOWS, ACTION], ids=lambda path: path.parts[-2:])
def test_nothing_is_interpolated_into_a_shell(path):
    """No expression at all stands in a command: values come in through the environment."""
    for step in steps(path):
        assert "${{" not in step.get("run", ""), step


# Jobs that write something, and what: none of them checks out or installs anything.
WRITERS = {
    ("release.yml", "attest"): {"id-token": "write", "attestations": "write"},
    ("release.yml", "test-index"): {"id-token": "write"},
    ("release.yml", "publish"): {"id-token": "write"},
    ("release.yml", "notes"): {"contents": "write"},
    ("weekly.yml", "report"): {"issues": "write"},
    ("pages.yml", "deploy"): {"pages": "write", "id-token": "write"},
}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parts[-2:])
def test_permissions_are_the_least(path):
    """A token is for reading, but in the few jobs that write; a job without limit of time there is not."""
    data = read(path)
    assert data["permissions"] in ({}, {"contents": "read"})
    for name, job in jobs(path):
        allowed = WRITERS.get((path.name, name), {"contents": "read"})
        assert job.get("permissions", allowed) == allowed, name
        if (path.name, name) in WRITERS:
            used = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
            assert "actions/checkout" not in used, name
            assert not re.search(
                r"pip|scripts/", str([step.get("run") for step in job["steps"]])
            ), name
        assert "uses" in job or "timeout-minutes" in job, name


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.parts[-2:])
def test_no_checkout_leaves_a_token_behind(path):
    """What runs after it is code of others."""
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", [*WORKFLOWS], ids=lambda path: path.parts[-2:])
def test_callers_give_inputs_that_there_are(path):
    """GitHub warns of an unknown input of an action, and goes on without it."""
    for call in calls(path):
        name = call["uses"].partition("@")[0]
        if name.endswith("conformance.yml"):
            assert set(call.get("with", {})) <= set(inputs_of(REUSABLE))
        elif name == "./" or name.endswith("/scikeras-conformance"):
            assert set(call.get("with", {})) <= set(inputs_of(ACTION))


def test_the_project_uses_what_it_offers():
    """Its own workflows call the workflow for the reference, and the action for the sample fork."""
    called = [call["uses"] for call in calls(ROOT / ".github/workflows/ci.yml")]
    assert "./.github/workflows/conformance.yml" in called
    assert "./" in called


def test_every_input_of_the_action_is_used_and_every_variable_is_read():
    """An input that goes nowhere would be a setting that is ignored."""
    text = ACTION.read_text(encoding="utf-8")
    for name in inputs_of(ACTION):
        assert f"inputs.{name} " in text, name
    for step in steps(ACTION):
        if "env" in step:
            script = SCRIPTS / step["run"].rpartition("/")[2].rstrip('"')
            for name in step["env"]:
                assert name in script.read_text(encoding="utf-8"), f"{name} in {script.name}"


def test_the_workflow_hands_its_inputs_on():
    """Each job passes each input of the action that the workflow has too."""
    shared = (set(inputs_of(ACTION)) & set(inputs_of(REUSABLE))) - {"scikit-learn"}
    for name, job in jobs(REUSABLE):
        if name != "gate":
            assert shared <= set(job["steps"][-1]["with"]), name
    assert "scikit-learn" in read(REUSABLE)["jobs"]["cpu"]["steps"][-1]["with"]


def test_the_gate_judges_both_jobs():
    """It runs whatever became of them, and is told what."""
    gate = read(REUSABLE)["jobs"]["gate"]
    assert ("always()", ["cpu", "gpu"]) == (gate["if"], gate["needs"])
    assert {"DEVICE", "CPU", "GPU"} == set(gate["steps"][-1]["env"])


@pytest.mark.parametrize("path", [ACTION, REUSABLE], ids=["action", "workflow"])
def test_the_documentation_has_every_input(path):
    """The tables of the page are those of the files."""
    page = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
    for name in inputs_of(path):
        assert f"| `{name}` |" in page, name


@pytest.mark.parametrize("path", [FORK, TEMPLATE], ids=["fork", "template"])
def test_the_workflow_of_a_fork_names_one_commit(path):
    """What is called, and what it checks out, are the same."""
    (job,) = read(path)["jobs"].values()
    repository, _, commit = job["uses"].partition("/.github/workflows/conformance.yml@")
    assert (repository, commit) == (
        job["with"]["suite-repository"],
        job["with"]["suite-commit"],
    )


@pytest.mark.parametrize("page", ["gate.md", "github.md", "gpu.md"])
def test_the_examples_of_the_documentation_use_inputs_that_there_are(page):
    """They are YAML, and what they give is what the files take."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = 0
    for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        data = yaml.safe_load(block)
        given = [data, *(data.get("jobs", {}).values())]
        given += [step for job in data.get("jobs", {}).values() for step in job.get("steps", [])]
        for one in given:
            if "actions/checkout" not in one.get("uses", "") and "with" in one:
                action = "workflows/conformance.yml" not in one.get(
                    "uses", "workflows/conformance.yml"
                )
                assert set(one["with"]) <= set(inputs_of(ACTION if action else REUSABLE))
                found += 1
    assert found


def test_the_hook_of_pre_commit_is_a_command_of_the_suite():
    """It runs what is installed, with the configuration of the repository that uses it."""
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")
    assert ["scikeras-conformance", "run"] == hook["entry"].split()
    assert ("system", False) == (hook["language"], hook["pass_filenames"])
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    assert f"- id: {hook['id']}" in page

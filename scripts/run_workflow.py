#!/usr/bin/env python3
"""Run the commands of a workflow here, in their order, as a runner of GitHub would.

    scripts/run_workflow.py release.yml              every job, each with every value of its matrix
    scripts/run_workflow.py ci.yml lint packages     some jobs
    scripts/run_workflow.py ci.yml --list            what would be run and what would be skipped
    scripts/run_workflow.py ci.yml contract --row backend=jax --row python=3.11
                                                     some rows of its matrix
    scripts/run_workflow.py nightly.yml --minutes 5  the start of each command that takes hours

Each job gets a clone of the last commit, and a new virtual environment of the Python that it sets
up. Actions and workflows of this repository are run too, with their inputs. What only GitHub can do
is skipped, with the reason: other actions, other systems, a Python that is not on this machine, and
jobs that need a token. Exit code 1 if a command failed.
"""

import argparse
import functools
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = ROOT / ".github" / "workflows"

_EXPRESSION = re.compile(r"\$\{\{ *(.+?) *\}\}")
_NAME = re.compile(r"(?:matrix|inputs|strategy)\.[\w-]+")
_LIST = re.compile(r"fromJSON\((.+)\)")


class Skipped(Exception):  # noqa: N818 - it is no error
    """Why a job or a step is not run here."""


@dataclass(frozen=True)
class How:
    """Whether commands are only listed, and after how many minutes each is stopped."""

    only_list: bool = False
    minutes: float | None = None


@dataclass(frozen=True)
class Command:
    """What one step runs, with its variables, in a folder of the checkout."""

    text: str
    env: dict[str, str] = field(default_factory=dict)
    folder: str = "."


Values = dict[str, str]
"""What stands for the names of expressions: ``matrix.python``, ``inputs.subject``, ..."""


def variants(job: dict[str, Any], values: Values) -> list[Values]:
    """Return the values of the matrix, one dict for each run of the job."""
    given = job.get("strategy", {}).get("matrix", {})
    matrix = {name: listed(value, values) for name, value in given.items()}
    included = matrix.pop("include", [])
    if not matrix:
        return included or [{}]
    return [dict(zip(matrix, row, strict=True)) for row in itertools.product(*matrix.values())]


def listed(value: Any, values: Values) -> list[Any]:
    """Return the list that a matrix has for a name, which an input may give as JSON."""
    if isinstance(value, list):
        return value
    expression = _EXPRESSION.fullmatch(str(value))
    inner = _LIST.fullmatch(expression[1]) if expression else None
    if inner is None:
        raise Skipped(f"only GitHub knows {value}")
    found = json.loads(filled(f"${{{{ {inner[1]} }}}}", values))
    return list(found)


def filled(text: Any, values: Values) -> str:
    """Return a text with values of the matrix and inputs in the place of their expressions."""

    def value_of(expression: re.Match[str]) -> str:
        name = _NAME.fullmatch(expression[1])
        if name is None or name[0] not in values:
            raise Skipped(f"only GitHub knows {expression[0]}")
        return values[name[0]]

    return _EXPRESSION.sub(value_of, str(text))


def named(prefix: str, values: dict[str, Any]) -> Values:
    """Return values by the names that they have in expressions."""
    return {f"{prefix}.{name}": str(value) for name, value in values.items()}


def with_inputs(declared: dict[str, Any], given: dict[str, Any], values: Values) -> Values:
    """Return the inputs of an action or a workflow, those that are not given with their default."""
    if unknown := set(given) - set(declared):
        raise ValueError(f"there is no input {', '.join(sorted(unknown))}")
    defaults = {name: one.get("default", "") for name, one in declared.items()}
    return named("inputs", defaults | {name: filled(one, values) for name, one in given.items()})


def refuse_condition(condition: str, values: Values) -> None:
    """Refuse what is not to be run, and what only GitHub can decide."""
    condition = str(condition).strip()
    if condition == "inputs.python != ''":
        wanted = bool(values.get("inputs.python"))
    elif found := re.fullmatch(r"contains\(inputs\.device, '(\w+)'\)", condition):
        wanted = found[1] in values.get("inputs.device", "")
    else:
        wanted = False
    if not wanted:
        raise Skipped(f"only if {condition}")


def commands_of(step: dict[str, Any], values: Values, path: str = "") -> Iterator[Command]:
    """Yield the commands of a step: none if it is done already; or refuse it."""
    if "if" in step:
        refuse_condition(step["if"], values)
    if "run" in step:
        env = {name: filled(value, values) for name, value in step.get("env", {}).items()}
        if path:
            env["GITHUB_ACTION_PATH"] = path
        yield Command(step["run"], env, filled(step.get("working-directory", "."), values))
        return
    used = step["uses"].partition("@")[0]
    inputs = step.get("with", {})
    if used == "actions/checkout":
        if "path" in inputs:
            yield Command(f"git clone --quiet . {inputs['path']}")
    elif used.startswith("./"):
        # The action of this repository, from a checkout of it.
        yield from commands(action()["runs"], inputs_of_action(inputs, values), used)
    elif used != "actions/setup-python":
        raise Skipped(f"the action {used} runs on GitHub only")


def action() -> dict[str, Any]:
    """Return the action of this repository."""
    return dict(yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8")))


def inputs_of_action(given: dict[str, Any], values: Values) -> Values:
    """Return the inputs of the action of this repository."""
    return with_inputs(action()["inputs"], given, values)


def commands(job: dict[str, Any], values: Values, path: str = "") -> Iterator[Command]:
    """Yield the commands of a job or an action; print what is skipped."""
    shared = {name: filled(value, values) for name, value in job.get("env", {}).items()}
    for step in job["steps"]:
        try:
            for command in commands_of(step, values, path):
                yield Command(command.text, shared | command.env, command.folder)
        except Skipped as reason:
            print(f"  skipped: {reason}", flush=True)


def python_of(job: dict[str, Any], values: Values) -> str:
    """Return the interpreter that a job sets up, or refuse the job."""
    system = filled(job["runs-on"], values)
    if not system.startswith("ubuntu"):
        raise Skipped(f"it runs on {system}")
    writes = [name for name, kind in job.get("permissions", {}).items() if kind == "write"]
    if writes:
        raise Skipped(f"it needs a token for: {', '.join(writes)}")
    for step in job["steps"]:
        version = None
        if step.get("uses", "").startswith("actions/setup-python@"):
            version = filled(step["with"]["python-version"], values)
        elif step.get("uses", "").startswith("./"):
            version = inputs_of_action(step.get("with", {}), values)["inputs.python"]
        if version:
            return interpreter(version)
    return sys.executable


@functools.cache
def interpreter(version: str) -> str:
    """Return the interpreter of a version of Python, or refuse the job."""
    found = shutil.which(f"python{version}")
    # There may be a shim that starts nothing.
    started = found and subprocess.run([found, "-c", ""], check=False, stderr=subprocess.DEVNULL)
    if found is None or not started or started.returncode:
        raise Skipped(f"there is no python{version} here")
    return found


def run_job(name: str, job: dict[str, Any], values: Values, wanted: Values, *, how: How) -> bool:
    """Run the commands of one job, in the rows of its matrix that are wanted.

    Returns whether none failed.
    """
    try:
        if "if" in job and not ("needs" in job and job["if"] == "always()"):
            refuse_condition(job["if"], values)
        rows = [] if "uses" in job else chosen(variants(job, values), wanted)
    except Skipped as reason:
        print(f"== {name}\n  skipped: {reason}", flush=True)
        return True
    if "uses" in job:
        return run_called(name, job, values, wanted, how=how)
    results = [
        run_variant(name, job, row, values | {"strategy.job-index": str(index)}, how=how)
        for index, row in rows
    ]
    return all(results)


def chosen(rows: list[Values], wanted: Values) -> list[tuple[int, Values]]:
    """Return the rows of a matrix that have the values that are wanted, with their numbers."""
    found = [(index, row) for index, row in enumerate(rows) if wanted.items() <= row.items()]
    if not found:
        raise Skipped("no row of its matrix has " + ", ".join(map("=".join, wanted.items())))
    return found


def run_called(name: str, job: dict[str, Any], values: Values, wanted: Values, *, how: How) -> bool:
    """Run the jobs of a workflow of this repository that a job calls."""
    print(f"== {name} calls {job['uses']}", flush=True)
    called = yaml.safe_load((ROOT / job["uses"]).read_text(encoding="utf-8"))
    # YAML reads the key "on" as true.
    declared = called[True]["workflow_call"]["inputs"]
    try:
        own = with_inputs(declared, job.get("with", {}), values)
    except Skipped as reason:
        print(f"  skipped: {reason}", flush=True)
        return True
    jobs = called["jobs"].items()
    results = [run_job(f"{name}/{one}", each, own, wanted, how=how) for one, each in jobs]
    return all(results)


def run_variant(name: str, job: dict[str, Any], row: Values, values: Values, *, how: How) -> bool:
    """Run the commands of a job with one row of its matrix; return whether none failed."""
    print(f"== {name} {row or ''}".rstrip(), flush=True)
    values = values | named("matrix", row)
    try:
        python = python_of(job, values)
    except Skipped as reason:
        print(f"  skipped: {reason}", flush=True)
        return True
    with tempfile.TemporaryDirectory() as folder:
        tree, environment = Path(folder, "tree"), Path(folder, "env")
        own = {"CI": "true", "RUNNER_TEMP": folder}
        for file in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            Path(folder, file).touch()
            own[file] = str(Path(folder, file))
        if not how.only_list:
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True)
            subprocess.run([python, "-m", "venv", str(environment)], check=True)
        own["PATH"] = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
        for command in commands(job, values):
            print(f"  {command.text.strip()}", flush=True)
            if how.only_list:
                continue
            env = os.environ | own | command.env
            if "GITHUB_ACTION_PATH" in env:
                env["GITHUB_ACTION_PATH"] = str(tree / env["GITHUB_ACTION_PATH"])
            code = run_command(command.text, tree / command.folder, env, how.minutes)
            if code is None:
                print(f"  stopped after {how.minutes:g} minutes", flush=True)
            elif code:
                print(f"  failed with {code}", flush=True)
                return False
    return True


def run_command(text: str, folder: Path, env: Values, minutes: float | None) -> int | None:
    """Return the exit code of a command, or None if it was stopped with all that it started."""
    with subprocess.Popen(
        ["bash", "-eo", "pipefail", "-c", text], cwd=folder, env=env, start_new_session=True
    ) as process:
        try:
            return process.wait(None if minutes is None else 60 * minutes)
        except BaseException as reason:  # an interrupt does not reach a session of its own
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(reason, subprocess.TimeoutExpired):
                raise
            return None


def main() -> None:
    """Run the jobs that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workflow", help="a file of .github/workflows")
    parser.add_argument("jobs", nargs="*", help="some of its jobs (default: all)")
    parser.add_argument("--list", action="store_true", help="run nothing")
    parser.add_argument(
        "--row",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="only the rows of a matrix with this value (all of them, if given twice)",
    )
    parser.add_argument(
        "--minutes",
        type=float,
        help="stop each command after so many minutes, which is no failure (default: never)",
    )
    options = parser.parse_args()
    how = How(options.list, options.minutes)
    workflow = yaml.safe_load((WORKFLOWS / options.workflow).read_text(encoding="utf-8"))
    jobs = workflow["jobs"]
    if unknown := set(options.jobs) - set(jobs):
        parser.error(f"there is no job {', '.join(sorted(unknown))}: {', '.join(jobs)}")
    # A workflow that is called or started by hand is run with its defaults.
    events = workflow[True] if isinstance(workflow[True], dict) else {}
    by_hand = events.get("workflow_call") or events.get("workflow_dispatch") or {}
    values = with_inputs(by_hand.get("inputs", {}), {}, {})
    wanted = dict(one.partition("=")[::2] for one in options.row)
    results = [run_job(name, jobs[name], values, wanted, how=how) for name in options.jobs or jobs]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Run the commands of a workflow here, in their order, as a runner of GitHub would.

    scripts/run_workflow.py release.yml              every job, each with every value of its matrix
    scripts/run_workflow.py ci.yml lint packages     some jobs
    scripts/run_workflow.py ci.yml --list            what would be run and what would be skipped

Each job gets a clone of the last commit, and a new virtual environment of the Python that it sets
up. What only GitHub can do is skipped, with the reason: other actions, other systems, a Python that
is not on this machine, and jobs that need a token. Exit code 1 if a command failed.
"""

import argparse
import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


class Skipped(Exception):  # noqa: N818 - it is no error
    """Why a job or a step is not run here."""


def variants(job: dict[str, Any]) -> list[dict[str, str]]:
    """Return the values of the matrix, one dict for each run of the job."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    included = matrix.pop("include", [])
    if not matrix:
        return included or [{}]
    return [dict(zip(matrix, row, strict=True)) for row in itertools.product(*matrix.values())]


def filled(text: str, values: dict[str, str]) -> str:
    """Return a text with the values of the matrix in the place of their expressions."""
    found = re.sub(r"\$\{\{ matrix\.([\w-]+) \}\}", lambda match: values[match[1]], str(text))
    if "${{" in found:
        raise Skipped(f"only GitHub knows {found}")
    return found


def command_of(step: dict[str, Any], values: dict[str, str]) -> tuple[str, dict[str, str]] | None:
    """Return the command of a step and its variables, None if it is done already, or refuse it."""
    if "if" in step:
        raise Skipped(f"only if {step['if']}")
    if "run" in step:
        env = {name: filled(value, values) for name, value in step.get("env", {}).items()}
        return step["run"], env
    action = step["uses"].partition("@")[0]
    if action in {"actions/checkout", "actions/setup-python"}:
        return None
    raise Skipped(f"the action {action} runs on GitHub only")


def commands(job: dict[str, Any], values: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the commands of a job and their variables; print what is skipped."""
    shared = {name: filled(value, values) for name, value in job.get("env", {}).items()}
    for step in job["steps"]:
        try:
            found = command_of(step, values)
        except Skipped as reason:
            print(f"  skipped: {reason}", flush=True)
        else:
            if found:
                yield found[0], shared | found[1]


def python_of(job: dict[str, Any], values: dict[str, str]) -> str:
    """Return the interpreter that a job sets up, or refuse the job."""
    if "uses" in job:
        raise Skipped(f"it calls {job['uses']}")
    system = filled(job["runs-on"], values)
    if not system.startswith("ubuntu"):
        raise Skipped(f"it runs on {system}")
    writes = [name for name, kind in job.get("permissions", {}).items() if kind == "write"]
    if writes:
        raise Skipped(f"it needs a token for: {', '.join(writes)}")
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/setup-python@"):
            version = filled(step["with"]["python-version"], values)
            if found := shutil.which(f"python{version}"):
                return found
            raise Skipped(f"there is no python{version} here")
    return sys.executable


def run_job(name: str, job: dict[str, Any], values: dict[str, str], *, listed: bool) -> bool:
    """Run the commands of one job; return whether none failed."""
    print(f"== {name} {values or ''}".rstrip(), flush=True)
    try:
        python = python_of(job, values)
    except Skipped as reason:
        print(f"  skipped: {reason}", flush=True)
        return True
    with tempfile.TemporaryDirectory() as folder:
        tree, environment = Path(folder, "tree"), Path(folder, "env")
        if not listed:
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(tree)], check=True)
            subprocess.run([python, "-m", "venv", str(environment)], check=True)
        for command, env in commands(job, values):
            print(f"  {command.strip()}", flush=True)
            if listed:
                continue
            path = os.pathsep.join([str(environment / "bin"), os.environ["PATH"]])
            done = subprocess.run(
                ["bash", "-eo", "pipefail", "-c", command],
                cwd=tree, env=os.environ | {"CI": "true", "PATH": path} | env, check=False,
            )  # fmt: skip
            if done.returncode:
                print(f"  failed with {done.returncode}", flush=True)
                return False
    return True


def main() -> None:
    """Run the jobs that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workflow", help="a file of .github/workflows")
    parser.add_argument("jobs", nargs="*", help="some of its jobs (default: all)")
    parser.add_argument("--list", action="store_true", help="run nothing")
    options = parser.parse_args()
    text = (ROOT / ".github" / "workflows" / options.workflow).read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    if unknown := set(options.jobs) - set(jobs):
        parser.error(f"there is no job {', '.join(sorted(unknown))}: {', '.join(jobs)}")
    results = [
        run_job(name, jobs[name], values, listed=options.list)
        for name in options.jobs or jobs
        for values in variants(jobs[name])
    ]
    sys.exit(not all(results))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Write constraints.txt: what pip installs today, on each supported Python that is here.

    scripts/renew_constraints.py            # python3.11, python3.12, ... as far as there are
    scripts/renew_constraints.py --lowest   # constraints-lowest.txt, from the two pyproject.toml

A version that differs between Pythons has one line for each, with a marker; the last line of a
package is also for newer Pythons than those that were asked. Nothing is installed.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
HEADER = """\
# What CI installs: versions only, for Python {pythons}.
# Written by scripts/renew_constraints.py; docs/maintaining.md says when.
"""
LOWEST_HEADER = """\
# The lowest versions that the two packages declare, which a job of CI installs and tests.
# Written by scripts/renew_constraints.py --lowest; a test compares it with both pyproject.toml.
"""
WANTED = [
    "./conformance[frames,typing]",
    *("--group", "dev"),
    *("--group", "parallel"),
    *("--group", "release"),
]
WITHOUT_TENSORFLOW = {"3.14"}
"""Pythons for which TensorFlow has no release."""


def resolve(python: str, *, with_tensorflow: bool) -> dict[str, str]:
    """Return the version of each package that pip would install for a Python."""
    reference = "./reference[tensorflow-cpu,jax]" if with_tensorflow else "./reference[jax]"
    with tempfile.TemporaryDirectory() as folder:
        pip = [f"{folder}/bin/python", "-m", "pip", "--quiet", "install"]
        report = Path(folder, "report.json")
        subprocess.run([python, "-m", "venv", folder], check=True)
        subprocess.run([*pip, "pip>=25.1"], check=True)
        command = [*pip, "--dry-run", "--ignore-installed", "--report", str(report), reference]
        command += WANTED
        subprocess.run(command, cwd=ROOT, check=True)
        installed = json.loads(report.read_text(encoding="utf-8"))["install"]
    versions = {
        item["metadata"]["name"]: item["metadata"]["version"].partition("+")[0]
        for item in installed
        if not item["metadata"]["name"].startswith("scikeras-")
    }
    # Other systems than Linux have TensorFlow under its other name.
    if with_tensorflow:
        versions["tensorflow"] = versions["tensorflow_cpu"]
    return versions


def merged(found: dict[str, dict[str, str]]) -> list[str]:
    """Return one line for each package, or for each of its versions, with the Pythons it is for."""
    pythons = list(found)
    lines = []
    for name in sorted({name for one in found.values() for name in one}, key=str.lower):
        for version, group in groupby(pythons, key=lambda python: found[python].get(name)):
            covered = list(group)
            if version is not None:
                after = pythons[pythons.index(covered[-1]) + 1 :]
                bounds = [f'python_version >= "{covered[0]}"'] if covered[0] != pythons[0] else []
                bounds += [f'python_version < "{after[0]}"'] if after else []
                marker = " ; " + " and ".join(bounds) if bounds else ""
                lines.append(f"{name}=={version}{marker}")
    return lines


def lowest() -> list[str]:
    """Return the lowest declared version of each dependency of the two packages."""
    declared = []
    for package in ("conformance", "reference"):
        text = (ROOT / package / "pyproject.toml").read_text(encoding="utf-8")
        project = tomllib.loads(text)["project"]
        declared += project["dependencies"]
        declared += [one for extra in project["optional-dependencies"].values() for one in extra]
    pinned = {re.sub(r">=([\w.]+).*", r"==\1", requirement) for requirement in declared}
    return sorted(pinned, key=str.lower)


def main() -> None:
    """Write one of the two files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lowest", action="store_true", help="write constraints-lowest.txt")
    if parser.parse_args().lowest:
        text = LOWEST_HEADER + "\n".join(lowest()) + "\n"
        (ROOT / "constraints-lowest.txt").write_text(text, encoding="utf-8")
        return
    here = {python: path for python in PYTHONS if (path := shutil.which(f"python{python}"))}
    if not here:
        sys.exit(f"There is none of python{', python'.join(PYTHONS)} on the path.")
    found = {
        python: resolve(path, with_tensorflow=python not in WITHOUT_TENSORFLOW)
        for python, path in here.items()
    }
    lines = merged(found)
    text = HEADER.format(pythons=", ".join(here)) + "\n".join(lines) + "\n"
    (ROOT / "constraints.txt").write_text(text, encoding="utf-8")
    print(f"constraints.txt: Python {', '.join(here)}, {len(lines)} lines")
    if missing := [python for python in PYTHONS if python not in here]:
        print(f"Not asked: Python {', '.join(missing)}. What differs there is to be added by hand.")


if __name__ == "__main__":
    main()

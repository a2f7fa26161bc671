#!/usr/bin/env python3
"""Write the notes of a release from CHANGELOG.md, or say why the release is not ready.

    scripts/release_notes.py v1.2.3 --dist dist --output notes.md

Refused are: a version without a section in the changelog, distributions of another version, and
metadata that still has the placeholder of the owner of the repository.
"""

import argparse
import os
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
# In two parts, so that replacing the placeholder everywhere leaves this search alone.
PLACEHOLDER = re.compile(rf"\b{'OWN'}{'ER'}\b")


def notes_of(version: str, changelog: str) -> str:
    """Return the section of a version, without its heading; empty if there is none."""
    section = rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|^\[|\Z)"
    found = re.search(section, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def with_absolute_links(notes: str, files: str) -> str:
    """Return notes whose links lead to files of the repository at the tag.

    Parameters
    ----------
    notes : str
        With links that are relative to the repository.
    files : str
        Address of the files at the tag, without a slash at the end.
    """
    return re.sub(r"\]\((?![a-z]+:|#)", f"]({files}/", notes)


def faults_of(version: str, changelog: str, dist: Path) -> list[str]:
    """Return what keeps a version from being released."""
    faults = []
    if not notes_of(version, changelog):
        faults.append(f"CHANGELOG.md has no section [{version}]: rename [Unreleased]")
    wheels = sorted(dist.glob("*.whl"))
    if len(wheels) != 2:
        faults.append(f"{dist} has {len(wheels)} wheels instead of two: run scripts/build")
    for wheel in wheels:
        if wheel.name.split("-")[1] != version:
            faults.append(f"{wheel.name} is not of version {version}: build the commit of the tag")
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            metadata = archive.read(name).decode()
        if found := PLACEHOLDER.search(metadata):
            faults.append(f"{wheel.name} has the placeholder {found[0]}, not the owner's name")
    return faults


def main() -> None:
    """Write the notes, or exit with the list of faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tag", help="the tag, with its v")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="folder of both packages")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--repository",
        default=os.environ.get("GITHUB_REPOSITORY", ""),
        help="owner and name, for the links of the notes (default: that of the workflow)",
    )
    options = parser.parse_args()
    version = options.tag.removeprefix("v")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if faults := faults_of(version, changelog, options.dist):
        sys.exit("not ready to be released:\n" + "\n".join(f"  {fault}" for fault in faults))
    notes = notes_of(version, changelog)
    if options.repository:
        files = f"https://github.com/{options.repository}/blob/{options.tag}"
        notes = with_absolute_links(notes, files)
    options.output.write_text(notes + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

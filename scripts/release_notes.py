#!/usr/bin/env python3
"""Write the notes of a release from CHANGELOG.md, or say why the release is not ready.

    scripts/release_notes.py v1.2.3 --dist dist --output notes.md

Refused are: a version without a section in the changelog, distributions of another version, and
metadata that still names OWNER instead of the owner of the repository.
"""

import argparse
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PLACEHOLDER = "/OWNER/"


def notes_of(version: str, changelog: str) -> str:
    """Return the section of a version, without its heading; empty if there is none."""
    section = rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|^\[|\Z)"
    found = re.search(section, changelog, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


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
        if PLACEHOLDER in metadata:
            faults.append(f"{wheel.name} names OWNER: replace it by the owner of the repository")
    return faults


def main() -> None:
    """Write the notes, or exit with the list of faults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tag", help="the tag, with its v")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist", help="folder of both packages")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    version = options.tag.removeprefix("v")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if faults := faults_of(version, changelog, options.dist):
        sys.exit("not ready to be released:\n" + "\n".join(f"  {fault}" for fault in faults))
    options.output.write_text(notes_of(version, changelog) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

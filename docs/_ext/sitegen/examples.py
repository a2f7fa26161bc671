"""The examples on the pages of the clauses, and the command that runs them.

``docs/examples/CHAPTER.toml`` has an example for each clause that can be shown in a few lines, and
the name of a mutant for which it fails, if there is one. ``python -m sitegen.examples`` runs each
example with the reference, where it must pass, and with the mutant, where it must fail.
"""

import contextlib
import io
import os
import sys
import tomllib
import traceback
import warnings
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sitegen.material import Example

__all__ = ["faults_of", "load_examples", "preamble"]

FOLDER = Path(__file__).parents[2] / "examples"

IMPORT = "from your_package.wrappers import"
WRAPPERS = ("BaseWrapper", "KerasClassifier", "KerasRegressor")


def preamble(folder: Path = FOLDER) -> str:
    """Return the code that every example starts with."""
    return (folder / "before.py").read_text(encoding="utf-8")


def load_examples(folder: Path = FOLDER) -> dict[str, Example]:
    """Read the examples of all chapters.

    Parameters
    ----------
    folder : Path
        The folder of the files.

    Returns
    -------
    dict of str to Example
        The examples, by the id of the clause.

    Raises
    ------
    ValueError
        If an entry is in the file of another chapter, or has missing or unknown keys.
    """
    found: dict[str, Example] = {}
    for path in sorted(folder.glob("*.toml")):
        for clause, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if clause.partition("-")[0] != path.stem or set(entry) - {"broken-by"} != {"code"}:
                raise ValueError(
                    f"{path.name}: the entry {clause} belongs to another file, or has missing or "
                    "unknown keys"
                )
            found[clause] = Example(clause, entry["code"].strip("\n"), entry.get("broken-by", ""))
    return found


def run(example: Example, wrappers: Any) -> None:
    """Run an example with an implementation, and discard its output."""
    space = {name: getattr(wrappers, name) for name in WRAPPERS}
    # The wrappers are in the namespace already.
    before = "\n".join(line for line in preamble().splitlines() if not line.startswith(IMPORT))
    name = f"<example of {example.clause}>"
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(before, name, "exec"), space)  # noqa: S102 - the project's own code
        exec(compile(example.code, name, "exec"), space)  # noqa: S102


def faults_of(example: Example, reference: Any, mutants: Mapping[str, Any]) -> list[str]:
    """Run an example with the reference and with its mutant.

    Parameters
    ----------
    example : Example
        The example to run.
    reference : object
        An object with the three wrappers.
    mutants : mapping of str to object
        Objects with the three wrappers. The attribute ``clause`` names the clause that they break.

    Returns
    -------
    list of str
        Error messages: the example fails with the reference, or passes with the mutant.
    """
    faults = []
    failure = _failure(example, reference)
    if failure:
        faults.append(f"{example.clause}: fails with the reference: {failure}")
    if example.broken_by:
        mutant = mutants.get(example.broken_by)
        if mutant is None or mutant.clause != example.clause:
            faults.append(f"{example.clause}: {example.broken_by!r} is not a mutant of that clause")
        elif not _failure(example, mutant):
            faults.append(f"{example.clause}: does not fail with {example.broken_by}")
    return faults


def _failure(example: Example, wrappers: Any) -> str:
    try:
        run(example, wrappers)
    except Exception:
        return traceback.format_exc()[-1500:]
    return ""


def _run_one(example: Example) -> list[str]:
    """Run an example in a worker process."""
    import scikeras_reference
    from mutants import MUTANTS

    return faults_of(example, scikeras_reference, MUTANTS)


def main(arguments: list[str]) -> int:
    """Run all examples, or those of the given chapters and clauses, and return the exit code."""
    examples = [
        example
        for clause, example in load_examples().items()
        if not arguments or {clause, clause.partition("-")[0]} & set(arguments)
    ]
    if not examples:
        print("No example matches.", file=sys.stderr)
        return 2
    with ProcessPoolExecutor(min(4, os.cpu_count() or 1), get_context("spawn")) as pool:
        faults = [fault for found in pool.map(_run_one, examples) for fault in found]
    for fault in faults:
        print(fault, file=sys.stderr)
    without_mutant = sum(not example.broken_by for example in examples)
    print(f"{len(examples)} examples, {without_mutant} without a mutant, {len(faults)} faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

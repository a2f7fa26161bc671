"""The examples on the pages of the clauses, and the command that runs them.

``docs/examples/CHAPTER.toml`` has the code for each clause that can be shown in a few lines, and
the mutant that it fails with, where there is one. ``python -m sitegen.examples`` runs each with the
reference, where it has to come to its end, and with the mutant, where it may not.
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
    """Give the code that stands before each example."""
    return (folder / "before.py").read_text(encoding="utf-8")


def load_examples(folder: Path = FOLDER) -> dict[str, Example]:
    """Read the examples of all chapters.

    Parameters
    ----------
    folder : Path
        Where the files are.

    Returns
    -------
    dict of str to Example
        By the id of the clause.

    Raises
    ------
    ValueError
        If an entry stands in the file of another chapter, or has other keys than it should.
    """
    found: dict[str, Example] = {}
    for path in sorted(folder.glob("*.toml")):
        for clause, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            if clause.partition("-")[0] != path.stem or set(entry) - {"broken-by"} != {"code"}:
                raise ValueError(f"{path.name}: the entry {clause} is of another form")
            found[clause] = Example(clause, entry["code"].strip("\n"), entry.get("broken-by", ""))
    return found


def run(example: Example, wrappers: Any) -> None:
    """Run an example with an implementation; what it prints is of no interest."""
    space = {name: getattr(wrappers, name) for name in WRAPPERS}
    # The wrappers are there already.
    before = "\n".join(line for line in preamble().splitlines() if not line.startswith(IMPORT))
    name = f"<example of {example.clause}>"
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(before, name, "exec"), space)  # noqa: S102 - the project's own code
        exec(compile(example.code, name, "exec"), space)  # noqa: S102


def faults_of(example: Example, reference: Any, mutants: Mapping[str, Any]) -> list[str]:
    """Run an example with the reference, and with the mutant that it names.

    Parameters
    ----------
    example : Example
        What to run.
    reference : object
        Has the three wrappers.
    mutants : mapping of str to object
        So has each of these; the attribute ``clause`` says what it breaks.

    Returns
    -------
    list of str
        What is wrong: it fails with the reference, or does not with the mutant.
    """
    faults = []
    failure = _failure(example, reference)
    if failure:
        faults.append(f"{example.clause}: fails with the reference: {failure}")
    if example.broken_by:
        mutant = mutants.get(example.broken_by)
        if mutant is None or mutant.clause != example.clause:
            faults.append(f"{example.clause}: {example.broken_by!r} is no mutant of that clause")
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
    """Run an example in a process that has nothing yet."""
    import scikeras_reference
    from mutants import MUTANTS

    return faults_of(example, scikeras_reference, MUTANTS)


def main(arguments: list[str]) -> int:
    """Run the examples, or those of the chapters and clauses that are named."""
    examples = [
        example
        for clause, example in load_examples().items()
        if not arguments or {clause, clause.partition("-")[0]} & set(arguments)
    ]
    if not examples:
        print("There is no such example.", file=sys.stderr)
        return 2
    with ProcessPoolExecutor(min(4, os.cpu_count() or 1), get_context("spawn")) as pool:
        faults = [fault for found in pool.map(_run_one, examples) for fault in found]
    for fault in faults:
        print(fault, file=sys.stderr)
    alone = sum(not example.broken_by for example in examples)
    print(f"{len(examples)} examples, {alone} of them without a mutant, {len(faults)} faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

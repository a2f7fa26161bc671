"""Run a program in a new Python process that has not imported the subject."""

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from scikeras_conformance.runner.context import CheckContext

__all__ = ["run_in_fresh_interpreter"]

STARTED_WITH = dict(os.environ)
"""The environment before the subject was imported here, which may have changed it."""

HEAD = """
import importlib, json, sys, traceback

given = json.loads(sys.argv[1])
sys.path[:] = given["path"]


def load(place):
    module, _, attributes = place.partition(":")
    found = importlib.import_module(module)
    for attribute in attributes.split("."):
        found = getattr(found, attribute) if attribute else found
    return found


def subject():
    spec = given["spec"]
    if "=" in spec:
        parts = dict(part.strip().partition("=")[::2] for part in spec.split(","))
        classes = {wrapper: load(place) for wrapper, place in parts.items()}
        return classes, constructor(None)
    holder = load(spec)
    names = {"base": "BaseWrapper", "classifier": "KerasClassifier", "regressor": "KerasRegressor"}
    offered = {key: name for key, name in names.items() if hasattr(holder, name)}
    classes = {wrapper: getattr(holder, name) for wrapper, name in offered.items()}
    return classes, constructor(holder)


def constructor(holder):
    construct = getattr(holder, "construct", lambda cls, *args, **params: cls(*args, **params))
    ready_made = {
        "data-first": lambda builder: lambda X=None, y=None, **keywords: builder(**keywords),
        "shapes": lambda builder: lambda input_shape, output_shape, **keywords: builder(**keywords),
        "none": lambda builder: builder(),
        "adapter": getattr(holder, "wrap_builder", None),
    }
    wrap = ready_made.get(given["protocol"])
    if wrap is None:
        return construct
    return lambda cls, builder, **params: construct(cls, wrap(builder), **params)
"""
"""The start of every program."""

TAIL = """
def main():
    try:
        prepared = prepare()
    except Exception:
        return {"suite": traceback.format_exc()}
    try:
        used = use(prepared, *subject())
    except (Exception, SystemExit) as error:
        return {"subject": f"{type(error).__name__}: {error}"}
    try:
        return {"found": conclude(prepared, used)}
    except Exception:
        return {"suite": traceback.format_exc()}


result = main()
with open(given["result"], "w", encoding="utf-8") as file:
    json.dump(result, file)
"""


def run_in_fresh_interpreter(context: CheckContext, program: str, what: str) -> Any:
    """Return what a program finds out about the subject in a new process.

    Parameters
    ----------
    context : CheckContext
        Its subject is passed to the program.
    program : str
        Python source of three functions. ``prepare()`` is called before the subject is imported,
        ``use(prepared, classes, construct)`` does what only the subject can fail in, and the
        value that ``conclude(prepared, used)`` returns is sent back as JSON.
    what : str
        What is done, in words that form a sentence with "raised ...".

    Raises
    ------
    RuntimeError
        If the program itself fails; that is an error of the suite.
    """
    subject = context.subject
    result = _result_of(subject.spec, str(subject.builder_protocol), program, tuple(sys.path))
    if "suite" in result:
        raise RuntimeError(result["suite"])
    # What is found out afterwards is what a clause is about.
    if "ended" in result:
        context.stop(what, f"ended the process: {result['ended']}")
    if "subject" in result:
        context.stop(what, f"raised {result['subject']}")
    return result["found"]


@cache
def _result_of(spec: str, protocol: str, program: str, path: tuple[str, ...]) -> dict[str, Any]:
    """Run a program once for all checks, wrappers and cases that need its result."""
    with tempfile.TemporaryDirectory(prefix="scikeras-conformance-") as folder:
        file = Path(folder, "result.json")
        given = {
            "spec": spec,
            "protocol": protocol,
            "path": [entry or "." for entry in path],
            "result": str(file),
        }
        done = subprocess.run(  # noqa: S603 - this very Python, and a program of the suite's own
            [sys.executable, "-W", "ignore", "-c", HEAD + program + TAIL, json.dumps(given)],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            env=STARTED_WITH,
        )
        if not file.exists():
            return {"ended": f"exit code {done.returncode}, {done.stderr.strip()[-300:]!r}"}
        result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return result

"""TYP-2 and TYP-3: what mypy reports about a program that uses the wrappers."""

import importlib.util
import os
import site
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

from scikeras_conformance.catalog.check import Shares, Wrapper, check
from scikeras_conformance.runner.context import CheckContext, show

PLACES = {"base": "BaseWrapper", "classifier": "KerasClassifier", "regressor": "KerasRegressor"}

USING = """\
from typing import Any

import numpy as np
from {module} import {first}


def build(units: int = 1, *, rate: float = 0.1) -> Any:
    raise NotImplementedError(units, rate)


X = np.zeros((4, 2), dtype=np.float32)
y = np.array([0, 1, 0, 1])
weights = np.ones(4)

estimator = {name}(
    build, units=3, optimizer="sgd", loss="mse", epochs=2, verbose=0, random_state=1,
    optimizer__learning_rate=0.1, fit__batch_size=2,
)
fitted: {name} = estimator.fit(X, y)
fitted.fit(X, y, sample_weight=weights).predict(X)
trained: {name} = fitted.partial_fit(X, y)
ready: {name} = fitted.initialize(X, y)
prediction = fitted.predict(X)
number: float = fitted.score(X, y)
params: dict[str, Any] = estimator.get_params()
changed: {name} = estimator.set_params(epochs=3)
model = fitted.model_

{name}(build).fit(X, y).predict(X)
{name}(build).partial_fit(X, y).predict(X)
{name}(build).initialize(X, y).predict(X)
{name}(build).set_params(epochs=3).fit(X, y).score(X, y)
{name}(build).fit(X, y).predict_proba(X)
{name}(build).fit(X, y).decision_function(X)
"""
"""A user's program, also for the base wrapper, which has all methods but no scorer."""

CACHE = "cache"
"""Where mypy keeps what it found out, in the folder of the programs, which is deleted."""

METHODS = (
    *("initialize", "fit", "partial_fit", "predict", "predict_proba", "decision_function"),
    *("score", "get_params", "set_params"),
)
"""The public methods of wrappers, of which not every one has all."""


def place_of(context: CheckContext, wrapper: str) -> tuple[str, str]:
    """Return the module that a user imports a wrapper from, and its name there.

    The public classes behind an adapter are imported from where they are defined.
    """
    spec = context.subject.spec
    if "=" in spec:
        parts = dict(part.strip().partition("=")[::2] for part in spec.split(","))
        module, _, name = parts[wrapper].partition(":")
        return module, name
    if ":" not in spec:
        return spec, PLACES[wrapper]
    cls = context.subject.public_class(
        next(key for key in context.subject.classes if key == wrapper)
    )
    return cls.__module__, cls.__qualname__


def errors_of_mypy(context: CheckContext, wrapper: str) -> tuple[list[str], dict[str, str]]:
    """Type-check a small program for one wrapper.

    Parameters
    ----------
    context : CheckContext
        Its subject is used in the program.
    wrapper : str
        The wrapper that the program uses.

    Returns
    -------
    list of str
        The errors, in mypy's words.
    dict
        From each method that the subject defines to its type, in mypy's words.
    """
    if importlib.util.find_spec("mypy") is None:
        context.unavailable("mypy is not installed. Install it: python -m pip install mypy")
    programs = tuple((_file(context, name), _program(context, name)) for name in _offered(context))
    lines = _output(programs, _search_path(context)).splitlines()
    file = _file(context, wrapper)
    mine = [line.partition(": ")[2] for line in lines if line.startswith(f"{file}:")]
    errors = [line.removeprefix("error: ") for line in mine if line.startswith("error: ")]
    notes = [line for line in mine if line.startswith("note: Revealed type is ")]
    types = [line.removeprefix("note: Revealed type is ").strip('"') for line in notes]
    revealed = _revealed(context, wrapper)
    if len(types) != len(revealed):
        errors += [line for line in lines if ": error: " in line and line not in errors][:1]
        context.require(errors, f"mypy failed: {' '.join(lines)[:300]}")
        return errors, {}
    return errors, dict(zip(revealed, types, strict=True))


def _offered(context: CheckContext) -> list[str]:
    """Return the wrappers that there are."""
    return [name for name in PLACES if name in context.subject.classes]


def _file(context: CheckContext, wrapper: str) -> str:
    """Return the name of a program, by which mypy knows one from that of another subject."""
    return f"{wrapper}_of_{place_of(context, wrapper)[0].replace('.', '_')}.py"


def _class_of(context: CheckContext, wrapper: str) -> type:
    return context.subject.public_class(Wrapper(wrapper))


def _program(context: CheckContext, wrapper: str) -> str:
    """Return a program that uses a wrapper, and reveals the types of its methods."""
    absent = _absent(context, wrapper)
    lines = [line for line in USING.splitlines() if not any(one in line for one in absent)]
    module, name = place_of(context, wrapper)
    first = name.partition(".")[0]
    text = "\n".join(lines).format(module=module, first=first, name=name)
    shown = (f"reveal_type({name}.{method})" for method in _revealed(context, wrapper))
    return "\n".join([text, *shown, ""])


def _absent(context: CheckContext, wrapper: str) -> list[str]:
    """Return calls of methods that no wrapper has; other checks are about whether they have."""
    classes = context.subject.classes.values()
    methods = [
        name
        for name in ("partial_fit", "initialize")
        if not any(hasattr(cls, name) for cls in classes)
    ]
    # No wrapper but the classifier has these two, and it does not have to.
    cls = _class_of(context, wrapper)
    methods += [name for name in ("predict_proba", "decision_function") if not hasattr(cls, name)]
    return [f".{name}(" for name in methods]


def _revealed(context: CheckContext, wrapper: str) -> list[str]:
    """Return the public methods that the package of a wrapper defines, in a fixed order."""
    cls = _class_of(context, wrapper)
    top = cls.__module__.partition(".")[0]
    own = [one for one in cls.__mro__ if one.__module__.partition(".")[0] == top]
    return [name for name in METHODS if any(name in vars(one) for one in own)]


@cache
def _output(programs: tuple[tuple[str, str], ...], path: str) -> str:
    """Run mypy once, over the programs of all wrappers."""
    with tempfile.TemporaryDirectory(prefix="scikeras-conformance-") as folder:
        for file, text in programs:
            Path(folder, file).write_text(text, encoding="utf-8")
        options = [
            # Errors inside the modules of the subject do not count.
            *("--strict", "--follow-imports=silent", "--config-file=", "--no-error-summary"),
            *("--no-pretty", "--no-color-output", "--hide-error-context"),
            f"--cache-dir={CACHE}",
        ]
        done = subprocess.run(  # noqa: S603 - this very Python, and programs of the suite's own
            [sys.executable, "-m", "mypy", *options, *(file for file, _ in programs)],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={**os.environ, "MYPYPATH": path},
        )
        if done.returncode not in (0, 1) and ": error: " not in done.stdout:
            raise RuntimeError(f"mypy ended with {done.returncode}: {done.stderr[-1000:]}")
        return done.stdout


def _search_path(context: CheckContext) -> str:
    """Return the folders of the subject that are not on mypy's default search path."""
    installed = {Path(entry).resolve() for entry in [*site.getsitepackages(), *_of_sysconfig()]}
    folders: dict[Path, None] = {}
    for name in _offered(context):
        spec = importlib.util.find_spec(place_of(context, name)[0].partition(".")[0])
        locations = list(spec.submodule_search_locations or [spec.origin or ""]) if spec else []
        for location in locations:
            folder = Path(location).resolve().parent
            if folder not in installed:
                folders[folder] = None
    return os.pathsep.join(map(str, folders))


def _of_sysconfig() -> list[str]:
    return [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]


@check(
    "TYP-2.user-program",
    verifies="a small program that uses the wrapper, also in chained calls, type-checks under mypy "
    "--strict",
    impact="projects with type checking have to silence the checker wherever they use the wrapper",
    shares=Shares.PROCESSES,
)
def user_program(context: CheckContext) -> None:
    errors, _ = errors_of_mypy(context, str(context.wrapper))
    if errors:
        message = "mypy --strict reports " + "; ".join(map(show, errors[:3]))
        context.fail(message, follows=_reason(errors))


@check(
    "TYP-3.seen-by-mypy",
    verifies="mypy infers the type of every public method through all decorators and base classes",
    impact="annotations are lost on the way, and mypy accepts every call of the method",
    shares=Shares.PROCESSES,
)
def seen_by_mypy(context: CheckContext) -> None:
    errors, types = errors_of_mypy(context, str(context.wrapper))
    context.require(types, "mypy does not find the methods: " + "; ".join(map(show, errors[:3])))
    # A decorator may also leave nothing but that something can be called.
    lost = [
        name for name, found in types.items() if found == "Any" or found.startswith("def (*Any")
    ]
    if lost:
        message = f"mypy infers no signature for {' and '.join(lost)}"
        context.fail(message, follows=_reason(errors))


def _reason(errors: list[str]) -> str:
    """Return the check that fails for the same reason: without the marker, mypy sees no types."""
    return "TYP-1.marker" if any("py.typed marker" in error for error in errors) else ""

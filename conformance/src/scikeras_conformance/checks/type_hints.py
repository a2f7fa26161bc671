"""Chapter TYP: what a type checker knows of the wrappers."""

import importlib.util
from pathlib import Path

from scikeras_conformance.catalog.check import check
from scikeras_conformance.checks._support.annotations import (
    missing_annotations,
    own_classes,
    public_methods,
)
from scikeras_conformance.checks._support.mypy import errors_of_mypy
from scikeras_conformance.runner.context import CheckContext, show

# Every user calls these; the program asks mypy for their types.
ASKED = ("fit", "predict")


@check(
    "TYP-1.marker",
    verifies="the package that the wrapper is defined in ships py.typed",
    impact="type checkers take no notice of the annotations, and nobody is told",
)
def marker(context: CheckContext) -> None:
    parts = context.public_class.__module__.split(".")
    packages = [".".join(parts[: end + 1]) for end in range(len(parts))]
    folders = [
        Path(location)
        for package in packages
        if (spec := importlib.util.find_spec(package)) is not None
        for location in spec.submodule_search_locations or []
    ]
    context.require(
        folders,
        f"{context.public_class.__module__} is a module alone; only a package can ship py.typed",
    )
    # A namespace that several distributions share has no marker of its own.
    found = [folder for folder in folders if (folder / "py.typed").is_file()]
    context.require(found, f"there is no py.typed in the package {packages[0]}")


@check(
    "TYP-2.user-program",
    verifies="a small program that uses the wrapper type-checks under mypy --strict",
    impact="projects that check their types have to silence the checker wherever they use it",
)
def user_program(context: CheckContext) -> None:
    errors, _ = errors_of_mypy(context, str(context.wrapper), ASKED)
    context.require(not errors, "mypy --strict finds " + "; ".join(map(show, errors[:3])))


@check(
    "TYP-3.signatures",
    verifies="public methods say the types of all that they take and return",
    impact="mistakes in a call are found when it runs, hours into a job",
)
def signatures(context: CheckContext) -> None:
    gaps = []
    for cls in own_classes(context.public_class):
        with context.doing(f"reading the source of {cls.__qualname__}"):
            methods = public_methods(cls)
        gaps += [
            f"{cls.__qualname__}.{name} ({', '.join(missing_annotations(node))})"
            for name, nodes in methods.items()
            for node in nodes
            if missing_annotations(node)
        ]
    context.require(not gaps, "not every type is said in " + "; ".join(gaps[:5]))


@check(
    "TYP-3.seen-by-mypy",
    verifies="mypy knows the types of fit and predict, behind every decorator and base class",
    impact="annotations that are there are lost on the way, and every call of the method is allowed",
)
def seen_by_mypy(context: CheckContext) -> None:
    errors, types = errors_of_mypy(context, str(context.wrapper), ASKED)
    context.require(types, "mypy finds no such methods: " + "; ".join(map(show, errors[:3])))
    lost = [name for name, found in types.items() if found == "Any"]
    context.require(not lost, f"to mypy the type of {' and '.join(lost)} is Any")

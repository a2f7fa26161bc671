"""Chapter TYP: what a type checker knows of the wrappers."""

import importlib.util
from pathlib import Path

from scikeras_conformance.catalogue import check
from scikeras_conformance.checks._annotations import own_classes, public_methods, unsaid
from scikeras_conformance.checks._mypy import complaints_of_mypy
from scikeras_conformance.trial import Trial, show

# Every user calls these; the program asks mypy for their types.
ASKED = ("fit", "predict")


@check(
    "TYP-1.marker",
    shows="the package that the wrapper is defined in ships py.typed",
    costs="type checkers take no notice of the annotations, and nobody is told",
)
def marker(trial: Trial) -> None:
    parts = trial.original.__module__.split(".")
    packages = [".".join(parts[: end + 1]) for end in range(len(parts))]
    folders = [
        Path(location)
        for package in packages
        if (spec := importlib.util.find_spec(package)) is not None
        for location in spec.submodule_search_locations or []
    ]
    trial.require(
        folders,
        f"{trial.original.__module__} is a module alone; only a package can ship py.typed",
    )
    # A namespace that several distributions share has no marker of its own.
    found = [folder for folder in folders if (folder / "py.typed").is_file()]
    trial.require(found, f"there is no py.typed in the package {packages[0]}")


@check(
    "TYP-2.user-program",
    shows="a small program that uses the wrapper type-checks under mypy --strict",
    costs="projects that check their types have to silence the checker wherever they use it",
)
def user_program(trial: Trial) -> None:
    errors, _ = complaints_of_mypy(trial, str(trial.wrapper), ASKED)
    trial.require(not errors, "mypy --strict finds " + "; ".join(map(show, errors[:3])))


@check(
    "TYP-3.signatures",
    shows="public methods say the types of all that they take and return",
    costs="mistakes in a call are found when it runs, hours into a job",
)
def signatures(trial: Trial) -> None:
    gaps = []
    for cls in own_classes(trial.original):
        with trial.doing(f"reading the source of {cls.__qualname__}"):
            methods = public_methods(cls)
        gaps += [
            f"{cls.__qualname__}.{name} ({', '.join(unsaid(node))})"
            for name, nodes in methods.items()
            for node in nodes
            if unsaid(node)
        ]
    trial.require(not gaps, "not every type is said in " + "; ".join(gaps[:5]))


@check(
    "TYP-3.seen-by-mypy",
    shows="mypy knows the types of fit and predict, behind every decorator and base class",
    costs="annotations that are there are lost on the way, and every call of the method is allowed",
)
def seen_by_mypy(trial: Trial) -> None:
    errors, types = complaints_of_mypy(trial, str(trial.wrapper), ASKED)
    trial.require(types, "mypy finds no such methods: " + "; ".join(map(show, errors[:3])))
    lost = [name for name, found in types.items() if found == "Any"]
    trial.require(not lost, f"to mypy the type of {' and '.join(lost)} is Any")

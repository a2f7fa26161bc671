"""TYP-1: the package ships ``py.typed``."""

import importlib.util
from pathlib import Path

from scikeras_conformance.catalog.check import check
from scikeras_conformance.runner.context import CheckContext


@check(
    "TYP-1.marker",
    verifies="the package that defines the wrapper ships py.typed",
    impact="type checkers silently ignore the annotations",
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
        f"{context.public_class.__module__} is a single module; only a package can ship py.typed",
    )
    # A namespace package that several distributions share has no marker.
    found = [folder for folder in folders if (folder / "py.typed").is_file()]
    context.require(found, f"there is no py.typed in the package {packages[0]}")

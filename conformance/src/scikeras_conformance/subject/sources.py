"""The subject's own source: which modules are its own, where they are, and their lines."""

import inspect
import linecache
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from scikeras_conformance.subject.loading import Subject

__all__ = [
    "is_own",
    "own_packages",
    "public_packages",
    "shown_path",
    "source_text",
    "sources_of",
]

MAX_SOURCE = 160

# A subject that is a part of one of these is the package that its classes are in, not all of it.
SHARED = ("keras", "tf_keras", "sklearn", "tensorflow")


def own_packages(subject: Subject) -> tuple[str, ...]:
    """Return the names of the packages and modules that are the subject's own.

    They are those of its classes, of the classes that users import, and of their bases, except for
    bases that belong to Keras, scikit-learn or Python.
    """
    return _packages_of([*_public_classes(subject), *subject.classes.values()])


def public_packages(subject: Subject) -> tuple[str, ...]:
    """Return the same without the package of an adapter, whose classes no user imports."""
    return _packages_of(_public_classes(subject))


def is_own(module: object, packages: tuple[str, ...]) -> bool:
    """Return whether a module, given by its name, is in one of the packages."""
    return isinstance(module, str) and any(
        module == package or module.startswith(package + ".") for package in packages
    )


def shown_path(file: str, module: str) -> str:
    """Return the path of a file from the directory that its top-level package is in.

    Examples
    --------
    >>> from scikeras_conformance.subject.sources import shown_path
    >>> shown_path("/env/site-packages/pkg/utils/data.py", "pkg.utils.data")
    'pkg/utils/data.py'
    """
    parts = file.replace(os.sep, "/").split("/")
    depth = len(module.split("."))
    if parts[-1] == "__init__.py":
        depth += 1
    return "/".join(parts[-depth:])


def source_text(file: str, first: int, last: int | None = None) -> str:
    """Return lines of a file as one line, shortened."""
    lines = [linecache.getline(file, number) for number in range(first, (last or first) + 1)]
    text = " ".join(" ".join(lines).split())
    return text if len(text) <= MAX_SOURCE else text[:MAX_SOURCE] + " ..."


def sources_of(subject: Subject) -> dict[str, Any]:
    """Return the folders and files of a subject, and the line of each class."""
    roots = set(_folders(own_packages(subject)))
    definitions: dict[str, Any] = {}
    for wrapper in subject.classes:
        cls = subject.public_class(wrapper)
        try:
            file = inspect.getsourcefile(cls)
            line = inspect.getsourcelines(cls)[1]
        # A class may come from no file, or name one that does not exist.
        except (OSError, TypeError):
            continue
        if file is not None:
            path = str(Path(file).absolute())
            definitions[str(wrapper)] = {"file": path, "line": line}
            roots.add(path)
    return {"roots": sorted(roots), "definitions": definitions}


def _public_classes(subject: Subject) -> list[type]:
    return [subject.public_class(wrapper) for wrapper in subject.classes]


def _packages_of(classes: Iterable[type]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for cls in classes:
        found[_package_of(str(cls.__module__))] = None
        for base in cls.__mro__:
            top = str(base.__module__).partition(".")[0]
            if top not in SHARED and top not in sys.stdlib_module_names:
                found[top] = None
    return tuple(name for name in found if name != __package__.partition(".")[0])


def _package_of(module: str) -> str:
    top, _, rest = module.partition(".")
    return (module.rpartition(".")[0] if rest else module) if top in SHARED else top


def _folders(packages: tuple[str, ...]) -> Iterator[str]:
    for name in packages:
        yield from map(str, getattr(sys.modules.get(name), "__path__", None) or ())

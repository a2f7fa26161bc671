"""Names use the words of the field, and modules stay small."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {
    "scikeras_reference": ROOT / "reference" / "src",
    "scikeras_conformance": ROOT / "conformance" / "src",
}
MAX_LINES = 400

# A word, and what to use instead.
REPLACED = {
    "skips": "not applicable",
    "skipped": "not applicable",
    "inapplicable": "not applicable",
    "costs": "impact",
    "shows": "verifies",
    "adapt": "set",
    "originals": "public classes",
    "census": "counts",
    "holds": "complete, passes",
    "catalogue": "catalog",
    "trial": "context",
    "trials": "contexts",
    "probes": "doubles",
    "idle": "stub",
    "portable": "importable",
    "rough": "broken",
    "elsewhere": "worker process",
    "lifecycle": "state",
    "told": "encoder metadata",
    "unless": "rollback",
    "forget": "reset",
    "weigh": "combine weights",
    "provable": "can be shared",
    "lent": "shared function",
    "watched": "pure trace",
    "surroundings": "trace settings",
    "few": "min",
    "most": "max",
    "nest": "nested structure",
    "answer": "predict",
    "answers": "predicts",
    "mend": "fix",
    "spelling": "form",
    "spellings": "forms",
    "give": "return",
    "gives": "returns",
    "ask": "request",
    "asks": "requests",
    "asked": "requested",
    "say": "return",
    "says": "returns",
    "tell": "distinguish",
    "tells": "distinguishes",
    "behaviour": "behavior",
    "initialise": "initialize",
    "serialise": "serialize",
}
# These have a meaning of their own in the reference.
REPLACED_IN_SUITE = {"right": "oracle, expected", "probe": "double"}
# A builder makes a model; what makes an estimator is a factory. A protocol is about builders.
REPLACED_IN_OPTIONS = {"builder": "estimators", "builders": "estimators"}


def modules(package):
    return sorted((SOURCES[package] / package).rglob("*.py"))


def words(name):
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def public_names(path):
    """Yield the module's name and its public classes, functions, parameters and constants."""
    yield path.parent.name if path.stem == "__init__" else path.stem
    yield from _public(ast.parse(path.read_text(encoding="utf-8")).body)


def _public(body):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if node.name.startswith("_"):
                continue
            yield node.name
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)
                continue
            arguments = node.args
            every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
            yield from (one.arg for one in every)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for one in targets if isinstance(one, ast.Name)]
            yield from (name for name in names if not name.startswith("_"))


@pytest.mark.parametrize("package", SOURCES)
def test_public_names_use_the_words_of_the_field(package):
    """No module, class, function, parameter or constant has a word that was replaced."""
    replaced = REPLACED | (REPLACED_IN_SUITE if package == "scikeras_conformance" else {})
    offenders = {
        f"{path.relative_to(SOURCES[package])}: {name} (write: {replaced[word]})"
        for path in modules(package)
        for name in public_names(path)
        for word in words(name) & replaced.keys()
    }
    assert set() == offenders


def test_options_and_keys_use_the_words_of_the_field():
    """What a user writes or reads - options, keys of files, ids of checks - has none either."""
    from scikeras_conformance.baseline import Entry
    from scikeras_conformance.checks import CATALOG
    from scikeras_conformance.config.configuration_file import Keys
    from scikeras_conformance.config.option_table import OPTIONS
    from scikeras_conformance.report.json_schema import report_schema

    schema = report_schema()
    options = [*(option.flag for option in OPTIONS), *Keys.__struct_fields__]
    names = [
        *options,
        *Entry.__struct_fields__,
        *(key for part in schema["$defs"].values() for key in part.get("properties", ())),
        *(check.id.partition(".")[2] for check in CATALOG),
    ]
    replaced = REPLACED | REPLACED_IN_SUITE
    offenders = {name for name in names if words(name) & replaced.keys()}
    of_builders = {"builder-protocol", "builder_protocol"}
    offenders |= {
        name
        for name in options
        if words(name) & REPLACED_IN_OPTIONS.keys() and name not in of_builders
    }
    assert set() == offenders


@pytest.mark.parametrize("package", SOURCES)
def test_docstrings_begin_as_the_field_writes_them(package):
    """A function returns something; it does not give, ask, say or tell it."""
    pattern = re.compile(r'^\s*r?"""(?:Give|Ask|Say|Tell)s?\b', re.MULTILINE)
    offenders = [
        str(path.relative_to(SOURCES[package]))
        for path in modules(package)
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert [] == offenders


def test_modules_are_small():
    """A module of more than 400 lines has more than one job; so has one of the tests."""
    folders = ("reference", "conformance", "fixtures", "tests", "docs/_ext")
    offenders = [
        f"{path.relative_to(ROOT)}: {lines}"
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    ]
    assert [] == offenders


@pytest.mark.parametrize("package", SOURCES)
def test_private_modules_are_imported_within_their_package_only(package):
    """What stands in ``a/_b`` is imported by the modules of ``a``."""
    offenders = {
        f"{path.relative_to(SOURCES[package])} imports {target}"
        for path in modules(package)
        for target in imports(path, package)
        if any(not is_within(path, package, owner) for owner in owners(target))
    }
    assert set() == offenders


def imports(path, package):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(package))


def owners(target):
    """Yield the package that each private part of a dotted name belongs to."""
    parts = target.split(".")
    for position, part in enumerate(parts):
        if part.startswith("_") and not part.startswith("__"):
            yield parts[:position]


def is_within(path, package, owner):
    module = path.relative_to(SOURCES[package]).with_suffix("").parts
    return list(module[: len(owner)]) == owner


def test_one_module_reads_the_options_of_pytest():
    """An option is read in one place, into `RunOptions`."""
    folder = SOURCES["scikeras_conformance"] / "scikeras_conformance"
    found = [
        path.relative_to(folder).as_posix()
        for path in modules("scikeras_conformance")
        if "getoption" in path.read_text(encoding="utf-8")
    ]
    assert ["pytest_plugin/options.py"] == found

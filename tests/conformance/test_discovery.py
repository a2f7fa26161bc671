"""A module in the folder is a module that runs."""

import sys
from pathlib import Path

import pytest

from scikeras_conformance import checks
from scikeras_conformance.catalog.discovery import find_checks
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.exceptions import ContractError
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

MODULE = """
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.catalog.check import check

@check("CLS-1.added", verifies="a", impact="b", wrappers=[Wrapper.BASE])
def added(context):
    context.fail(f"{context.cls.__name__} was seen")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Add a folder to the package of the checks, and forget its modules at the end."""
    monkeypatch.setattr(checks, "__path__", [str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("scikeras_conformance.checks."):
            del sys.modules[name]


def find(folder):
    return find_checks(checks.__name__, [str(folder)])


@pytest.mark.usefixtures("toy_on_path")
def test_a_module_that_is_added_runs(folder):
    """Nothing has to be told of it: it is found, planned and run."""
    (folder / "added_module.py").write_text(MODULE)
    (planned,) = make_plan(find(folder), Selection())
    result = execute(planned, load_subject("toy_subject"))
    assert (Outcome.FAILED, "BaseWrapper was seen") == (result.outcome, result.message)


def test_a_folder_is_searched_too(folder):
    """Chapters with several topics are packages."""
    (folder / "added_chapter").mkdir()
    (folder / "added_chapter" / "__init__.py").touch()
    (folder / "added_chapter" / "topic.py").write_text(MODULE)
    assert ["CLS-1.added"] == [check.id for check in find(folder)]


def test_helpers_are_left_alone(folder):
    """A name with an underscore is not a module of checks."""
    (folder / "_helper.py").write_text("raise RuntimeError")
    assert () == find(folder)


@pytest.mark.parametrize(
    ("name", "text", "error", "words"),
    [
        ("empty_module", "", ContractError, "empty_module defines no check"),
        ("broken_module", "import no_such_module", ModuleNotFoundError, "no_such_module"),
        ("fork/topic", MODULE, ContractError, "fork has no __init__.py"),
        ("fork/__init__", "", ContractError, "fork defines no check"),
        ("twice", MODULE + MODULE.replace("def added", "def again"), ContractError, "same id"),
    ],
)
def test_what_would_silently_not_run_is_an_error(folder, name, text, error, words):
    """A module without checks, one that breaks, a folder that Python passes over, a double."""
    path = folder / f"{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    with pytest.raises(error, match=words):
        find(folder)


def test_every_module_of_the_suite_is_in_the_catalog():
    """Each file of checks that there is has checks in the catalog, whatever finds them."""
    root = Path(checks.__file__).parent
    files = {
        path.relative_to(root).with_suffix("").as_posix().replace("/", ".")
        for path in root.rglob("*.py")
        if not any(part.startswith("_") for part in path.relative_to(root).parts)
    }
    prefix = f"{checks.__name__}."
    found = {check.function.__module__.removeprefix(prefix) for check in checks.CATALOG}
    assert files == found


def test_the_order_is_that_of_contract_and_name():
    """Two runs find the checks in the same order, whatever the names of modules are."""
    assert checks.CATALOG == find_checks(checks.__name__, checks.__path__)
    ids = [check.id for check in checks.CATALOG if check.clauses[0] == "CLS-1"]
    assert sorted(ids) == ids

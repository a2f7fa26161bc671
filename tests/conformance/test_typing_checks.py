"""The checks of the chapter TYP, on packages on disk."""

import ast

import pytest

from mutants.type_hints import GOOD, package_of
from scikeras_conformance.catalog.plan import PlannedCheck
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.checks.type_hints import type_checking
from scikeras_conformance.checks.type_hints.annotations import missing_annotations
from scikeras_conformance.runner.execute import execute
from scikeras_conformance.subject.loading import load_subject

NAMES = "BaseWrapper, KerasClassifier, KerasRegressor"


@pytest.fixture(scope="module", autouse=True)
def _cache_of_mypy(tmp_path_factory):
    """Let all runs of mypy share what they find out about the libraries."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(type_checking, "CACHE", str(tmp_path_factory.mktemp("mypy")))
        yield


def judge(spec, *checks):
    """Return the results of the checks of the chapter, by check."""
    subject = load_subject(spec)
    planned = [
        PlannedCheck(check, Wrapper.CLASSIFIER, "")
        for check in CATALOG
        if check.chapter == "TYP" and (not checks or check.id in checks)
    ]
    return {one.check.id: execute(one, subject) for one in planned}


@pytest.mark.process
@pytest.mark.parametrize(
    "form", ["{0}", "{0}:box", "base={0}:{1[0]},classifier={0}:{1[1]},regressor={0}:{1[2]}"]
)
def test_a_typed_package_passes(form):
    """The type checker finds the classes, however the subject is named."""
    name = f"typed_{len(form)}"
    text = f"{GOOD}\n\nclass box:\n    " + "\n    ".join(f"{n} = {n}" for n in NAMES.split(", "))
    package_of(name, {"__init__.py": text, "py.typed": ""})
    results = judge(form.format(name, NAMES.split(", ")))
    assert 4 == len(results)
    assert [] == [
        f"{r.id}: {r.message}" for r in results.values() if r.outcome is not Outcome.PASSED
    ]


@pytest.mark.process
def test_stub_files_count():
    """A package may have its types in stub files beside its modules."""
    bare = ast.parse(GOOD)
    for node in ast.walk(bare):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in [*node.args.args, *filter(None, [node.args.kwarg])]:
                argument.annotation = None
    files = {"__init__.py": ast.unparse(bare), "py.typed": ""}
    package_of("untyped_source", files)
    assert Outcome.FAILED is judge("untyped_source")["TYP-3.signatures"].outcome
    package_of("typed_by_stubs", {**files, "__init__.pyi": GOOD})
    results = judge("typed_by_stubs").values()
    assert [] == [f"{r.id}: {r.message}" for r in results if r.outcome is not Outcome.PASSED]


@pytest.mark.process
def test_names_that_are_imported_and_not_exported():
    """The user's program imports from the public module."""
    facade = f"from not_exported._wrappers import {NAMES}\n"
    package_of("not_exported", {"__init__.py": facade, "_wrappers.py": GOOD, "py.typed": ""})
    result = judge("not_exported", "TYP-2.user-program")["TYP-2.user-program"]
    assert Outcome.FAILED is result.outcome
    assert "does not explicitly export" in result.message


def test_a_module_alone_cannot_ship_a_marker(tmp_path, monkeypatch):
    """Only a package can contain py.typed."""
    (tmp_path / "lonely_module.py").write_text(GOOD)
    monkeypatch.syspath_prepend(tmp_path)
    result = judge("lonely_module", "TYP-1.marker")["TYP-1.marker"]
    assert Outcome.FAILED is result.outcome
    assert "single module" in result.message


def test_without_mypy_nothing_is_judged(monkeypatch):
    """Without mypy the check is unavailable, and the message says how to install it."""
    package_of("typed_in_vain", {"__init__.py": GOOD, "py.typed": ""})
    real = type_checking.importlib.util.find_spec
    monkeypatch.setattr(
        type_checking.importlib.util,
        "find_spec",
        lambda name: None if name == "mypy" else real(name),
    )
    result = judge("typed_in_vain", "TYP-2.user-program")["TYP-2.user-program"]
    assert Outcome.UNAVAILABLE is result.outcome
    assert "Cannot be judged here: mypy is not installed" in result.message
    assert "python -m pip install mypy" in result.message


@pytest.mark.parametrize(
    ("method", "gaps"),
    [
        ("def f(self, X: int) -> int: ...", []),
        ("def f(self, X, y: int) -> int: ...", ["X"]),
        ("def f(self, *args, k, **kwargs) -> None: ...", ["k", "args", "kwargs"]),
        ("def f(self): ...", ["the return type"]),
        ("def __init__(self, x: int): ...", []),
        ("def __init__(self): ...", ["the return type"]),
        ("@staticmethod\ndef f(X) -> None: ...", ["X"]),
        ("@classmethod\ndef f(cls) -> None: ...", []),
        (
            "def f(self, X: dict) -> 'list': ...",
            ["the parameters of dict", "the parameters of list"],
        ),
        ("def f(self, X: list[dict]) -> list[int] | None: ...", ["the parameters of dict"]),
        ("def f(self, X: typing.Callable) -> typing.Any: ...", ["the parameters of Callable"]),
        ("def f(self, X: Callable[[list[int]], int]) -> Literal['list']: ...", []),
    ],
)
def test_what_a_signature_leaves_to_any(method, gaps):
    """Every argument and the result have a type, and containers say what is in them."""
    assert gaps == missing_annotations(ast.parse(method).body[0])


@pytest.mark.process
def test_the_reference_is_typed():
    """The reference passes the check of the user's program."""
    result = judge("scikeras_reference.wrappers", "TYP-2.user-program")["TYP-2.user-program"]
    assert (Outcome.PASSED, "") == (result.outcome, result.message)

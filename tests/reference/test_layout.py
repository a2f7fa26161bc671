"""Facts that are said to live in one place live there, and modules are where the page says."""

import ast
import itertools
import re
import sys
from functools import cache
from pathlib import Path

import keras
import numpy as np

import scikeras_reference
from scikeras_reference import KerasClassifier

PACKAGE = Path(scikeras_reference.__file__).parent
MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"

BACKENDS = {"tensorflow", "jax", "jaxlib", "torch"}
LOOK_AT_BACKENDS = ("_backends/", "_shared_steps/")
USE_PRIVATE_NAMES = ("_backends/", "_shared_steps/")
NAME_LIBRARIES = ("_serialization/custom_objects.py", "_seed_lock.py")
"""Modules that name backends without looking at them: whose class is whose."""

FOREIGN_NAMES = {
    # Metadata routing, set_output and set_callbacks have no public way to copy their settings.
    "_sklearn_protocol.py": {"_metadata_request", "_sklearn_output_config", "_skl_callbacks"},
    "_saving.py": {"_metadata_request", "_skl_callbacks"},
    # What scikit-learn documents for estimators that support its callbacks.
    "_training/epoch_tasks.py": {"_init_callback_context", "_skl_callbacks"},
    "_data/input_checks.py": {"_fields"},  # how Python marks named tuples
    "_seed_lock.py": {"_current_frames"},  # Python's, which documents it
    "_fit_steps.py": {"_keras_build_fn"},  # the contract's name for the builder of a subclass
}


@cache
def tree(module):
    """Return the syntax tree of a module."""
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@cache
def text(module):
    """Return the source of a module."""
    return (PACKAGE / module).read_text(encoding="utf-8")


def outside(*places):
    """Return the modules that are not in these places."""
    return [module for module in MODULES if not module.startswith(places)]


def strings(module):
    """Return the strings in the code of a module, without docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(module))
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None
    }
    return {
        node.value
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    }


def attributes(module):
    """Return the attributes that a module reads or writes, as they stand in the code."""
    return {ast.unparse(node) for node in ast.walk(tree(module)) if isinstance(node, ast.Attribute)}


@cache
def own_private_names():
    """Return the private names that the package itself defines."""
    names = set()
    for module in MODULES:
        for node in ast.walk(tree(module)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self":
                names.add(node.attr)
    return names


def foreign_private_names(module):
    """Return the private names that a module uses and that the package does not define."""
    used = {name.rpartition(".")[2] for name in attributes(module)} | strings(module)
    private = {name for name in used if re.fullmatch(r"_[a-z]\w*", name)}
    ours = own_private_names() | {"_free_parameters", "_late_parameters"}
    return private - ours - FOREIGN_NAMES.get(module, set())


def test_one_place_looks_at_backends():
    """Which backend runs, and which are loaded, is asked in `_backends/` and shared steps only."""
    asks = re.compile(r"keras(\.config)?\.backend\b|sys\.modules$|keras\.distribution\b")
    offenders = {
        module: found
        for module in outside(*LOOK_AT_BACKENDS)
        if (found := {name for name in attributes(module) if asks.match(name)})
    }
    assert {} == offenders


def test_backends_are_named_where_they_are_looked_at():
    """No other module has the name of a backend in its code."""
    offenders = {
        module: found
        for module in outside(*LOOK_AT_BACKENDS, *NAME_LIBRARIES)
        if (found := {value for value in strings(module) if value.partition(".")[0] in BACKENDS})
    }
    assert {} == offenders


def test_private_names_of_keras_are_used_in_named_places_only():
    """A new version of Keras can break `_backends/` and shared steps, and nothing else."""
    offenders = {
        module: found
        for module in outside(*USE_PRIVATE_NAMES)
        if (found := foreign_private_names(module))
        or (found := {value for value in strings(module) if value.startswith("keras.src")})
    }
    assert {} == offenders


def test_private_names_of_jax_are_used_by_shared_steps_only():
    """Not even `_backends/` knows a module of JAX."""
    offenders = {
        module: found
        for module in outside("_shared_steps/")
        if (found := {value for value in strings(module) if re.match(r"jax(lib)?\.", value)})
    }
    assert {} == offenders


def test_the_detectors_find_what_they_look_for():
    """Each of the tests above would fail for the modules that it lets through."""
    assert "sys.modules" in attributes("_backends/random_generators.py")
    assert any(value.startswith("keras.src") for value in strings("_backends/random_generators.py"))
    assert foreign_private_names("_backends/random_generators.py")
    assert "tensorflow" in strings("_serialization/custom_objects.py")


def test_fit_reads_as_a_table_of_contents():
    """The steps of a fit stand in one function of at most 45 lines, signature included."""
    (steps,) = [
        node
        for node in ast.walk(tree("_base.py"))
        if isinstance(node, ast.FunctionDef) and node.name == "_fit"
    ]
    assert steps.end_lineno - steps.lineno < 45


def visited(call):
    """Return the module of each function of the package that a call enters, in order."""
    places = []

    def note(frame, event, argument):
        del argument
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            places.append(path.relative_to(PACKAGE).as_posix())

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return places


def test_a_fit_stays_within_a_few_modules(monkeypatch):
    """A plain fit reads through the twelve modules that the page names, and 80 times to another."""
    monkeypatch.setenv("SCIKERAS_REFERENCE_SHARED_STEPS", "0")
    X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
    y = np.arange(24) % 2

    def build():
        return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, activation="sigmoid")])

    def estimator():
        return KerasClassifier(build, loss="binary_crossentropy", verbose=0, run_eagerly=True)

    estimator().fit(X, y)  # what is found out once in a process
    one = estimator()
    places = visited(lambda: one.fit(X, y))

    page = PAGE.read_text(encoding="utf-8")
    _, _, named = page.partition("reads through twelve modules:")
    named = re.findall(r"`(\w+)`", named.partition(".")[0])
    assert 12 == len(named)
    assert sorted(named) == sorted({Path(place).stem for place in places})
    assert sum(before != after for before, after in itertools.pairwise(places)) <= 80


def test_docstrings_describe_the_result():
    """They begin as the field has it, with "Return", not with an order to give or to say."""
    order = re.compile(r'^\s*"""(Give|Ask|Say|Tell)\b', re.MULTILINE)
    assert [] == [module for module in MODULES if order.search(text(module))]


def test_the_page_lists_the_modules():
    """Each module outside of shared steps has a line in docs/architecture.md."""
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("## The reference") : page.index("### The benchmarks")]
    names = {
        path.with_suffix("").as_posix().removesuffix("/__init__")
        for path in map(Path, outside("_shared_steps/"))
        if path.as_posix() != "__init__.py"
    }
    folders = {name.partition("/")[0] for name in names if "/" in name}
    assert [] == sorted(
        name
        for name in names | folders
        if not any(f"`{form}`" in section for form in (name.rpartition("/")[2], f"{name}/", name))
    )

"""The order of the definitions in scripts."""

from itertools import permutations

import pytest

from scikeras_conformance.report.reproduction.load_order import in_load_order
from scikeras_conformance.report.reproduction.source_bundle import SourceBundle

KINDS = {
    "a table": (
        "class Kind:\n    def words(self): return WORDS[self]",
        "WORDS = {Kind: 'a kind'}",
    ),
    "an annotated table": ("ONE = 1", "ALL: Unknown = (ONE,)"),
    "a decorator": ("def marked(function): return function", "@marked\ndef marks(): pass"),
    "a decorator with arguments": (
        "LIMIT = 1",
        "def limited(n):\n    LIMIT\n    return lambda function: function",
        "@limited(2)\ndef waits(): pass",
    ),
    "a decorator that is made": (
        "LIMIT = 1",
        "def limited(n):\n    def wrap(function): return LIMIT and function\n    return wrap",
        "@limited(2)\ndef waits(): pass",
    ),
    "a function that is handed on": (
        "TABLE = (1, 2)",
        "def inner(x): return TABLE[x]",
        "TOTAL = list(map(inner, (0,)))",
    ),
    "a default": ("SEED = 1", "def draw(*, seed=SEED): pass"),
    "a default of a lambda": ("SEED = 1", "draw = lambda seed=SEED: seed"),
    "a base class": ("class Base: pass", "class Derived(Base): pass"),
    "a metaclass": ("class Meta(type): pass", "class Made(metaclass=Meta): pass"),
    "the body of a class": ("SIZE = 1", "class Box:\n    size: Unknown = SIZE"),
    "a default of a method": ("SIZE = 1", "class Box:\n    def grow(self, by=SIZE): pass"),
    "a function that is called": (
        "TABLE = (1, 2)",
        "def inner(): return TABLE",
        "def total(): return inner()",
        "TOTAL = total()",
    ),
    "a class that is called": (
        "SIZE = 1",
        "class Base:\n    def __init__(self): self.size = SIZE",
        "class Box(Base): pass",
        "BOX = Box()",
    ),
    "what was made of a function": (
        "SIZE = 1",
        "def grow(by): return SIZE + by",
        "by_two = __import__('functools').partial(grow, 2)",
        "THREE = by_two()",
    ),
    "a namespace": ("ONE = 1", "space = __import__('types').SimpleNamespace(ONE=ONE)",
                    "class Box:\n    size = space.ONE"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_evaluated_stands_before(kind):
    """Whichever order definitions are collected in, they can be executed."""
    head = "from __future__ import annotations"
    for given in permutations(enumerate(KINDS[kind])):
        named = {_name_of(text): text for _, text in given}
        exec("\n".join([head, *in_load_order(named)]), {"__name__": "script"})


def _name_of(text):
    line = next(line for line in text.splitlines() if line[0] != "@")
    words = line.replace("(", " ").replace(":", " ").split()
    return words[1] if words[0] in {"class", "def"} else words[0]


def test_what_is_only_called_later_moves_nothing():
    """Functions that call one another stand as they are given."""
    given = {"first": "def first(): second()", "second": "def second(x=lambda: first): first()"}
    assert list(given.values()) == in_load_order(given)


def test_a_statement_stands_once():
    """One that defines two names is one statement."""
    assert ["a, b = 1, 2"] == in_load_order({"a": "a, b = 1, 2", "b": "a, b = 1, 2"})


def test_a_name_of_two_things_is_refused():
    """In one script a name stands for one thing, be it defined or imported."""
    bundle = SourceBundle()
    bundle.add_imports("import os.path", "import os", "from collections.abc import Sequence")
    with pytest.raises(ValueError, match=r"Sequence is defined in from collections\.abc"):
        bundle.add("scikeras_conformance.checks._support.contract_model.calls", "Sequence")


def test_a_module_that_is_imported_lazily_is_that_module():
    """Where a script imports a package, it needs no stand-in for it."""
    bundle = SourceBundle()
    bundle.add_imports("import keras", "import numpy as np")
    bundle.add("scikeras_conformance.runner.seeding", "keras")
    bundle.add("scikeras_conformance.runner.seeding", "np")
    assert [] == bundle.definitions()

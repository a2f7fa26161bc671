"""The fast subset has a test of every module, and a mutant of every chapter."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
MARKERS = ("slow", "process", "mutants", "backend", "exhaustive", "fast")


def selected_by(script):
    """Return the function that tells which items a script selects with ``-m``."""
    text = (ROOT / "scripts" / script).read_text(encoding="utf-8")
    (expression,) = set(re.findall(r'^FAST="(.+)"$', text, re.MULTILINE))

    def selects(item):
        marks = {mark.name for mark in item.iter_markers()}
        # The expressions of pytest are those of Python, with the names of markers.
        return eval(expression, {}, {name: name in marks for name in MARKERS})

    return selects


def test_every_module_has_a_fast_test(collected):
    """A mistake in any module has a chance to be seen within minutes."""
    selects = selected_by("test-fast")
    modules = {item.path for item in collected if item.path.suffix == ".py"}
    fast = {item.path for item in collected if selects(item)}
    assert [] == sorted(str(path.relative_to(ROOT)) for path in modules - fast)


def test_every_chapter_has_a_fast_mutant(collected):
    """The checks of every chapter are seen to fail within minutes."""
    selects = selected_by("test-fast")
    kills = [item for item in collected if "test_a_mutant_fails" in item.name]

    def chapters(items):
        return {item.callspec.params["mutant"].clause.partition("-")[0] for item in items}

    assert chapters(kills) == chapters(filter(selects, kills))

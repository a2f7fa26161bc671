"""The pages of docstrings name objects that exist; Sphinx would say so after minutes only."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
DIRECTIVE = re.compile(r"^\.\. auto(?:function|class|data|module):: (\S+)$", re.MULTILINE)
MODULE = re.compile(r"^\.\. currentmodule:: (\S+)$", re.MULTILINE)
SUMMARY = re.compile(r"^\.\. autosummary::\n((?:   .*\n|\n)+)", re.MULTILINE)


def names_on(page):
    """Return the full names of all objects whose docstrings a page shows."""
    text = (FOLDER / page).read_text(encoding="utf-8")
    module = MODULE.search(text)
    short = [
        line.strip()
        for block in SUMMARY.findall(text)
        for line in block.splitlines()
        if line.strip() and not line.strip().startswith(":")
    ]
    return [*DIRECTIVE.findall(text), *(f"{module[1]}.{name}" for name in short)]


def is_missing(name):
    """Return whether nothing can be imported under a name."""
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return True
    return False


@pytest.mark.parametrize("page", ["reference-api.md", "suite-api.md"])
def test_every_object_on_a_page_exists(page):
    """A class that has moved is noticed before the site is built."""
    names = names_on(page)
    assert len(names) > 5
    assert [] == [name for name in names if is_missing(name)]


def test_an_object_that_does_not_exist_is_noticed():
    """The check can fail."""
    assert is_missing("scikeras_reference.wrappers.Nothing")

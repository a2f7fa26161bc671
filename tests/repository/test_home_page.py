"""What a newcomer sees first: the quickstart, the gallery and the pictures."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))
MOST_LINES, MOST_BYTES = 20, 50_000

sys.path.append(str(ROOT / "scripts"))  # after everything else: they are no package

import pictures  # noqa: E402


def first_example(page):
    text = page.read_text(encoding="utf-8")
    return re.search(r"^```python\n(>>> .*?)\n\n```$", text, re.MULTILINE | re.DOTALL)[1]


def test_the_quickstart_fits_a_data_set_in_twenty_lines():
    """The README and the page have the same example; the tests of both run it."""
    code = [
        line
        for line in first_example(ROOT / "README.md").splitlines()
        if line.startswith((">>> ", "... "))
    ]
    assert first_example(ROOT / "README.md") == first_example(DOCS / "quickstart.md")
    assert len(code) <= MOST_LINES
    assert "sklearn.datasets" in "".join(code)


def test_every_example_of_the_gallery_can_be_found():
    """Its page has a card, a place in the table of contents, an example, and where to read on."""
    folder = DOCS / "gallery"
    index = (folder / "index.md").read_text(encoding="utf-8")
    pages = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    del pages["index"]
    assert set(pages) == set(re.findall(r"^:link: (\S+)$", index, re.MULTILINE))
    assert set(pages) == set(re.findall(r"^[\w-]+$", index.partition(":hidden:")[2], re.MULTILINE))
    assert [] == [name for name, text in pages.items() if ">>> from scikeras_reference" not in text]
    assert [] == [name for name, text in pages.items() if "\nRead on: " not in text]


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small_and_needs_nothing_else(path):
    """It has a title for those who cannot see it, and loads no font from elsewhere."""
    root = ET.parse(path).getroot()
    assert root.find("{*}title").text
    assert path.stat().st_size < MOST_BYTES
    assert [] == [element for element in root.iter() if "href" in "".join(element.attrib)]
    assert "@import" not in path.read_text(encoding="utf-8")


def test_there_is_a_picture_of_each_kind():
    """The script that draws them has no other."""
    assert sorted(pictures.PICTURES) == [path.stem for path in PICTURES]


def test_the_picture_of_a_report_is_that_of_the_stored_run():
    """It shows the counts, the subject and the clauses of the largest causes as they are stored."""
    stored = json.loads((DOCS / "peers" / "scikeras.json").read_text(encoding="utf-8"))
    root = ET.parse(DOCS / "pictures" / "report.svg").getroot()
    shown = " ".join("".join(root.itertext()).split())
    counts = stored["footer"]["counts"]
    assert f"{len(stored['causes'])} for {counts['failed']} failed" in shown
    assert f"{counts['blocked']} blocked" in shown
    assert stored["header"]["subject"]["version"] in shown
    for cause in stored["causes"][: pictures.CAUSES]:
        assert [] == [clause for clause in cause["clauses"] if clause not in shown]


def test_text_of_a_terminal_becomes_a_picture():
    """Colors, places and signs that XML has a meaning for are kept."""
    root = ET.fromstring(pictures.draw("a < b\n  \x1b[38;2;1;2;3mred\x1b[0m", "A title"))
    plain, colored = root.findall(".//{*}text")
    assert ("a < b", "red") == (plain.text, colored.text)
    assert "#010203" == colored.get("fill")
    assert float(plain.get("x")) < float(colored.get("x"))


def test_how_much_of_a_search_is_done():
    """The first bar of a frame is that of the search."""
    assert 0.6 == pictures.done("GridSearchCV ━━━  60%\n  epochs ━━━ 100%")
    assert 0.0 == pictures.done("GridSearchCV")

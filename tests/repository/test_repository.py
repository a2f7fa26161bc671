"""What holds for the repository as a whole."""

import re
import subprocess
from pathlib import Path

import pytest

from scikeras_conformance.checks import CATALOG

ROOT = Path(__file__).parents[2]


def tracked(*patterns):
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in listing.stdout.split("\0") if name]


@pytest.fixture(scope="module")
def texts():
    if not (ROOT / ".git").exists():
        pytest.fail("this test reads the list of files from git; run it in a checkout")
    return {path: path.read_text(encoding="utf-8") for path in tracked() if path.is_file()}


@pytest.mark.parametrize(
    "pattern",
    [
        r"index[-_]url|find[-_]links|extra[-_]index",
        r"pypi\.org|pythonhosted|registry\.npmjs",
        r"[\"'\s=(]/(?:work|root|home|opt|tmp)/",
    ],
)
def test_no_registry_and_no_local_path_is_named(texts, pattern):
    """A fresh machine has its own registry and its own folders."""
    here = Path(__file__)
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:80]}"
        for path, text in texts.items()
        if path != here
        for line in text.splitlines()
        if re.search(pattern, line)
    ]
    assert [] == found


@pytest.mark.parametrize("heading", ["Judge the reference", "Pass the tests"])
def test_the_readme_has_one_command_for_each_job(heading):
    """CI runs exactly what a newcomer reads: one line under each of two headings."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```bash\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert 1 == len(blocks)
    assert 1 == len(blocks[0].strip().splitlines())
    assert f"command_of '{heading}'" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("reference", "tensorflow"),
        ("reference", "jax"),
        ("reference", "torch"),
        ("reference", "scikeras_conformance"),
        ("conformance", "scikeras_reference"),
        ("conformance", "tensorflow"),
    ],
)
def test_what_a_package_never_imports(package, name):
    """The reference knows no backend, and neither package knows the other."""
    pattern = re.compile(rf"^\s*(?:import {name}\b|from {name}\b)", re.MULTILINE)
    found = [
        path.name
        for path in (ROOT / package / "src").rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert [] == found


def test_private_modules_of_keras_are_used_in_two_places(texts):
    """What Keras may move without notice is reached through adapters: for seeds, and for steps."""
    package = "reference/src/scikeras_reference"
    found = [
        name
        for path, text in texts.items()
        if path.suffix == ".py" and "keras.src" in text
        if (name := path.relative_to(ROOT).as_posix()).startswith(package)
    ]
    steps = f"{package}/_shared_steps/"
    assert {f"{package}/_backends/random_generators.py"} == {
        name for name in found if not name.startswith(steps)
    }


def test_the_page_about_a_peer_explains_known_checks():
    """A heading on the page is the name of a check, so that links from reports hold."""
    page = (ROOT / "docs" / "peers" / "scikeras.md").read_text(encoding="utf-8")
    named = re.findall(r"^### `(.+)`$", page, re.MULTILINE)
    assert named
    assert set(named) <= {check.id for check in CATALOG}


def test_the_api_page_names_everything_public():
    """A name that can be imported can be found."""
    from scikeras_reference import (
        display,
        exceptions,
        export,
        model_selection,
        models,
        utils,
        wrappers,
    )
    from scikeras_reference.utils import transformers

    page = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    names = [
        *wrappers.__all__,
        *exceptions.__all__,
        *model_selection.__all__,
        *models.__all__,
        *display.__all__,
        *export.__all__,
        *(name for name in utils.__all__ if name.endswith("_name")),
        *(name for name in transformers.__all__ if name[0].isupper()),
    ]
    assert [] == [name for name in names if f"`{name}`" not in page and f".{name}`" not in page]

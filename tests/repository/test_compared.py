"""The table of docs/reference/compared.md comes from stored runs, and ours can be repeated."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from peers.tools import __main__ as tools

STORED = json.loads(tools.STORED.read_text(encoding="utf-8"))
PROBES = Path(tools.__file__).with_name("probes.py").read_text(encoding="utf-8")


def test_the_table_is_that_of_the_runs():
    """Nobody wrote a cell by hand."""
    page = tools.PAGE.read_text(encoding="utf-8")
    assert tools.with_table(page, STORED) == page


def test_every_column_has_every_row():
    """What was not tried on one wrapper is not in the table, and the rows are those of the probes."""
    assert set(tools.COLUMNS) == set(STORED)
    rows = {column: list(STORED[column]["results"]) for column in tools.COLUMNS}
    assert {tuple(rows["ours"])} == {tuple(row) for row in rows.values()}
    assert [title for title in rows["ours"] if f'@probe("{title}")' not in PROBES] == []
    assert PROBES.count("\n@probe(") == len(rows["ours"])


@pytest.mark.exhaustive
@pytest.mark.process
def test_our_column(tmp_path):
    """A run of today comes to what is stored: what works, and the reason of what does not."""
    for package in ("dask", "skops", "skl2onnx"):
        pytest.importorskip(package, reason="pip install -r fixtures/peers/tools/requirements.txt")
    code = (
        "import json, runpy, sys; sys.argv = ['tools'];"
        f"space = runpy.run_path({str(Path(tools.__file__))!r}, run_name='tools');"
        f"open({str(tmp_path / 'ours.json')!r}, 'w').write(json.dumps(space['tried']('ours')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, capture_output=True)

    results = json.loads((tmp_path / "ours.json").read_text(encoding="utf-8"))["results"]
    stored = STORED["ours"]["results"]
    assert {title: stored[title]["works"] for title in stored} == {
        title: result["works"] for title, result in results.items()
    }

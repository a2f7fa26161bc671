"""The pages about peers, and the reports beside them."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from peers import confirm, merge, overview, sample
from peers.store import store
from scikeras_conformance.catalog.results import Outcome
from scikeras_conformance.report.reading import load_report

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "docs" / "peers"
OF_THE_SITE = {"index", "comparison"}
PAGES = sorted({path.stem for path in PEERS.glob("*.md")} - OF_THE_SITE)
REPORTS = [*PAGES, "reference"]
MOST_BYTES = 2_000_000


@pytest.mark.parametrize("name", REPORTS)
def test_a_stored_report_is_one(name):
    """It can be read by the suite, says something, and fits into a repository."""
    path = PEERS / f"{name}.json"
    report = load_report(path)
    assert report.footer.counts.complete
    outcomes = {result.outcome for result in report.results}
    assert outcomes.isdisjoint({Outcome.ERRORED, Outcome.UNAVAILABLE})
    assert ({Outcome.PASSED, Outcome.NOT_APPLICABLE} == outcomes) is (name == "reference")
    assert {"documented", "api", "sklearn", "hygiene", "typing"} == set(report.header.profiles)
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_a_page_is_that_of_its_report(name):
    """Page and report are of one run, and each failing check has its heading, or none has."""
    page = (PEERS / f"{name}.md").read_text(encoding="utf-8")
    report = json.loads((PEERS / f"{name}.json").read_text(encoding="utf-8"))
    named = confirm.checks_of(confirm.blocks_by_heading(page)[1])
    shown = page.partition(confirm.START)[2].partition(confirm.END)[0]
    assert confirm.table(report, linked=bool(named)) == shown.strip()
    failing = {r["check"] for r in report["results"] if r["outcome"] == "failed"}
    assert named in (set(), failing)
    assert named or name != "scikeras"


def report_with(**result):
    return {
        "header": {
            "subject": {"spec": "pkg", "sources": {"roots": ["/srv/x/pkg"]}},
            "environment": {"platform": "Linux-6.1-x86_64"},
            "root": "/srv/x",
            "configuration": {"file": "/srv/x/pyproject.toml"},
        },
        "results": [{"details": "File /srv/x/pkg/a.py", **result}],
    }


def test_what_tells_of_the_machine_is_not_stored(tmp_path):
    """Folders, tracebacks and the kernel are left out; the file's name in a message stays."""
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(report_with(message="no file /srv/x/pkg/py.typed in a/b")))
    store(source, target)
    text = target.read_text()
    assert "/srv" not in text
    assert "6.1" not in text
    stored = json.loads(text)
    kept = {"message": "no file py.typed in a/b"}
    assert [kept] == stored["results"]


def test_a_report_that_still_tells_of_it_is_refused(tmp_path):
    """A path in a place that nobody thought of stops the writing."""
    source = tmp_path / "in.json"
    case = f"case in {ROOT.anchor}home/somebody/x"
    source.write_text(json.dumps(report_with(message="", case=case)))
    with pytest.raises(ValueError, match="contains a path of this machine"):
        store(source, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_headings_of_checks_and_others():
    """Every block of a page is found, and what is the name of a check is told from what is not."""
    page = (
        "text\n```python\na = 1\n```\n### `CLS-1.one`\n```python\nb\n```\n### Other `CLS-1`\nno\n"
    )
    prelude, blocks = confirm.blocks_by_heading(page)
    assert "a = 1\n" == prelude
    assert {"`CLS-1.one`": "b\n", "Other `CLS-1`": ""} == blocks
    assert {"CLS-1.one"} == confirm.checks_of(blocks)


@pytest.mark.process
@pytest.mark.parametrize(
    ("words", "reproduced"),
    [
        ("broken: it is 0x1f of __script__.Thing, 3.5", True),
        ("broken: it is something else", False),
        ("kept", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("alone", ["", "n_jobs = 2\n"])
def test_a_script_has_to_say_what_the_report_says(
    tmp_path, monkeypatch, capsys, words, reproduced, alone
):
    """Addresses, numbers and modules aside; in a process of its own where it starts others."""
    monkeypatch.setitem(confirm.sys.modules, "scikeras_conformance", None)
    message = "it is 0x2a of scikeras_conformance.checks.Thing, 4.25"
    result = {"id": "CLS-1.one:base", "message": message}
    file = tmp_path / confirm.name_of_script(result)
    code = f"import sys\n{alone}def main():\n    print({words!r})\n    return 1\n"
    file.write_text(code + "if __name__ == '__main__':\n    sys.exit(main())\n")
    expected = [] if reproduced else ["CLS-1.one:base"]
    assert expected == confirm.run_scripts(tmp_path, [result])


@pytest.mark.parametrize("name", PAGES)
def test_code_of_the_page_confirms_what_is_drawn_from_its_report(name):
    """Sixty failed results that nobody chose are each confirmed without the suite."""
    page = (PEERS / f"{name}.md").read_text(encoding="utf-8")
    report = json.loads((PEERS / f"{name}.json").read_text(encoding="utf-8"))
    patterns = sample.confirming(page)
    drawn = sample.drawn(report["results"])
    assert sample.COUNT == len(set(drawn))
    assert [] == [result for result in drawn if not sample.headings_for(result, patterns)]


def test_what_a_heading_confirms():
    """It says so in words, or is the name of a check; without code it confirms nothing."""
    code = "```python\nassert True\n```\n"
    page = (
        f"### Flat\n\nConfirms `A-1.*`,\n`B-2.x:*y`.\n\n{code}### `C-3.one`\n{code}"
        "### `D-4.two`\nnothing\n"
    )
    patterns = sample.confirming(page)
    assert {"Flat": ["A-1.*", "B-2.x:*y"], "`C-3.one`": ["C-3.one"]} == patterns
    assert ["Flat"] == sample.headings_for("A-1.any:base", patterns)
    assert ["Flat"] == sample.headings_for("B-2.x:base:y", patterns)
    assert [] == sample.headings_for("B-2.x:base:z", patterns)
    assert ["`C-3.one`"] == sample.headings_for("C-3.one:classifier:case", patterns)
    assert [] == sample.headings_for("D-4.two:base", patterns)


def test_the_same_results_are_drawn_again():
    """Only failed ones, and all of them where there are fewer."""
    results = [
        {"id": str(number), "outcome": "failed" if number % 2 else "passed"}
        for number in range(400)
    ]
    drawn = sample.drawn(results)
    assert drawn == sample.drawn(reversed(results))
    assert drawn != sample.drawn(results, seed=1)
    assert all(int(name) % 2 for name in drawn)
    assert 5 == len(sample.drawn(results[:10]))


def test_the_overview_is_that_of_the_reports():
    """It shows the counts, the causes by chapter and the largest causes as they are stored."""
    page = (PEERS / "index.md").read_text(encoding="utf-8")
    shown = page.partition(confirm.START)[2].partition(confirm.END)[0]
    assert overview.overview(overview.loaded(PEERS)) == shown.strip()
    assert set(overview.PEERS) == set(PAGES)


@pytest.mark.parametrize("page", overview.SHORT, ids=lambda page: page.name)
def test_the_short_table_is_that_of_the_reports(page):
    """README and home page never claim another result than the stored one."""
    text = page.read_text(encoding="utf-8")
    shown = text.partition(confirm.START)[2].partition(confirm.END)[0]
    reports = overview.loaded(PEERS, overview.TITLES)
    assert overview.short(reports, overview.SHORT[page]) == shown.strip()
    assert set(overview.TITLES) == set(REPORTS)


def parts_of(name):
    """Return a stored report in two parts."""
    report = load_report(PEERS / f"{name}.json")
    first = tuple(result for result in report.results if result.chapter in {"CLS", "INIT", "SKL"})
    rest = tuple(result for result in report.results if result not in first)
    return report, [replace(report, results=results) for results in (first, rest)]


def test_a_run_in_parts_is_the_run():
    """Results, causes and verdict are those of all parts together."""
    report, parts = parts_of("scikeras")
    whole = merge.merged(parts)
    counts = report.footer.counts
    assert counts.failed == whole.footer.counts.failed
    assert [result.id for result in report.failures] == [result.id for result in whole.failures]
    assert {cause.id for cause in report.causes} == {cause.id for cause in whole.causes}


def test_a_part_is_not_the_run():
    """What no part has is missing, and parts of another run are refused."""
    _, parts = parts_of("skdeep")
    assert not merge.merged(parts[:1]).is_complete
    with pytest.raises(ValueError, match="another run"):
        merge.merged([load_report(PEERS / "scikeras.json"), *parts])


def test_a_later_result_replaces_an_earlier_one():
    """A check that was mended is run again alone."""
    report, _ = parts_of("scikeras")
    mended = replace(report.failures[0], outcome=Outcome.PASSED, message="")
    whole = merge.merged([report, replace(report, results=(mended,))])
    assert report.footer.counts.failed - 1 == whole.footer.counts.failed

"""JUnit, GitHub annotations, the badge, HTML and the terminal."""

import base64
import hashlib
import html as html_module
import io
import json
import re
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from junitparser import JUnitXml
from msgspec.structs import replace

from runs import (
    BAD,
    BLOCKED,
    KNOWN,
    MISSING,
    MIXED,
    NOT_MET,
    PARTLY_OFFERED,
    REFUSED,
    SHOULD,
    blocked,
    changed,
    every_outcome,
    failed,
    known_gate,
    result,
    run,
)
from scikeras_conformance.catalog.verdict import Verdict
from scikeras_conformance.cli.reports import put
from scikeras_conformance.contract import load_contract
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.report.formats import FORMATS, parse_target, render_as
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.matrix import as_html

# -- which formats there are ----------------------------------------------------------------------


def test_targets():
    """A format alone is for the terminal; a slip suggests the nearest."""
    assert ("html", None) == (parse_target("html").form, parse_target("html").path)
    assert Path("a=b.html").absolute() == parse_target("html=a=b.html").path
    with pytest.raises(UsageError, match="Did you mean 'junit'"):
        parse_target("junti=x")
    with pytest.raises(UsageError, match="names no file"):
        parse_target("html=")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "record", [MIXED, REFUSED, NOT_MET, BLOCKED, run(result(), missing=MISSING)]
)
def test_no_format_calls_a_bad_run_good(form, record):
    """Neither the green of the page nor the words of a verdict that was not given."""
    text = render_as(form, record)
    assert "banner good" not in text
    assert '"success"' not in text
    assert "\N{WHITE HEAVY CHECK MARK}" not in text
    assert "::notice title=conformance" not in text


@pytest.mark.parametrize(
    ("form", "sign"),
    [
        ("html", "banner good"),
        ("shields", '"success"'),
        ("markdown", "\N{WHITE HEAVY CHECK MARK}"),
        ("github", "::notice title=conformance::conformant"),
    ],
)
def test_a_good_run_is_shown_as_one(form, sign):
    """The signs of the test above are those that a conformant run has."""
    assert sign in render_as(form, run(result()))


@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_subject_writes_no_markup(form):
    """Whatever stands in a message, none of it is a tag, and the text can be written."""
    text = render_as(form, BAD)
    text.encode("utf-8")
    if form in {"html", "junit"}:
        assert "<script>alert" not in text
    assert not set("\x00\x1b") & set(text)


# -- JUnit ----------------------------------------------------------------------------------------


def test_junit_has_the_right_counts():
    """A stock parser finds one case for each planned check, with real failures and errors."""
    suites = JUnitXml.fromstring(render_as("junit", MIXED).encode())
    assert (6, 2, 2, 1) == (suites.tests, suites.failures, suites.errors, suites.skipped)
    cases = [case for suite in suites for case in suite]
    assert 6 == len(cases)
    root = ET.fromstring(render_as("junit", MIXED))
    failure = root.find(".//testcase[@name='CLS-1.extends-base:classifier']/failure")
    assert "fit(...) raised ValueError: no" == failure.get("message")
    assert "deep, er.py" in failure.text
    assert "MUST" == failure.get("type")
    assert "no result" == root.find(f".//testcase[@name='{MISSING[0]}']/error").get("type")


def test_junit_counts_every_outcome():
    """What was not judged is an error, what does not apply is skipped, and nothing is left out."""
    suites = JUnitXml.fromstring(render_as("junit", every_outcome()).encode())
    # 1 passed, 2 failed, 1 blocked, 1 errored, 1 not applicable, 1 not offered, 1 unavailable,
    # 1 without a result
    assert (9, 2, 4, 2) == (suites.tests, suites.failures, suites.errors, suites.skipped)
    kinds = [type(one).__name__ for suite in suites for case in suite for one in case.result]
    assert {"Failure": 2, "Error": 4, "Skipped": 2} == Counter(kinds)


def test_no_format_blames_a_clause_for_what_blocked_its_check():
    """Step and exception are shown as what they are, and the impact of the clause is not."""
    record = run(blocked())
    impact = record.catalog.checks[blocked().check].impact
    for form in FORMATS:
        text = html_module.unescape(render_as(form, record))
        # SARIF and JSON have it among the checks, not with the result.
        assert (form in {"sarif", "json"}) == (impact in text), form
        assert "shields" == form or "ValueError: no" in text, form
    root = ET.fromstring(render_as("junit", record))
    assert "blocked" == root.find(".//error").get("type")
    (entry,) = json.loads(render_as("sarif", record))["runs"][0]["results"]
    assert ("open", "none") == (entry["kind"], entry["level"])
    assert "impact" not in shown(record)
    assert "verdict: BLOCKED" in shown(record)


def test_what_is_not_offered_is_shown_with_the_verdict():
    """Each format says how many clauses the verdict is about."""
    for form in ("html", "junit", "markdown", "sarif", "github", "shields"):
        text = html_module.unescape(render_as(form, PARTLY_OFFERED))
        assert "1 of 2 clauses" in text, form
    assert "IN WHAT IT OFFERS (1 OF 2 CLAUSES)" in shown(PARTLY_OFFERED)
    assert "1 not offered" in " ".join(shown(PARTLY_OFFERED).split())


def test_junit_of_a_refused_subject_is_an_error():
    """A file without cases would read as a pass."""
    root = ET.fromstring(render_as("junit", REFUSED))
    assert ("1", "1") == (root.get("tests"), root.get("errors"))
    assert "it is gone" == root.find(".//error").get("message")


def test_a_run_without_the_device_is_not_called_a_fault_of_the_subject():
    """It is incomplete, and each format says so and why."""
    record = run(refusal="there is no GPU", refused=Verdict.INCOMPLETE, environment=None)
    for form in ("html", "junit", "markdown", "sarif", "github"):
        text = html_module.unescape(render_as(form, record)).lower()
        assert "there is no gpu" in text, form
        assert "incomplete" in text, form
        assert "no subject" not in text, form


def test_junit_can_be_read_whatever_the_report_calls_its_contract():
    """A comment of XML holds no two dashes in a row."""
    record = changed(KNOWN, contract="1.0---x-")
    assert "testsuites" == ET.fromstring(render_as("junit", record)).tag


def test_junit_of_a_known_failure_is_a_failure_still():
    """The file says what happened; that it is known stands beside it."""
    assert "MUST, known" == ET.fromstring(render_as("junit", KNOWN)).find(".//failure").get("type")


def test_junit_of_a_hostile_subject_can_be_read():
    """What XML cannot hold is replaced, the rest comes back."""
    root = ET.fromstring(render_as("junit", BAD).encode("utf-8", "backslashreplace"))
    assert "<script>alert(1)</script>" in root.find(".//failure").get("message")


# -- GitHub ---------------------------------------------------------------------------------------


def test_annotations():
    """A line for each cause, at the subject's line, and the verdict as the last one."""
    out = render_as("github", MIXED).splitlines()
    assert out[0].startswith(
        "::error file=src/toy/deep%2C er.py,line=7,title=CLS-1.extends-base%3Aclassifier::fit(...)"
    )
    assert out[1].startswith("::error title=CLS-1.extends-base%3Aregressor%3A error of the suite::")
    assert (
        out[2]
        == f"::error title={MISSING[0].replace(':', '%3A')}::The planned check has no result."
    )
    assert out[3].startswith("::error title=conformance::incomplete")
    assert 4 == len(out)
    assert render_as("github", run(failed(check=SHOULD))).startswith("::warning file=")


def test_a_cause_is_one_annotation():
    """A job shows ten of them; each says how many results it stands for."""
    same = [failed(case=case) for case in "abc"]
    first, last = render_as("github", run(*same)).splitlines()
    assert "%0ACause of 3 failed results.%0AReproduce: " in first
    assert last.startswith("::error title=conformance::")
    (notice,) = render_as("github", run(*same, gate=known_gate(*same))).splitlines()[:-1]
    assert notice.startswith("::notice ")
    partly = render_as("github", run(*same, gate=known_gate(*same[1:]))).splitlines()
    assert partly[0].startswith("::error ")


def test_annotations_with_a_baseline():
    """What is known is a notice; a finding is an error at the baseline."""
    assert render_as("github", KNOWN).startswith("::notice file=src/toy")
    second = render_as("github", NOT_MET).splitlines()[1]
    assert second.startswith("::error file=known.toml,line=1,title=new failure%3A ")
    assert "it is gone" in render_as("github", REFUSED)


def test_annotations_of_a_hostile_subject_are_one_line_each():
    """A message cannot give commands to the runner."""
    out = render_as("github", BAD).splitlines()
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in out)
    assert 3 == len(out)


# -- badges ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "message", "colour"),
    [
        (run(result()), f"conformant {load_contract().version}", "success"),
        (run(result(), whole=False), "1/1, part", "yellow"),
        (run(failed()), "0/1", "critical"),
        (KNOWN, "0/1, known failures", "yellow"),
        (NOT_MET, "0/1, baseline not met", "critical"),
        (BLOCKED, "1/2, 1 blocked", "inactive"),
        (PARTLY_OFFERED, "conformant in 1 of 2 clauses", "yellow"),
        (run(result(), blocked(check=SHOULD)), "1/2", "yellow"),
        (MIXED, "incomplete", "inactive"),
        (REFUSED, "no subject", "inactive"),
    ],
)
def test_badges(record, message, colour):
    """The badge is green for a whole conformant run alone."""
    data = json.loads(render_as("shields", record))
    assert (message, colour) == (data["message"], data["color"])
    assert "wrapper contract" == data["label"]


# -- HTML -----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects tags, texts, and what would be loaded."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.loaded, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name in {"src", "href", "srcset"}]

    def handle_data(self, data):
        self.texts.append(data)


def test_what_turns_the_direction_of_a_text_is_shown_as_a_sign():
    """A message of a subject cannot make the words around it read as something else."""
    turned = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
    record = run(failed(message=f"a{turned}b \N{HEBREW LETTER ALEF}"))
    for form in ("html", "junit", "markdown", "github"):
        text = html_module.unescape(render_as(form, record))
        assert not set(turned) & set(text), form
        assert "\N{HEBREW LETTER ALEF}" in text, form


def test_the_page_is_whole_and_loads_nothing():
    """Each result is there, each failure with clause, impact, message, traceback and command."""
    text = render_as("html", MIXED)
    page = Page(text)
    words = "".join(page.texts)
    assert {"#"} == {place[0] for place in page.loaded}
    assert all(f'id="{place[1:]}"' in text for place in page.loaded)
    assert 5 == text.count("<li data-chapter=")
    assert "default-src 'none'" in html_module.unescape(text)
    for piece in (
        "The implementation provides a base wrapper",
        "Impact: code that tests isinstance",
        "fit(...) raised ValueError: no",
        "scikeras-conformance run toy --check CLS-1.extends-base --wrapper classifier",
        "src/toy/deep, er.py:7",
        "does not apply",
        MISSING[0],
    ):
        assert piece in words


def test_the_policy_of_the_page_allows_our_script_alone():
    """Its digest is that of the script as it stands in the page; otherwise no filter would work."""
    text = render_as("html", MIXED)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in text
    assert "script-src 'none';" in as_html([MIXED])


def test_the_page_shows_the_smallest_example_of_a_property():
    """The counter-example that was found stands beside the command that looks for it again."""
    text = html_module.unescape(render_as("html", run(failed(example="{'q': [nan]}"))))
    assert ">{'q': [nan]}</pre>" in text


def test_the_page_of_a_run_with_a_baseline():
    """What is known says why, what is not stands at the top."""
    assert "Known:</strong> It is old. (https://example.org/1)" in render_as("html", KNOWN)
    assert "new failure" in render_as("html", NOT_MET)
    assert "it is gone" in render_as("html", REFUSED)
    assert "(where the wrapper is defined)" in render_as("html", run(failed(details="")))


def test_a_hostile_subject_in_the_page_is_text():
    """There is one script in the page, and it is ours."""
    page = Page(render_as("html", BAD))
    assert 1 == page.tags.count("script")
    assert any("<script>alert(1)</script>" in text for text in page.texts)


# -- the terminal ---------------------------------------------------------------------------------


def test_a_terminal_that_knows_few_characters(monkeypatch):
    """What it cannot show is shown as an escape, and the command goes on."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    put(render_as("markdown", run(result())), None)
    terminal.flush()
    assert b"\\u2705 Conformance" in terminal.buffer.getvalue()


def shown(record):
    return "\n".join(line.text for line in render(record))


def test_the_terminal_shows_the_gate_and_the_settings():
    """What does not agree with the baseline stands by itself, above the verdict."""
    dormant = replace(KNOWN.gate, dormant=("x",))
    text = shown(changed(KNOWN, gate=dormant, configuration={"file": "pyproject.toml"}))
    assert "settings  pyproject.toml" in text
    assert "baseline: MET  (1 known failures, 1 for other conditions) known.toml" in text
    text = shown(NOT_MET)
    assert "NEW FAILURE CLS-1.extends-base:base\n  a step" in text
    assert "baseline: NOT MET, 1 findings" in text


def test_an_incomplete_run_shows_no_gate():
    """A baseline says nothing about it."""
    assert "baseline:" not in shown(changed(MIXED, gate=known_gate()))


# -- what is left out -----------------------------------------------------------------------------


def test_runs_that_know_little():
    """Without a version, a time or a traceback there is less to show, and nothing breaks."""
    record = run(failed(details=""), subject={"spec": "toy"}, started="")
    text = html_module.unescape(render_as("markdown", record))
    assert "toy (no release)" in text
    assert "timestamp" not in render_as("junit", record)
    assert "<dt>started</dt>" not in render_as("html", record)

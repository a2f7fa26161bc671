"""The Markdown format: summaries of a run, also of the worst one."""

import html as html_module
import re

import pytest

from runs import (
    BAD,
    HOSTILE,
    KNOWN,
    MIXED,
    NOT_MET,
    REFUSED,
    failed,
    known_gate,
    run,
)
from scikeras_conformance.baseline import Concern, Finding, Gate, Known
from scikeras_conformance.catalog.results import Origin
from scikeras_conformance.report.formats import render_as
from scikeras_conformance.report.formats.markdown import MAX_SHOWN, fenced


def test_markdown_shows_what_counts():
    """Verdict, table, each failure with clause, impact, message and traceback."""
    text = html_module.unescape(render_as("markdown", MIXED))
    assert "Conformance: incomplete" in text
    assert "| CLS | 1 | 2 | 0 | 1 | 1 |" in text
    assert "**No result** for <code>CLS-2.fit-and-predict:base</code>" in text
    assert "**Impact**: code that tests isinstance" in text
    assert "**CLS-1** The implementation provides a base wrapper" in text
    assert "deep, er.py" in text


def test_markdown_with_a_baseline():
    """Findings stand first, what is known is folded away."""
    text = html_module.unescape(render_as("markdown", NOT_MET))
    assert "**new failure** <code>CLS-1.extends-base:base</code>: a step" in text
    text = html_module.unescape(render_as("markdown", KNOWN))
    assert "1 known failures" in text
    assert "It is old. (<code>https://example.org/1</code>)" in text
    assert "```" not in text


def test_markdown_of_many_failures_is_cut():
    """A job's summary has a limit; what is left out is counted."""
    places = [Origin("a.py", 1, f"f{number}", "x") for number in range(MAX_SHOWN + 7)]
    error = "ValueError: no"
    many = run(*(failed(case=one.function, origin=one, exception=error) for one in places))
    text = render_as("markdown", many)
    assert "7 more with 7 results are left out" in text
    assert MAX_SHOWN == text.count("**Impact**")


@pytest.mark.slow
def test_markdown_of_the_worst_run_fits_into_a_summary():
    """GitHub shows nothing at all of a summary that is larger than a mebibyte."""
    bad = [failed(case=str(n), message=HOSTILE * 99, details=HOSTILE * 99) for n in range(1000)]
    old = [failed(case=f"old-{n}") for n in range(1000)]
    findings = [Finding(Concern.NEW, one.id, one.message) for one in bad]
    text = render_as("markdown", run(*bad, *old, gate=known_gate(*old, findings=findings)))
    assert len(text.encode("utf-8")) < 2**20
    assert "1000 known failures" in text
    assert "- 940 more; the report has them all." in text
    assert "- 500 more; the report has them all." in text


def test_markdown_of_long_reasons_is_cut():
    """A reason may be a page; the summary of a job has room for the first of them."""
    old = [failed(case=f"old-{n}") for n in range(400)]
    known = {one.id: Known("why! " * 1000, "") for one in old}
    text = render_as("markdown", run(*old, gate=Gate("b.toml", met=True, known=known)))
    assert len(text.encode("utf-8")) < 2**18
    assert "400 known failures" in text
    assert re.search(r"- 3\d\d more; the report has them all", text)


def test_markdown_of_a_refusal():
    """The reason is all there is."""
    assert "it is gone" in render_as("markdown", REFUSED)


def test_fences():
    """No text closes the block that it stands in, and a long one keeps its end."""
    assert fenced("a ``` b").startswith("````text\n")
    cut = fenced("x" * 5000 + "end")
    assert "1003 characters left out" in cut
    assert "end\n```" in cut


@pytest.mark.parametrize("sign", ["`", "\N{GRINNING FACE}", "\ud800"])
def test_no_text_of_a_subject_makes_a_summary_too_long(sign):
    """Fences as long as the text, and characters of several bytes, count as well."""
    bad = [failed(case=str(n), message=sign * 9999, details=sign * 9999) for n in range(MAX_SHOWN)]
    assert len(render_as("markdown", run(*bad)).encode("utf-8")) < 2**20


def test_markdown_of_a_hostile_subject_is_text():
    """Outside of fences nothing is left that Markdown or HTML would act on."""
    text = re.sub(
        r"^(`{3,})text\n.*?^\1$", "", render_as("markdown", BAD), flags=re.MULTILINE | re.DOTALL
    )
    assert "<script" not in text
    assert "@you" not in text
    assert "*x*" not in text

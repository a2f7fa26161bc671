"""The causes in the terminal, in HTML, and between two runs."""

import html as html_module
import re

import pytest

from runs import blocked, failed, known_gate, result, run
from scikeras_conformance.catalog.results import Origin
from scikeras_conformance.report.cause_changes import cause_lines, fixed_causes
from scikeras_conformance.report.formats import render_as
from scikeras_conformance.report.formats.terminal import render
from scikeras_conformance.report.formats.terminal_causes import MAX_CAUSES
from scikeras_conformance.report.formats.terminal_lines import WIDTH, Line, wrapped

ERROR = "ValueError: the model has no loss"


def at(function, case, **more):
    """Return a failure that was raised in a function of the subject."""
    place = Origin("toy/wrappers.py", 41, f"Wrapper.{function}", f"self.{function}(X)")
    return failed(case=case, origin=place, exception=ERROR, message=f"fit raised {ERROR}", **more)


def shown(record):
    return "\n".join(line.text for line in render(record))


MANY = [at(f"f{number}", str(number)) for number in range(MAX_CAUSES + 2)]


# -- the terminal ----------------------------------------------------------------------------------


def test_a_cause_is_a_place_an_exception_clauses_and_an_example():
    """Above all, how many results it stands for."""
    record = run(at("_fit", "a"), at("_fit", "b"), result())
    text = shown(record)
    assert (
        " 1. cause of 2 failed results\n"
        "    at toy/wrappers.py:41, Wrapper._fit\n"
        "       self._fit(X)\n"
        f"    {ERROR}\n"
        "    breaks CLS-1 (MUST)\n"
        "    example CLS-1.extends-base:base:a\n"
        "    impact: "
    ) in text
    assert text.index(" 1. cause of") < text.index("chapter ") < text.index("verdict: ")


def test_the_terminal_shows_the_first_causes():
    """The others are counted, and the summary says where they are."""
    text = shown(run(*MANY, at("f0", "more")))
    assert f"CAUSES: {len(MANY)} for {len(MANY) + 1} failed, the first {MAX_CAUSES} here" in text
    assert MAX_CAUSES == text.count("cause of")
    assert " 1. cause of 2 failed results" in text
    assert "2 more causes with 2 results: a report has them all" in text


def test_what_a_baseline_knows_comes_last():
    """What is new would else be below what everybody has seen."""
    old, new = [at("_old", "a"), at("_old", "b")], at("_new", "c")
    text = shown(run(*old, new, gate=known_gate(*old)))
    assert text.index("Wrapper._new") < text.index("Wrapper._old")
    assert " 2. cause of 2 failed results (2 known)" in text


def test_a_blocked_cause_has_no_impact():
    """Nothing of the clause was seen."""
    place = Origin("toy/wrappers.py", 41, "Wrapper._fit", "self._fit(X)")
    text = shown(run(blocked(origin=place), result(wrapper="regressor")))
    assert "    blocks CLS-1 (MUST)" in text
    assert "impact" not in text


def test_a_command_can_be_copied_although_it_is_long():
    """It is continued as a shell continues a line, and no word of it is broken."""
    command = "scikeras-conformance run " + " ".join(["--check", "x" * 90, "--wrapper", "base"] * 2)
    lines = [one.text for one in wrapped([Line(f"    {command}", hang=6, is_command=True)])]
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert command.split() == " ".join(lines).replace("\\", "").split()


@pytest.mark.parametrize("text", ["", "x" * 500, "word " * 100, "  - a: b " * 40])
def test_lines_are_wrapped(text):
    """Nothing is lost, and nothing is wider than the terminal."""
    lines = [one.text for one in wrapped([Line(text)])]
    assert "".join(text.split()) == "".join("".join(lines).split())
    assert WIDTH >= max(map(len, lines))


# -- HTML ------------------------------------------------------------------------------------------


def test_the_page_begins_with_an_overview():
    """Bars by chapter and the causes stand before the results, what passed at the end."""
    text = html_module.unescape(render_as("html", run(*MANY, result(wrapper="regressor"))))
    order = ['class="bars"', f"{len(MANY)} causes", 'class="cause"', "What passed"]
    assert order == sorted(order, key=text.index)
    assert MAX_CAUSES == len(re.findall(r'<li><a href="#cause-', text))
    assert len(MANY) == text.count('<details class="cause"')
    assert "12 failed, 1 passed" in text or "1 passed, 12 failed" in text


def test_a_text_that_many_results_share_is_in_the_page_once():
    """A page of hundreds of results stays small enough to be opened."""
    message = "a message of its own " * 20
    record = run(*(failed(case=str(number), message=message) for number in range(50)))
    text = render_as("html", record)
    assert 50 == text.count('data-outcome="failed"')
    assert text.count(message) < 5
    assert 1 == text.count("Traceback</h3>")


# -- two runs --------------------------------------------------------------------------------------


def test_causes_that_are_mended_and_those_that_are_new():
    """A cause is mended if none of its results is wrong any more."""
    before = run(at("_a", "1"), at("_a", "2"), at("_b", "3"), result(case="4"))
    after = run(at("_a", "1"), result(case="2"), result(case="3"), at("_c", "4"))
    assert ["Wrapper._b"] == [one.origin.function for one in fixed_causes(before, after)]
    assert ["Wrapper._c"] == [one.origin.function for one in fixed_causes(after, before)]
    assert [
        "causes fixed: 1",
        f"  1 result at toy/wrappers.py:41: {ERROR}",
        "new causes: 1",
        f"  1 result at toy/wrappers.py:41: {ERROR}",
    ] == [*cause_lines(before, after)]


def test_causes_of_results_that_the_other_run_lacks_are_not_mended():
    """What was not run again is not known to be right."""
    before, after = run(at("_a", "1")), run(result(case="2"))
    assert () == fixed_causes(before, after)
    assert ["causes fixed: 0", "new causes: 0"] == [*cause_lines(before, after)]


def test_of_many_changes_the_first_are_shown():
    """The rest is counted."""
    lines = [*cause_lines(run(*MANY), run(*(result(case=one.case) for one in MANY)))]
    assert "  and 2 more" in lines

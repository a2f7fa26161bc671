"""Two runs compared, and several put side by side."""

import html as html_module

import pytest

from runs import (
    BAD,
    SHOULD,
    SUBJECT,
    blocked,
    failed,
    result,
    run,
)
from scikeras_conformance.cli.main import main
from scikeras_conformance.report import matrix
from scikeras_conformance.report.compare import compare, lines
from scikeras_conformance.report.formats import render_as
from scikeras_conformance.report.structure import Configuration
from scikeras_conformance.report.writing import write_report


@pytest.mark.parametrize(
    ("before", "after", "field", "regression"),
    [
        ([result()], [failed()], "worse", True),
        ([result()], [result("errored")], "worse", True),
        ([failed()], [result()], "fixed", False),
        ([failed()], [failed(message="other")], "changed", True),
        ([result()], [result("not_applicable")], "changed", True),
        ([failed()], [result("not_applicable")], "changed", True),
        ([result("not_applicable")], [result()], "fixed", False),
        ([failed()], [result("errored")], "changed", True),
        ([result()], [blocked()], "worse", True),
        ([blocked()], [failed()], "changed", True),
        ([failed()], [blocked()], "changed", True),
        ([blocked()], [result()], "fixed", False),
        ([blocked()], [blocked(message="other")], "changed", True),
        ([result()], [result("not_offered")], "changed", True),
        ([], [blocked()], "added_failing", True),
        ([], [result()], "added", False),
        ([], [failed()], "added_failing", True),
        ([result()], [], "removed", True),
    ],
)
def test_differences(before, after, field, regression):
    """Each way from one run to another has a name, and only good ones end well."""
    others = [result(check=SHOULD)]
    first, second = run(*others, *before), run(*others, *after)
    found = compare(first, second)
    assert (result().id,) == getattr(found, field)
    assert regression == found.is_regression
    assert any(result().id in line for line in lines(first, second))


def test_no_difference():
    """The same failure is no regression, whatever address it names."""
    first, second = run(failed(message="<f at 0x1>")), run(failed(message="<f at 0x2>"))
    assert not compare(first, second).is_regression
    assert not any(result().id in line for line in lines(first, second))


OTHER = result(check=SHOULD)
WIDE = run(result(), failed(wrapper="classifier"), OTHER)


def narrow(*results, **selected):
    """Return a run of a part."""
    return run(*results, whole=False, configuration=Configuration(**selected))


@pytest.mark.parametrize(
    "selected", [{"checks": ("CLS-1",)}, {"checks": ("CLS-1.*",)}, {"wrappers": ("base",)}]
)
def test_runs_of_different_selections(selected):
    """What only one of them is about is listed, and is no regression in either direction."""
    part = narrow(*([result(), OTHER] if "wrappers" in selected else WIDE.results[:2]), **selected)
    for before, after in ((WIDE, part), (part, WIDE)):
        found = compare(before, after)
        assert not found.is_regression
        assert len(part.results) == found.compared
        assert bool(found.only_before) == (before is WIDE)
        assert bool(found.only_after) == (after is WIDE)
    text = "\n".join(lines(WIDE, part))
    assert f"compared: {len(part.results)} results that both runs have" in text
    assert "only in the first run, not selected in the second" in text


def test_what_disappeared_from_a_selection_is_missing():
    """A narrower run has to have all that it is about."""
    part = narrow(result(), checks=("CLS-1",))
    found = compare(WIDE, part)
    assert ("CLS-1.extends-base:classifier",) == found.removed
    assert found.is_regression


def test_another_profile_is_another_selection():
    """A run of one profile is compared with a run of all in that profile."""
    everything = run(result(), OTHER, profiles=["all"])
    assert () == compare(everything, run(result(), OTHER)).only_before
    found = compare(everything, run(profiles=["hygiene"]))
    assert (0, 2, False) == (found.compared, len(found.only_before), found.is_regression)


def test_runs_that_have_nothing_in_common(tmp_path, capsys):
    """Nothing compared is never "nothing got worse"."""
    for name, report in (("a", run(result())), ("b", narrow(OTHER, checks=(SHOULD,)))):
        write_report(report, tmp_path / name)
    assert 3 == main(["diff", str(tmp_path / "a"), str(tmp_path / "b")])
    assert "compared: 0 results" in capsys.readouterr().out


def test_who_was_judged():
    """Path and commit are in the comparison of two runs, and in that of several."""
    who = {"path": "/code/toy", "commit": "abc123+changes"}
    report = run(result(), subject={**SUBJECT, **who})
    for text in (
        "\n".join(lines(report, report)),
        *(render([report]) for render in matrix.RENDERERS.values()),
        *(render_as(form, report) for form in ("text", "html", "markdown", "json")),
    ):
        plain = html_module.unescape(text)
        assert "/code/toy" in plain
        assert "abc123+changes" in plain.replace("\\", "")


# -- several runs ---------------------------------------------------------------------------------


def test_the_matrix_says_the_worst_of_each_check():
    """An implementation that did not run a check does not look as if it passed it."""
    records = [
        run(result(), result(wrapper="classifier")),
        run(result(), failed(wrapper="classifier"), result("not_applicable", check=SHOULD)),
        run(result(), missing=("CLS-1.extends-base:classifier",)),
        run(result("errored"), failed(wrapper="classifier")),
    ]
    text = html_module.unescape(matrix.as_markdown(records))
    cells = "passed 2 | failed 1/2 | no result for 1 | errored 1/2"
    assert f"| CLS-1.extends-base | MUST | {cells} |" in text
    assert (
        "| CLS-9.not-a-model | SHOULD | not run | not applicable 1/1 | not run | not run |" in text
    )
    page = matrix.as_html([*records, BAD])
    assert "failed 1/2" in page
    assert "<script>alert" not in page
    assert "<h1>Wrapper contract, side by side</h1>" in page


def test_the_matrix_as_plain_text():
    """Columns are as wide as they have to be, and no line ends in blanks."""
    text = matrix.as_text([WIDE, run(failed())])
    head, row = [line for line in text.splitlines() if line.startswith(("check ", "CLS-1."))]
    assert head.index("level") == row.index("MUST")
    assert "failed 1/2" in row
    assert "failed 1/1" in row
    assert [] == [line for line in text.splitlines() if line != line.rstrip()]

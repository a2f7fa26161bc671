"""Two runs compared, and several put side by side."""

import html as html_module

import pytest

from runs import (
    BAD,
    SHOULD,
    blocked,
    failed,
    result,
    run,
)
from scikeras_conformance.report import matrix
from scikeras_conformance.report.compare import compare, lines


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

"""What scripts/docs checks besides the build: the examples of the clauses, and the links."""

from types import SimpleNamespace

import pytest

from sitegen.examples import faults_of
from sitegen.links import broken_links, main
from sitegen.markup import code, prose, table, text
from sitegen.material import Example

GOOD = SimpleNamespace(BaseWrapper=None, KerasClassifier=list, KerasRegressor=None)
BAD = SimpleNamespace(**{**vars(GOOD), "KerasClassifier": dict}, clause="CLS-1")


@pytest.mark.parametrize(
    ("code_of_it", "broken_by", "fault"),
    [
        ("assert KerasClassifier is list", "bad", None),
        ("assert KerasClassifier is set", "bad", "fails with the reference"),
        ("X", "bad", "does not fail with bad"),
        ("X", "none", "'none' is not a mutant of that clause"),
    ],
)
def test_an_example_is_right_and_can_be_wrong(code_of_it, broken_by, fault):
    """The reference gets through, and the mutant does not."""
    faults = faults_of(Example("CLS-1", code_of_it, broken_by), GOOD, {"bad": BAD})
    assert ([fault] if fault else []) == [fault for found in faults if fault in found]
    assert int(fault is not None) == len(faults)


def test_links_that_lead_nowhere(tmp_path):
    """Pages, anchors and addresses are looked at, on every page of the site."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="top"></h1><a href="#top"></a><a href="sub/page.html#here"></a>'
        '<a href="https://example.org/x"></a><a href="#gone"></a><img src="none.png">'
    )
    (tmp_path / "sub" / "page.html").write_text(
        '<p id="here"></p><a href="../index.html#top"></a><a href="../index.html#no"></a>'
        '<a href="http://"></a><a href="../sub"></a>'
    )
    count, faults = broken_links(tmp_path)
    assert 9 == count
    assert [
        "index.html: '#gone' is not an anchor of that page",
        "index.html: 'none.png' does not exist",
        "sub/page.html: '../index.html#no' is not an anchor of that page",
        "sub/page.html: 'http://' is not a valid address",
        "sub/page.html: '../sub' does not exist",
    ] == faults
    assert 1 == main([str(tmp_path)])


def test_a_site_without_a_link_is_no_site(tmp_path):
    """A folder that holds nothing has not passed."""
    assert 1 == main([str(tmp_path)])


def test_text_is_text():
    """What stands in the data is shown as it stands there, in a sentence and in a table."""
    assert r"\<b\> \*x\* a\_b \&amp;" == text("<b> *x*\na_b &amp;")
    assert "``a`b``" == code("a`b")
    assert "Ask `x or y`, `get_params` and `fit(X, y)`. \\*" == prose(
        "Ask `x or y`, get_params and fit(X, y). *"
    )
    assert r"| `a \| b` |" == table(["h"], [["`a | b`"]]).splitlines()[-1]

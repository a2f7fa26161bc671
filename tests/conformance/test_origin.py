"""Where in the subject an exception comes from, and how much of a traceback is kept."""

import importlib
import json

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.runner.definitions import definition_for
from scikeras_conformance.runner.origin import origin_of
from scikeras_conformance.runner.tracebacks import MAX_FRAMES, short_traceback
from scikeras_conformance.subject.loading import Subject
from scikeras_conformance.subject.sources import is_own, own_packages, public_packages, shown_path

SOURCE = """\
import json


class Base:
    def __init__(self, model):
        self.model = model

    def fit(self, text):
        return json.loads(
            text,
        )

    def refuse(self):
        raise ValueError(
            "no"
        )

    def descend(self, depth):
        return self.descend(depth - 1) if depth else self.refuse()


class Classifier(Base):
    def score(
        self, X,
    ):
        return 1
"""


@pytest.fixture
def subject(tmp_path, monkeypatch):
    """Return a subject that is a package, in a folder of another name."""
    package = tmp_path / "lib" / "origin_toy" / "inner"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package.parent / "__init__.py").write_text("")
    (package / "wrappers.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    module = importlib.import_module("origin_toy.inner.wrappers")
    yield Subject("toy", {Wrapper.BASE: module.Base, Wrapper.CLASSIFIER: module.Classifier})
    for name in [name for name in importlib.sys.modules if name.startswith("origin_toy")]:
        del importlib.sys.modules[name]


def raised(call, *arguments, **keywords):
    with pytest.raises(Exception) as caught:
        call(*arguments, **keywords)
    return caught.value


def origin(subject, call, *arguments, **keywords):
    found = origin_of(raised(call, *arguments, **keywords), subject)
    return found and (found.file, found.line, found.function, found.source, found.raised)


FILE = "origin_toy/inner/wrappers.py"


def test_the_innermost_statement_of_the_subject(subject):
    """Whole, on one line, and with the path from its package; what it called is not the subject."""
    estimator = subject.classes[Wrapper.CLASSIFIER](1)
    expected = (FILE, 9, "Base.fit", "return json.loads( text, )", False)
    assert expected == origin(subject, estimator.fit, "{")


def test_a_statement_that_raises_by_itself(subject):
    """The subject refuses something, in words of its own."""
    estimator = subject.classes[Wrapper.CLASSIFIER](1)
    expected = (FILE, 14, "Base.refuse", 'raise ValueError( "no" )', True)
    assert expected == origin(subject, estimator.refuse)


def test_a_call_that_never_began(subject):
    """It is the definition that does not fit the call."""
    expected = (FILE, 5, "Base.__init__", "def __init__(self, model):", False)
    assert expected == origin(subject, subject.classes[Wrapper.CLASSIFIER], 1, loss="mse")


def test_an_attribute_that_is_missing(subject):
    """It is the class that the others extend: there, it would be there for all of them."""
    expected = (FILE, 4, "Base", "class Base:", False)
    for owner in (subject.classes[Wrapper.CLASSIFIER], subject.classes[Wrapper.BASE](1)):
        assert expected == origin(subject, lambda owner=owner: owner.initialize)


def test_what_others_raise_comes_from_nowhere_in_the_subject(subject):
    """No line of the subject is blamed for it."""
    assert None is origin(subject, json.loads, "{")
    assert None is origin(subject, lambda: "".initialize)


def test_packages_of_a_subject_within_keras_are_those_of_its_classes():
    """A subject of Keras's own is not all of Keras, and bases of scikit-learn are nobody's."""
    base = type("Base", (), {"__module__": "sklearn.base"})
    vendored = type("Vendored", (base,), {"__module__": "vendor.base"})
    of_keras = type("Wrapper", (vendored,), {"__module__": "keras.src.wrappers.sklearn_wrapper"})
    adapter = type("Adapter", (of_keras,), {"__module__": "mine.adapter"})
    subject = Subject("toy", {Wrapper.BASE: adapter}, public_classes={Wrapper.BASE: of_keras})
    packages = own_packages(subject)
    assert {"mine", "keras.src.wrappers", "vendor"} == set(packages)
    assert {"keras.src.wrappers", "vendor"} == set(public_packages(subject))
    assert is_own("keras.src.wrappers.utils", packages)
    assert not is_own("keras.src.models", packages)
    assert not is_own("keras.src.wrappers_of_others", packages)
    assert not is_own(None, packages)


def test_an_adapter_is_not_the_place_to_mend(subject):
    """What it calls in the wrong way is; the adapter is named where nothing else is known."""
    base = subject.classes[Wrapper.BASE]
    glue = {"Base": base, "__name__": "glue"}
    exec(
        "class Glue(Base):\n    def fit(self, text):\n        return Base(text, 1)\n"
        "    def lose(self):\n        return {}[0]\n",
        glue,
    )
    adapted = Subject("toy", {Wrapper.BASE: glue["Glue"]}, public_classes={Wrapper.BASE: base})
    assert "Base.__init__" == origin(adapted, glue["Glue"](1).fit, "{")[2]
    assert ("Glue.lose", False) == origin(adapted, glue["Glue"](1).lose)[2::2]


def test_paths_are_shown_from_the_package():
    """Nothing of the machine is in a report that is handed on."""
    assert "pkg/a/b.py" == shown_path("/srv/lib/pkg/a/b.py", "pkg.a.b")
    assert "pkg/a/__init__.py" == shown_path("/srv/lib/pkg/a/__init__.py", "pkg.a")
    assert "single.py" == shown_path("/srv/single.py", "single")


# -- tracebacks ------------------------------------------------------------------------------------


def test_a_traceback_has_the_lines_of_the_subject_and_what_raised(subject):
    """Whatever stands between them is counted."""
    estimator = subject.classes[Wrapper.BASE](1)
    text = short_traceback(raised(estimator.fit, "{"), subject)
    assert "in fit\n" in text
    assert "in raw_decode" in text
    assert "in loads\n" not in text
    assert "... 1 frames ..." in text
    assert text.splitlines()[-1].startswith("json.decoder.JSONDecodeError: ")


def test_a_deep_traceback_and_a_long_message_are_cut(subject):
    """No recursion of a subject makes a report large."""
    estimator = subject.classes[Wrapper.BASE]("x" * 9999)
    text = short_traceback(raised(estimator.descend, 200), subject)
    assert MAX_FRAMES == text.count('  File "')
    assert len(short_traceback(ValueError("x" * 99_999), subject)) < 2000


def test_of_an_outcome_it_is_the_cause_that_is_shown(subject):
    """The message of the result says the rest."""
    try:
        try:
            subject.classes[Wrapper.BASE](1).refuse()
        except ValueError as error:
            raise AssertionError("fit raised") from error
    except AssertionError as outcome:
        text = short_traceback(outcome, subject)
    assert "fit raised" not in text
    assert "ValueError: no" in text


# -- definitions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "line", "function"),
    [
        ("fit changed X", 8, "Base.fit"),
        ("one row: refuse returned 1", 13, "Base.refuse"),
        ("it is no classifier", 22, "Classifier"),
        ("the model is\nfit", 22, "Classifier"),
    ],
)
def test_what_a_broken_promise_is_about(subject, message, line, function):
    """The method that its message names, or else the class."""
    found = definition_for(message, subject.classes[Wrapper.CLASSIFIER], subject)
    assert (FILE, line, function) == (found.file, found.line, found.function)
    assert found.source.startswith(("def ", "class "))


def test_the_head_of_a_definition_may_have_several_lines(subject):
    """All of it is shown, on one line."""
    found = definition_for("score is 1", subject.classes[Wrapper.CLASSIFIER], subject)
    assert (23, "def score( self, X, ):") == (found.line, found.source)


def test_nothing_is_known_of_what_is_not_the_subjects(subject):
    """A method of scikit-learn is not a place to mend, and a class may have no source."""
    made = type("Made", (dict,), {"__module__": "origin_toy.made"})
    assert None is definition_for("update is wrong", made, subject)
    assert None is definition_for("update is wrong", dict, subject)

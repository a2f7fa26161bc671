"""Finding the implementation under test."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.exceptions import SubjectImportError, SubjectIncompleteError, UsageError
from scikeras_conformance.subject.loading import load_subject

pytestmark = pytest.mark.usefixtures("toy_on_path")


def test_a_module_with_the_three_names():
    """The plainest way to name a subject."""
    subject = load_subject("toy_subject")
    assert "KerasRegressor" == subject.classes[Wrapper.REGRESSOR].__name__
    assert {"model": None} == subject.construct(subject.classes[Wrapper.BASE]).get_params()


def test_each_wrapper_from_a_place_of_its_own():
    """Wrappers may have other names, and live in other modules."""
    subject = load_subject(
        "base=toy_subject:BaseWrapper, classifier=toy_subject:KerasRegressor,"
        "regressor=toy_subject:Adapter.KerasRegressor"
    )
    names = [cls.__qualname__ for cls in subject.classes.values()]
    assert ["BaseWrapper", "KerasRegressor", "Adapter.KerasRegressor"] == names


def test_an_adapter_constructs():
    """An adapter turns what the contract passes into what its classes take."""
    subject = load_subject("toy_subject:Adapter")
    estimator = subject.construct(subject.classes[Wrapper.BASE], print, units=3)
    assert {"model": print, "units": 3} == estimator.get_params()


def test_an_adapter_may_bring_estimators_for_the_checks_of_scikit_learn():
    """It is asked by kind and check; a subject that says nothing about it has none."""
    assert {} == load_subject("toy_subject").estimator_factories
    make = load_subject("toy_subject:Adapter").estimator_factories[Wrapper.REGRESSOR]
    assert ("regressor", "check_fit1d") == make("regressor", "check_fit1d").get_params()["model"]


def test_an_adapter_names_the_classes_that_users_import():
    """Types, sources and the identity are those of the public_classes, not of the adapter's own."""
    plain = load_subject("toy_subject")
    assert plain.classes[Wrapper.BASE] is plain.public_class(Wrapper.BASE)
    subject = load_subject("toy_subject:Derived")
    assert "KerasRegressor" == subject.public_class(Wrapper.REGRESSOR).__qualname__
    assert "toy_subject.KerasRegressor" == subject.identity.wrappers["regressor"]
    assert "toy_subject.Derived.KerasClassifier" == subject.identity.wrappers["classifier"]


def test_the_identity_of_a_subject_without_a_distribution():
    """A module that belongs to no distribution has names, and no version."""
    identity = load_subject("toy_subject").identity
    assert (None, None) == (identity.distribution, identity.version)
    assert "toy_subject.BaseWrapper" == identity.wrappers["base"]


def test_the_identity_of_an_installed_subject():
    """An installed implementation is named with its release."""
    identity = load_subject("scikeras_reference").identity
    assert "scikeras-reference" == identity.distribution
    assert identity.version
    assert "scikeras_reference" == Path(identity.path).name


def test_the_identity_of_a_checkout_that_is_installed(tmp_path, monkeypatch):
    """It is told by the folder of the source, the innermost one, since no file may be listed."""
    for name, source in [("outer", tmp_path), ("inner", tmp_path / "inner")]:
        folder = tmp_path / "site" / f"{name}-1.0.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        url = {"url": source.as_uri(), "dir_info": {"editable": True}}
        (folder / "direct_url.json").write_text(json.dumps(url))
    package = tmp_path / "inner" / "src" / "checked_out.py"
    package.parent.mkdir(parents=True)
    package.write_text(
        "class KerasClassifier: pass\nBaseWrapper = KerasRegressor = KerasClassifier\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.syspath_prepend(package.parent)
    identity = load_subject("checked_out").identity
    assert ("inner", "1.0") == (identity.distribution, identity.version)


@pytest.fixture
def shadow(tmp_path, monkeypatch):
    """Put a checkout in front of an installed distribution of the same name."""
    folder = tmp_path / "scikeras_reference"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "__version__ = '9.9'\nclass KerasClassifier: pass\n"
        "BaseWrapper = KerasRegressor = KerasClassifier\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    hidden = {name: sys.modules.pop(name) for name in [*sys.modules] if name.startswith(SHADOWED)}
    yield folder
    sys.modules.pop(SHADOWED, None)
    sys.modules.update(hidden)


SHADOWED = "scikeras_reference"


def git(folder, *arguments):
    """Run git, if there is one."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    settings = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *settings, *arguments], check=True)


def test_the_identity_is_that_of_what_was_imported(shadow):
    """A distribution of the same name says nothing about a checkout that stands before it."""
    identity = load_subject(SHADOWED).identity
    assert (None, "9.9") == (identity.distribution, identity.version)
    assert (str(shadow), None) == (identity.path, identity.commit)


def test_the_commit_of_a_subject(shadow):
    """It is named if git tracks the file, and says so if something was changed since."""
    git(shadow, "init", "-q")
    assert None is load_subject(SHADOWED).identity.commit
    git(shadow, "add", ".")
    git(shadow, "commit", "-qm", "x")
    commit = load_subject(SHADOWED).identity.commit
    assert re.fullmatch("[0-9a-f]{12}", commit)
    (shadow / "new.py").write_text("")
    assert f"{commit}+changes" == load_subject(SHADOWED).identity.commit


def test_the_commit_of_another_repository(shadow, monkeypatch):
    """The variables that git sets in a hook name the repository of the hook."""
    git(shadow, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(Path(__file__).parents[2] / ".git"))
    assert None is load_subject(SHADOWED).identity.commit


def test_classes_that_do_not_tell_who_they_are(tmp_path, monkeypatch):
    """A metaclass may hide the module; the report has the reason in its place."""
    (tmp_path / "hiding.py").write_text(
        "class Meta(type):\n    @property\n    def __module__(cls): raise RuntimeError('no')\n"
        "class KerasClassifier(metaclass=Meta): pass\n"
        "BaseWrapper = KerasRegressor = KerasClassifier\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    identity = load_subject("hiding").identity
    assert "(RuntimeError: no)" == identity.wrappers["classifier"]
    assert (None, None) == (identity.distribution, identity.version)


@pytest.mark.parametrize(
    ("spec", "error", "complaint"),
    [
        ("no_such_module_anywhere", SubjectImportError, "No module named"),
        ("toy_subject:Missing", SubjectIncompleteError, "no attribute 'Missing'"),
        ("toy_subject:incomplete", SubjectIncompleteError, "'text' is not a class"),
        ("toy_subject:incomplete", SubjectIncompleteError, "KerasRegressor .missing"),
        ("json", SubjectIncompleteError, "BaseWrapper, KerasClassifier and KerasRegressor"),
        ("base=toy_subject:BaseWrapper", SubjectIncompleteError, "say so: --not-offered cl"),
        ("bass=toy_subject:BaseWrapper", UsageError, "not understood"),
        ("base=a,classifier=b,regressor=c", UsageError, "not understood"),
        ("", UsageError, "names no module"),
        ("wrappers.py", UsageError, "not its file"),
        ("./wrappers.py", UsageError, "names no module"),
    ],
)
def test_subjects_that_cannot_be_judged(spec, error, complaint):
    """What is wrong with a subject is said in terms of what was typed."""
    with pytest.raises(error, match=complaint):
        load_subject(spec)


@pytest.mark.parametrize("line", ["raise RuntimeError('boom')", "import sys; sys.exit(0)", "1 +"])
def test_a_module_that_fails_on_import(tmp_path, monkeypatch, line):
    """Whatever happens on import is an error about the subject, and ends nothing."""
    (tmp_path / "failing_subject.py").write_text(line)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SubjectImportError, match="'failing_subject' cannot be imported"):
        load_subject("failing_subject")

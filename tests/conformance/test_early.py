"""Runs that cannot come to anything are refused before they start, and name the reason."""

import json
import sys
from importlib import metadata

import pytest

from commands import conformance
from scikeras_conformance.cli.main import main
from scikeras_conformance.exceptions import SubjectImportError, UnsupportedEnvironmentError
from scikeras_conformance.report.reading import load_report
from scikeras_conformance.runner import requirements
from scikeras_conformance.subject.search import require_modules


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package with a module, which must not be imported."""
    folder = tmp_path / "careful_package"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('imported')")
    (folder / "wrappers.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


@pytest.mark.parametrize(
    "subject",
    [
        "careful_package",
        "careful_package.wrappers",
        "careful_package.wrappers:adapter",
        "careful_package.something_else",
        "classifier=careful_package.wrappers:A,regressor=json:B,base=sys:C",
    ],
)
def test_what_may_exist_is_not_refused(subject, package):
    """A package may have modules that are in no file."""
    require_modules(subject)
    assert "careful_package" not in sys.modules


@pytest.mark.parametrize(
    ("subject", "complaint"),
    [
        ("carefull_package", "no module 'carefull_package'. Did you mean 'careful_package'?"),
        ("careful_package.wrapers", "Did you mean 'wrappers'?"),
        ("no_such_thing_at_all", "no module 'no_such_thing_at_all'"),
        ("classifier=careful_pakage:A,regressor=json:B,base=sys:C", "'careful_package'"),
    ],
)
def test_slips_are_refused(subject, complaint, package):
    """The nearest name that exists is proposed, and nothing is imported for it."""
    with pytest.raises(SubjectImportError) as caught:
        require_modules(subject)
    assert complaint in str(caught.value)
    assert "careful_package" not in sys.modules


def test_a_package_that_says_where_its_modules_are(package):
    """Where the path may change, nothing is certain without importing."""
    (package / "__init__.py").write_text("__path__.append('elsewhere')")
    require_modules("careful_package.wrapers")


@pytest.mark.parametrize("text", ["class Classifier:\n    ...", "from elsewhere import Classifier"])
@pytest.mark.parametrize("subject", ["{}:Clasifier", "classifier={}:Clasifier,base={}:Clasifier"])
def test_a_slip_in_the_name_of_a_class(package, text, subject):
    """It is refused by the source of the module, and nothing is imported for it."""
    (package / "wrappers.py").write_text(f"raise SystemExit('imported')\n{text}\n")
    with pytest.raises(SubjectImportError) as caught:
        require_modules(subject.replace("{}", "careful_package.wrappers"))
    assert "Did you mean 'Classifier'?" in str(caught.value)
    assert "careful_package" not in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "from elsewhere import *",
        "def __getattr__(name): ...",
        "globals().update(Clasifiers())",
        "if True:\n    Clasifier = Classifier",
        "a syntax error",
    ],
)
def test_a_name_that_a_module_may_have_is_not_refused(package, text):
    """What a module binds while it runs is seen only when it is imported."""
    (package / "wrappers.py").write_text(f"class Classifier:\n    ...\n{text}\n")
    require_modules("careful_package.wrappers:Clasifier")


def test_a_submodule_is_an_attribute_of_its_package(package):
    """It may be an adapter, whatever the package itself is like."""
    (package / "__init__.py").write_text("wrapers = None\n")
    require_modules("careful_package:wrappers")


def test_a_mistyped_subject(tmp_path, monkeypatch, capsys):
    """Terminal and reports say why, and the last line has the exit code of the process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    arguments = ["--report", "report.json", "--report", "report.html", "--no-config"]
    assert 4 == main(["run", "scikeras_refrence", *arguments])
    shown = capsys.readouterr().out
    assert "Did you mean 'scikeras_reference'?" in shown
    assert "no subject (exit code 4)" == shown.splitlines()[-1]
    report = load_report("report.json")
    assert ("no subject", 4) == (report.footer.verdict, report.footer.exit_code)
    assert "scikeras_refrence" in report.footer.refusal
    assert len(report.footer.missing) == report.header.planned > 0
    assert "Did you mean" in (tmp_path / "report.html").read_text(encoding="utf-8")


# -- Keras, its backend, scikit-learn -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "version", "message"),
    [
        ("scikit-learn", "1.2.0", "scikit-learn 1.2.0 is installed, and the suite needs scikit-"),
        ("keras", "2.15.0", "keras 2.15.0 is installed, and the suite needs keras>=3"),
    ],
)
def test_versions_that_are_too_old(name, version, message, tmp_path, monkeypatch, capsys):
    """One sentence with the version that is needed and how to get it, before anything runs."""
    true = metadata.version
    monkeypatch.setattr(
        requirements.metadata, "version", lambda one: version if one == name else true(one)
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    arguments = ["--report", "report.json", "--no-config", "--check", "CLS-2"]
    assert 3 == main(["run", "json", *arguments])
    lines = capsys.readouterr().out.splitlines()
    sentence = " ".join(" ".join(lines[:-1]).split())
    assert message in sentence
    assert "python -m pip install" in sentence
    assert "incomplete (exit code 3)" == lines[-1]
    assert message in load_report("report.json").footer.refusal


def test_what_is_imported_counts(monkeypatch):
    """Another Keras may stand in front of the one that is installed."""
    import keras

    monkeypatch.setattr(keras, "__version__", "2.15.0")
    with pytest.raises(UnsupportedEnvironmentError, match="keras 2.15.0 is installed"):
        requirements.require_usable(60)


def test_a_version_of_somebodys_own(monkeypatch):
    """What cannot be compared is tried."""
    import keras

    monkeypatch.setattr(keras, "__version__", "of my own")
    requirements.require_usable(60)


@pytest.mark.parametrize("backend", ["numpy", "openvino"])
def test_backends_that_cannot_train(backend, monkeypatch):
    """Every check would fail on them for a reason that says nothing about the subject."""
    import keras

    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    with pytest.raises(UnsupportedEnvironmentError, match=f"'{backend}', which cannot train"):
        requirements.require_usable(60)


@pytest.mark.parametrize("given", ["torch", None])
def test_a_backend_that_is_not_there(given, monkeypatch):
    """The variable that names it is named too."""

    def broken(name):
        raise ModuleNotFoundError("No module named 'torch'")

    monkeypatch.setattr(requirements, "import_module", broken)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    if given:
        monkeypatch.setenv("KERAS_BACKEND", given)
    with pytest.raises(UnsupportedEnvironmentError) as caught:
        requirements.require_usable(60)
    assert "ModuleNotFoundError: No module named 'torch'" in str(caught.value)
    assert ("the backend 'torch', which KERAS_BACKEND names" in str(caught.value)) is bool(given)


@pytest.mark.exhaustive
@pytest.mark.process
def test_a_run_on_a_backend_that_cannot_train(tmp_path, toy_on_path, monkeypatch):
    """The reason is in the terminal and in the report, and the exit code is that of both."""
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    done = conformance(
        "run", "toy_subject", "--check", "CLS-2", "--report", "report.json", cwd=tmp_path
    )
    assert 3 == done.returncode, done.stdout + done.stderr
    footer = json.loads((tmp_path / "report.json").read_text())["footer"]
    for text in (done.stdout, footer["refusal"]):
        assert "the backend 'numpy', which cannot train a model" in text
    assert "incomplete (exit code 3)" == done.stdout.splitlines()[-1]

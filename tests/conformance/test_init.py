"""``init``: a configuration that fits the subject, and an adapter where none of the protocols does."""

import importlib
import tomllib

import pytest

from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.cli.main import main
from scikeras_conformance.config.configuration_file import FILE, find_settings
from scikeras_conformance.runner import survey

pytestmark = pytest.mark.usefixtures("toy_on_path")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the directory that the command is started in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def init(folder, spec):
    """Return what the command writes into a folder."""
    assert 0 == main(["init", spec])
    return tomllib.loads((folder / FILE).read_text())


def test_a_subject_with_the_names_of_the_contract(folder, capsys):
    """Nothing has to be declared of the reference."""
    assert {"subject": "scikeras_reference"} == init(folder, "scikeras_reference")
    assert {"subject": "scikeras_reference"} == find_settings(folder).options
    assert "builder protocol: keywords" in capsys.readouterr().out


def test_a_subject_with_a_protocol_of_its_own(folder):
    """The protocol that works is written, and so is what was not found."""
    found = init(folder, "classifier=builder_subjects:DataFirst")
    assert "data-first" == found["builder-protocol"]
    assert "classifier=builder_subjects:DataFirst" == found["subject"]
    assert {"base", "regressor", "initialize", "partial-fit"} <= set(found["not-offered"])
    assert "classifier" not in found["not-offered"]


def test_a_subject_that_nothing_fits(folder, capsys):
    """The configuration names an adapter, which can be imported and says where to go on."""
    found = init(folder, "classifier=builder_subjects:NeverFits")
    assert {"subject": "conformance_adapter:adapter"} == found
    text = (folder / "conformance_adapter.py").read_text()
    assert "KerasClassifier = builder_subjects.NeverFits" in text
    compile(text, "adapter", "exec")
    assert "not_offered = ['base', 'regressor']" in text
    assert "of\n    # builders, initialize," in text
    shown = capsys.readouterr().out
    assert "raised RuntimeError: out of order" in shown
    assert "training ..." not in shown
    assert "tried: keywords, data-first, shapes, none" in shown
    assert "Complete the adapter in conformance_adapter.py" in shown
    assert "writes one to start from" not in shown  # it has just been written


def test_classes_with_other_names(folder):
    """A classifier and a regressor of scikit-learn are found whatever their names are."""
    (folder / "other_names.py").write_text(
        "from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin\n"
        "class Common(BaseEstimator):\n"
        "    fit = predict = print\n"
        "class Sorts(ClassifierMixin, Common): pass\n"
        "class Measures(RegressorMixin, Common): pass\n"
    )
    init(folder, "other_names")
    text = (folder / "conformance_adapter.py").read_text()
    assert "BaseWrapper = other_names.Common" in text
    assert "KerasClassifier = other_names.Sorts" in text
    assert "KerasRegressor = other_names.Measures" in text


COMMON_BASE = """
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

class {name}(BaseEstimator):
    fit = {method}

    def predict(self, X): ...

class Clf(ClassifierMixin, {name}):
    def fit(self, X, y): ...

class Reg(RegressorMixin, {name}):
    def fit(self, X, y): ...
"""


@pytest.mark.parametrize(
    ("name", "method", "offered"),
    [("_Shared", "print", False), ("Shared", "None", False), ("Shared", "print", True)],
)
def test_what_two_wrappers_share_need_not_be_a_wrapper(folder, name, method, offered):
    """No user is shown a private class, and one without `fit` is of no use to them."""
    module = f"shared_{name}_{method}".lower()
    (folder / f"{module}.py").write_text(COMMON_BASE.format(name=name, method=method))
    guessed = survey._guessed(module, vars(importlib.import_module(module)))
    assert offered is (Wrapper.BASE in guessed)
    assert {Wrapper.CLASSIFIER, Wrapper.REGRESSOR} <= guessed.keys()


def test_a_base_class_beside_the_others(folder):
    """It is found where they are defined: a run would refuse to call it not offered."""
    (folder / "some_package.py").write_text(
        "from other_module import KerasClassifier, KerasRegressor\n"
    )
    (folder / "other_module.py").write_text(
        "from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin\n"
        "class BaseWrapper(BaseEstimator): pass\n"
        "class KerasClassifier(ClassifierMixin, BaseWrapper): pass\n"
        "class KerasRegressor(RegressorMixin, BaseWrapper): pass\n"
    )
    init(folder, "some_package")
    text = (folder / "conformance_adapter.py").read_text()
    assert "BaseWrapper = other_module.BaseWrapper" in text
    assert "not_offered = []" in text


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("json", "has no class that looks like a wrapper"),
        ("no_such_module_anywhere", "No module named"),
    ],
)
def test_what_is_no_subject(folder, capsys, spec, complaint):
    """Nothing is written."""
    assert 0 != main(["init", spec])
    assert complaint in capsys.readouterr().err
    assert [] == list(folder.iterdir())


def test_nothing_is_overwritten(folder, capsys):
    """A configuration that is there stays as it is, and so does an adapter."""
    (folder / "conformance_adapter.py").write_text("mine")
    assert 2 == main(["init", "classifier=builder_subjects:NeverFits"])
    assert "conformance_adapter.py cannot be written" in capsys.readouterr().err
    assert "mine" == (folder / "conformance_adapter.py").read_text()
    (folder / FILE).write_text("subject = 'x'\n")
    assert 2 == main(["init", "scikeras_reference"])
    assert "There is a configuration already" in capsys.readouterr().err
    assert "subject = 'x'\n" == (folder / FILE).read_text()

"""Estimators of a subject's own for the checks of scikit-learn."""

import sys
from pathlib import Path

import pytest

from scikeras_conformance.catalog.check import Wrapper
from scikeras_conformance.catalog.plan import Selection, make_plan
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.cli import main as cli
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.pytest_plugin.own_tests import conformance_tests
from scikeras_conformance.report.reproduction.script import script_for
from scikeras_conformance.subject.estimator_factories import load_builders, places_of
from scikeras_conformance.subject.loading import load_subject

MODULE = """
import keras
from scikeras_reference import KerasClassifier, KerasRegressor

asked = []
text = "text"


def build(meta):
    model = keras.Sequential([keras.Input((meta["n_features_in_"],)), keras.layers.Dense(1)])
    model.compile(loss="mse", run_eagerly=True)
    return model


def regressor(kind, check):
    asked.append((kind, check))
    return KerasRegressor(build, epochs=1, verbose=0, random_state=7)


def classifier(kind, check):
    return KerasRegressor(build)


class adapter:
    @staticmethod
    def sklearn_estimator(kind, check):
        return classifier(kind, check) if kind != "regressor" else regressor(kind, check)
"""


@pytest.fixture
def own_builders(tmp_path, monkeypatch):
    """Give a module that can be imported by its name."""
    (tmp_path / "own_builders.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    import own_builders

    yield own_builders
    sys.modules.pop("own_builders")


def test_an_adapter_is_for_both_and_a_function_for_one():
    """The base wrapper has no such checks."""
    both = {
        Wrapper.CLASSIFIER: "pkg:adapter.sklearn_estimator",
        Wrapper.REGRESSOR: "pkg:adapter.sklearn_estimator",
    }
    assert both == places_of(["pkg:adapter"])
    assert {Wrapper.REGRESSOR: "pkg:make"} == places_of(["regressor=pkg:make"])
    assert {} == places_of([])


@pytest.mark.parametrize(
    ("builders", "complaint"),
    [
        (["base=pkg:make"], "about which scikit-learn has no checks"),
        (["regressor=pkg:one", "regressor=pkg:other"], "Two builders are for the regressor"),
        (["pkg:adapter", "classifier=pkg:make"], "Two builders are for the classifier"),
    ],
)
def test_builders_that_would_be_ignored_are_refused(builders, complaint):
    """A setting is followed or refused, before anything is imported."""
    with pytest.raises(UsageError, match=complaint):
        places_of(builders)


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("no_such_module:make", "cannot be imported: ModuleNotFoundError"),
        ("own_builders:mak", "cannot be imported: AttributeError"),
        ("own_builders:text", "has to be a function of kind and check"),
    ],
)
def test_builders_that_cannot_be_used(own_builders, place, complaint):
    """The message names the builder, and how to give one."""
    with pytest.raises(UsageError, match=complaint):
        load_builders([f"classifier={place}"])


def test_builders_win_over_the_adapter_of_the_subject(own_builders, toy_on_path):
    """The adapter goes on making what no builder is named for."""
    subject = load_subject("toy_subject:Adapter", ["regressor=own_builders:regressor"])
    assert own_builders.regressor is subject.makers[Wrapper.REGRESSOR]
    assert "sklearn_estimator" == subject.makers[Wrapper.CLASSIFIER].__name__
    assert {} == load_subject("toy_subject").makers


def planned(name):
    return next(item for item in make_plan(CATALOG, Selection()) if item.id == name)


def test_the_checks_are_made_on_what_a_builder_gives(own_builders):
    """It is asked by kind and check, and what it gives is what scikit-learn checks."""
    name = "SKL-1.regressor:regressor:check_estimator_repr"
    test = conformance_tests(
        "scikeras_reference", checks=["SKL-1"], builders=["own_builders:adapter"]
    )
    test(planned(name))
    assert [("regressor", "check_estimator_repr")] == own_builders.asked
    with pytest.raises(pytest.fail.Exception, match="gave a KerasRegressor, which is no KerasCl"):
        test(planned("SKL-1.classifier:classifier:check_estimator_repr"))


def test_a_script_makes_the_same_estimators(own_builders):
    """What the builder gave is what the script checks; without builders it is the suite's."""
    item = planned("SKL-1.regressor:regressor:check_estimator_repr")
    namespace = {"__name__": "script"}
    text = script_for(item, "scikeras_reference", seed=1, estimators=["own_builders:adapter"])
    exec(compile(text, "script", "exec"), namespace)
    assert 0 == namespace["main"]()
    assert [("regressor", "check_estimator_repr")] == own_builders.asked
    assert "own_builders" not in script_for(item, "scikeras_reference", seed=1)


@pytest.mark.parametrize("where", ["command line", "configuration"])
def test_a_run_is_told_of_its_builders(own_builders, monkeypatch, where):
    """They reach the plugin, from the option and from the file alike."""
    given = []
    monkeypatch.setattr(cli, "_run_pytest", lambda arguments: given.append(arguments) or 0)
    options = ["--builder", "regressor=own_builders:regressor"]
    if where == "configuration":
        options = []
        text = 'builders = { regressor = "own_builders:regressor" }'
        Path("scikeras-conformance.toml").write_text(text)
    assert 0 == cli.main(["run", "scikeras_reference", "--check", "SKL-1.counts", *options])
    position = given[0].index("--conformance-builder")
    assert "regressor=own_builders:regressor" == given[0][position + 1]


def test_a_run_with_two_builders_for_one_wrapper_ends_at_once(capsys):
    """The exit code is that of a command that makes no sense."""
    options = ["--builder", "pkg:adapter", "--builder", "regressor=pkg:make"]
    assert 2 == cli.main(["run", "scikeras_reference", *options])
    assert "Two builders are for the regressor" in capsys.readouterr().err

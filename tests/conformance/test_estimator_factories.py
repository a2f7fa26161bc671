"""Estimators of a subject's own for the checks of scikit-learn."""

import sys
from pathlib import Path

import pytest

from scikeras_conformance import conformance_tests
from scikeras_conformance.catalog.plan import make_plan
from scikeras_conformance.catalog.selection import Selection
from scikeras_conformance.catalog.wrappers import Wrapper
from scikeras_conformance.checks import CATALOG
from scikeras_conformance.cli import main as cli
from scikeras_conformance.cli import run as cli_run
from scikeras_conformance.exceptions import UsageError
from scikeras_conformance.report.reproduction.script import script_for
from scikeras_conformance.subject.estimator_factories import load_factories, places_of
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
def own_estimators(tmp_path, monkeypatch):
    """Return a module that can be imported by its name."""
    (tmp_path / "own_estimators.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    import own_estimators

    yield own_estimators
    sys.modules.pop("own_estimators")


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
    ("factories", "complaint"),
    [
        (["base=pkg:make"], "about which scikit-learn has no checks"),
        (["regressor=pkg:one", "regressor=pkg:other"], "Two estimators are for the regressor"),
        (["pkg:adapter", "classifier=pkg:make"], "Two estimators are for the classifier"),
    ],
)
def test_factories_that_would_be_ignored_are_refused(factories, complaint):
    """A setting is followed or refused, before anything is imported."""
    with pytest.raises(UsageError, match=complaint):
        places_of(factories)


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        ("no_such_module:make", "cannot be imported: ModuleNotFoundError"),
        ("own_estimators:mak", "cannot be imported: AttributeError"),
        ("own_estimators:text", "has to be a function of kind and check"),
    ],
)
def test_factories_that_cannot_be_used(own_estimators, place, complaint):
    """The message names the factory, and how to give one."""
    with pytest.raises(UsageError, match=complaint):
        load_factories([f"classifier={place}"])


def test_factories_win_over_the_adapter_of_the_subject(own_estimators, toy_on_path):
    """The adapter goes on making what no factory is named for."""
    subject = load_subject("toy_subject:Adapter", ["regressor=own_estimators:regressor"])
    assert own_estimators.regressor is subject.estimator_factories[Wrapper.REGRESSOR]
    assert "sklearn_estimator" == subject.estimator_factories[Wrapper.CLASSIFIER].__name__
    assert {} == load_subject("toy_subject").estimator_factories


def planned(name):
    return next(item for item in make_plan(CATALOG, Selection()) if item.id == name)


def test_the_checks_are_made_on_what_a_factory_returns(own_estimators):
    """It is called with kind and check, and what it returns is what scikit-learn checks."""
    name = "SKL-1.regressor:regressor:check_estimator_repr"
    test = conformance_tests(
        "scikeras_reference", checks=["SKL-1"], estimators=["own_estimators:adapter"]
    )
    test(planned(name))
    assert [("regressor", "check_estimator_repr")] == own_estimators.asked
    with pytest.raises(pytest.fail.Exception, match="returned a KerasRegressor, not a KerasCl"):
        test(planned("SKL-1.classifier:classifier:check_estimator_repr"))


def test_a_script_makes_the_same_estimators(own_estimators):
    """What the factory made is what the script checks; without one it is the suite's."""
    item = planned("SKL-1.regressor:regressor:check_estimator_repr")
    namespace = {"__name__": "script"}
    text = script_for(item, "scikeras_reference", seed=1, estimators=["own_estimators:adapter"])
    exec(compile(text, "script", "exec"), namespace)
    assert 0 == namespace["main"]()
    assert [("regressor", "check_estimator_repr")] == own_estimators.asked
    assert "own_estimators" not in script_for(item, "scikeras_reference", seed=1)


@pytest.mark.parametrize("where", ["command line", "configuration"])
def test_a_run_is_told_of_its_estimators(own_estimators, monkeypatch, where):
    """They reach the plugin, from the option and from the file alike."""
    given = []
    monkeypatch.setattr(cli_run, "_run_pytest", lambda invocation: given.append(invocation) or 0)
    options = ["--estimators", "regressor=own_estimators:regressor"]
    if where == "configuration":
        options = []
        text = 'estimators = { regressor = "own_estimators:regressor" }'
        Path("scikeras-conformance.toml").write_text(text)
    assert 0 == cli.main(["run", "scikeras_reference", "--check", "SKL-1.counts", *options])
    assert ("regressor=own_estimators:regressor",) == given[0].options.estimators


def test_a_run_with_two_factories_for_one_wrapper_ends_at_once(capsys):
    """The exit code is that of a command that is not valid."""
    options = ["--estimators", "pkg:adapter", "--estimators", "regressor=pkg:make"]
    assert 2 == cli.main(["run", "scikeras_reference", *options])
    assert "Two estimators are for the regressor" in capsys.readouterr().err

"""What the package offers, and what importing it does not do."""

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import scikeras_reference
from scikeras_reference import (
    display,
    exceptions,
    export,
    model_selection,
    models,
    shared_steps,
    utils,
    wrappers,
)
from scikeras_reference.utils import data, transformers

PACKAGE = Path(scikeras_reference.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
WRAPPERS = {"BaseWrapper", "KerasClassifier", "KerasRegressor", "KerasTransformer"}


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (scikeras_reference, WRAPPERS),
        (wrappers, WRAPPERS),
        (model_selection, {"BestEpochScorer", "best_epoch", "refit_with_best_epochs"}),
        (display, {"HistoryDisplay"}),
        (export, {"register_converters", "to_onnx"}),
        (models, {"mlp"}),
        (shared_steps, {"FitCounts", "available", "count_fits", "explain"}),
        (utils, {"loss_name", "metric_name", "torch_threads"}),
        (
            transformers,
            {"ClassifierLabelEncoder", "RegressorTargetEncoder", "TargetReshaper"},
        ),
        (data, {"Rows"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_names_that_users_import(module, names):
    """Changing the import is the whole migration, and nothing else is public."""
    assert names == set(module.__all__)


def test_the_tree_of_errors():
    """Each error is drawn in the docstring, and is what the contract calls for as well."""
    for name in exceptions.__all__:
        assert name in exceptions.__doc__
        error = getattr(exceptions, name)
        assert issubclass(error, exceptions.WrapperError) or name.endswith("Warning")
        if name != "WrapperError":
            assert any(base.__module__ != exceptions.__name__ for base in error.__mro__[1:-3])


def imports_of(path):
    """Return the packages that a module imports."""
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    return imported


def test_no_backend_is_imported():
    """Nothing but Keras knows which backend there is."""
    others = {"tensorflow", "jax", "torch", "tf_keras", "scikeras"}
    assert [] == [path.name for path in MODULES if imports_of(path) & others]


IMPORT = """
import random, numpy, keras, sklearn, warnings
def state():
    classes = [keras.Model, keras.optimizers.Optimizer, keras.losses.Loss, keras.metrics.Metric]
    members = [(c, name, id(vars(c)[name])) for c in classes for name in sorted(vars(c))]
    generators = (random.getstate(), numpy.random.get_state()[1].tolist())
    return members, generators, sorted(keras.saving.get_custom_objects()), warnings.filters[:]
before = state()
settings = sklearn.get_config()
import scikeras_reference.wrappers
assert before == state(), "importing the package changed something"
assert settings == sklearn.get_config()
"""


@pytest.mark.costly
@pytest.mark.process
def test_importing_changes_nothing():
    """No class of Keras is patched, no setting and no generator touched (HYG-3)."""
    subprocess.run([sys.executable, "-c", IMPORT], check=True)


PROGRAM = """
from typing import Any
import numpy as np
from scikeras_reference.wrappers import BaseWrapper, KerasClassifier, KerasRegressor
from scikeras_reference.utils import loss_name, metric_name
from scikeras_reference.utils.transformers import ClassifierLabelEncoder

class Mine(KerasRegressor):
    def __init__(self, units: int = 3, **kwargs: Any) -> None:
        super().__init__(epochs=2, **kwargs)
        self.units = units

classifier = KerasClassifier(print, loss="mse", class_weight="balanced", hidden=3)
fitted: KerasClassifier = classifier.fit(np.zeros((2, 2)), np.zeros(2), X_val=None)
score: float = fitted.score(np.zeros((2, 2)), np.zeros(2))
epoch: int = Mine(units=4).set_params(units=3).current_epoch
name: str = loss_name("mse") + metric_name("mae")
reveal_type(Mine().fit([[0]], [0]))
classifier.fit(1, 2, 3, 4)
"""


@pytest.mark.process
def test_types(tmp_path):
    """A program of a user is checked against the package, strictly (TYP-1 to TYP-3)."""
    pytest.importorskip("mypy")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)

    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(program)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"MYPYPATH": str(PACKAGE.parent), "PATH": ""},
    )

    lines = [line for line in run.stdout.splitlines() if line.startswith("program.py")]
    assert ['program.py:18: note: Revealed type is "program.Mine"'] == lines[:1]
    errors = [line for line in lines if ": error: " in line]
    assert 1 == len(errors)
    assert "Too many positional arguments" in errors[0]
    assert (PACKAGE / "py.typed").exists()


def test_the_version_is_known():
    """The distribution can be found by its name."""
    assert importlib.metadata.version("scikeras-reference")

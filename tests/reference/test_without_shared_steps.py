"""The package works with the folder of shared steps deleted, and with a Keras that breaks them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scikeras_reference

PACKAGE = Path(scikeras_reference.__file__).parent
PROGRAM = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(name)s: %(message)s")
import keras, numpy as np
import scikeras_reference
from scikeras_reference.shared_steps import available, explain
X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
def fitted():
    regressor = scikeras_reference.KerasRegressor(build, loss="mse", random_state=0, verbose=0)
    return regressor.fit(X, X[:, 0])
first, second = fitted(), fitted()
assert first.predict(X).tobytes() == second.predict(X).tobytes()
assert first.predict(X[:1]).shape == (1,)
assert not available()
print("reason:", explain(first))
print("package:", scikeras_reference.__file__)
"""
BREAK = """
import sys
sys.modules["tensorflow"] = None  # which takes longest to import, and is not needed on JAX
import keras, keras.src.models.functional as functional
keras.__version__ = "3.99.0"
original = functional.Functional
del functional.Functional
"""


def run(program, path, **environment):
    environment = {
        **os.environ, "PYTHONPATH": str(path), "TF_CPP_MIN_LOG_LEVEL": "3", **environment,
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=300,
    ).stdout


@pytest.mark.process
def test_the_folder_can_be_deleted(tmp_path):
    """Import, fit, prediction and seeding work, and one line says what is missing."""
    copy = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("_shared_steps", "__pycache__"))

    output = run(PROGRAM, tmp_path)

    assert f"package: {copy}" in output
    assert "reason: shared steps cannot be imported (ImportError" in output
    assert 1 == output.count("scikeras_reference.shared_steps: no model shares its steps")


@pytest.mark.fast
@pytest.mark.process
def test_the_package_can_be_imported_with_a_keras_that_moved_a_class(tmp_path):
    """Nothing private is looked up before a model is trained."""
    program = BREAK + "import scikeras_reference\nprint(scikeras_reference.__all__)"
    output = run(program, tmp_path, KERAS_BACKEND="jax")

    assert "KerasRegressor" in output

"""A Keras of tomorrow, which moved three private names, costs speed and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from scikeras_reference._shared_steps.private_names import KERAS_VERSIONS

SCRIPTS = Path(__file__).parents[2] / "scripts"
where_checked = pytest.mark.skipif(
    not keras.__version__.startswith(KERAS_VERSIONS),
    reason="a copy of a Keras that was not checked itself shows nothing",
)
# What a user sees of a training and of predictions, twice: as it is, and with the version admitted.
PROGRAM = """
import keras, numpy as np
from scikeras_reference import KerasRegressor
from scikeras_reference._shared_steps import private_names
from scikeras_reference.shared_steps import explain
X = np.random.default_rng(0).normal(size=(10, 4)).astype("float32")
def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
def fitted():
    arguments = {"loss": "mse", "metrics": ["mae"], "random_state": 0, "verbose": 0, "epochs": 2}
    return KerasRegressor(build, **arguments).fit(X, X[:, 0])
for versions in (private_names.KERAS_VERSIONS, ("3.15", "3.16")):
    private_names.KERAS_VERSIONS = versions
    regressor = fitted()
    print("seen:", regressor.history_, regressor.predict(X).tobytes().hex())
    print("reason:", explain(regressor))
print("keras:", keras.__version__)
"""


def run(arguments, folder=None):
    """Run Python with JAX, and with the Keras of a folder; return what it prints."""
    paths = [str(folder)] if folder else []
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]),
        "KERAS_BACKEND": "jax",
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, check=False, env=environment, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def values(output, label):
    """Return what was printed after a label."""
    return [line.partition(": ")[2] for line in output.splitlines() if line.startswith(f"{label}:")]


@pytest.fixture(scope="module")
def tomorrow(tmp_path_factory):
    """Make that Keras."""
    folder = tmp_path_factory.mktemp("tomorrow")
    code, output = run([str(SCRIPTS / "simulate_keras.py"), str(folder)])
    assert 0 == code, output
    return folder


@pytest.mark.fast
def test_the_scripts_of_the_ten_steps_are_there():
    """docs/maintaining.md tells to use them."""
    page = (SCRIPTS.parent / "docs" / "maintaining.md").read_text(encoding="utf-8")
    for name in ("private_names.py", "renew_constraints.py", "simulate_keras.py"):
        assert f"scripts/{name}" in page
        assert (SCRIPTS / name).is_file()


@pytest.mark.exhaustive
@where_checked
@pytest.mark.slow
@pytest.mark.process
def test_a_keras_that_moved_names_trains_the_same_bits(tomorrow):
    """Also if somebody admits it too early: the reason names what is missing."""
    code, today = run(["-c", PROGRAM])
    assert 0 == code, today
    code, output = run(["-c", PROGRAM], tomorrow)
    assert 0 == code, output

    assert ["3.16.0"] == values(output, "keras")
    assert values(today, "seen") == values(output, "seen")
    unchecked, moved = values(output, "reason")
    assert "Keras 3.16.0 was not checked; shared steps know 3.15" == unchecked
    assert "Keras 3.16.0 has no keras.src.ops.node.Node" == moved


@pytest.mark.exhaustive
@where_checked
@pytest.mark.slow
@pytest.mark.process
def test_the_names_that_moved_are_listed(tomorrow):
    """All at once, so that step 5 of the ten steps is one search for each."""
    code, output = run([str(SCRIPTS / "private_names.py")], tomorrow)

    assert 1 == code, output
    assert "3 missing" in output
    for name in (
        "keras.src.ops.node Node",
        "<model> _loss_tracker",
        "<model> _symbolic_build",
    ):
        assert f"  {name}\n" in output
